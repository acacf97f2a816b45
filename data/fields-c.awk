# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Writes what data/fields.awk has read as C

function n_words() {
        return int((n_groups * 4 + 7) / 8) * 8
}

function n_cpuid_words(  i) {
        for (i = n_groups; i > 0 && group_interface[i - 1] == "msr"; i--)
                ;
        return int((i * 4 + 7) / 8) * 8
}

function write_header() {
        write_banner("fields")
        print "#pragma once\n"
        print "#define N_FIELDS " n_rows
        print "#define N_FIELD_GROUPS " n_groups
        print "/* Four a group, and what makes them a multiple of eight */"
        print "#define N_FIELD_WORDS " n_words()
        print "/* Those of CPUID, which come first */"
        print "#define N_FIELD_CPUID_WORDS " n_cpuid_words()
        print "#define N_FIELD_LEAVES " n_leaves
        print "#define N_FIELD_NEEDS " count_needs()
        print "#define N_FIELD_COPIES " count_rows(row_copy)
        print "#define N_FIELD_SPANS " count_rows(row_span)
}

function count_rows(rows,  i, n) {
        for (i in rows)
                n++
        return n + 0
}

# Of rows with a value: a wildcard row has none
function count_needs(  i, n) {
        for (i = 1; i <= n_rows; i++)
                if (!row_wild[i])
                        n += n_list[i, "needs"]
        return n + 0
}

function write_source(  words, n, i) {
        write_banner("fields")
        print "\n#include \"policy/field.h\"\n"
        print "#define MASK(high, low) ((UINT32_MAX >> (31 - (high))) & (UINT32_MAX << (low)))"

        print "\nconst Field field_table[N_FIELDS] = {"
        for (row = 1; row <= n_rows; row++)
                write_field()
        print "};"

        print "\nconst FieldGroup field_groups[N_FIELD_GROUPS] = {"
        for (i = 0; i < n_groups; i++)
                print "        [" i "] = { " group_leaf[i] ", " group_subleaf[i] ", " \
                      c_interface(group_interface[i]) ", " group_condition(i) ", " \
                      (is_msr_unlisted(i) ? "true" : "false") " },"
        print "};"

        print "\nconst int16_t field_telling[N_FIELD_TELLS] = {"
        n = split(tellable, words, " ")
        for (i = 1; i <= n; i++)
                print "        [FIELD_TELLS_" c_word(words[i]) "] = " \
                      (words[i] in row_telling ? row_telling[words[i]] - 1 : "FIELD_NONE") ","
        print "};"

        print "\nconst FieldWord field_words[N_FIELD_WORDS] = {"
        for (i = 0; i < n_groups * 4; i++)
                write_word(i)
        for (; i < n_words(); i++)
                print "        [" i "] = { .known = UINT32_MAX },"
        print "};"

        print "\nconst FieldLeaf field_leaves[N_FIELD_LEAVES] = {"
        for (i = 1; i <= n_leaves; i++)
                print "        { " leaf_name[i] ", " c_interface(leaf_interface[i]) ", " \
                      (leaf_indexed[i] ? "true" : "false") ", " c_string(leaf_title[i]) " },"
        print "};"

        write_needs()
        write_indexes("field_copies[N_FIELD_COPIES]", row_copy)
        write_indexes("field_spans[N_FIELD_SPANS]", row_span)
}

function write_needs(  i, target) {
        print "\nconst FieldNeed field_needs[N_FIELD_NEEDS] = {"
        for (row = 1; row <= n_rows; row++)
                for (i = 1; i <= (row_wild[row] ? 0 : n_list[row, "needs"]); i++) {
                        target = row_of[list[row, "needs", i]]
                        print "        { MASK(" row_high[row] ", " row_low[row] "), MASK(" \
                              row_high[target] ", " row_low[target] "), " row_word[row] ", " \
                              row_word[target] ", " row - 1 ", " target - 1 " },"
                }
        print "};"
}

