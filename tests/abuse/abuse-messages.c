/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages that are well formed, and have in them what nobody expects: too much of everything, the
 * wrong types, names that would do harm elsewhere. Each is refused by an error that has a name. */

#include "tests/abuse/abuse.h"

#include <string.h>

#include "dbus/names.h"
#include "tests/abuse/generate.h"
#include "tests/abuse/health.h"
#include "tests/bus/call.h"

#define MIB (1024u * 1024)

typedef struct RefusedCase {
        const char *name;
        const char *member;
        void (*fill)(sd_bus_message *call, size_t n);
        size_t n;
        const char *error;
} RefusedCase;

static void append_zeroes(sd_bus_message *call, char type, size_t size) {
        void *space;

        g_assert_cmpint(sd_bus_message_append_array_space(call, type, size, &space), >=, 0);
        memset(space, 0, size);
}

static void open_option(sd_bus_message *call, const char *name, const char *type) {
        g_assert_cmpint(sd_bus_message_open_container(call, 'e', "sv"), >=, 0);
        g_assert_cmpint(sd_bus_message_append_basic(call, 's', name), >=, 0);
        g_assert_cmpint(sd_bus_message_open_container(call, 'v', type), >=, 0);
}

static void close_containers(sd_bus_message *call, unsigned n) {
        while (n-- > 0)
                g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);
}

/* No rows, and the dictionary of options open */
static void open_options(sd_bus_message *call) {
        append_zeroes(call, 'u', 0);
        g_assert_cmpint(sd_bus_message_open_container(call, 'a', "{sv}"), >=, 0);
}

static void fill_rows(sd_bus_message *call, size_t n) {
        append_zeroes(call, 'u', n * 7 * sizeof(uint32_t));
        g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 0), >=, 0);
}

static void fill_words(sd_bus_message *call, size_t n) {
        append_zeroes(call, 'u', n * sizeof(uint32_t));
        g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 0), >=, 0);
}

static void fill_guests(sd_bus_message *call, size_t n) {
        g_assert_cmpint(sd_bus_message_open_container(call, 'a', "(aua{sv})"), >=, 0);
        for (size_t i = 0; i < n; i++)
                g_assert_cmpint(sd_bus_message_append(call, "(aua{sv})", 0, 0), >=, 0);
        close_containers(call, 1);
}

static void fill_names(sd_bus_message *call, size_t n) {
        g_assert_cmpint(sd_bus_message_open_container(call, 'a', "s"), >=, 0);
        for (size_t i = 0; i < n; i++)
                g_assert_cmpint(sd_bus_message_append_basic(call, 's', "irqchip"), >=, 0);
        close_containers(call, 1);
}

static void fill_long_name(sd_bus_message *call, size_t n) {
        g_autofree char *name = g_strnfill(n, 'x');

        g_assert_cmpint(sd_bus_message_append(call, "as", 1, name), >=, 0);
}

static void fill_long_capability(sd_bus_message *call, size_t n) {
        g_autofree char *name = g_strnfill(n, 'x');

        g_assert_cmpint(sd_bus_message_append_basic(call, 's', name), >=, 0);
}

static void fill_long_option(sd_bus_message *call, size_t n) {
        g_autofree char *name = g_strnfill(n, 'x');

        g_assert_cmpint(sd_bus_message_append(call, "aua{sv}", 0, 1, name, "b", 1), >=, 0);
}

static void fill_pairs(sd_bus_message *call, const char *name, size_t n) {
        open_options(call);
        open_option(call, name, "a{ut}");
        g_assert_cmpint(sd_bus_message_open_container(call, 'a', "{ut}"), >=, 0);
        for (size_t i = 0; i < n; i++)
                g_assert_cmpint(sd_bus_message_append(call, "{ut}", (uint32_t) i, UINT64_MAX), >=,
                                0);
        close_containers(call, 4);
}

static void fill_msrs(sd_bus_message *call, size_t n) {
        fill_pairs(call, "msrs", n);
}

static void fill_unknown_msrs(sd_bus_message *call, size_t n) {
        fill_pairs(call, "unknown_msrs", n);
}

static void fill_unknown(sd_bus_message *call, size_t n) {
        open_options(call);
        open_option(call, "unknown", "au");
        append_zeroes(call, 'u', n * 8 * sizeof(uint32_t));
        close_containers(call, 3);
}

static void fill_same_option(sd_bus_message *call, size_t n) {
        open_options(call);
        for (size_t i = 0; i < n; i++) {
                open_option(call, "strict", "b");
                g_assert_cmpint(sd_bus_message_append(call, "b", 1), >=, 0);
                close_containers(call, 2);
        }
        close_containers(call, 1);
}

