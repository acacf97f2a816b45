/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Forced bits: which count in which view, and what they are called */

#include <string.h>

#include "policy/forced-text.h"
#include "policy/recording.h"
#include "tests/unit/support.h"

#define HEAD "cpuidd-recording 1\nsupported 0x0 0 0 0x1e 0x756e6547 0x6c65746e 0x49656e69\n"
#define ON "forced-on 0x7 0 1 0 0x20 0 0\n"
#define OFF "forced-off 0x7 0 1 0 0x100 0 0\n"
#define OTHER_ON "forced-on 0x7 0 1 0 0x800 0 0\n"
#define VIEW "view-forced xcomp.amx "

static Host *host_of(const char *body) {
        g_autofree char *text = g_strdup_printf(HEAD "%send\n", body);
        g_autoptr(GError) error = NULL;
        Host *host = recording_parse(text, strlen(text), &error);

        g_assert_no_error(error);
        return host;
}

static uint32_t bits(const Forced *forced, const char *view, ForcedKind kind) {
        const Words *words = forced_words(forced, view, kind);

        return words ? words->word[field_find("avx2")->word] : UINT32_MAX;
}

typedef struct ViewCase {
        const char *name;
        const char *body;
        /* Of 0x7.0:ebx; UINT32_MAX: not known */
        uint32_t on, off, view_on, view_off;
} ViewCase;

static const ViewCase view_cases[] = {
        { "not-known", "", UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX },
        { "nothing", "table forced-on\ntable forced-off\n", 0, 0, 0, 0 },
        { "as-the-base", ON OFF, 0x20, 0x100, 0x20, 0x100 },
        { "its-own", ON OFF VIEW OTHER_ON VIEW "forced-off\n", 0x20, 0x100, 0x800, 0 },
        { "half-its-own", ON OFF VIEW OTHER_ON, 0x20, 0x100, 0x800, 0x100 },
        { "only-its-own", VIEW OTHER_ON, UINT32_MAX, UINT32_MAX, 0x800, UINT32_MAX },
        /* A row of leaf 0 is not the maximum of its range here. */
        { "row-of-the-first-leaf", "forced-on 0x0 0 0 0 0x1 0 0\n" ON, 0x20, UINT32_MAX, 0x20,
          UINT32_MAX },
};

static void test_view(gconstpointer data) {
        const ViewCase *c = data;
        g_autoptr(Host) host = host_of(c->body);
        const Forced *forced = host_forced(host);

        g_assert_cmphex(bits(forced, NULL, FORCED_ON), ==, c->on);
        g_assert_cmphex(bits(forced, NULL, FORCED_OFF), ==, c->off);
        g_assert_cmphex(bits(forced, "xcomp.amx", FORCED_ON), ==, c->view_on);
        g_assert_cmphex(bits(forced, "xcomp.amx", FORCED_OFF), ==, c->view_off);
}

typedef struct CopyCase {
        const char *name;
        const char *base; /* what was measured with nothing enabled */
        const char *view; /* and with the view */
        const char *left; /* what is recorded of the view */
} CopyCase;

static const CopyCase copy_cases[] = {
        { "all-alike", ON OFF "dropped 0x1d.0\n", ON OFF "dropped 0x1d.0\n", "" },
        { "one-is-not", ON OFF "table dropped\n", OTHER_ON OFF "table dropped\n",
          VIEW "forced-on\n" VIEW "forced-on 0x7 0 1 0x0 0x800 0x0 0x0\n" },
        { "none-any-more", ON "table dropped\n", "table forced-on\ntable dropped\n",
          VIEW "forced-on\n" },
        { "no-longer-dropped", "dropped 0x1d.0\ndropped 0x1d.1\n", "dropped 0x1d.1\n",
          VIEW "dropped\n" VIEW "dropped 0x1d.1\n" },
        { "base-not-known", "", ON,
          VIEW "forced-on\n" VIEW "forced-on 0x7 0 1 0x0 0x20 0x0 0x0\n" },
        { "view-not-known", ON, "", "" },
};

/* What the recording says of the view */
static char *view_lines(const Host *host) {
        g_autofree char *text = recording_write(host);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        GString *found = g_string_new(NULL);

        for (size_t i = 0; lines[i]; i++)
                if (g_str_has_prefix(lines[i], VIEW))
                        g_string_append_printf(found, "%s\n", lines[i]);

        return g_string_free(found, FALSE);
}

