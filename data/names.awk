# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Checks data/names.table and compiles it to C:
#
#     awk -v mode=source|header|check -f data/table.awk -f data/names.awk data/names.table
#
# source: data/name-table.c, header: data/name-sizes.h, check: nothing. Each error is one line on
# standard error, `file:line: what was found, what was expected`; with an error there is no output,
# and exit status 1.

BEGIN {
        dialects_of["both"] = "qemu libvirt"
        dialects_of["qemu"] = "qemu"
        dialects_of["libvirt"] = "libvirt"
        dialects_of["old"] = "old"
        n_names = n_others = n_lines = n_rows = 0
}

check_line() { next }
$1 == "other" { read_others(); next }
{ n_lines++; read_row() }

END {
        if (is_misused)
                exit 2
        if (n_lines == 0)
                fail_at(FNR, "the table has no names")
        finish()
}

# Reading ----------------------------------------------------------------------------------------

# Each of '-', '_' and '.' counts as the same
function canonical(name) {
        gsub(/[_.]/, "-", name)
        return name
}

function read_others(  i, name) {
        if (NF == 1)
                fail("no name, expected 'other NAME ...'")
        for (i = 2; i <= NF; i++) {
                name = canonical($i)
                if (name !~ /^[a-z0-9][a-z0-9-]*\*?$/)
                        fail("name '" $i "', expected a-z, 0-9, '-', '_' and '.', and '*' at the end")
                else if (name in other_line)
                        fail("'" $i "' again, which is in line " other_line[name] " already")
                else {
                        other_line[name] = FNR
                        other[++n_others] = name
                }
        }
}