function write_indexes(name, rows,  i) {
        print "\nconst int16_t " name " = {"
        for (i = 1; i <= n_rows; i++)
                if (i in rows)
                        print "        " i - 1 ","
        print "};"
}

function c_interface(name) {
        return "FIELD_INTERFACE_" c_word(name)
}

# What a MSR is visible with; CPUID has no such thing
function group_condition(i) {
        return row_index(group_interface[i] == "msr" ? msr_when[group_leaf[i]] : "")
}

function is_msr_unlisted(i) {
        return group_interface[i] == "msr" && group_leaf[i] in msr_unlisted
}

function row_index(name) {
        return name == "" ? "FIELD_NONE" : row_of[name] - 1
}

function attribute_is(name, value) {
        return (row, name) in attribute && attribute[row, name] == value
}

function write_field(  line) {
        print "        [" row - 1 "] = { /* " row_place[row] " */"
        print "                .name = " c_string(row_name[row]) ", .label = " \
              c_string(row_label[row]) ","
        print "                .summary = " c_string(row_summary[row]) ","
        if (row_breaks[row] != "")
                print "                .breaks = " c_string(row_breaks[row]) ","
        print "                .source = " c_string(row_source[row]) ","
        print "                .interface = " c_interface(row_interface[row]) \
              ", .leaf = " row_leaf[row] ", .subleaf = " row_subleaf[row] \
              ", .subleaf_last = " (row_wild[row] ? "UINT32_MAX" : row_subleaf[row]) \
              ", .reg = REGISTER_" toupper(register_names[row_reg[row] + 1]) \
              ", .low = " row_low[row] ", .high = " row_high[row] ","
        print "                .rule = FIELD_RULE_" c_word(row_rule[row]) \
              ", .severity = SEVERITY_" c_word(field_severity()) \
              ", .show = FIELD_SHOW_" c_word(field_show()) \
              ", .word = " (row_wild[row] ? "FIELD_NONE" : row_word[row]) ","
        print "                .copy = " row_index(row in row_copy ? row_copy[row] : "") \
              ", .within = " row_index(row in row_within ? row_within[row] : "") \
              ", .kept = " row_index(row in row_kept ? row_kept[row] : "") \
              ", .span = " row_index(row in row_span ? row_span[row] : "") \
              ", .span_start = " (row in row_span ? row_span_start[row] : "0") ","
        print "                .when = " row_index(row in row_when ? row_when[row] : "") \
              ", .when_above = " (row in row_when ? row_when_above[row] : "0") \
              ", .continues = " row_index(row in row_continues ? row_continues[row] : "") \
              ", .exact = " row_index(row in row_exact ? row_exact[row] : "") \
              ", .scale = " ((row, "scale") in attribute ? attribute[row, "scale"] : "1") ","
        line = field_options()
        if (line != "")
                print "               " line
        print "        },"
}

function field_severity() {
        if (row_rule[row] in never_breaks)
                return "none"
        if ((row, "broken") in attribute)
                return attribute[row, "broken"]
        return row_rule[row] in default_severity ? default_severity[row_rule[row]] : "error"
}

function field_show() {
        if ((row, "show") in attribute)
                return attribute[row, "show"]
        if ((row, "text") in attribute || row in row_continues)
                return "ascii"
        if (row_low[row] == row_high[row])
                return "flag"
        return row_high[row] - row_low[row] < 16 ? "dec" : "hex"
}

