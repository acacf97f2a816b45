# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Checks data/controls.table and compiles it to C:
#
#     awk -v mode=source|header|check -f data/table.awk -f data/entries.awk -f data/controls.awk \
#             data/fields.table data/controls.table
#
# source: data/control-table.c, header: data/control-sizes.h, check: nothing. Each error is one line
# on standard error, `file:line: what was found, what was expected`; with an error there is no
# output, and exit status 1.

BEGIN {
        register_form = "BIT NAME FIELD ... [with=BIT,BIT] [needs=FIELD,FIELD]"
        msr_form = "INDEX NAME FIELD ... [write=VALUE] [needs=FIELD,FIELD]"
        n_kinds = split("cr4 efer xcr0 msr", kind_names, " ")
        for (i = 1; i <= n_kinds; i++)
                kind_rank[kind_names[i]] = i
        no_right["dynamic"] = no_right["topology"] = no_right["informational"] = \
                no_right["identity"] = 1
}

check_line() { next }
$1 == "source" { read_source(); next }
$1 in kind_rank { read_row(); next }
{ fail("'" $1 "', expected source, " or_list("cr4 efer xcr0 msr")) }

END {
        if (is_misused)
                exit 2
        if (n_rows == 0)
                fail_at(FNR, "the table has no controls")
        for (row = 1; row <= n_rows; row++)
                check_with()
        finish()
}

# Reading ----------------------------------------------------------------------------------------

function read_source() {
        source = trim(substr(trim($0), 7))
        if (source == "")
                fail("no text, expected 'source TEXT'")
}

function read_row(  i, equals) {
        row = ++n_rows
        row_line[row] = FNR
        row_kind[row] = $1
        row_source[row] = source
        row_form = $1 " " ($1 == "msr" ? msr_form : register_form)
        if (source == "")
                fail("no 'source' before this row")
        if (NF < 2) {
                fail("no " ($1 == "msr" ? "index" : "bit") ", expected '" row_form "'")
                return
        }
        read_place()
        read_name()
        for (i = 4; i <= NF; i++) {
                equals = index($i, "=")
                if (equals)
                        read_attribute(substr($i, 1, equals - 1), substr($i, equals + 1))
                else
                        read_field_name("fields", $i)
        }
        if (!n_list[row, "fields"] && NF >= 3)
                fail("no field, expected '" row_form "'")
}

# A bit's number or a MSR's index, and that rows come by it
function read_place(  error, rank) {
        error = row_kind[row] == "msr" ? parse_leaf($2) : parse_number($2)
        if (error != "" && row_kind[row] == "msr")
                error = "msr '" $2 "', expected a hexadecimal number such as 0x6e0"
        else if (error != "")
                error = "bit '" $2 "', expected a decimal number from 0 to 63"
        else if (row_kind[row] != "msr" && ($2 ~ /^0x/ || number_value > 63))
                error = "bit '" $2 "', expected a decimal number from 0 to 63"
        if (error != "") {
                fail(error)
                return
        }

        row_place[row] = $2
        rank = kind_rank[row_kind[row]]
        if (row_kind[row] != "msr" && (row_kind[row], number_value) in row_of_bit)
                fail("bit " $2 " of " row_kind[row] " again, which is in line " \
                     row_line[row_of_bit[row_kind[row], number_value]] " already")
        else if (rank < last_rank || (rank == last_rank && number_value < last_value))
                fail(row_kind[row] " " $2 " behind " last_place ", expected the rows in the order " \
                     "cr4, efer, xcr0, msr, and by number")
        row_of_bit[row_kind[row], number_value] = row
        last_rank = rank
        last_value = number_value
        last_place = row_kind[row] " " $2
}

function read_name() {
        row_name[row] = $3
        if ($3 == "" || index($3, "=")) {
                fail("no name, expected '" row_form "'")
                return
        }
        if (row_kind[row] == "msr" && $3 !~ /^[A-Z][A-Z0-9_]*([.][A-Z0-9_]+)?$/)
                fail("name '" $3 "', expected A-Z, 0-9 and _, and a part behind a dot at most")
        else if (row_kind[row] != "msr" && \
                 ($3 !~ /^[A-Z0-9]+[.][A-Z0-9_]+$/ || index($3, toupper(row_kind[row]) ".") != 1))
                fail("name '" $3 "', expected " toupper(row_kind[row]) ". and A-Z, 0-9 and _")
        else if ($3 in row_of)
                fail("name '" $3 "' again, which is in line " row_line[row_of[$3]] " already")
        else
                row_of[$3] = row
}

