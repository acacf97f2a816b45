# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Checks data/capabilities.table and compiles it to C:
#
#     awk -v mode=source|header|check -f data/table.awk -f data/entries.awk \
#             -f data/capabilities.awk data/fields.table data/capabilities.table
#
# source: data/capability-table.c, header: data/capability-sizes.h, check: nothing. Each error is one
# line on standard error, `file:line: what was found, what was expected`; with an error there is no
# output, and exit status 1.

BEGIN {
        no_capability = "': there is no capability of that name"
        split("grant keep remove hardware emulated hyperv view dynamic below", words, " ")
        for (i in words)
                is_operation[words[i]] = 1

        # What follows each kind of 'enable'
        enable_form["vm"] = "vm KVM_CAP_NAME [VALUE]"
        enable_form["vcpu"] = "vcpu KVM_CAP_NAME [VALUE|buffer]"
        enable_form["irqchip"] = "irqchip"
        enable_form["permission"] = "permission N"
        enable_form["type"] = "type N"
        enable_form["device"] = "device PATH KVM_CAP_NAME"
        enable_form["nothing"] = "nothing"
}

check_line() { next }
$1 == "capability" { read_capability(); next }
!capability { fail("'" $1 "' without a 'capability NAME : TEXT' line before it"); next }
$1 == "has" { read_has(); next }
$1 == "implies" || $1 == "requires" { read_names($1); next }
$1 == "enable" { read_enable(); next }
$1 == "shows" { read_shows(); next }
$1 == "notice" { notice_of[capability] = read_text("notice", notice_of[capability]); next }
$1 == "why" { why_of[capability] = read_text("why", why_of[capability]); next }
$1 == "source" { source_of[capability] = read_text("source", source_of[capability]); next }
$1 in is_operation { read_operation($1); next }
{
        fail("unknown operation '" $1 "', expected has, implies, requires, enable, notice, why, " \
             "source, shows, " \
             or_list("grant keep remove hardware emulated hyperv view dynamic below"))
}

END {
        if (is_misused)
                exit 2
        if (n_entries == 0)
                fail_at(FNR, "the table has no capabilities")
        if (n_entries > 64)
                fail_at(line_of[65], n_entries " capabilities, expected 64 at most")

        for (i = 1; i <= n_entries; i++)
                check_capability(i)
        check_cycles("implies")
        check_cycles("requires")

        finish()
}

# Reading ----------------------------------------------------------------------------------------

function read_capability() {
        capability = read_entry("capability NAME [default] : TEXT", "default",
                                "^[a-z][a-z0-9-]*([.][a-z0-9][a-z0-9-]*)*$",
                                "words of a-z, 0-9 and -, with dots between them")
}

function read_names(kind,  i) {
        if (NF < 2)
                fail("no name, expected '" kind " CAPABILITY ...'")
        for (i = 2; i <= NF; i++) {
                named[capability, kind, ++n_named[capability, kind]] = $i
                named_line[capability, kind, n_named[capability, kind]] = FNR
        }
}

# CONDITION [or CONDITION ...]
function read_has(  i, n, words) {
        n_has[capability]++
        is_alternative = 0
        if (NF < 2)
                fail("no condition, expected 'has CONDITION [or CONDITION]'")
        n = 0
        for (i = 2; i <= NF + 1; i++) {
                if (i <= NF && $i != "or") {
                        words[++n] = $i
                        continue
                }
                if (n == 0 && NF >= 2)
                        fail("no condition " (i > NF ? "behind the last 'or'" : "before 'or'"))
                else if (n > 0)
                        read_condition(words, n)
                n = 0
        }
}

