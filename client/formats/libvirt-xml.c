/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Registers and MSRs as attributes. One that is not known is refused: it may be a register that
 * would be taken for zero. */

#include "client/formats/libvirt-xml.h"

static bool read_number(const Xml *xml, const XmlTag *tag, size_t i, uint32_t *ret,
                        GError **error) {
        return xml_parse_u32(tag->values[i], ret) ||
                xml_set_error(xml, error, "'%s' of <%s> is '%s', expected a number in 32 bits",
                              tag->names[i], tag->name, tag->values[i]);
}

static Register find_register(const char *name) {
        for (Register reg = 0; reg < N_REGISTERS; reg++)
                if (g_str_equal(register_to_string(reg), name))
                        return reg;

        return N_REGISTERS;
}

/* Which of the row's values @name is; NULL: none. `function` is what older files call it. */
static uint32_t *find_value(Leaf *row, const char *name) {
        Register reg = find_register(name);

        if (reg < N_REGISTERS)
                return &row->registers[reg];
        if (g_str_equal(name, "eax_in") || g_str_equal(name, "function"))
                return &row->leaf;
        return g_str_equal(name, "ecx_in") ? &row->subleaf : NULL;
}

bool libvirt_read_cpuid(const Xml *xml, const XmlTag *tag, Leaf *ret, GError **error) {
        unsigned n_leaves = 0;
        Leaf row = {};

        for (size_t i = 0; tag->names[i]; i++) {
                uint32_t *value = find_value(&row, tag->names[i]);

                if (!value)
                        return xml_set_error(xml, error,
                                             "'%s' of <cpuid>, expected eax_in, ecx_in, eax, ebx, "
                                             "ecx or edx",
                                             tag->names[i]);
                if (!read_number(xml, tag, i, value, error))
                        return false;
                n_leaves += value == &row.leaf;
        }

        if (n_leaves != 1)
                return xml_set_error(xml, error, "<cpuid> %s, expected one 'eax_in'",
                                     n_leaves == 0 ? "has no leaf" : "has 'eax_in' and 'function'");

        *ret = row;
        return true;
}

bool libvirt_read_msr(const Xml *xml, const XmlTag *tag, uint32_t *ret_index, uint64_t *ret_value,
                      GError **error) {
        uint32_t index = 0, eax = 0, edx = 0;
        bool has_index = false;

        for (size_t i = 0; tag->names[i]; i++) {
                bool is_index = g_str_equal(tag->names[i], "index");
                bool is_eax = g_str_equal(tag->names[i], "eax");

                if (!is_index && !is_eax && !g_str_equal(tag->names[i], "edx"))
                        return xml_set_error(xml, error,
                                             "'%s' of <msr>, expected index, eax or edx",
                                             tag->names[i]);
                if (!read_number(xml, tag, i, is_index ? &index : is_eax ? &eax : &edx, error))
                        return false;
                has_index = has_index || is_index;
        }

        if (!has_index)
                return xml_set_error(xml, error, "<msr> has no 'index', expected one");

        *ret_index = index;
        *ret_value = (uint64_t) edx << 32 | eax;
        return true;
}