# The members that few rows have
function field_options(  line, flags, i) {
        if ((row, "plus") in attribute)
                line = line " .plus = " attribute[row, "plus"] ","
        if ((row, "unit") in attribute)
                line = line " .unit = " c_string(attribute[row, "unit"]) ","

        if ((row, "since") in attribute)
                line = line " .since = " c_string(attribute[row, "since"]) ","

        flags = (attribute_is("zero", "unknown") ? " | FIELD_ZERO_UNKNOWN" : "") \
                (attribute_is("below", "note") ? " | FIELD_BELOW_NOTE" : "") \
                (attribute_is("rewritten", "older") ? " | FIELD_REWRITTEN" : "") \
                (attribute_is("unused", "0") ? " | FIELD_ZERO_UNUSED" : "") \
                (attribute_is("maximum", "leaf") ? " | FIELD_MAXIMUM_LEAF" : "") \
                (attribute_is("maximum", "subleaf") ? " | FIELD_MAXIMUM_SUBLEAF" : "")
        if (flags != "")
                line = line " .flags = " substr(flags, 4) ","
        if ((row, "vendor") in attribute)
                line = line " .vendors = " c_list("vendor", " | ") ","
        if ((row, "text") in attribute)
                line = line " .text = { " c_list("text", ", ") " }, .n_text = " \
                        n_list[row, "text"] ","
        if ((row, "values") in attribute)
                line = line " .values = { " c_list("values", ", ") " }, .n_values = " \
                        n_list[row, "values"] ","
        if ((row, "needs") in attribute)
                line = line " .needs = (const int16_t[]){ " c_list("needs", ", ") ", FIELD_NONE },"
        if ((row, "same") in attribute)
                line = line " .same = (const int16_t[]){ " c_list("same", ", ") ", FIELD_NONE },"
        if ((row, "implied") in attribute)
                line = line " .implied = (const int16_t[]){ " c_list("implied", ", ") \
                        ", FIELD_NONE },"
        if ((row, "parameter") in attribute)
                line = line " .parameters = (const char *const[]){ " c_list("parameter", ", ") \
                        ", NULL },"
        return line c_aliases()
}

function c_list(name, separator,  i, item, text) {
        for (i = 1; i <= n_list[row, name]; i++) {
                item = list[row, name, i]
                if (name == "vendor")
                        item = "VENDOR_" c_word(item)
                else if (name == "text")
                        item = "REGISTER_" toupper(item)
                else if (name == "needs" || name == "same" || name == "implied")
                        item = row_index(item)
                else if (name == "parameter")
                        item = c_string(item)
                text = text (i == 1 ? "" : separator) item
        }
        return text
}

function mask_of(kind) {
        if (kind == "inverted")
                return "inverted"
        if (kind == "at-most" || kind == "at-least" || kind == "equal" || kind == "identity")
                return "exact"
        return kind in never_breaks ? "none" : "subset"
}

function write_word(word,  bit, kind, known, group, key, rows, n, i) {
        group = int(word / 4)
        for (bit = 0; bit < 32; bit++)
                kind[bit] = "subset"
        for (i = word_first[word] + 1; i <= word_first[word] + word_rows[word]; i++)
                for (bit = row_low[i]; bit <= row_high[i]; bit++) {
                        kind[bit] = mask_of(row_rule[i])
                        known[bit] = "known"
                }

        key = group_interface[group] SUBSEP group_leaf[group] SUBSEP (word % 4)
        n = split(wild_rows[key], rows, " ")
        for (i = 1; i <= n; i++)
                if (row_subleaf_value[rows[i]] <= group_subleaf_value[group])
                        for (bit = row_low[rows[i]]; bit <= row_high[rows[i]]; bit++) {
                                kind[bit] = "none"
                                known[bit] = "known"
                        }

        print "        [" word "] = { /* " group_leaf[group] "." group_subleaf[group] ":" \
              register_names[word % 4 + 1] " */" \
              c_mask("subset", kind) c_mask("inverted", kind) c_mask("exact", kind) \
              c_mask("known", known) \
              (word_rows[word] ? " .first_field = " word_first[word] \
                      ", .n_fields = " word_rows[word] "," : "") " },"
}

# ".subset = MASK(31, 8) | MASK(5, 5)," of the bits of this kind
function c_mask(name, kind,  high, low, text) {
        for (high = 31; high >= 0; high--) {
                if (kind[high] != name)
                        continue
                for (low = high; low > 0 && kind[low - 1] == name; low--)
                        ;
                text = text (text == "" ? "" : " | ") "MASK(" high ", " low ")"
                high = low
        }
        return text == "" ? "" : " ." name " = " text ","
}