function read_condition(words, n,  kind, error) {
        kind = words[1]
        condition = ++n_conditions[capability]
        condition_or[capability, condition] = is_alternative
        is_alternative = 1
        condition_mask[capability, condition] = "UINT64_MAX"
        condition_name[capability, condition] = words[2]

        if (kind ~ /^KVM_CAP_[A-Z0-9_]+$/) {
                condition_kind[capability, condition] = "extension"
                condition_name[capability, condition] = kind
                if (n > 1)
                        read_mask(words[2])
                check_words(words, n, 1, 2, "KVM_CAP_NAME [MASK]")
                return
        }

        condition_kind[capability, condition] = kind
        if (kind == "attribute") {
                if (check_words(words, n, 3, 3, "attribute NAME MASK")) {
                        if (words[2] !~ /^[A-Z][A-Z0-9_]*$/)
                                fail("attribute '" words[2] "', expected a name such as " \
                                     "KVM_X86_XCOMP_GUEST_SUPP")
                        read_mask(words[3])
                }
        } else if (kind == "view") {
                if (check_words(words, n, 2, 2, "view CAPABILITY"))
                        condition_line[capability, condition] = FNR
        } else if (kind == "field") {
                if (check_words(words, n, 2, 2, "field NAME"))
                        check_field(words[2])
        } else if (kind == "table") {
                if (check_words(words, n, 2, 2, "table emulated|hyperv") &&
                    words[2] != "emulated" && words[2] != "hyperv")
                        fail("table '" words[2] "', expected emulated or hyperv")
        } else if (kind == "parameter") {
                if (check_words(words, n, 2, 2, "parameter MODULE.NAME") &&
                    words[2] !~ /^[a-z][a-z0-9_]*[.][a-z][a-z0-9_]*$/)
                        fail("parameter '" words[2] "', expected MODULE.NAME")
        } else
                fail("unknown condition '" kind "', expected " \
                     or_list("KVM_CAP_NAME attribute view field table parameter"))
}

function check_words(words, n, least, most, expected) {
        if (n >= least && n <= most)
                return 1
        fail(n < least ? "'" words[n] "' without what belongs to it, expected '" expected "'" \
                       : "'" words[most + 1] "', expected '" expected "'")
        return 0
}

function read_mask(text,  error) {
        error = parse_wide(text)
        if (error ~ /is not a number$/)
                fail("mask '" text "', expected a number such as 0x6 or 2")
        else if (text == "0" || text == "0x0")
                fail("mask '" text "', expected one bit at least")
        else if (error != "")
                fail("mask " error)
        condition_mask[capability, condition] = "UINT64_C(" text ")"
}

# vm|vcpu|irqchip|permission|type|device|nothing, and what belongs to it
function read_enable(  kind, words, n) {
        kind = $2
        if (capability in enabling)
                fail("'enable' twice, expected one way")
        enabling[capability] = "ENABLING_NONE"
        if (!(kind in enable_form)) {
                fail((NF < 2 ? "no way" : "unknown way '" kind "'") ", expected 'enable' and " \
                     or_list("vm vcpu irqchip permission type device nothing"))
                return
        }
        n = split(enable_form[kind], words, " ")
        if (NF - 1 > n || NF - 1 < n - (kind == "vm" || kind == "vcpu")) {
                fail("'" trim($0) "', expected 'enable " enable_form[kind] "'")
                return
        }

        if (kind == "vm" || kind == "vcpu")
                read_enable_extension(kind)
        else if (kind == "device")
                read_enable_device()
        else if (kind == "permission" || kind == "type") {
                if (parse_number($3) != "" || $3 ~ /^0x/)
                        fail(kind " '" $3 "', expected a decimal number")
                enabling[capability] = "ENABLING_" (kind == "type" ? "VM_TYPE" : "PERMISSION") \
                        ", .value = " $3
        } else if (kind == "irqchip")
                enabling[capability] = "ENABLING_IRQCHIP"
}

