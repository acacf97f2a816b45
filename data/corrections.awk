# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Checks data/corrections.table and compiles it to C:
#
#     awk -v mode=source|header|check -f data/table.awk -f data/entries.awk \
#             -f data/corrections.awk data/fields.table data/corrections.table
#
# source: data/correction-table.c, header: data/correction-sizes.h, check: nothing. Each error is
# one line on standard error, `file:line: what was found, what was expected`; with an error there is
# no output, and exit status 1.

BEGIN {
        split("clear set take", words, " ")
        for (i in words)
                is_operation[words[i]] = 1
}

check_line() { next }
$1 == "correction" { read_correction(); next }
!correction { fail("'" $1 "' without a 'correction NAME : TEXT' line before it"); next }
$1 == "if" || $1 == "unless" { read_condition($1 == "unless"); next }
$1 == "why" { why_of[correction] = read_text("why", why_of[correction]); next }
$1 == "source" { source_of[correction] = read_text("source", source_of[correction]); next }
$1 in is_operation { read_operation($1); next }
{
        fail("unknown operation '" $1 "', expected if, unless, why, source, " \
             or_list("clear set take"))
}

END {
        if (is_misused)
                exit 2
        if (n_entries == 0)
                fail_at(FNR, "the table has no corrections")
        for (i = 1; i <= n_entries; i++)
                check_correction(i)

        finish()
}

# Reading ----------------------------------------------------------------------------------------

function read_correction() {
        correction = read_entry("correction NAME : TEXT", "", "^[a-z][a-z0-9-]*$",
                                "a letter a-z first, then a-z, 0-9 and -")
}

# if|unless [hardware] OPERAND[=N,N] ... | KVM_CAP_NAME [MASK] | msr INDEX
function read_condition(is_not,  i, kind) {
        has_condition[correction] = 1
        if ($2 ~ /^KVM_CAP_/) {
                read_extension(is_not)
                return
        }
        if ($2 == "msr") {
                read_msr(is_not)
                return
        }

        kind = $2 == "hardware" ? "hardware" : "kvm"
        if (NF < (kind == "hardware" ? 3 : 2))
                fail("no condition, expected '" $1 " [hardware] FIELD[=N,N] ...', '" $1 \
                     " KVM_CAP_NAME [MASK]' or '" $1 " msr INDEX'")
        for (i = kind == "hardware" ? 3 : 2; i <= NF; i++)
                read_operand_condition(kind, is_not, $i)
}

function read_extension(is_not,  mask) {
        mask = "UINT64_MAX"
        if ($2 !~ /^KVM_CAP_[A-Z0-9_]+$/ || NF > 3)
                fail("'" $NF "', expected '" $1 " KVM_CAP_NAME [MASK]'")
        else if (NF == 3) {
                if (parse_number($3) != "" || number_value == 0)
                        fail("mask '" $3 "', expected a number such as 0x6 or 2")
                mask = "UINT64_C(" $3 ")"
        }
        add_condition(".kind = CORRECTION_EXTENSION, .name = " c_string($2) ", .mask = " mask, \
                      is_not)
}

function read_msr(is_not,  error) {
        error = NF == 3 ? parse_leaf($3) : "expected '" $1 " msr INDEX'"
        if (error != "")
                fail(NF == 3 ? "msr '" $3 "', expected a hexadecimal number such as 0x10a" : \
                     "'" $NF "', " error)
        add_condition(".kind = CORRECTION_MSR, .index = " $3, is_not)
}

function read_operand_condition(kind, is_not, text,  equals, values, items, n, i, error) {
        equals = index(text, "=")
        values = equals ? substr(text, equals + 1) : ""
        if (equals)
                text = substr(text, 1, equals - 1)
        if (!find_operand(text))
                return

        n = split(values, items, ",")
        if (equals && n == 0)
                fail("no value behind '" text "='")
        if (n > 0 && operand_first != operand_last)
                fail("a value of '" text "', which is more than one register")
        for (i = 1; i <= n; i++) {
                error = parse_number(items[i])
                if (error != "")
                        fail(text "=" values ": " error)
                else if (!fits(number_value, operand_high - operand_low + 1))
                        fail(text "=" values ": " items[i] " does not fit into the field")
        }

        add_condition(".kind = CORRECTION_" c_word(kind) ", .word = " operand_first \
                      ", .n_words = " operand_last - operand_first + 1 ", .low = " operand_low \
                      ", .mask = MASK(" operand_high ", " operand_low ")" \
                      (n > 0 ? ", .values = (const uint32_t[]){ " values " }, .n_values = " n : ""),
                      is_not)
}

