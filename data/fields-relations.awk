# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What rows of data/fields.table say of each other: every name has a row, and none needs itself.

function check_reference(name, target) {
        if (!(target in row_of))
                fail_at(row_line[row], name "=" target ": there is no field of that name")
        else if (row_of[target] == row)
                fail_at(row_line[row], name "=" target ": the field itself")
        else if (row_wild[row_of[target]])
                fail_at(row_line[row], name "=" target ": a wildcard row (line " \
                        row_line[row_of[target]] "), which has no value")
        else
                return row_of[target]
        return 0
}

function check_references(  i, target) {
        for (i = 1; i <= n_list[row, "needs"]; i++)
                check_reference("needs", list[row, "needs", i])
        check_msr_references()
        if (row in row_when)
                check_reference("when", row_when[row])
        if (row in row_continues) {
                target = check_reference("continues", row_continues[row])
                if (target && !((target, "text") in attribute))
                        fail_at(row_line[row], "continues=" row_continues[row] \
                                ": a row without text= (line " row_line[target] ")")
        }
        check_companions()
}

# What copy=, within=, kept= and span= name
function check_companions(  target) {
        if (row in row_copy) {
                target = check_reference("copy", row_copy[row])
                if (target && row_width(target) != row_width(row))
                        fail_at(row_line[row], "copy=" row_copy[row] ": " row_width(target) \
                                " bits wide (line " row_line[target] "), expected " row_width(row))
        }
        if (row in row_within)
                check_reference("within", row_within[row])
        if (row in row_kept)
                check_reference("kept", row_kept[row])
        if (row in row_span) {
                check_reference("span", row_span[row])
                if (!(row in row_when))
                        fail_at(row_line[row], "span=" row_span[row] " without when=, expected " \
                                "what it is used with")
        }
}

function check_cycles() {
        for (row = 1; row <= n_rows; row++)
                if (!visit_state[row])
                        visit(row, 1)
}

# Depth first along needs; visit_path is the way to the row
function visit(at, depth,  i, j, target, path) {
        visit_state[at] = 1
        visit_path[depth] = at
        for (i = 1; i <= n_list[at, "needs"]; i++) {
                target = row_of[list[at, "needs", i]]
                if (!target || target == at)
                        continue
                if (!visit_state[target])
                        visit(target, depth + 1)
                else if (visit_state[target] == 1) {
                        for (j = depth; visit_path[j] != target; j--)
                                path = row_name[visit_path[j]] " needs " path
                        path = row_name[target] " needs " path row_name[target]
                        checked_file = row_file[target]
                        fail_at(row_line[target], "a cycle: " path)
                        path = ""
                }
        }
        visit_state[at] = 2
}
