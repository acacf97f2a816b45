# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The leaf lines of data/fields.table, and what depends on the vendor there: `vendor=` on a leaf,
# which its rows have unless they say otherwise, and the lines that tell of other meanings, '| VENDORS : LABEL - TEXT'. A place
# is still one row, with one rule: what the bits are called does not change how they are judged.

function read_leaf(  colon, n, i, words, error, title) {
        colon = find_colon()
        n = split(trim(substr($0, 1, colon - 1)), words, / +/)
        title = trim(substr($0, colon + 2))
        if (title == "")
                fail("no title, expected " leaf_form)
        leaf_is_indexed = 0
        leaf_vendors = ""
        for (i = 3; i <= n; i++)
                read_leaf_word(words[i])

        error = parse_leaf(words[2])
        leaf = error == "" ? words[2] : "?"
        if (error != "")
                fail(error)
        else
                add_leaf(number_value, title, leaf_is_indexed)
}

function read_leaf_word(word) {
        if (word == "indexed")
                leaf_is_indexed = 1
        else if (word ~ /^vendor=/)
                leaf_vendors = check_vendors(substr(word, 8), "vendor=" substr(word, 8)) ? word : ""
        else
                fail("'" word "' behind the leaf, expected " leaf_form)
}

# Whether all are vendors, each once
function check_vendors(text, what,  items, n, i, seen) {
        n = split(text, items, ",")
        if (n == 0)
                fail("no vendor in '" what "'")
        for (i = 1; i <= n; i++) {
                if (items[i] !~ /^(intel|amd|hygon|centaur|zhaoxin)$/)
                        fail(what ": '" items[i] "', expected " \
                             or_list("intel amd hygon centaur zhaoxin"))
                else if (items[i] in seen)
                        fail(what ": '" items[i] "' twice")
                else {
                        seen[items[i]] = 1
                        continue
                }
                return 0
        }
        return n > 0
}

function read_alias(text,  colon, dash, vendors, items, n, i) {
        colon = index(text, " : ")
        dash = index(text, " - ")
        if (!row) {
                fail("'|' without a row before it")
                return
        }
        if (!colon || dash < colon + 3) {
                fail("'| " text "', expected '| VENDORS : LABEL - TEXT'")
                return
        }
        vendors = trim(substr(text, 1, colon - 1))
        if (!check_vendors(vendors, "| " vendors))
                return

        n = split(vendors, items, ",")
        for (i = 1; i <= n; i++) {
                if ((row, items[i]) in alias_of)
                        fail("| " vendors ": '" items[i] "' has another meaning already")
                if (n_list[row, "vendor"] && !is_row_vendor(items[i]))
                        fail("| " vendors ": '" items[i] "' is not in the row's vendor=")
                alias_of[row, items[i]] = 1
        }
        i = ++n_aliases[row]
        alias_vendors[row, i] = vendors
        alias_label[row, i] = trim(substr(text, colon + 3, dash - colon - 3))
        alias_summary[row, i] = trim(substr(text, dash + 3))
}

function is_row_vendor(vendor,  i) {
        for (i = 1; i <= n_list[row, "vendor"]; i++)
                if (list[row, "vendor", i] == vendor)
                        return 1
        return 0
}

function c_aliases(  i, text, vendors) {
        for (i = 1; i <= n_aliases[row]; i++) {
                vendors = alias_vendors[row, i]
                gsub(/,/, " | VENDOR_", vendors)
                text = text "{ VENDOR_" c_word(vendors) ", " c_string(alias_label[row, i]) ", " \
                       c_string(alias_summary[row, i]) " }, "
        }
        return text == "" ? "" : " .aliases = (const FieldAlias[]){ " text "{} },"
}