function read_enable_extension(kind,  error) {
        check_extension($3)
        enabling[capability] = "ENABLING_" c_word(kind) \
                (kind == "vcpu" && $4 == "buffer" ? "_BUFFER" : "") ", .extension = " c_string($3)
        if (NF < 4 || (kind == "vcpu" && $4 == "buffer"))
                return
        error = parse_wide($4)
        if (error != "")
                fail(error)
        enabling[capability] = enabling[capability] ", .value = UINT64_C(" $4 ")"
}

function read_enable_device() {
        if ($3 !~ /^\/dev\/[a-z0-9_\/-]+$/)
                fail("device '" $3 "', expected a path such as /dev/sgx_provision")
        check_extension($4)
        enabling[capability] = "ENABLING_DEVICE, .device = " c_string($3) \
                ", .extension = " c_string($4)
}

function check_extension(name) {
        if (name !~ /^KVM_CAP_[A-Z0-9_]+$/)
                fail("extension '" name "', expected a name such as KVM_CAP_X2APIC_API")
}

function read_shows() {
        if (NF > 1)
                fail("'" $2 "' behind 'shows', which has no operand")
        if (capability in shows_line)
                fail("'shows' twice")
        shows_line[capability] = FNR
}

function read_operation(kind,  i) {
        if (kind == "view") {
                if (NF > 1)
                        fail("'" $2 "' behind 'view', which has no operand")
                add_operation(kind, 0, 0, 0)
                return
        }
        if (kind == "hyperv" && NF == 1) {
                for (i = 0; i < n_groups; i++)
                        if (group_interface[i] == "hyperv")
                                add_word_operations(kind, i * 4, i * 4 + 3)
                return
        }

        if (NF == 1)
                fail("'" kind "' without an operand, expected field names or places")
        for (i = 2; i <= NF; i++)
                if ($i ~ /^0x/)
                        read_operand_place(kind, $i)
                else
                        read_operand_field(kind, $i)
}

function read_operand_field(kind, name) {
        if (!check_field(name))
                return
        if (field_rule[name] in never_breaks &&
            (kind == "grant" || kind == "keep" || kind == "dynamic"))
                fail("'" kind "' on '" name "', whose rule '" field_rule[name] "' never breaks")
        else if (kind == "below" && field_rule[name] != "at-most")
                fail("'below' on '" name "', whose rule is '" field_rule[name] \
                     "', expected at-most")
        else
                add_operation(kind, field_low[name], field_high[name], field_word[name])
}

function read_operand_place(kind, text) {
        if (!find_place(text, 3))
                return
        if (place_depth == 3 && !word_has_rows[place_first_word])
                fail("'" text "' has no rows in the field table")
        else
                add_word_operations(kind, place_first_word, place_last_word)
}

function add_word_operations(kind, first, last,  word) {
        for (word = first; word <= last; word++)
                add_operation(kind, 0, 31, word)
}

function add_operation(kind, low, high, word,  n) {
        n = ++n_operations[capability]
        has_operation[capability, kind] = 1
        operation[capability, n] = "{ .kind = CAPABILITY_" c_word(kind) ", .low = " low \
                ", .high = " high ", .word = " word " }"
}

# Checks of the whole ----------------------------------------------------------------------------

function check_capability(at,  i, name) {
        if (!n_has[at])
                fail_at(line_of[at], "capability '" name_of[at] \
                        "' without 'has', expected what tells that KVM has it")
        if (!(at in enabling))
                fail_at(line_of[at], "capability '" name_of[at] \
                        "' without 'enable', expected what a VMM does in KVM for it")
        if (at in shows_line && !((at, "remove") in has_operation))
                fail_at(shows_line[at], "'shows' without 'remove', expected what is gone")
        check_texts("capability", at)
        for (i = 1; i <= n_conditions[at]; i++) {
                name = condition_name[at, i]
                if ((at, i) in condition_line && !(name in entry_of))
                        fail_at(condition_line[at, i], "view '" name no_capability)
        }
        check_named(at, "implies")
        check_named(at, "requires")
}

