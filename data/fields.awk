# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Checks data/fields.table and data/msrs.table and compiles them to C:
#
#     awk -v mode=source|header|check -f data/table.awk -f data/msrs.awk -f data/fields.awk \
#             -f data/fields-relations.awk -f data/fields-vendor.awk -f data/fields-reserved.awk \
#             -f data/fields-c.awk data/fields.table data/msrs.table
#
# source: data/field-table.c, header: data/field-sizes.h, check: nothing. Each error is one line on
# standard error, `file:line: what was found, what was expected`; with an error there is no output,
# and exit status 1.

BEGIN {
        interface = "cpu"
        leaf_form = "'leaf LEAF [indexed] [vendor=V] : TITLE'"
        row_form = "'PLACE NAME RULE [ATTRIBUTE ...] : LABEL - TEXT'"
        split("cpu kvm hyperv msr", interface_names, " ")
        for (i in interface_names)
                is_interface[interface_names[i]] = 1

        # Which rules an attribute goes with; "*" all of them
        compared = " feature hint guarantee inverted at-most at-least equal identity granted "
        attribute_rules["needs"] = "*"
        attribute_rules["when"] = compared
        attribute_rules["broken"] = attribute_rules["since"] = compared
        attribute_rules["rewritten"] = compared
        attribute_rules["zero"] = " at-most equal identity "
        attribute_rules["below"] = attribute_rules["values"] = " at-most "
        attribute_rules["maximum"] = " at-most "
        attribute_rules["tells"] = "*"
        attribute_rules["parameter"] = attribute_rules["vendor"] = attribute_rules["show"] = "*"
        attribute_rules["unit"] = attribute_rules["scale"] = attribute_rules["plus"] = "*"
        attribute_rules["text"] = attribute_rules["continues"] = "*"
        attribute_rules["copy"] = attribute_rules["within"] = attribute_rules["kept"] = " feature "
        attribute_rules["span"] = " equal "

        # The words that it may have, where these are all
        attribute_words["broken"] = "note warning error"
        attribute_words["zero"] = "unknown"
        attribute_words["rewritten"] = "older"
        attribute_words["below"] = "note"
        attribute_words["maximum"] = "leaf subleaf"
        attribute_words["show"] = "dec hex ascii"

        default_severity["hint"] = "warning"
        default_severity["identity"] = "note"
}

check_line() { next }
/^ *>/ { read_breaks(trim(substr($0, index($0, ">") + 1))); next }
/^ *[|]/ { read_alias(trim(substr($0, index($0, "|") + 1))); next }
/^ / { fail("a line that starts with a blank, expected '> TEXT' or '| VENDORS : LABEL - TEXT' on it"); sub(/^ +/, "") }
$1 == "interface" { read_interface(); row = 0; next }
$1 == "leaf" { read_leaf(); row = 0; next }
$1 == "source" { read_source(); row = 0; next }
$1 == "reserved" { read_reserved(); row = 0; next }
/^0x/ { read_row(); next }
{ fail("'" $1 "', expected interface, leaf, source, reserved, or a place such as 0x7.0:ebx[6]") }

END {
        if (is_misused)
                exit 2
        if (n_rows == 0)
                fail_at(FNR, "the table has no rows")

        for (row = 1; row <= n_rows; row++)
                check_row()
        check_msrs()
        check_cycles()
        check_reserved()
        if (!n_errors)
                check_coverage()
        finish()
}

# Reading ----------------------------------------------------------------------------------------

# Interfaces come in the order in which groups are searched for; cpu twice: below 0x40000000 and
# from 0x80000000 on
function interface_rank(interface, leaf_value) {
        return interface == "kvm" ? 1 : interface == "hyperv" ? 2 : interface == "msr" ? 4 : \
                leaf_value < 1073741824 ? 0 : 3
}

function read_interface(  step) {
        if (NF != 2 || !($2 in is_interface)) {
                fail("interface '" trim(substr($0, 10)) "', expected cpu, kvm or hyperv, or msr")
                return
        }
        step = $2 == "cpu" ? (n_leaves == 0 ? 0 : 3) : interface_rank($2)
        if (step <= interface_step && step > 0)
                fail("interface " $2 " after interface " interface \
                     ", expected the order cpu, kvm, hyperv, cpu, msr")
        interface_step = step
        interface = $2
        leaf = ""
}