function read_field_name(kind, name) {
        if (!check_field(name))
                return
        if (field_rule[name] in no_right)
                fail("field '" name "', whose rule '" field_rule[name] \
                     "' says nothing of what a guest may use")
        else if ((row, name) in row_has_field)
                fail("field '" name "' twice")
        row_has_field[row, name] = 1
        list[row, kind, ++n_list[row, kind]] = field_of[name] - 1
}

# A field, or A>N
function read_need(text,  at, error) {
        at = index(text, ">")
        need_above = 0
        if (at) {
                error = parse_number(substr(text, at + 1))
                if (error != "" || number_value == 0 || number_value > 255)
                        fail("needs=" text ", expected a number from 1 to 255 behind '>'")
                else
                        need_above = number_value
                text = substr(text, 1, at - 1)
        }
        read_field_name("needs", text)
        list[row, "above", n_list[row, "needs"]] = need_above
        n_list[row, "above"] = n_list[row, "needs"]
}

function read_attribute(name, text,  words, n, i, error) {
        if (name != "needs" && name != (row_kind[row] == "msr" ? "write" : "with")) {
                fail("'" name "=', expected '" row_form "'")
                return
        }
        if ((row, name) in row_attribute) {
                fail(name "= twice")
                return
        }
        row_attribute[row, name] = text
        if (name == "write") {
                error = parse_wide(text)
                if (error != "")
                        fail("write=" text ": " error)
                return
        }

        n = split(text, words, ",")
        if (n == 0)
                fail("nothing behind '" name "='")
        for (i = 1; i <= n; i++)
                if (name == "needs")
                        read_need(words[i])
                else
                        list[row, "with", ++n_list[row, "with"]] = words[i]
}

# Checks of the whole ----------------------------------------------------------------------------

# What is set with a bit is a bit of the same register that has a row
function check_with(  i, bit) {
        for (i = 1; i <= n_list[row, "with"]; i++) {
                bit = list[row, "with", i]
                if (parse_number(bit) != "" || bit ~ /^0x/)
                        fail_at(row_line[row], "with=" row_attribute[row, "with"] ": '" bit \
                                "' is not a bit, expected a decimal number from 0 to 63")
                else if (row_of_bit[row_kind[row], number_value] == row)
                        fail_at(row_line[row], "with=" row_attribute[row, "with"] ": " bit \
                                " is the row's own bit")
                else if (!row_of_bit[row_kind[row], number_value])
                        fail_at(row_line[row], "with=" row_attribute[row, "with"] \
                                ": there is no row for bit " bit " of " row_kind[row])
        }
}

# Writing ----------------------------------------------------------------------------------------

function write_header() {
        write_banner("controls")
        print "#pragma once\n"
        print "#define N_CONTROLS " n_rows
}

function write_source() {
        write_banner("controls")
        print "\n#include \"policy/control.h\"\n"
        print "#define BIT(i) (UINT64_C(1) << (i))\n"
        print "const Control control_table[N_CONTROLS] = {"
        for (row = 1; row <= n_rows; row++)
                write_control()
        print "};"
}

function write_control(  i, bits) {
        print "        [" row - 1 "] = {"
        print "                .name = " c_string(row_name[row]) ","
        print "                .source = " c_string(row_source[row]) ","
        print "                .kind = CONTROL_" c_word(row_kind[row]) ","
        if (row_kind[row] == "msr") {
                print "                .msr = " row_place[row] ","
                if ((row, "write") in row_attribute)
                        print "                .is_written = true, .value = UINT64_C(" \
                              row_attribute[row, "write"] "),"
        } else {
                bits = "BIT(" row_place[row] ")"
                for (i = 1; i <= n_list[row, "with"]; i++)
                        bits = bits " | BIT(" list[row, "with", i] ")"
                print "                .bit = " row_place[row] ", .bits = " bits ","
        }
        write_list("fields")
        if (n_list[row, "needs"]) {
                write_list("needs")
                write_above()
        }
        print "        },"
}

function write_above(  i, text) {
        for (i = 1; i <= n_list[row, "above"]; i++)
                text = text (i == 1 ? "" : ", ") list[row, "above", i]
        print "                .above = (const uint8_t[]){ " text " },"
}

function write_list(kind,  i, text) {
        for (i = 1; i <= n_list[row, kind]; i++)
                text = text list[row, kind, i] ", "
        print "                ." kind " = (const int16_t[]){ " text "FIELD_NONE },"
}