function check_named(at, kind,  i, name, seen) {
        for (i = 1; i <= n_named[at, kind]; i++) {
                name = named[at, kind, i]
                if (!(name in entry_of))
                        fail_at(named_line[at, kind, i], kind " '" name no_capability)
                else if (entry_of[name] == at)
                        fail_at(named_line[at, kind, i], kind " '" name "': the capability itself")
                else if (name in seen)
                        fail_at(named_line[at, kind, i], kind " '" name "' twice")
                seen[name] = 1
        }
}

function check_cycles(kind,  i) {
        split("", visit_state)
        for (i = 1; i <= n_entries; i++)
                if (!visit_state[i])
                        visit(kind, i, 1)
}

# Depth first; closure[kind, at] is " 3 7 ", the capabilities that are reached
function visit(kind, at, depth,  i, j, n, target, path, reached) {
        visit_state[at] = 1
        visit_path[depth] = at
        for (i = 1; i <= n_named[at, kind]; i++) {
                target = entry_of[named[at, kind, i]]
                if (!target || target == at)
                        continue
                if (!visit_state[target])
                        visit(kind, target, depth + 1)
                else if (visit_state[target] == 1) {
                        path = ""
                        for (j = depth; visit_path[j] != target; j--)
                                path = name_of[visit_path[j]] " " kind " " path
                        fail_at(line_of[target], "a cycle: " name_of[target] " " kind " " path \
                                name_of[target])
                }

                n = split(target " " closure[kind, target], reached, " ")
                for (j = 1; j <= n; j++)
                        if (!index(" " closure[kind, at], " " reached[j] " "))
                                closure[kind, at] = closure[kind, at] reached[j] " "
        }
        visit_state[at] = 2
}

# Writing ----------------------------------------------------------------------------------------

function write_header() {
        write_banner("capabilities")
        print "#pragma once\n"
        print "#define N_CAPABILITIES " n_entries
}

function write_source(  i) {
        write_banner("capabilities")
        print "\n#include \"policy/capability.h\"\n"
        print "#define BIT(i) (UINT64_C(1) << (i))\n"
        print "const Capability capability_table[N_CAPABILITIES] = {"
        for (i = 1; i <= n_entries; i++)
                write_capability(i)
        print "};"
}

function write_capability(at,  i) {
        print "        [" at - 1 "] = {"
        print "                .name = " c_string(name_of[at]) ","
        print "                .summary = " c_string(summary_of[at]) ","
        print "                .why = " c_string(why_of[at]) ","
        if (notice_of[at] != "")
                print "                .notice = " c_string(notice_of[at]) ","
        print "                .source = " c_string(source_of[at]) ","
        print "                .enabling = { .kind = " enabling[at] " },"
        if (at in shows_line)
                print "                .is_shown = true,"
        if (has_option[at])
                print "                .is_default = true,"
        write_set(at, "implies")
        write_set(at, "requires")

        print "                .conditions = (const CapabilityCondition[]){"
        for (i = 1; i <= n_conditions[at]; i++)
                print "                        { .kind = CONDITION_" c_word(condition_kind[at, i]) \
                      ", .name = " c_string(condition_name[at, i]) \
                      ", .mask = " condition_mask[at, i] \
                      (condition_or[at, i] ? ", .or_previous = true" : "") " },"
        print "                },"
        print "                .n_conditions = " n_conditions[at] ","

        if (n_operations[at]) {
                print "                .operations = (const CapabilityOperation[]){"
                for (i = 1; i <= n_operations[at]; i++)
                        print "                        " operation[at, i] ","
                print "                },"
                print "                .n_operations = " n_operations[at] ","
        }
        print "        },"
}

function write_set(at, kind,  n, i, reached, text) {
        n = split(closure[kind, at], reached, " ")
        for (i = 1; i <= n; i++)
                text = text (i == 1 ? "" : " | ") "BIT(" reached[i] - 1 ")"
        if (n)
                print "                ." kind " = " text ","
}