function read_place(  error) {
        is_msr = $1 !~ /^[^[]*[.:]/
        error = is_msr ? parse_msr_place($1) : parse_place($1)
        if (error == "" && place_wild)
                error = "a wildcard in '" $1 "', expected one bit"
        if (error == "" && (place_depth < 4 || place_low != place_high))
                error = "'" $1 "' is not one bit, expected a place such as 0x7.0:ebx[6] or 0x10a[5]"
        if (error != "") {
                fail(error)
                return 0
        }

        row_bit = is_msr ? place_reg * 32 + place_low : place_low
        check_order()
        return 1
}

# Every part of a place is a key of its own: not all awks have numbers of more than 53 bits.
function check_order(  order) {
        order = is_msr - last_msr
        if (order == 0)
                order = place_leaf_value - last_leaf
        if (order == 0)
                order = place_subleaf_value - last_subleaf
        if (order == 0)
                order = (is_msr ? 0 : place_reg) - last_reg
        if (order == 0)
                order = row_bit - last_bit
        if (n_rows > 0 && order == 0)
                fail("'" $1 "' again, which is in line " last_line " already")
        else if (n_rows > 0 && order < 0)
                fail("'" $1 "' behind '" last_place "', expected the rows by place")

        n_rows++
        last_msr = is_msr
        last_leaf = place_leaf_value
        last_subleaf = place_subleaf_value
        last_reg = is_msr ? 0 : place_reg
        last_bit = row_bit
        last_line = FNR
        last_place = $1
}

function read_row(  i, equals, word) {
        if (!read_place())
                return

        row_since = ""
        row_shared = 0
        row_dialects = ""
        row_first = n_names + 1
        for (i = 2; i <= NF; i++) {
                equals = index($i, "=")
                word = substr($i, 1, equals - 1)
                if ($i == "shared")
                        row_shared = 1
                else if (word == "since")
                        read_since(substr($i, equals + 1))
                else if (word in dialects_of)
                        read_names(dialects_of[word], substr($i, equals + 1))
                else
                        fail("'" $i "', expected both=, qemu=, libvirt= or old= and names, " \
                             "shared or since=VERSION")
        }
        if (n_names < row_first)
                fail("no name, expected both=NAME, qemu=NAME or libvirt=NAME")
        for (i = row_first; i <= n_names; i++)
                check_name(i)
}

function read_since(version) {
        if (version !~ /^[0-9]+\.[0-9]+$/)
                fail("since=" version ": expected a version such as 8.1")
        row_since = version
}

# The names of one word; a name that is preferred in one dialect only becomes two
function read_names(dialects, text,  words, names, n, i, j, n_dialects, preferred, other_names) {
        n = split(text, names, ",")
        if (n == 0)
                fail("no name behind '='")
        n_dialects = split(dialects, words, " ")
        for (i = 1; i <= n; i++) {
                if (names[i] !~ /^[a-z0-9][a-z0-9._-]*$/) {
                        fail("name '" names[i] "', expected a-z, 0-9, '-', '_' and '.'")
                        continue
                }
                preferred = other_names = ""
                for (j = 1; j <= n_dialects; j++)
                        if (words[j] != "old" && !index(row_dialects, words[j])) {
                                preferred = preferred " " words[j]
                                row_dialects = row_dialects " " words[j]
                        } else
                                other_names = other_names " " (words[j] == "old" ? "qemu" : words[j])
                if (preferred != "")
                        add_name(names[i], preferred, 1)
                if (other_names != "")
                        add_name(names[i], other_names, 0)
        }
}

function add_name(name, dialects, is_preferred) {
        n_names++
        name_text[n_names] = name
        name_canonical[n_names] = canonical(name)
        name_dialects[n_names] = dialects
        name_preferred[n_names] = is_preferred
        name_msr[n_names] = is_msr
        name_index[n_names] = place_leaf
        name_subleaf[n_names] = place_subleaf
        name_reg[n_names] = is_msr ? 0 : place_reg
        name_bit[n_names] = row_bit
        name_line[n_names] = FNR
}

function check_name(i,  words, n, j, key, before, error) {
        name_shared[i] = row_shared
        name_since[i] = row_since
        n = split(name_dialects[i], words, " ")
        for (j = 1; j <= n; j++) {
                key = words[j] SUBSEP name_canonical[i]
                if (key in name_of) {
                        before = name_of[key]
                        if (name_line[before] == FNR)
                                error = "'" name_text[i] "' twice, or only other punctuation"
                        else if (!name_shared[before] || !row_shared)
                                error = "'" name_text[i] "' is the bit in line " \
                                        name_line[before] " already, expected 'shared' in both rows"
                }
                name_of[key] = i
        }
        if (error != "")
                fail(error)
        if (name_canonical[i] in other_line)
                fail("'" name_text[i] "' is no bit in line " other_line[name_canonical[i]])
}

# Writing ----------------------------------------------------------------------------------------

function write_header() {
        write_banner("names")
        print "#pragma once\n"
        print "#define N_FEATURE_NAMES " n_names
        print "#define N_FEATURE_NAME_OTHERS " n_others
}

# Insertion sort of the names' numbers into sorted[]: by canonical name, then in table order
function sort_names(  i, j) {
        for (i = 1; i <= n_names; i++) {
                for (j = i; j > 1 && is_after(name_canonical[sorted[j - 1]], name_canonical[i]); j--)
                        sorted[j] = sorted[j - 1]
                sorted[j] = i
        }
}

# As texts: "3dnow" may be a number to an awk
function is_after(a, b) {
        return (a "") > (b "")
}

function write_source(  i) {
        write_banner("names")
        print "\n#include \"client/formats/names.h\"\n"
        print "const FeatureName feature_name_table[N_FEATURE_NAMES] = {"
        for (i = 1; i <= n_names; i++)
                write_name(i)
        print "};\n"

        sort_names()
        print "const uint16_t feature_name_sorted[N_FEATURE_NAMES] = {"
        for (i = 1; i <= n_names; i++)
                print "        " sorted[i] - 1 ","
        print "};\n"

        print "const char *const feature_name_others[N_FEATURE_NAME_OTHERS + 1] = {"
        for (i = 1; i <= n_others; i++)
                print "        " c_string(other[i]) ","
        print "        NULL,\n};"
}

function write_name(i,  dialects) {
        dialects = name_dialects[i] == " qemu libvirt" ? "NAME_QEMU | NAME_LIBVIRT" : \
                   name_dialects[i] == " qemu" ? "NAME_QEMU" : "NAME_LIBVIRT"
        print "        [" i - 1 "] = { .name = " c_string(name_text[i]) \
              (name_since[i] != "" ? ", .since = " c_string(name_since[i]) : "") \
              ", .index = " name_index[i] ", .subleaf = " name_subleaf[i] \
              ", .reg = " name_reg[i] ", .bit = " name_bit[i] ", .dialects = " dialects \
              (name_msr[i] ? ", .is_msr = true" : "") \
              (name_preferred[i] ? ", .is_preferred = true" : "") \
              (name_shared[i] ? ", .is_shared = true" : "") " },"
}