function add_leaf(value, title, indexed,  key, rank) {
        rank = interface_rank(interface, value)
        if (rank > interface_step)
                interface_step = rank
        if (interface == "cpu" && value >= 1073741824 && value < 2147483648)
                fail("leaf " leaf " in interface cpu, expected none from 0x40000000 to 0x7fffffff")
        if (interface != "cpu" && interface != "msr" && (value < 1073741824 || value > 1073742079))
                fail("leaf " leaf " in interface " interface ", expected 0x40000000 to 0x400000ff")

        key = interface SUBSEP leaf
        if (key in leaf_line) {
                fail("leaf " leaf " again, which is in line " leaf_line[key] " already")
                return
        }
        if (n_leaves && (rank < last_leaf_rank ||
                         (rank == last_leaf_rank && value < last_leaf_value)))
                fail("hole in order: leaf " leaf " after leaf " leaf_name[n_leaves] \
                     " (line " last_leaf_line ")")

        n_leaves++
        leaf_line[key] = last_leaf_line = FNR
        leaf_name[n_leaves] = leaf
        leaf_interface[n_leaves] = interface
        leaf_title[n_leaves] = title
        leaf_indexed[n_leaves] = is_indexed[key] = indexed
        last_leaf_rank = rank
        last_leaf_value = value
}

function read_source() {
        source = trim(substr($0, 7))
        if (source == "")
                fail("no text, expected 'source TEXT'")
}

function read_breaks(text) {
        if (!row)
                fail("'>' without a row before it")
        else if (text == "")
                fail("no text behind '>'")
        else
                row_breaks[row] = row_breaks[row] (row_breaks[row] == "" ? "" : " ") text
}

function read_row(  colon, words, n, i, error) {
        row = ++n_rows
        row_line[row] = FNR
        row_file[row] = FILENAME
        row_interface[row] = interface
        colon = find_colon()
        n = split(trim(substr($0, 1, colon - 1)), words, / +/)
        row_place[row] = words[1]
        row_name[row] = words[2]
        row_rule[row] = words[3]
        row_source[row] = source

        if (source == "")
                fail("no 'source' before this row")
        read_row_text(colon)
        read_row_name()
        if (n < 3 || index(words[3], "="))
                fail("no rule, expected " row_form)
        else if (!(words[3] in is_rule))
                fail("unknown rule '" words[3] "', expected " or_list(all_rules))
        error = interface == "msr" ? parse_msr_place(words[1]) : parse_place(words[1])
        if (error == "" && place_depth < 3)
                error = "no register in '" words[1] "', expected a place such as 0x7.0:ebx[6]"
        if (error != "")
                fail(error)
        else
                read_row_place()

        for (i = n < 3 || index(words[3], "=") ? 3 : 4; i <= n; i++)
                read_attribute(words[i])
        if (leaf_vendors != "" && !((row, "vendor") in attribute))
                read_attribute(leaf_vendors)
}

function read_row_text(colon,  text, dash) {
        if (colon > length($0)) {
                fail("no ' : ' in this line, expected " row_form)
                return
        }
        text = substr($0, colon + 1)
        dash = index(text, " - ")
        if (!dash)
                dash = text ~ / -$/ ? length(text) - 1 : length(text) + 1
        row_label[row] = trim(substr(text, 1, dash - 1))
        row_summary[row] = trim(substr(text, dash + 3))
        if (row_label[row] == "")
                fail("no label, expected ' : LABEL - TEXT'")
        if (row_summary[row] == "")
                fail("no text behind the label, expected ' : LABEL - TEXT'")
}

function read_row_name(  name) {
        name = row_name[row]
        if (name == "")
                fail("no name, expected " row_form)
        else if (name !~ /^[a-z][a-z0-9_]*$/)
                fail("name '" name "', expected a letter a-z first, then a-z, 0-9 and _")
        else if (name in row_of)
                fail("name '" name "' again, which is in line " row_line[row_of[name]] " already")
        else
                row_of[name] = row
}

