/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Dumps on their way to a guest or a host: which CPU counts, what lies above the maximum of its
 * range and is the processor's noise, and what is missing (facts, formats: what every importer has
 * to settle). What CPUs differ in is in dump-cpus.c. */

#include "client/formats/dump.h"

#include <string.h>

#include "client/formats/dump-cpus.h"
#include "client/formats/format.h"
#include "policy/enumerate.h"
#include "policy/field.h"
#include "policy/words.h"

/* Names go to people's terminals, and come from anywhere. */
#define NAME_MAX_LENGTH 40
#define HYPERVISOR_BASE 0x40000000u

static void dump_cpu_free(void *p) {
        DumpCpu *cpu = p;

        g_free(cpu->name);
        unknown_free(cpu->unknown);
        leaf_table_free(cpu->table);
        g_array_unref(cpu->lines);
        g_clear_pointer(&cpu->msrs, g_hash_table_unref);
        g_free(cpu);
}

Dump *dump_new(void) {
        Dump *dump = g_new0(Dump, 1);

        dump->cpus = g_ptr_array_new_with_free_func(dump_cpu_free);
        dump->cpus_by_number = g_hash_table_new(NULL, NULL);
        dump->unknown = unknown_new();
        dump->warnings = g_ptr_array_new_with_free_func(g_free);
        return dump;
}

Dump *dump_free(Dump *dump) {
        if (!dump)
                return NULL;

        g_free(dump->name);
        g_hash_table_unref(dump->cpus_by_number);
        g_ptr_array_unref(dump->cpus);
        unknown_free(dump->unknown);
        g_ptr_array_unref(dump->warnings);
        g_clear_pointer(&dump->bits, g_array_unref);
        g_clear_pointer(&dump->msr_bits, g_array_unref);
        g_free(dump);
        return NULL;
}

/* "line 7: ", where forms have lines */
static char *place_of(unsigned line) {
        return line > 0 ? g_strdup_printf("line %u: ", line) : g_strdup("");
}

bool dump_begin_cpu(Dump *dump, unsigned number, unsigned line, GError **error) {
        DumpCpu *cpu = g_hash_table_lookup(dump->cpus_by_number, GUINT_TO_POINTER(number));

        if (cpu) {
                dump->cpu = cpu;
                return true;
        }

        if (dump->cpus->len >= DUMP_CPUS_MAX) {
                g_autofree char *place = place_of(line);

                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "%smore than %u CPUs, expected no more", place, DUMP_CPUS_MAX);
                return false;
        }

        cpu = g_new0(DumpCpu, 1);
        cpu->number = number;
        cpu->table = leaf_table_new();
        cpu->lines = g_array_new(FALSE, FALSE, sizeof(unsigned));
        g_ptr_array_add(dump->cpus, cpu);
        g_hash_table_insert(dump->cpus_by_number, GUINT_TO_POINTER(number), cpu);
        dump->cpu = cpu;
        return true;
}

static DumpCpu *current_cpu(Dump *dump) {
        if (!dump->cpu)
                (void) dump_begin_cpu(dump, 0, 0, NULL);

        return dump->cpu;
}

void dump_set_cpu_name(Dump *dump, const char *name) {
        DumpCpu *cpu = current_cpu(dump);

        g_free(cpu->name);
        cpu->name = g_strndup(name, NAME_MAX_LENGTH);
        for (char *p = cpu->name; *p; p++)
                if (!g_ascii_isprint(*p))
                        *p = '?';
}

Unknown *dump_cpu_unknown(Dump *dump) {
        DumpCpu *cpu = current_cpu(dump);

        if (!cpu->unknown)
                cpu->unknown = unknown_new();
        return cpu->unknown;
}

static bool set_error_differs(const DumpCpu *cpu, size_t i, const Leaf *row, unsigned line,
                              GError **error) {
        g_autofree char *place = place_of(line);
        unsigned first = g_array_index(cpu->lines, unsigned, i);

        if (line > 0)
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "%sleaf 0x%x sub-leaf %u again, with other values than in line %u",
                            place, row->leaf, row->subleaf, first);
        else
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "leaf 0x%x sub-leaf %u is there twice, with other values", row->leaf,
                            row->subleaf);
        return false;
}

