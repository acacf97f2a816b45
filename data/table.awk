# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What all tables share: errors, numbers, places, and how they are written in C. POSIX awk. Numbers
# are kept as they were written and only compared as numbers: not every awk prints all of 32 bits.

BEGIN {
        hex_digits = "0123456789abcdef"
        n_groups = n_rows = n_leaves = n_errors = 0
        split("eax ebx ecx edx", register_names, " ")
        for (i = 1; i <= 4; i++)
                register_index[register_names[i]] = i - 1

        all_rules = "feature hint guarantee inverted at-most at-least equal dynamic identity " \
                "topology informational granted provided"
        split(all_rules, words, " ")
        for (i in words)
                is_rule[words[i]] = 1

        split("dynamic topology informational provided", words, " ")
        for (i in words)
                never_breaks[words[i]] = 1

        if (mode != "source" && mode != "header" && mode != "check") {
                print "expected -v mode=source, header or check, not '" mode "'" | "cat 1>&2"
                is_misused = 1
                exit 2
        }
}

# Errors are printed at the end, by line: all of them are wanted; a table with one is not compiled.
# checked_file is the file whose lines are told at the end; empty for the one that was read last.
function fail_at(line, message,  file) {
        file = checked_file == "" ? FILENAME : checked_file
        errors[file, line, ++n_errors_of[file, line]] = message
        n_errors++
        if (!(file in last_error_line))
                error_file[++n_error_files] = file
        if (line > last_error_line[file] + 0)
                last_error_line[file] = line
}

function fail(message) {
        fail_at(FNR, message)
}

function print_errors(  n, file, line, i) {
        for (n = 1; n <= n_error_files; n++) {
                file = error_file[n]
                for (line = 0; line <= last_error_line[file]; line++)
                        for (i = 1; i <= n_errors_of[file, line]; i++)
                                print file ":" line ": " errors[file, line, i] | "cat 1>&2"
        }
        close("cat 1>&2")
}

# The end of each END: what was asked for, if all is well
function finish() {
        if (n_errors) {
                print_errors()
                exit 1
        }
        if (mode == "header")
                write_header()
        if (mode == "source")
                write_source()
}

function write_banner(name) {
        print "/* SPDX-License-Identifier: LGPL-2.1-or-later */"
        print "/* Generated from data/" name ".table by data/" name ".awk, do not edit */"
}

# Lines that all tables refuse. True if there is nothing else on the line.
function check_line() {
        sub(/\r$/, " ")
        if (index($0, "\t"))
                fail("a tab, expected blanks")
        if ($0 ~ /[ \t]$/)
                fail("blanks at the end of the line")
        gsub(/\t/, " ")
        sub(/ +$/, "")
        return $0 == "" || $0 ~ /^ *#/
}

# Where the colon before the text is: in the first " : ", or, with nothing behind it, at the end
function find_colon(  colon) {
        colon = index($0, " : ")
        if (colon)
                return colon + 1
        return $0 ~ / :$/ ? length($0) : length($0) + 1
}

# Sets number_value; returns "" or what is wrong
function parse_number(text,  digits, i) {
        if (text ~ /^0x[0-9a-fA-F]+$/) {
                digits = substr(text, 3)
                if (digits ~ /[A-F]/)
                        return "hexadecimal digits in upper case in '" text "', expected lower case"
                if (digits ~ /^0./)
                        return "leading zeros in '" text "'"
                if (length(digits) > 8)
                        return "'" text "' does not fit into 32 bits"
                number_value = 0
                for (i = 1; i <= length(digits); i++)
                        number_value = number_value * 16 - 1 + \
                                index(hex_digits, substr(digits, i, 1))
                return ""
        }

        if (text !~ /^[0-9]+$/)
                return "'" text "' is not a number"
        if (text ~ /^0./)
                return "leading zeros in '" text "'"
        if (length(text) > 10 || text + 0 > 4294967295)
                return "'" text "' does not fit into 32 bits"
        number_value = text + 0
        return ""
}

# The same for a leaf, which is always hexadecimal
function parse_leaf(text) {
        if (text !~ /^0x/)
                return "'" text "' is not a leaf, expected a hexadecimal number such as 0x7"
        return parse_number(text)
}

# A number of 64 bits, which stays text: not all awks have numbers of more than 53 bits. Returns "" or
# what is wrong.
function parse_wide(text) {
        if (text !~ /^0x[0-9a-f]+$/ && text !~ /^[0-9]+$/)
                return "'" text "' is not a number"
        if (text ~ /^0x0./ || text ~ /^0[0-9]/)
                return "leading zeros in '" text "'"
        if (text ~ /^0x/ ? length(text) > 18 : length(text) > 15)
                return "'" text "' does not fit into 64 bits"
        return ""
}