function read_row_place(  key, bit, owner, told) {
        row_has_place[row] = 1
        row_leaf[row] = place_leaf
        row_subleaf[row] = place_subleaf
        row_subleaf_value[row] = place_subleaf_value
        row_wild[row] = place_wild
        row_reg[row] = place_reg
        row_low[row] = place_low
        row_high[row] = place_high

        if (leaf == "")
                fail(row_place[row] " without a '" leaf_word() " " place_leaf "' line before it")
        else if (place_leaf != leaf && leaf != "?")
                fail(row_place[row] " outside of its " leaf_word() ", expected " leaf_word() " " leaf)
        else if (leaf != "?" && subleaf_error() != "")
                fail(subleaf_error())
        check_order()

        key = interface SUBSEP place_leaf SUBSEP place_subleaf (place_wild ? "+" : "") SUBSEP \
                place_reg
        for (bit = place_low; bit <= place_high; bit++) {
                owner = owner_of[key, bit]
                if (owner && !((row, owner) in told)) {
                        told[row, owner] = 1
                        fail(row_place[row] \
                             (row_place[row] == row_place[owner] ? " again, " : " overlaps, ") \
                             row_already(owner))
                }
                owner_of[key, bit] = row
        }

        key = interface SUBSEP place_leaf SUBSEP place_reg
        if (place_wild) {
                if (!(place_rule() in never_breaks))
                        fail("rule '" row_rule[row] "' with a wildcard, expected one that never " \
                             "breaks: dynamic, topology, informational or provided")
                wild_rows[key] = wild_rows[key] " " row
                return
        }
        explicit_rows[key] = explicit_rows[key] " " row
        row_word[row] = add_place_group(interface) * 4 + place_reg
        if (!(row_word[row] in word_first))
                word_first[row_word[row]] = row - 1
        word_rows[row_word[row]]++
}

function row_already(other) {
        return row_name[other] " (" row_place[other] ") is in line " row_line[other] " already"
}

# An unknown rule has been told of already
function place_rule() {
        return row_rule[row] in is_rule ? row_rule[row] : "dynamic"
}

function subleaf_error() {
        if (is_indexed[interface, leaf] || (!place_subleaf_value && !place_wild))
                return ""
        return "sub-leaf " (place_wild ? "wildcard" : place_subleaf) " of leaf " leaf \
               ", which is not 'indexed'"
}

# Of a leaf's places, as text: wildcards last, sub-leaf, register, bit
function place_order() {
        return sprintf("%d %010.0f %d %02d", place_wild, place_subleaf_value, place_reg, place_low)
}

# Leaves have a check of their own
function check_order(  order) {
        order = place_order()
        if (last_order_leaf == interface SUBSEP place_leaf && order < last_order)
                fail("hole in order: " row_place[row] " after " row_place[row - 1] " (line " \
                     row_line[row - 1] "), expected by sub-leaf (wildcards last), register, " \
                     "lowest bit")
        last_order_leaf = interface SUBSEP place_leaf
        last_order = order
}

function read_attribute(text,  equals, name, value) {
        equals = index(text, "=")
        name = equals ? substr(text, 1, equals - 1) : text
        value = equals ? substr(text, equals + 1) : ""
        if (!(name in attribute_rules)) {
                fail("unknown attribute '" text "', expected NAME=VALUE with one of " \
                     or_list("needs when broken zero below values maximum parameter vendor show " \
                             "unit scale plus text continues copy within kept span since tells " \
                             "rewritten" \
                             msr_attributes))
                return
        }
        if ((row, name) in attribute)
                fail("attribute '" name "' twice")
        attribute[row, name] = value
        if (value == "")
                fail("attribute '" name "' without a value")
        else if (attribute_rules[name] != "*" && row_rule[row] in is_rule &&
                 !index(attribute_rules[name], " " row_rule[row] " "))
                fail("attribute '" name "' with rule '" row_rule[row] "', expected only with " \
                     or_list(attribute_rules[name]))
        else if (name in attribute_words && !index(" " attribute_words[name] " ", " " value " "))
                fail("'" text "', expected " name "=" or_list(attribute_words[name]))
        else
                read_attribute_value(name, value)
}

function read_attribute_value(name, value,  error) {
        if (index(msr_attributes, " " name) || name == "tells")
                read_msr_attribute(name, value)
        else if (name == "needs")
                read_list(name, value, "^[a-z][a-z0-9_]*$", "names of fields")
        else if (name == "when")
                read_field_and_number(name, value, ">", row_when, row_when_above)
        else if (name == "continues")
                row_continues[row] = value
        else if (name == "copy")
                row_copy[row] = value
        else if (name == "within")
                row_within[row] = value
        else if (name == "kept")
                row_kept[row] = value
        else if (name == "span")
                read_field_and_number(name, value, "@", row_span, row_span_start)
        else if (name == "values")
                read_values(value)
        else if (name == "parameter")
                read_list(name, value, "^!?[a-z][a-z0-9_]*[.][a-z][a-z0-9_]*$", "MODULE.PARAMETER")
        else if (name == "vendor")
                read_list(name, value, "^(intel|amd|hygon|centaur|zhaoxin)$",
                          or_list("intel amd hygon centaur zhaoxin"))
        else if (name == "since" && value !~ /^[1-9][0-9]*[.](0|[1-9][0-9]*)$/)
                fail("'since=" value "', expected a version of Linux such as 6.2")
        else if (name == "text")
                read_list(name, value, "^e[abcd]x$", "registers eax, ebx, ecx, edx")
        else if (name == "scale" || name == "plus") {
                error = parse_number(value)
                if (error != "")
                        fail(name "=" value ": " error)
                else if (name == "scale" && number_value == 0)
                        fail("scale=0, expected 1 or more")
        }
}

