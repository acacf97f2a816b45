# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The `reserved` lines of data/fields.table, and the proof that nothing is forgotten: each bit of
# each register of a leaf is either a field or reserved on purpose. Nothing of it is compiled, as a
# bit without a row is reserved anyway.
#
# MSRs are left out: what KVM does not offer of one is no more than a bit without a row.
#
# A sub-leaf of its own is one with an explicit row or reserved place: those and the wildcard rows
# have to cover it. Wildcard rows and wildcard reserved places have to cover all other sub-leaves,
# which is looked at where that can change: at 0, where a wildcard starts, and behind each sub-leaf
# of its own.

function read_reserved(  i, error) {
        if (NF < 2)
                fail("no place, expected 'reserved PLACE ...'")
        if (leaf == "")
                fail("'reserved' without a 'leaf' line before it")
        for (i = 2; i <= NF && leaf != ""; i++) {
                error = parse_place($i)
                if (error == "" && place_depth < 2)
                        error = "no sub-leaf in '" $i "', expected a place such as 0x7.0:ebx[6]"
                if (error == "" && leaf != "?")
                        error = reserved_error($i)
                if (error != "")
                        fail(error)
                else
                        add_reserved($i)
        }
}

function reserved_error(text) {
        return place_leaf == leaf ? subleaf_error() : \
               text " outside of its leaf, expected leaf " leaf
}

# A place without a register is all four
function add_reserved(text,  reg, first, last) {
        first = place_depth == 2 ? 0 : place_reg
        last = place_depth == 2 ? 3 : place_reg
        for (reg = first; reg <= last; reg++) {
                n_reserved++
                reserved_text[n_reserved] = text
                reserved_line[n_reserved] = FNR
                reserved_interface[n_reserved] = interface
                reserved_leaf[n_reserved] = place_leaf
                reserved_subleaf[n_reserved] = place_subleaf_value
                reserved_wild[n_reserved] = place_wild
                reserved_reg[n_reserved] = reg
                reserved_low[n_reserved] = place_low
                reserved_high[n_reserved] = place_high
        }
        check_reserved_order(text)
}

# As rows come, apart from them
function check_reserved_order(text,  key, order) {
        key = interface SUBSEP place_leaf
        order = place_order()
        if (key == last_reserved_leaf && order < last_reserved_order)
                fail("hole in order: " text " after " last_reserved_text ", expected by sub-leaf " \
                     "(wildcards last), register, lowest bit")
        last_reserved_leaf = key
        last_reserved_order = order
        last_reserved_text = text
}

# Overlaps ---------------------------------------------------------------------------------------

# A gawk of 5.2 fails on an element that is handed on before it has a value; with "" it is a text.
function check_reserved(  i, key) {
        for (i = 1; i <= n_reserved; i++) {
                key = reserved_interface[i] SUBSEP reserved_leaf[i] SUBSEP reserved_reg[i]
                check_reserved_rows(i, explicit_rows[key] "")
                check_reserved_rows(i, wild_rows[key] "")
                check_reserved_twice(i, reserved_places[key] "")
                reserved_places[key] = reserved_places[key] " " i
        }
}

function check_reserved_rows(i, rows,  list_of, n, j, other) {
        n = split(rows, list_of, " ")
        for (j = 1; j <= n; j++) {
                other = list_of[j] + 0
                if (row_low[other] > reserved_high[i] || row_high[other] < reserved_low[i])
                        continue
                if (row_wild[other] ? !reserved_wild[i] && \
                                      row_subleaf_value[other] > reserved_subleaf[i] : \
                    reserved_wild[i] || row_subleaf_value[other] != reserved_subleaf[i])
                        continue
                fail_at(reserved_line[i], "reserved " reserved_text[i] " overlaps, " \
                        row_already(other))
                return
        }
}

function check_reserved_twice(i, places,  list_of, n, j, other) {
        n = split(places, list_of, " ")
        for (j = 1; j <= n; j++) {
                other = list_of[j] + 0
                if (reserved_wild[other] != reserved_wild[i] ||
                    (!reserved_wild[i] && reserved_subleaf[other] != reserved_subleaf[i]) ||
                    reserved_low[other] > reserved_high[i] || reserved_high[other] < reserved_low[i])
                        continue
                fail_at(reserved_line[i], "reserved " reserved_text[i] " again, " \
                        reserved_text[other] " is in line " reserved_line[other] " already")
                return
        }
}