# Not with '^': an awk may be built without it
function fits(value, n_bits,  limit) {
        for (limit = 1; n_bits > 0; n_bits--)
                limit *= 2
        return value < limit
}

function add_condition(text, is_not) {
        condition[correction, ++n_conditions[correction]] = \
                "{ " text (is_not ? ", .is_not = true" : "") " }"
}

# A field's name or a place; sets operand_first and operand_last, words, and operand_low and
# operand_high. False if it is none.
function find_operand(text) {
        if (text !~ /^0x/) {
                if (!check_field(text))
                        return 0
                operand_first = operand_last = field_word[text]
                operand_low = field_low[text]
                operand_high = field_high[text]
                return 1
        }

        if (!find_place(text, 4))
                return 0
        operand_first = place_first_word
        operand_last = place_last_word
        operand_low = place_low
        operand_high = place_high
        return 1
}

function read_operation(kind,  i, word) {
        has_operation[correction] = 1
        if (NF == 1)
                fail("'" kind "' without an operand, expected field names or places")
        for (i = 2; i <= NF; i++) {
                if (!find_operand($i))
                        continue
                if (kind == "set" && operand_first != operand_last)
                        fail("'set' of '" $i "', which is more than one register")
                for (word = operand_first; word <= operand_last; word++)
                        operation[correction, ++n_operations[correction]] = \
                                "{ .kind = CORRECTION_" c_word(kind) ", .word = " word \
                                ", .mask = MASK(" operand_high ", " operand_low ") }"
        }
}

# Checks of the whole ----------------------------------------------------------------------------

function check_correction(at) {
        if (!has_condition[at])
                fail_at(line_of[at], "correction '" name_of[at] \
                        "' without 'if' or 'unless', expected what tells that KVM is wrong")
        if (!has_operation[at])
                fail_at(line_of[at], "correction '" name_of[at] "' without " \
                        or_list("clear set take") ", expected what is right")
        if (why_of[at] ~ /\.$/)
                fail_at(line_of[at], "correction '" name_of[at] \
                        "': a full stop behind 'why', expected what continues 'because'")
        check_texts("correction", at)
}

# Writing ----------------------------------------------------------------------------------------

function write_header() {
        write_banner("corrections")
        print "#pragma once\n"
        print "#define N_CORRECTIONS " n_entries
}

function write_source(  i) {
        write_banner("corrections")
        print "\n#include \"policy/correction.h\"\n"
        print "#define MASK(high, low) ((UINT32_MAX >> (31 - (high))) & (UINT32_MAX << (low)))\n"
        print "const Correction correction_table[N_CORRECTIONS] = {"
        for (i = 1; i <= n_entries; i++)
                write_correction(i)
        print "};"
}

function write_correction(at,  i) {
        print "        [" at - 1 "] = {"
        print "                .name = " c_string(name_of[at]) ","
        print "                .summary = " c_string(summary_of[at]) ","
        print "                .why = " c_string(why_of[at]) ","
        print "                .source = " c_string(source_of[at]) ","
        print "                .conditions = (const CorrectionCondition[]){"
        for (i = 1; i <= n_conditions[at]; i++)
                print "                        " condition[at, i] ","
        print "                },"
        print "                .n_conditions = " n_conditions[at] ","
        print "                .operations = (const CorrectionOperation[]){"
        for (i = 1; i <= n_operations[at]; i++)
                print "                        " operation[at, i] ","
        print "                },"
        print "                .n_operations = " n_operations[at] ","
        print "        },"
}