static void test_copy(gconstpointer data) {
        const CopyCase *c = data;
        g_autoptr(Host) base = host_of(c->base), view = host_of(c->view), host = host_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *left = NULL;

        host_take_table(host, HOST_SUPPORTED, leaf_table_new());
        forced_copy(host_forced_mutable(host), NULL, host_forced(base));
        forced_copy(host_forced_mutable(host), "xcomp.amx", host_forced(view));
        g_assert_true(host_seal(host, &error));

        left = view_lines(host);
        g_assert_cmpstr(left, ==, c->left);
}

typedef struct NamesCase {
        const char *name;
        const char *body;
        bool only_listed;
        const char *names;
} NamesCase;

static const NamesCase names_cases[] = {
        { "not-known", "", false, "" },
        { "field", ON, false, "avx2" },
        { "in-order", "forced-on 0x7 0 1 0 0x120 0 0\nforced-on 0x1 0 0 0 0 0 0x10000000\n", false,
          "ht avx2 bmi2" },
        { "nameless", "forced-on 0x7 1 1 0x30 0xffffffff 0x3 0xc0000001\n", false,
          "avx_vnni avx512_bf16 " },
        { "unknown-leaf", "forced-on 0x8fffffff 3 1 0 0xff 0 0xffffffff\n", false,
          "0x8fffffff.3:ebx[7:0] 0x8fffffff.3:edx" },
        { "of-kvm",
          "supported 0x40000000 0 0 0x40000001 0x4b4d564b 0x564b4d56 0x4d\n"
          "forced-on 0x40000001 0 0 0x1 0 0 0\n",
          false, "kvm_clocksource" },
        { "of-no-hypervisor",
          "supported 0x40000000 0 0 0x40000001 1 1 1\n"
          "forced-on 0x40000001 0 0 0x1 0 0 0\n",
          false, "0x40000001.0:eax[0]" },
        /* A row for every sub-leaf from one on has one name for all of them. */
        { "many-sub-leaves", "forced-on 0x12 3 1 0x3 0 0 0\n", false, "0x12.3:eax[1:0]" },
        { "listed", "supported 0x7 0 1 0 0x20 0 0\nforced-on 0x7 0 1 0 0x120 0 0\n", true, "avx2" },
        { "row-not-listed", ON, true, "" },
};

static void test_names(gconstpointer data) {
        const NamesCase *c = data;
        g_autoptr(Host) host = host_of(c->body);
        g_auto(GStrv) names = forced_names(forced_table(host_forced(host), NULL, FORCED_ON),
                                           c->only_listed ? host_table(host, HOST_SUPPORTED) : NULL,
                                           host_words(host, HOST_SUPPORTED));
        g_autofree char *text = g_strjoinv(" ", names);

        /* One that ends in a blank is the beginning: more of the leaf may get names. */
        if (g_str_has_suffix(c->names, " "))
                g_assert_true(g_str_has_prefix(text, c->names));
        else
                g_assert_cmpstr(text, ==, c->names);
}

#define EVERY "every vCPU of this host has it, whatever its table says"
#define NONE "no vCPU of this host has it, whatever its table says"

static void test_describe(void) {
        g_autoptr(Host) host = test_recording("forced-made-up");
        static const struct {
                const char *field, *text;
        } cases[] = {
                { "avx2", EVERY },
                { "hypervisor", EVERY },
                { "la57", NONE "; with xcomp.amx it is as the table says" },
                { "rtm", "with xcomp.amx " EVERY },
                { "bmi1", "" },
                { "sgx_epc_type", "" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = forced_describe(field_find(cases[i].field), host);

                g_assert_cmpstr(text, ==, cases[i].text);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(view_cases); i++) {
                g_autofree char *path = g_strconcat("/forced/view/", view_cases[i].name, NULL);

                g_test_add_data_func(path, &view_cases[i], test_view);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(copy_cases); i++) {
                g_autofree char *path = g_strconcat("/forced/copy/", copy_cases[i].name, NULL);

                g_test_add_data_func(path, &copy_cases[i], test_copy);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(names_cases); i++) {
                g_autofree char *path = g_strconcat("/forced/names/", names_cases[i].name, NULL);

                g_test_add_data_func(path, &names_cases[i], test_names);
        }
        g_test_add_func("/forced/describe", test_describe);

        return g_test_run();
}
