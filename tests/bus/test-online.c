/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* test-online RECORDING: a daemon that serves it, which online.test has started, and the file
 * itself answer every question alike. Texts of JSON are compared: what differs shows in them. */

#include <stdbool.h>

#include <glib.h>

#include "client/lib/cpuidd.h"

static const char *path;

typedef struct Pair {
        CpuiddHost *online;
        CpuiddHost *offline;
} Pair;

static void pair_done(Pair *pair) {
        cpuidd_host_unref(pair->online);
        cpuidd_host_unref(pair->offline);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_done)

/* Says where, and not all of it */
static void assert_same(const char *online, const char *offline) {
        g_auto(GStrv) left = g_strsplit(online, "\n", -1), right = g_strsplit(offline, "\n", -1);
        size_t i = 0;

        while (left[i] && right[i] && g_str_equal(left[i], right[i]))
                i++;
        g_assert_cmpstr(left[i], ==, right[i]);
}

static Pair open_pair(void) {
        g_autoptr(GError) error = NULL;
        Pair pair = {};

        pair.online = cpuidd_host_connect(CPUIDD_BUS_SYSTEM, NULL, &error);
        g_assert_no_error(error);
        pair.offline = cpuidd_host_new_from_file(path, NULL, &error);
        g_assert_no_error(error);
        return pair;
}

static void test_capabilities(void) {
        g_auto(Pair) pair = open_pair();
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) online = cpuidd_host_list_capabilities(pair.online, true, &error);
        g_autoptr(GPtrArray) offline = cpuidd_host_list_capabilities(pair.offline, true, &error);

        g_assert_no_error(error);
        g_assert_cmpuint(online->len, ==, offline->len);
        for (size_t i = 0; i < online->len; i++) {
                CpuiddCapability *left = online->pdata[i], *right = offline->pdata[i];

                /* The bus has yes and no alone. */
                g_assert_true((left->has == CPUIDD_KNOWN_YES) == (right->has == CPUIDD_KNOWN_YES));
                left->has = right->has;
        }

        {
                g_autofree char *left = cpuidd_capabilities_to_json(online, CPUIDD_JSON_PRETTY);
                g_autofree char *right = cpuidd_capabilities_to_json(offline, CPUIDD_JSON_PRETTY);

                assert_same(left, right);
        }
}

static void test_profile(void) {
        g_auto(Pair) pair = open_pair();
        g_autoptr(GError) error = NULL;
        g_autofree char *online = cpuidd_host_get_recording(pair.online, &error);
        g_autofree char *offline = cpuidd_host_get_recording(pair.offline, &error);

        g_assert_no_error(error);
        assert_same(online, offline);
}

/* With each capability and without any */
static void test_cpuid(void) {
        g_auto(Pair) pair = open_pair();
        g_auto(GStrv) names = cpuidd_list_capabilities();

        for (char **name = names;; name++) {
                const char *const enabled[] = { "irqchip", *name, NULL };
                g_autoptr(GError) error = NULL;
                size_t n_left, n_right;
                g_autofree uint32_t *left =
                        cpuidd_host_get_cpuid(pair.online, enabled, &n_left, &error);
                g_autofree uint32_t *right =
                        cpuidd_host_get_cpuid(pair.offline, enabled, &n_right, &error);

                g_assert_no_error(error);
                g_assert_cmpmem(left, n_left * sizeof(*left), right, n_right * sizeof(*right));
                if (!*name)
                        break;
        }
}

/* One that takes of the host's table and of its MSRs: it becomes another guest on each host. */
static CpuiddGuest *read_template(void) {
        static const char text[] =
                "{\"cpuid_modifiers\": [{\"leaf\": \"0x1\", \"subleaf\": \"0x0\", \"flags\": 0, "
                "\"modifiers\": [{\"register\": \"ecx\", \"bitmap\": \"0b1xxx\"}]}], "
                "\"msr_modifiers\": [{\"addr\": \"0x10a\", \"bitmap\": \"0b1x\"}]}";
        g_autoptr(GError) error = NULL;
        CpuiddGuest *template =
                cpuidd_guest_read_bytes("template", text, sizeof(text) - 1, NULL, &error);

        g_assert_no_error(error);
        g_assert_true(cpuidd_guest_is_template(template));
        return template;
}

static GPtrArray *read_guests(void) {
        g_autofree char *folder = g_path_get_dirname(path);
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        GPtrArray *guests = g_ptr_array_new_with_free_func((GDestroyNotify) cpuidd_guest_unref);
        const char *name;

        while ((name = g_dir_read_name(dir))) {
                g_autofree char *file = g_build_filename(folder, name, NULL);
                g_autoptr(GError) error = NULL;
                CpuiddGuest *guest;

                if (!g_str_has_suffix(name, ".recording"))
                        continue;
                guest = cpuidd_guest_read(file, NULL, &error);
                g_assert_no_error(error);
                cpuidd_guest_set_msr(guest, 0x10a, 0xffff);
                cpuidd_guest_set_tsc_khz(guest, 2100000);
                g_ptr_array_add(guests, guest);
        }

        g_assert_cmpuint(guests->len, >, 1);
        g_ptr_array_add(guests, read_template());
        return guests;
}

static char *verdicts_of(CpuiddHost *host, GPtrArray *guests, CpuiddCheckFlags flags) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) verdicts = cpuidd_host_check_many(
                host, (CpuiddGuest *const *) guests->pdata, guests->len, flags, &error);
        g_autofree char *text = NULL;
        g_autoptr(GRegex) name = g_regex_new("\"host\" *: *\"[^\"]*\",\n", 0, 0, NULL);

        g_assert_no_error(error);
        text = cpuidd_verdicts_to_json(verdicts, CPUIDD_JSON_PRETTY);
        /* The one is called after its file, the other after this machine. */
        return g_regex_replace_literal(name, text, -1, 0, "", 0, NULL);
}

/* Guests of every other recording */
static void test_verdicts(void) {
        static const CpuiddCheckFlags flags[] = {
                CPUIDD_CHECK_DEFAULT,
                CPUIDD_CHECK_STRICT,
                CPUIDD_CHECK_VERDICT_ONLY,
        };
        g_auto(Pair) pair = open_pair();
        g_autoptr(GPtrArray) guests = read_guests();

        for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
                g_autofree char *online = verdicts_of(pair.online, guests, flags[i]);
                g_autofree char *offline = verdicts_of(pair.offline, guests, flags[i]);

                assert_same(online, offline);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(argc, >=, 2);
        path = argv[argc - 1];

        g_test_add_func("/capabilities", test_capabilities);
        g_test_add_func("/profile", test_profile);
        g_test_add_func("/cpuid", test_cpuid);
        g_test_add_func("/verdicts", test_verdicts);
        return g_test_run();
}