static void fill_other_options(sd_bus_message *call, size_t n) {
        open_options(call);
        for (size_t i = 0; i < n; i++) {
                g_autofree char *name = g_strdup_printf("strict%zu", i);

                open_option(call, name, "b");
                g_assert_cmpint(sd_bus_message_append(call, "b", 1), >=, 0);
                close_containers(call, 2);
        }
        close_containers(call, 1);
}

static void fill_nested(sd_bus_message *call, size_t n) {
        open_options(call);
        open_option(call, "strict", "v");
        for (size_t i = 1; i < n; i++)
                g_assert_cmpint(sd_bus_message_open_container(call, 'v', "v"), >=, 0);
        g_assert_cmpint(sd_bus_message_append(call, "v", "b", 1), >=, 0);
        close_containers(call, n - 1 + 3);
}

static void fill_giant_value(sd_bus_message *call, size_t n) {
        open_options(call);
        open_option(call, "strict", "ay");
        append_zeroes(call, 'y', n);
        close_containers(call, 3);
}

static void fill_bytes(sd_bus_message *call, size_t n) {
        append_zeroes(call, 'y', n);
}

static const RefusedCase refused_cases[] = {
        { "257-rows", "Check", fill_rows, 257, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "100000-rows", "Check", fill_rows, 100000, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "a-million-rows", "Check", fill_rows, 1000000, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "half-a-row", "Check", fill_words, 10, CPUIDD_ERROR_NAME_INVALID_TABLE },
        { "1025-guests", "CheckMany", fill_guests, 1025, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "a-million-guests", "CheckMany", fill_guests, 1000000, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "257-capabilities", "GetCpuid", fill_names, 257, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "a-million-capabilities", "GetCpuid", fill_names, 1000000, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "name-of-257", "GetCpuid", fill_long_name, 257, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "name-of-30-MiB", "GetCpuid", fill_long_name, 30 * MIB, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "delta-of-30-MiB", "GetDelta", fill_long_capability, 30 * MIB,
          CPUIDD_ERROR_NAME_TOO_LARGE },
        { "option-of-257", "Check", fill_long_option, 257, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "option-of-30-MiB", "Check", fill_long_option, 30 * MIB, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "4097-msrs", "Check", fill_msrs, 4097, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "a-million-msrs", "Check", fill_msrs, 1000000, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "4097-unknown-msrs", "Check", fill_unknown_msrs, 4097, CPUIDD_ERROR_NAME_TOO_LARGE },
        { "1025-runs-unknown", "Check", fill_unknown, 1025, CPUIDD_ERROR_NAME_INVALID_TABLE },
        { "900000-runs-unknown", "Check", fill_unknown, 900000, CPUIDD_ERROR_NAME_INVALID_TABLE },
        { "an-option-twice", "Check", fill_same_option, 2, SD_BUS_ERROR_INVALID_ARGS },
        { "an-option-a-million-times", "Check", fill_same_option, 1000000,
          SD_BUS_ERROR_INVALID_ARGS },
        { "a-million-other-options", "Check", fill_other_options, 1000000,
          CPUIDD_ERROR_NAME_UNKNOWN_OPTION },
        { "values-in-values", "Check", fill_nested, 30, SD_BUS_ERROR_INVALID_ARGS },
        { "value-of-30-MiB", "Check", fill_giant_value, 30 * MIB, SD_BUS_ERROR_INVALID_ARGS },
        { "30-MiB-where-nothing-is-taken", "GetProfile", fill_bytes, 30 * MIB,
          SD_BUS_ERROR_INVALID_ARGS },
        { "30-MiB-for-refresh", "Refresh", fill_bytes, 30 * MIB, SD_BUS_ERROR_INVALID_ARGS },
        { "30-MiB-for-nobody", "Nobody", fill_bytes, 30 * MIB, SD_BUS_ERROR_UNKNOWN_METHOD },
};

static void test_refused(gconstpointer data) {
        const RefusedCase *c = data;
        g_autoptr(sd_bus_message) call = call_new(c->member);

        c->fill(call, c->n);
        call_assert_refused(call, c->error, "");
        g_clear_pointer(&call, sd_bus_message_unref);
        health_check();
}

typedef struct MemberSignature {
        const char *member;
        const char *signature;
} MemberSignature;

