/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* busfuzz [--seconds N | --calls N] [--seed S] [--only I]: calls of all that the service says that it has,
 * with values of the right types and of others. Each has a number, and is made of that and the seed
 * alone: with --only it is made again. Each has to have an answer, or an error of a name that is in
 * the contract. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dbus/names.h"
#include "tests/abuse/generate.h"
#include "tests/abuse/health.h"
#include "tests/abuse/introspect.h"
#include "tests/bus/call.h"

#define TIMEOUT_USEC (60 * G_USEC_PER_SEC)
#define N_ELEMENTS_MAX 1100

/* Of so many calls of what takes the machine's time one is made. */
#define DEAR_SHARE 20

static int arg_calls = 2000, arg_seconds, arg_seed = -1, arg_only = -1;

static const GOptionEntry options[] = {
        { "calls", 0, 0, G_OPTION_ARG_INT, &arg_calls, "How many", "N" },
        { "seconds", 0, 0, G_OPTION_ARG_INT, &arg_seconds, "Or how long", "N" },
        { "seed", 0, 0, G_OPTION_ARG_INT, &arg_seed, "Instead of one by chance", "S" },
        { "only", 0, 0, G_OPTION_ARG_INT, &arg_only, "One call", "I" },
        {},
};

static const char *const good_errors[] = {
        CPUIDD_ERROR_NAME_BUSY,
        CPUIDD_ERROR_NAME_INVALID_TABLE,
        CPUIDD_ERROR_NAME_NOT_READY,
        CPUIDD_ERROR_NAME_TOO_LARGE,
        CPUIDD_ERROR_NAME_TRIAL,
        CPUIDD_ERROR_NAME_UNKNOWN_CAPABILITY,
        CPUIDD_ERROR_NAME_UNKNOWN_OPTION,
        SD_BUS_ERROR_ACCESS_DENIED,
        SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
        SD_BUS_ERROR_INVALID_ARGS,
        SD_BUS_ERROR_INVALID_SIGNATURE,
        SD_BUS_ERROR_PROPERTY_READ_ONLY,
        SD_BUS_ERROR_UNKNOWN_INTERFACE,
        SD_BUS_ERROR_UNKNOWN_METHOD,
        SD_BUS_ERROR_UNKNOWN_OBJECT,
        SD_BUS_ERROR_UNKNOWN_PROPERTY,
        NULL,
};

static bool is_dear(const Member *member) {
        return strcmp(member->name, "Trial") == 0 || strcmp(member->name, "Refresh") == 0;
}

static const Member *choose_member(const GPtrArray *members, GRand *random) {
        const Member *member;

        do {
                member = members->pdata[g_rand_int_range(random, 0, members->len)];
        } while (is_dear(member) && g_rand_int_range(random, 0, DEAR_SHARE) > 0);

        return member;
}

/* A level that is set would be the log's from then on. */
static sd_bus_message *new_property_call(const Member *member, GRand *random) {
        bool is_set = g_rand_boolean(random) && strcmp(member->interface, CPUIDD_INTERFACE) == 0;
        sd_bus_message *call;

        g_assert_cmpint(sd_bus_message_new_method_call(
                                call_bus, &call, CPUIDD_BUS_NAME, member->path,
                                "org.freedesktop.DBus.Properties", is_set ? "Set" : "Get"),
                        >=, 0);
        g_assert_cmpint(sd_bus_message_append(call, "ss", member->interface, member->name), >=, 0);
        if (is_set) {
                g_assert_cmpint(sd_bus_message_open_container(call, 'v', member->signature->str),
                                >=, 0);
                g_assert_cmpint(generate_values(call, member->signature->str, random, 10), >=, 0);
                g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);
        }
        return call;
}

static sd_bus_message *new_method_call(const Member *member, GRand *random) {
        g_autofree char *other = generate_signature(random);
        const char *signature = g_rand_int_range(random, 0, 5) > 0 ? member->signature->str : other;
        sd_bus_message *call;

        g_assert_cmpint(sd_bus_message_new_method_call(call_bus, &call, CPUIDD_BUS_NAME,
                                                       member->path, member->interface,
                                                       member->name),
                        >=, 0);
        g_assert_cmpint(generate_values(call, signature, random, N_ELEMENTS_MAX), >=, 0);
        return call;
}

/* false: neither an answer nor an error that it may be */
static bool make_call(const GPtrArray *members, uint32_t seed, uint32_t number) {
        const uint32_t seeds[] = { seed, number };
        g_autoptr(GRand) random = g_rand_new_with_seed_array(seeds, G_N_ELEMENTS(seeds));
        const Member *member = choose_member(members, random);
        g_autoptr(sd_bus_message) call = member->is_property ? new_property_call(member, random) :
                                                               new_method_call(member, random);
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int r = sd_bus_call(call_bus, call, TIMEOUT_USEC, &error, NULL);
        bool is_good = r >= 0 || g_strv_contains(good_errors, error.name);

        if (!is_good || arg_only >= 0)
                printf("# call %u of seed %u: %s.%s(%s): %s: %s\n", number, seed, member->interface,
                       member->name, sd_bus_message_get_signature(call, true),
                       r < 0 ? error.name : "ok", r < 0 ? error.message : "");
        sd_bus_error_free(&error);
        return is_good;
}

static bool is_enough(uint32_t n, int64_t start) {
        if (arg_only >= 0)
                return n > 0;
        if (arg_seconds > 0)
                return g_get_monotonic_time() - start > arg_seconds * G_USEC_PER_SEC;
        return n >= (uint32_t) arg_calls;
}

static size_t run(const GPtrArray *members, uint32_t seed) {
        int64_t start = g_get_monotonic_time();
        size_t n_bad = 0;
        uint32_t n = 0;

        while (!is_enough(n, start) && n_bad < 20) {
                n_bad += !make_call(members, seed, arg_only >= 0 ? (uint32_t) arg_only : n);
                n++;
        }

        printf("%u calls of %u members, seed %u: %zu without an answer or an error that is in the "
               "contract\n",
               n, members->len, seed, n_bad);
        return n_bad;
}

int main(int argc, char **argv) {
        g_autoptr(GOptionContext) context = g_option_context_new(NULL);
        g_autoptr(GPtrArray) members = NULL;
        g_autoptr(GError) error = NULL;
        size_t n_bad;

        g_option_context_add_main_entries(context, options, NULL);
        if (!g_option_context_parse(context, &argc, &argv, &error)) {
                fprintf(stderr, "busfuzz: %s\n", error->message);
                return 2;
        }

        g_assert_cmpint(sd_bus_open_system(&call_bus), >=, 0);
        health_begin();
        members = introspect(call_bus, CPUIDD_BUS_NAME);
        n_bad = run(members, arg_seed >= 0 ? (uint32_t) arg_seed : g_random_int() >> 1);
        health_check();
        health_end();
        sd_bus_flush_close_unref(call_bus);
        return n_bad > 0;
}