bool dump_add_row(Dump *dump, const Leaf *row, DumpIndex index, unsigned line, GError **error) {
        const FieldLeaf *leaf = field_leaf_find(FIELD_INTERFACE_CPU, row->leaf);
        bool is_indexed = index == DUMP_INDEX_UNTOLD ? row->subleaf > 0 || (leaf && leaf->indexed) :
                                                       index == DUMP_INDEX_YES;
        DumpCpu *cpu = current_cpu(dump);
        Leaf added = *row;

        for (size_t i = 0; i < leaf_table_size(cpu->table); i++) {
                const Leaf *other = leaf_table_at(cpu->table, i);

                if (other->leaf == row->leaf && other->subleaf == row->subleaf)
                        return memcmp(other->registers, row->registers, sizeof(row->registers)) ==
                                0 ||
                                set_error_differs(cpu, i, row, line, error);
        }

        if (leaf_table_size(cpu->table) >= LEAF_TABLE_MAX) {
                g_autofree char *place = place_of(line);

                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "%smore than %u rows of one CPU, which no KVM takes", place,
                            LEAF_TABLE_MAX);
                return false;
        }

        added.flags = is_indexed ? LEAF_FLAG_INDEXED : 0;
        leaf_table_add(cpu->table, &added);
        g_array_append_val(cpu->lines, line);
        return true;
}

void dump_set_msr(Dump *dump, uint32_t index, uint64_t value) {
        DumpCpu *cpu = current_cpu(dump);

        if (!cpu->msrs)
                cpu->msrs = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        g_hash_table_replace(cpu->msrs, GUINT_TO_POINTER(index), g_memdup2(&value, sizeof(value)));
}

void dump_warn(Dump *dump, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        g_ptr_array_add(dump->warnings, g_strdup_vprintf(format, arguments));
        va_end(arguments);
}

static const DumpCpu *choose_cpu(const Dump *dump, int64_t number, GError **error) {
        g_autofree char *list = NULL;

        if (number < 0) {
                for (size_t i = 0; i < dump->cpus->len; i++) {
                        const DumpCpu *cpu = dump->cpus->pdata[i];

                        if (leaf_table_size(cpu->table) > 0)
                                return cpu;
                }

                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "has no leaf of any %s",
                            dump->alternatives ?: "CPU");
                return NULL;
        }

        for (size_t i = 0; i < dump->cpus->len; i++) {
                const DumpCpu *cpu = dump->cpus->pdata[i];

                if (cpu->number == number && leaf_table_size(cpu->table) > 0)
                        return cpu;
        }

        list = dump_cpus_list(dump);
        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "has no %s %" G_GINT64_FORMAT ", expected one of: %s",
                    dump->alternatives ?: "CPU", number, list);
        return NULL;
}

/* Leaves of which there are several sub-leaves count them, whoever knows it or not. */
static bool is_counted(const LeafTable *table, const Leaf *row) {
        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *other = leaf_table_at(table, i);

                if (other->leaf == row->leaf && other->subleaf != row->subleaf)
                        return true;
        }

        return false;
}

/* Where there is no hypervisor, the CPU may answer with its last basic leaf. KVM's old ones have 0
 * for their maximum, but a name. */
static bool is_nameless(const DumpCpu *cpu, uint32_t leaf) {
        const Leaf *row = leaf_table_find(cpu->table, leaf, 0);
        uint32_t name;

        if (!row || leaf != HYPERVISOR_BASE || row->registers[REGISTER_EAX] != 0)
                return false;

        name = row->registers[REGISTER_EBX];
        for (unsigned i = 0; i < 4; i++)
                if (!g_ascii_isprint(name >> 8 * i & 0xff))
                        return name | row->registers[REGISTER_ECX] | row->registers[REGISTER_EDX];
        return false;
}

/* A maximum that is not told holds nothing back. */
static bool is_above(const Dump *dump, const DumpCpu *cpu, uint32_t leaf) {
        return is_nameless(cpu, leaf) ||
                (!words_see(cpu->table, dump->unknown, leaf) &&
                 !words_see(cpu->table, cpu->unknown, leaf) &&
                 !enumerate_is_transmeta(cpu->table, leaf));
}

/* @keep_bases: with leaves whose maximum says that there is no such range */
static LeafTable *clean_rows(const Dump *dump, const DumpCpu *cpu, bool keep_bases) {
        LeafTable *clean = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(cpu->table); i++) {
                Leaf row = *leaf_table_at(cpu->table, i);

                if (is_above(dump, cpu, row.leaf) &&
                    !(keep_bases && words_range_base(row.leaf) == row.leaf))
                        continue;
                if (is_counted(cpu->table, &row))
                        row.flags |= LEAF_FLAG_INDEXED;
                leaf_table_add(clean, &row);
        }

        return clean;
}

LeafTable *dump_cpu_clean(const Dump *dump, const DumpCpu *cpu) {
        return clean_rows(dump, cpu, false);
}

/* What KVM was given answers as it was given: above a maximum, too, and by the first row alone
 * where none counts its sub-leaf. */
