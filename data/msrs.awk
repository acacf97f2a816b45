# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What data/msrs.table has and data/fields.table has not: MSRs instead of leaves, places of 64 bits,
# the attributes that only make sense where the fast way does not look, and the condition of a whole
# register. Read before data/fields.awk, whose rules and checks hold for both tables.
#
# A MSR is a leaf of its own without sub-leaves: its low half is in eax, its high half in ebx.

BEGIN {
        attribute_rules["unused"] = " equal "
        attribute_rules["same"] = " feature guarantee equal "
        attribute_rules["exact"] = " feature guarantee "
        attribute_rules["implied"] = " feature hint guarantee "
        attribute_words["unused"] = "0"
        msr_attributes = " unused same exact implied"

        tellable = "tsc-invariant tsc-khz tsc-numerator tsc-denominator crystal-hz base-mhz virtual"
        split(tellable, words, " ")
        for (i in words)
                is_tellable[words[i]] = 1
}

$1 == "msr" {
        if (!check_line())
                read_msr()
        row = 0
        next
}

function leaf_word() {
        return interface == "msr" ? "msr" : "leaf"
}

# msr INDEX [when=FIELD] [unlisted=unknown] : TITLE
function read_msr(  colon, n, words, i, error, title) {
        colon = find_colon()
        n = split(trim(substr($0, 1, colon - 1)), words, / +/)
        title = trim(substr($0, colon + 2))
        leaf = "?"
        if (interface != "msr") {
                fail("'msr' in interface " interface ", expected 'interface msr' before it")
                return
        }
        if (title == "")
                fail("no title, expected 'msr INDEX [when=FIELD] [unlisted=unknown] : TITLE'")

        error = words[2] ~ /^0x/ ? parse_number(words[2]) : \
                "'" words[2] "' is no MSR, expected a hexadecimal number such as 0x10a"
        if (error != "") {
                fail(error)
                return
        }

        leaf = words[2]
        add_leaf(number_value, title, 0)
        msr_line[leaf] = FNR
        msr_file[leaf] = FILENAME
        for (i = 3; i <= n; i++)
                if (words[i] ~ /^when=[a-z][a-z0-9_]*$/)
                        msr_when[leaf] = substr(words[i], 6)
                else if (words[i] == "unlisted=unknown")
                        msr_unlisted[leaf] = 1
                else
                        fail("'" words[i] "' behind the MSR, expected when=FIELD or " \
                             "unlisted=unknown")
}

function read_msr_attribute(name, value) {
        if (name == "tells")
                read_tells(value)
        else if (name == "exact")
                row_exact[row] = value
        else if (name != "unused")
                read_list(name, value, "^[a-z][a-z0-9_]*$", "names of fields")
}

function read_tells(value) {
        if (!(value in is_tellable))
                fail("tells=" value ": expected " or_list(tellable))
        else if (value in row_telling)
                fail("tells=" value " again, which is in line " row_line[row_telling[value]] \
                     " already")
        else
                row_telling[value] = row
}

function check_msr_references(  i) {
        for (i = 1; i <= n_list[row, "same"]; i++)
                check_reference("same", list[row, "same", i])
        for (i = 1; i <= n_list[row, "implied"]; i++)
                check_reference("implied", list[row, "implied", i])
        if (row in row_exact)
                check_reference("exact", row_exact[row])

        # The fast way does not know these, and it looks at CPUID.
        if (row_interface[row] != "msr" && ((row, "same") in attribute || row in row_exact))
                fail_at(row_line[row], "'" ((row, "same") in attribute ? "same" : "exact") \
                        "' in interface " row_interface[row] ", expected only in msr")
}

function check_msrs(  index_text, target) {
        for (index_text in msr_when) {
                checked_file = msr_file[index_text]
                target = msr_when[index_text]
                if (!(target in row_of))
                        fail_at(msr_line[index_text], "when=" target \
                                ": there is no field of that name")
                else if (row_wild[row_of[target]])
                        fail_at(msr_line[index_text], "when=" target ": a wildcard row (line " \
                                row_line[row_of[target]] "), which has no value")
        }
}
