# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What tables of entries share, which name fields and places: data/capabilities.awk,
# data/controls.awk and data/corrections.awk. Read behind data/table.awk and before those. The first
# file is data/fields.table, which has its own checks: of it only names and places are read.

BEGIN { interface = "cpu" }

FILENAME == ARGV[1] && $1 == "interface" { interface = $2 }
FILENAME == ARGV[1] && /^0x/ { read_field() }
FILENAME == ARGV[1] { next }

# Fields -----------------------------------------------------------------------------------------

function read_field(  group, key) {
        n_fields++
        if (parse_place($1) != "")
                return
        field_of[$2] = n_fields
        field_rule[$2] = $3
        field_wild[$2] = place_wild
        field_low[$2] = place_low
        field_high[$2] = place_high
        if (place_wild)
                return

        group = add_place_group(interface)
        field_word[$2] = group * 4 + place_reg
        word_has_rows[group * 4 + place_reg] = 1
        key = interface SUBSEP place_leaf
        if (!(key in leaf_seen))
                interfaces_of[place_leaf] = interfaces_of[place_leaf] " " interface
        leaf_seen[key] = 1
}

function check_field(name) {
        if (!(name in field_of)) {
                fail("there is no field '" name "' in the field table")
                return 0
        }
        if (field_wild[name]) {
                fail("field '" name "' is a wildcard row, expected one with a sub-leaf")
                return 0
        }
        return 1
}

# A place that stands for whole sub-leaves or registers, or with @deepest 4 for bits of one. Sets
# place_first_word and place_last_word, too; false if it is none.
function find_place(text, deepest,  error, i, words) {
        error = parse_place(text)
        if (error == "" && place_wild)
                error = "a wildcard in '" text "', expected a leaf, a sub-leaf or a register"
        if (error == "" && place_depth > deepest)
                error = "bits in '" text "', expected the name of the field"
        if (error == "" && split(interfaces_of[place_leaf], words, " ") > 1)
                error = "'" text "' is a leaf of " or_list(interfaces_of[place_leaf]) \
                        ", expected the names of fields"

        place_first_word = -1
        for (i = 0; i < n_groups && error == ""; i++) {
                if (group_leaf[i] != place_leaf ||
                    (place_depth > 1 && group_subleaf[i] != place_subleaf))
                        continue
                if (place_first_word < 0)
                        place_first_word = i * 4 + (place_depth > 2 ? place_reg : 0)
                place_last_word = i * 4 + (place_depth > 2 ? place_reg : 3)
        }
        if (error == "" && place_first_word < 0)
                error = "'" text "' has no rows in the field table"
        if (error != "")
                fail(error)
        return error == ""
}

# Entries ----------------------------------------------------------------------------------------

# The line that starts an entry: @form is 'KIND NAME : TEXT', or has [@option] behind the name.
# Returns the number of the entry, from 1 on.
function read_entry(form, option, pattern, expected,  colon, words, n, most, name) {
        colon = find_colon()
        n = split(trim(substr($0, 1, colon - 1)), words, / +/)
        most = option == "" ? 2 : 3
        name = words[2]
        n_entries++
        name_of[n_entries] = name
        line_of[n_entries] = FNR
        summary_of[n_entries] = trim(substr($0, colon + 1))
        has_option[n_entries] = n == 3

        if (summary_of[n_entries] == "")
                fail("no text, expected '" form "'")
        if (n > most || (n == 3 && words[3] != option))
                fail("'" words[n > most ? most + 1 : 3] "' behind the name, expected '" form "'")
        if (n < 2)
                fail("no name, expected '" form "'")
        else if (name !~ pattern)
                fail("name '" name "', expected " expected)
        else if (name in entry_of)
                fail($1 " '" name "' again, which is in line " line_of[entry_of[name]] " already")
        else
                entry_of[name] = n_entries
        return n_entries
}

# 'NAME TEXT'; more lines of it continue what was there @before
function read_text(name, before,  text) {
        text = trim(substr(trim($0), length(name) + 1))
        if (text == "")
                fail("no text, expected '" name " TEXT'")
        return before (before == "" ? "" : " ") text
}

function check_texts(kind, at) {
        if (why_of[at] == "")
                fail_at(line_of[at], kind " '" name_of[at] \
                        "' without 'why', expected a reason for people")
        if (source_of[at] == "")
                fail_at(line_of[at], kind " '" name_of[at] "' without 'source'")
}