static LeafTable *take_table(const Dump *dump, const DumpCpu *cpu) {
        return dump->missing == DUMP_MISSING_ZERO ? leaf_table_copy(cpu->table) :
                                                    dump_cpu_clean(dump, cpu);
}

Unknown *dump_cpu_find_unknown(const Dump *dump, const DumpCpu *cpu) {
        Unknown *unknown = unknown_copy(dump->unknown);
        g_autoptr(LeafTable) table = NULL;
        EnumerateMissing flags = 0;

        if (cpu->unknown)
                unknown_add_all(unknown, cpu->unknown);
        if (dump->missing == DUMP_MISSING_ZERO_BETWEEN)
                flags |= ENUMERATE_MISSING_ZERO;
        if (dump->ends_lists)
                flags |= ENUMERATE_MISSING_ENDS;

        if (dump->missing != DUMP_MISSING_ZERO) {
                table = clean_rows(dump, cpu, true);
                enumerate_missing(table, flags, unknown);
        }
        return unknown;
}

/* @is_of_all: all CPUs are taken, and not @cpu alone */
static void add_warnings(const Dump *dump, const DumpCpu *cpu, int64_t number, bool is_of_all,
                         GPtrArray *warnings) {
        for (size_t i = 0; i < dump->warnings->len; i++)
                g_ptr_array_add(warnings, g_strdup(dump->warnings->pdata[i]));

        if (!dump->alternatives && !is_of_all)
                dump_cpus_warn_different(dump, cpu, warnings);
        if (!dump->alternatives)
                dump_cpus_warn_empty(dump, warnings);
        else if (number < 0)
                dump_cpus_warn_alternatives(dump, cpu, warnings);
}

static void copy_msrs(const DumpCpu *cpu, Guest *guest) {
        GHashTableIter iter;
        void *key, *value;

        if (!cpu->msrs)
                return;

        g_hash_table_iter_init(&iter, cpu->msrs);
        while (g_hash_table_iter_next(&iter, &key, &value))
                guest_set_msr(guest, GPOINTER_TO_UINT(key), *(const uint64_t *) value);
}

Guest *dump_to_guest(const Dump *dump, int64_t number, GPtrArray *warnings, GError **error) {
        const DumpCpu *cpu = choose_cpu(dump, number, error);
        Guest *guest;

        if (!cpu)
                return NULL;

        guest = guest_new(take_table(dump, cpu));
        guest->name = g_strdup(dump->name);
        guest->tsc_khz = dump->tsc_khz;
        if (dump->has_capabilities)
                guest->capabilities = dump->capabilities;
        copy_msrs(cpu, guest);
        guest_take_unknown(guest, dump_cpu_find_unknown(dump, cpu));
        add_warnings(dump, cpu, number, false, warnings);
        return guest;
}

/* No form lists all that KVM has, and a host that recorded its list has 0 in all others. */
static void set_host_msrs(const DumpCpu *cpu, Host *host, Unknown *unknown) {
        GHashTableIter iter;
        void *key, *value;

        if (!cpu->msrs)
                return;

        g_hash_table_iter_init(&iter, cpu->msrs);
        while (g_hash_table_iter_next(&iter, &key, &value))
                host_set_msr(host, GPOINTER_TO_UINT(key), *(const uint64_t *) value);

        for (size_t i = 0; i < N_FIELD_GROUPS; i++)
                if (field_groups[i].interface == FIELD_INTERFACE_MSR &&
                    !g_hash_table_contains(cpu->msrs, GUINT_TO_POINTER(field_groups[i].leaf)))
                        unknown_add_msr(unknown, field_groups[i].leaf, UINT64_MAX);
}

Host *dump_to_host(const Dump *dump, int64_t number, GPtrArray *warnings, GError **error) {
        const DumpCpu *cpu = choose_cpu(dump, number, error);
        bool is_of_all = number < 0 && !dump->alternatives;
        g_autoptr(Host) host = NULL;
        Unknown *unknown;

        if (!cpu)
                return NULL;

        host = host_new();
        host_info_mutable(host)->name = g_strdup(dump->name);
        host_info_mutable(host)->tsc_khz = dump->tsc_khz;
        unknown = is_of_all ? dump_cpus_find_unknown(dump) : dump_cpu_find_unknown(dump, cpu);
        set_host_msrs(cpu, host, unknown);
        host_take_unknown(host, unknown);
        host_take_table(host, HOST_SUPPORTED, take_table(dump, cpu));

        if (is_of_all && !dump_cpus_add_kinds(dump, cpu, host_kinds_mutable(host), error))
                return NULL;
        if (!host_seal(host, error))
                return NULL;

        add_warnings(dump, cpu, number, is_of_all, warnings);
        return g_steal_pointer(&host);
}