# LEAF[.SUBLEAF[:REGISTER[[HIGH[:LOW]]]]]; sets place_leaf and place_subleaf as text,
# place_leaf_value and place_subleaf_value as numbers, place_wild, place_reg, place_high, place_low,
# and place_depth: 1 for a leaf, 2 for a sub-leaf, 3 for a register, 4 for bits. Returns "" or what
# is wrong.
function parse_place(text,  leaf, rest, error) {
        place_depth = 1
        place_wild = place_reg = place_low = 0
        place_subleaf = "0"
        place_subleaf_value = 0
        place_high = 31
        leaf = text
        rest = ""
        if (match(text, /[.:[]/)) {
                leaf = substr(text, 1, RSTART - 1)
                rest = substr(text, RSTART)
        }

        error = parse_leaf(leaf)
        place_leaf = leaf
        place_leaf_value = number_value
        if (error != "" || rest == "")
                return error

        if (rest !~ /^\./)
                return "no sub-leaf in '" text "', expected a place such as 0x7.0:ebx[6]"
        return parse_place_subleaf(text, substr(rest, 2))
}

function parse_place_subleaf(text, rest,  subleaf, error) {
        place_depth = 2
        subleaf = rest
        rest = ""
        if (match(subleaf, /[:[]/)) {
                rest = substr(subleaf, RSTART)
                subleaf = substr(subleaf, 1, RSTART - 1)
        }

        if (subleaf == "*") {
                place_wild = 1
                subleaf = "0"
        } else if (subleaf ~ /^[0-9]+\+$/) {
                place_wild = 1
                sub(/\+$/, "", subleaf)
        }

        if (subleaf !~ /^[0-9]+$/)
                return "sub-leaf '" subleaf "' in '" text "', expected a decimal number, N+ or *"
        error = parse_number(subleaf)
        if (error != "")
                return error
        place_subleaf = subleaf
        place_subleaf_value = number_value
        if (rest == "")
                return ""

        if (rest !~ /^:/)
                return "no register in '" text "', expected a place such as 0x7.0:ebx[6]"
        return parse_place_register(text, substr(rest, 2))
}

function parse_place_register(text, rest,  reg) {
        place_depth = 3
        reg = rest
        rest = ""
        if (match(reg, /\[/)) {
                rest = substr(reg, RSTART)
                reg = substr(reg, 1, RSTART - 1)
        }

        if (!(reg in register_index))
                return "register '" reg "' in '" text "', expected eax, ebx, ecx or edx"
        place_reg = register_index[reg]
        return rest == "" ? "" : parse_place_bits(text, rest)
}

function parse_place_bits(text, bits,  error) {
        place_depth = 4
        error = parse_bits(text, bits, 31)
        if (error != "")
                return error
        if (place_high < place_low)
                return "bits '" bits "' in '" text "', expected the high one first"
        if (index(bits, ":") && place_high == place_low)
                return "bits '" bits "' in '" text "', expected [" place_low "] for one bit"
        if (place_high == 31 && place_low == 0)
                return "bits '" bits "' in '" text "', expected no bits for a whole register"
        return ""
}

# [HIGH[:LOW]], in whatever order, of bits up to @last
function parse_bits(text, bits, last,  ends, n) {
        if (bits !~ /^\[[0-9]+(:[0-9]+)?\]$/)
                return "bits '" bits "' in '" text "', expected [BIT] or [HIGH:LOW]"
        n = split(substr(bits, 2, length(bits) - 2), ends, ":")
        if (ends[1] ~ /^0./ || ends[n] ~ /^0./)
                return "leading zeros in '" text "'"
        place_high = ends[1] + 0
        place_low = ends[n] + 0
        if (place_high > last || place_low > last)
                return "bit " (place_high > last ? place_high : place_low) " in '" text \
                       "', expected 0 to " last
        return ""
}

# As parse_place(), for a MSR: INDEX[HIGH[:LOW]], in one half of the register; the high half is
# register 1
function parse_msr_place(text,  bits, error) {
        place_wild = place_subleaf_value = place_reg = 0
        place_subleaf = "0"
        place_depth = 4
        if (!match(text, /\[/))
                return "no bits in '" text "', expected a place such as 0x10a[5]"
        place_leaf = substr(text, 1, RSTART - 1)
        bits = substr(text, RSTART)
        error = parse_number(place_leaf)
        if (error != "")
                return error
        place_leaf_value = number_value

        error = parse_bits(text, bits, 63)
        if (error != "")
                return error
        if (index(bits, ":") && place_high <= place_low)
                return "bits '" bits "' in '" text "', expected the high one first"
        if (place_low < 32 && place_high > 31)
                return "bits '" bits "' in '" text "' are in both halves, expected two rows"
        if (place_low > 31) {
                place_reg = 1
                place_low -= 32
                place_high -= 32
        }
        return ""
}

# The group (leaf, sub-leaf) of the place that was parsed last: a new one is added, in table order
function add_place_group(interface,  key) {
        key = interface SUBSEP place_leaf SUBSEP place_subleaf
        if (!(key in group_of)) {
                group_of[key] = n_groups
                group_interface[n_groups] = interface
                group_leaf[n_groups] = place_leaf
                group_subleaf[n_groups] = place_subleaf
                group_subleaf_value[n_groups] = place_subleaf_value
                n_groups++
        }
        return group_of[key]
}

# "a, b or c"
function or_list(text,  words, n, i, list) {
        n = split(text, words, " ")
        for (i = 1; i <= n; i++)
                list = list (i == 1 ? "" : i == n ? " or " : ", ") words[i]
        return list
}

function trim(text) {
        sub(/^ +/, "", text)
        sub(/ +$/, "", text)
        return text
}

function c_string(text,  i, c, out) {
        if (text !~ /["\\]/)
                return "\"" text "\""
        for (i = 1; i <= length(text); i++) {
                c = substr(text, i, 1)
                out = out (c == "\"" || c == "\\" ? "\\" : "") c
        }
        return "\"" out "\""
}

# "at-most" -> "AT_MOST"
function c_word(text) {
        gsub(/[-.]/, "_", text)
        return toupper(text)
}