static const MemberSignature members[] = {
        { "Check", "aua{sv}" }, { "CheckMany", "a(aua{sv})" }, { "GetCpuid", "as" },
        { "GetDelta", "s" },    { "GetProfile", "" },          { "ListCapabilities", "" },
        { "Refresh", "" },      { "Trial", "aua{sv}" },
};

static const char *const signatures[] = {
        "",      "s",     "u",    "v",       "as",          "au",  "ay",
        "a{sv}", "a{ut}", "(uu)", "aua{sv}", "a(aua{sv})",  "auv", "aua{ss}",
        "asas",  "aus",   "g",    "o",       "a(aua{sv})u", "aau", "aua{sv}a{sv}",
};

/* Refused before any handler has it; a Trial also where there is none yet */
static void refuse_signature(const MemberSignature *member, const char *signature, GRand *random) {
        g_autoptr(sd_bus_message) call = call_new(member->member);
        sd_bus_error error = SD_BUS_ERROR_NULL;

        g_assert_cmpint(generate_values(call, signature, random, 20), >=, 0);
        g_assert_cmpint(sd_bus_call(call_bus, call, 0, &error, NULL), <, 0);
        if (!sd_bus_error_has_name(&error, SD_BUS_ERROR_INVALID_ARGS)) {
                g_test_message("%s(%s): %s", member->member, signature, error.name);
                g_assert_cmpstr(member->member, ==, "Trial");
                g_assert_cmpstr(error.name, ==, SD_BUS_ERROR_UNKNOWN_METHOD);
        }
        sd_bus_error_free(&error);
}

static void test_signatures(void) {
        g_autoptr(GRand) random = g_rand_new_with_seed(1);

        for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
                for (size_t j = 0; j < G_N_ELEMENTS(signatures); j++)
                        if (strcmp(members[i].signature, signatures[j]) != 0)
                                refuse_signature(&members[i], signatures[j], random);

        health_check();
}

static void test_option_types(void) {
        static const char *const options[][2] = {
                { "capabilities", "as" }, { "msrs", "a{ut}" }, { "strict", "b" },
                { "tsc_khz", "t" },       { "unknown", "au" }, { "unknown_msrs", "a{ut}" },
                { "verdict_only", "b" },
        };
        static const char *const wrong[] = { "y",  "b",  "u",     "t",     "d",    "s",     "o",
                                             "as", "au", "a{ut}", "a{sv}", "(ut)", "a(ut)", "v" };
        g_autoptr(GRand) random = g_rand_new_with_seed(2);

        for (size_t i = 0; i < G_N_ELEMENTS(options) * G_N_ELEMENTS(wrong); i++) {
                const char *const *option = options[i / G_N_ELEMENTS(wrong)];
                const char *type = wrong[i % G_N_ELEMENTS(wrong)];
                g_autoptr(sd_bus_message) call = NULL;

                if (strcmp(option[1], type) == 0)
                        continue;
                call = call_new("Check");
                open_options(call);
                open_option(call, option[0], type);
                g_assert_cmpint(generate_values(call, type, random, 4), >=, 0);
                close_containers(call, 3);
                call_assert_refused(call, SD_BUS_ERROR_INVALID_ARGS, option[0]);
        }

        health_check();
}

/* They come back to who sent them, as they were, and nobody else sees them: abuse.test looks at
 * the log. */
static void test_hostile_names(void) {
        static const char *const names[] = {
                "%s%s%s%n",
                "%5000000d",
                "\033[2J\033]0;title\007",
                "line\nREADY=1\nMESSAGE=forged",
                "\r\n",
                "' or '",
                "../../etc/passwd",
                "\302\233"
                "31m",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                call_refuse("Check", CPUIDD_ERROR_NAME_UNKNOWN_OPTION, names[i], "aua{sv}", 0, 1,
                            names[i], "b", 1);
                call_refuse("GetDelta", CPUIDD_ERROR_NAME_UNKNOWN_CAPABILITY, names[i], "s",
                            names[i]);
                call_refuse("GetCpuid", CPUIDD_ERROR_NAME_UNKNOWN_CAPABILITY, names[i], "as", 1,
                            names[i]);
        }

        health_check();
}

void add_message_tests(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(refused_cases); i++) {
                g_autofree char *path =
                        g_strconcat("/abuse/messages/", refused_cases[i].name, NULL);

                g_test_add_data_func(path, &refused_cases[i], test_refused);
        }

        g_test_add_func("/abuse/messages/wrong-signatures", test_signatures);
        g_test_add_func("/abuse/messages/wrong-types-of-options", test_option_types);
        g_test_add_func("/abuse/messages/hostile-names", test_hostile_names);
}