# list[row, name, 1..] and n_list[row, name], each item once and as the pattern says
function read_list(name, value, pattern, expected,  items, n, i, seen) {
        n = split(value, items, ",")
        for (i = 1; i <= n; i++) {
                if (items[i] !~ pattern)
                        fail(name "=" value ": '" items[i] "', expected " expected)
                else if (items[i] in seen)
                        fail(name "=" value ": '" items[i] "' twice")
                seen[items[i]] = 1
                list[row, name, i] = items[i]
        }
        n_list[row, name] = n
}

# FIELD, and behind @separator a number, which is 0 without one
function read_field_and_number(name, value, separator, fields, numbers,  at, error) {
        at = index(value, separator)
        fields[row] = at ? substr(value, 1, at - 1) : value
        numbers[row] = at ? substr(value, at + 1) : "0"
        error = parse_number(numbers[row])
        if (error != "")
                fail(name "=" value ": " error)
}

function read_values(value,  i, error) {
        read_list("values", value, ".", "numbers")
        if (n_list[row, "values"] > 6)
                fail("values=" value ": " n_list[row, "values"] " values, expected 6 at most")
        for (i = 1; i <= n_list[row, "values"]; i++) {
                error = parse_number(list[row, "values", i])
                if (error != "")
                        fail("values=" value ": " error)
                else if (number_value > 255)
                        fail("values=" value ": " list[row, "values", i] ", expected 255 at most")
        }
}

# Checks of the whole ----------------------------------------------------------------------------

function check_row(  line, rule) {
        line = row_line[row]
        checked_file = row_file[row]
        rule = row_rule[row]
        if (rule == "inverted" && !((row, "broken") in attribute))
                fail_at(line, "no 'broken=' with rule 'inverted', expected broken=note, warning " \
                        "or error")
        if (rule ~ /^(inverted|at-most|at-least|equal)$/ && row_breaks[row] == "")
                fail_at(line, "no '> TEXT' below rule '" rule "', expected what breaking it " \
                        "means for the guest")

        check_references()
        if (row_has_place[row]) {
                check_text()
                if (row_wild[row])
                        check_wildcard()
        }
}

function row_width(at) {
        return row_high[at] - row_low[at] + 1
}

function check_text(  line, own, target, i) {
        line = row_line[row]
        own = register_names[row_reg[row] + 1]
        if ((row, "text") in attribute) {
                if (list[row, "text", 1] != own)
                        fail_at(line, "text=" attribute[row, "text"] \
                                ": expected the row's own register first, " own)
                if (row in row_continues)
                        fail_at(line, "text= and continues= in one row, expected one of them")
        }
        if (!((row, "text") in attribute) && !(row in row_continues))
                return
        if (row_low[row] != 0 || row_high[row] != 31)
                fail_at(line, "a part of a text in " row_place[row] ", expected a whole register")

        if (!(row in row_continues && row_continues[row] in row_of))
                return
        target = row_of[row_continues[row]]
        if (target == row || !((target, "text") in attribute) || row_leaf[target] != row_leaf[row])
                return
        for (i = 1; i <= n_list[target, "text"]; i++)
                if (list[target, "text", i] == own)
                        return
        fail_at(line, "continues=" row_continues[row] ": expected " own " in its text= (line " \
                row_line[target] ")")
}

# No explicit row, and no bit of another wildcard row, where a wildcard row answers
function check_wildcard(  key, rows, n, i, other) {
        key = row_interface[row] SUBSEP row_leaf[row] SUBSEP row_reg[row]
        n = split(explicit_rows[key], rows, " ")
        for (i = 1; i <= n; i++)
                if (row_subleaf_value[rows[i]] >= row_subleaf_value[row])
                        fail_at(row_line[rows[i]], row_place[rows[i]] " is covered by the " \
                                "wildcard " row_place[row] " (line " row_line[row] ")")
        n = split(wild_rows[key], rows, " ")
        for (i = 1; i <= n; i++) {
                other = rows[i] + 0
                if (other < row && row_subleaf[other] != row_subleaf[row] &&
                    row_low[other] <= row_high[row] && row_low[row] <= row_high[other])
                        fail_at(row_line[row], row_place[row] " overlaps, " row_already(other))
        }
}
