/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A host as a recording: what was not recorded is left out, and reading it gives the same host. */

#include "policy/recording.h"

#include "policy/recording-names.h"

static void write_table(GString *text, const char *name, const LeafTable *table) {
        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);

                g_string_append_printf(text, "%s 0x%x %u %u 0x%x 0x%x 0x%x 0x%x\n", name, row->leaf,
                                       row->subleaf, row->flags, row->registers[REGISTER_EAX],
                                       row->registers[REGISTER_EBX], row->registers[REGISTER_ECX],
                                       row->registers[REGISTER_EDX]);
        }
}

static void write_text(GString *text, const char *name, const char *value) {
        if (value)
                g_string_append_printf(text, "%s %s\n", name, value);
}

static void write_info(GString *text, const Host *host) {
        const HostInfo *info = host_info(host);
        g_autofree const char **parameters = host_list_parameters(host);

        write_text(text, "name", info->name);
        write_text(text, "kernel", info->kernel);
        for (size_t i = 0; info->modules && info->modules[i]; i++)
                write_text(text, "module", info->modules[i]);
        for (size_t i = 0; parameters[i]; i++)
                g_string_append_printf(text, "parameter %s %s\n", parameters[i],
                                       host_get_parameter(host, parameters[i]));
        write_text(text, "microcode", info->microcode);
        write_text(text, "probed-at", info->probed_at);
        if (info->cpus)
                g_string_append_printf(text, "cpus %u\n", info->cpus);
}

static void write_dropped(GString *text, const char *name, const Forced *forced, const char *view) {
        g_auto(GStrv) places = forced_dropped(forced, view);

        for (size_t i = 0; places && places[i]; i++)
                write_text(text, name, places[i]);
}

/* @view: NULL for what was measured with nothing enabled */
static void write_forced(GString *text, const Forced *forced, const char *view) {
        for (ForcedKind i = 0; i < N_FORCED_KINDS; i++) {
                g_autofree char *name = view ?
                        g_strconcat("view-forced ", view, " ", recording_forced_names[i], NULL) :
                        g_strdup(recording_forced_names[i]);

                if (!forced_table(forced, view, i))
                        continue;
                g_string_append_printf(text, "%s%s\n", view ? "" : "table ", name);
                if (i == FORCED_DROPPED)
                        write_dropped(text, name, forced, view);
                else
                        write_table(text, name, forced_table(forced, view, i));
        }
}

static void write_all_forced(GString *text, const Forced *forced) {
        g_autofree const char **views = forced_list_views(forced);

        write_forced(text, forced, NULL);
        for (size_t i = 0; views[i]; i++)
                write_forced(text, forced, views[i]);
}

static void write_tables(GString *text, const Host *host) {
        g_autofree const char **views = host_list_views(host);
        const Place *varies;
        size_t n_varies;

        for (HostTable i = 0; i < N_HOST_TABLES; i++)
                if (host_table(host, i)) {
                        g_string_append_printf(text, "table %s\n", recording_table_names[i]);
                        write_table(text, recording_table_names[i], host_table(host, i));
                }

        write_all_forced(text, host_forced(host));
        for (size_t i = 0; views[i]; i++) {
                g_autofree char *name = g_strconcat("view ", views[i], NULL);

                write_table(text, name, host_view(host, views[i]));
        }

        for (size_t i = 0; i < kinds_size(host_kinds(host)); i++) {
                const Kind *kind = kinds_at(host_kinds(host), i);

                write_text(text, "kind", kind->cpus);
                write_table(text, "kind-row", kind->rows);
        }

        varies = host_varying(host, &n_varies);
        for (size_t i = 0; i < n_varies; i++) {
                g_autofree char *where = place_format(varies[i].leaf, varies[i].subleaf,
                                                      varies[i].reg, varies[i].high, varies[i].low);

                write_text(text, "varies", where);
        }
}

static void write_unknown(GString *text, const Host *host) {
        g_auto(GStrv) runs = unknown_to_texts(host_unknown(host));

        for (size_t i = 0; runs[i]; i++)
                write_text(text, "unknown", runs[i]);
}

static void write_numbers(GString *text, const Host *host) {
        g_autofree const char **extensions = host_list_extensions(host),
                              **attributes = host_list_attributes(host);
        g_autoptr(GArray) msrs = host_list_msrs(host);
        int64_t extension;
        uint64_t value;

        if (host_get_extension(host, "", &extension))
                g_string_append(text, "extensions-recorded\n");
        for (size_t i = 0; extensions[i]; i++) {
                (void) host_get_extension(host, extensions[i], &extension);
                g_string_append_printf(text, "extension %s %" G_GINT64_FORMAT "\n", extensions[i],
                                       extension);
        }

        if (host_get_attribute(host, "", &value))
                g_string_append(text, "attributes-recorded\n");
        for (size_t i = 0; attributes[i]; i++) {
                (void) host_get_attribute(host, attributes[i], &value);
                g_string_append_printf(text, "attribute %s 0x%" G_GINT64_MODIFIER "x\n",
                                       attributes[i], value);
        }

        if (host_has_msrs(host))
                g_string_append(text, "msrs-recorded\n");
        for (size_t i = 0; i < msrs->len; i++) {
                uint32_t index = g_array_index(msrs, uint32_t, i);

                (void) host_get_msr(host, index, &value);
                g_string_append_printf(text, "msr 0x%x 0x%" G_GINT64_MODIFIER "x\n", index, value);
        }
}

char *recording_write(const Host *host) {
        GString *text = g_string_new(NULL);

        g_string_append_printf(text, "%s %d\n", RECORDING_MAGIC, RECORDING_VERSION);
        write_info(text, host);
        write_tables(text, host);
        write_unknown(text, host);
        write_numbers(text, host);
        if (host_info(host)->tsc_khz)
                g_string_append_printf(text, "tsc-khz %" G_GUINT64_FORMAT "\n",
                                       host_info(host)->tsc_khz);
        g_string_append(text, "end\n");
        return g_string_free(text, FALSE);
}