# Coverage ---------------------------------------------------------------------------------------

# Only of a table that is in order so far: what a wrong row covers, nobody knows
function check_coverage(  i, key) {
        for (i = 1; i <= n_rows; i++)
                note_subleaf(row_interface[i] SUBSEP row_leaf[i], row_subleaf_value[i], row_wild[i])
        for (i = 1; i <= n_reserved; i++)
                note_subleaf(reserved_interface[i] SUBSEP reserved_leaf[i], reserved_subleaf[i], \
                             reserved_wild[i])
        for (i = 1; i <= n_leaves; i++) {
                key = leaf_interface[i] SUBSEP leaf_name[i]
                if (leaf_interface[i] == "msr")
                        continue
                if (leaf_indexed[i])
                        check_indexed(key, leaf_name[i])
                else
                        check_subleaf(key, leaf_name[i], 0, 0)
        }
}

# Where the coverage of a leaf's sub-leaves can change
function note_subleaf(key, subleaf, is_wild) {
        if (!is_wild && !((key, subleaf) in has_own)) {
                has_own[key, subleaf] = 1
                subleaves_of[key] = subleaves_of[key] " " subleaf
                add_step(key, subleaf + 1)
        }
        if (is_wild)
                add_step(key, subleaf)
}

function add_step(key, subleaf) {
        if (!((key, subleaf) in has_step))
                steps_of[key] = steps_of[key] " " subleaf
        has_step[key, subleaf] = 1
}

function check_indexed(key, name,  list_of, n, j) {
        n = split(subleaves_of[key], list_of, " ")
        for (j = 1; j <= n; j++)
                check_subleaf(key, name, list_of[j] + 0, 0)
        add_step(key, 0)
        n = split(steps_of[key], list_of, " ")
        for (j = 1; j <= n; j++)
                if (!((key, list_of[j]) in has_own))
                        check_subleaf(key, name, list_of[j] + 0, 1)
}

function check_subleaf(key, name, subleaf, is_wild,  reg, bit, high, covered) {
        for (reg = 0; reg < 4; reg++) {
                for (bit = 0; bit < 32; bit++)
                        covered[bit] = 0
                if (!is_wild)
                        cover_by_rows(covered, explicit_rows[key, reg] "", subleaf, 0)
                cover_by_rows(covered, wild_rows[key, reg] "", subleaf, 1)
                cover_by_reserved(covered, reserved_places[key, reg] "", subleaf, is_wild)

                for (high = 31; high >= 0; high--) {
                        if (covered[high])
                                continue
                        for (bit = high; bit > 0 && !covered[bit - 1]; bit--)
                                ;
                        fail_at(leaf_line[key], name "." subleaf_text(subleaf, is_wild) ":" \
                                register_names[reg + 1] bits_text(high, bit) \
                                " is neither a field nor reserved")
                        high = bit
                }
        }
}

function subleaf_text(subleaf, is_wild) {
        return is_wild && subleaf == 0 ? "*" : subleaf (is_wild ? "+" : "")
}

function bits_text(high, low) {
        if (high == 31 && low == 0)
                return ""
        return "[" high (high == low ? "" : ":" low) "]"
}

function cover_by_rows(covered, rows, subleaf, is_wild,  list_of, n, j, bit, other) {
        n = split(rows, list_of, " ")
        for (j = 1; j <= n; j++) {
                other = list_of[j] + 0
                if (is_wild ? row_subleaf_value[other] <= subleaf : \
                    row_subleaf_value[other] == subleaf)
                        for (bit = row_low[other]; bit <= row_high[other]; bit++)
                                covered[bit] = 1
        }
}

function cover_by_reserved(covered, places, subleaf, is_wild,  list_of, n, j, bit, other) {
        n = split(places, list_of, " ")
        for (j = 1; j <= n; j++) {
                other = list_of[j] + 0
                if (reserved_wild[other] == is_wild && \
                    (is_wild ? reserved_subleaf[other] <= subleaf : \
                     reserved_subleaf[other] == subleaf))
                        for (bit = reserved_low[other]; bit <= reserved_high[other]; bit++)
                                covered[bit] = 1
        }
}
