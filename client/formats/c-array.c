/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A guest as C, for tests of VMMs and of KVM: arrays of the structs that KVM_SET_CPUID2 and
 * KVM_SET_MSRS take. Row for row as the table is, whatever sense that makes. A name comes out of a
 * file, so nothing of it gets into the C but letters, digits and '_'. */

#include "client/formats/format.h"
#include "client/formats/losses.h"
#include "policy/words.h"

static char *identifier_of(const char *name) {
        g_autofree char *ascii = g_str_to_ascii(name && *name ? name : "guest", "C");
        GString *identifier = g_string_new(g_ascii_isdigit(*ascii) ? "guest_" : NULL);

        for (const char *p = ascii; *p; p++)
                g_string_append_c(identifier, g_ascii_isalnum(*p) ? *p : '_');
        return g_string_free(identifier, FALSE);
}

static void write_row(GString *text, const Leaf *row) {
        const uint32_t *registers = row->registers;

        g_string_append_printf(text, "        { .function = 0x%x, .index = %u,", row->leaf,
                               row->subleaf);
        if (row->flags & LEAF_FLAG_INDEXED)
                g_string_append(text, " .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,");
        g_string_append_printf(text,
                               "\n          .eax = 0x%08x, .ebx = 0x%08x, .ecx = 0x%08x, "
                               ".edx = 0x%08x },\n",
                               registers[0], registers[1], registers[2], registers[3]);
}

static void write_table(GString *text, const Guest *guest, const char *identifier) {
        g_string_append_printf(text, "static const struct kvm_cpuid_entry2 %s_cpuid[] = {\n",
                               identifier);
        for (size_t i = 0; i < leaf_table_size(guest->table); i++) {
                const Leaf *row = leaf_table_at(guest->table, i);
                bool is_first = i == 0 || leaf_table_at(guest->table, i - 1)->leaf != row->leaf;
                const char *title = is_first ? words_title(guest->words, row->leaf) : NULL;

                if (title)
                        g_string_append_printf(text, "        /* %s */\n", title);
                write_row(text, row);
        }
        g_string_append(text, "};\n");
}

static void write_msrs(GString *text, const Guest *guest, const char *identifier) {
        g_autoptr(GArray) indexes = guest_list_msrs(guest);

        if (indexes->len == 0)
                return;

        g_string_append_printf(text, "\nstatic const struct kvm_msr_entry %s_msrs[] = {\n",
                               identifier);
        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                uint64_t value = 0;

                (void) guest_get_msr(guest, index, &value);
                g_string_append_printf(
                        text, "        { .index = 0x%x, .data = 0x%" G_GINT64_MODIFIER "x },\n",
                        index, value);
        }
        g_string_append(text, "};\n");
}

static void write_c(FormatOutput *output) {
        const Guest *guest = output->guest;
        g_autofree char *identifier = identifier_of(guest->name);
        size_t n_rows = leaf_table_size(guest->table);

        g_string_append_printf(output->text,
                               "/* What the guest %s has: %zu row%s of CPUID%s */\n\n"
                               "#include <linux/kvm.h>\n\n",
                               identifier, n_rows, n_rows == 1 ? "" : "s",
                               guest->msrs ? ", feature MSRs" : "");
        write_table(output->text, guest, identifier);
        write_msrs(output->text, guest, identifier);

        losses_add_unknown(output);
        losses_add_capabilities(output);
        losses_add_tsc(output);
}

const Format format_c_array = {
        .name = "c",
        .description = "arrays of C for tests: struct kvm_cpuid_entry2, struct kvm_msr_entry",
        .write = write_c,
};
