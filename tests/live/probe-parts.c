/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parts of the probe that need no KVM: what it says when there is none, and what it makes of
 * answers that differ. */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "daemon/kvm/cpu-kinds.h"
#include "daemon/kvm/error.h"
#include "daemon/kvm/kvm-device.h"
#include "daemon/kvm/kvm-extension.h"
#include "daemon/kvm/varies.h"
#include "policy/capability.h"
#include "policy/place.h"

#define N_ROWS 12

#define ROW(_leaf, _subleaf, ...)                                                \
        {                                                                        \
                .leaf = _leaf, .subleaf = _subleaf, .registers = { __VA_ARGS__ } \
        }
#define SUBROW(_leaf, _subleaf, ...)                                                           \
        {                                                                                      \
                .leaf = _leaf, .subleaf = _subleaf, .flags = LEAF_FLAG_INDEXED, .registers = { \
                        __VA_ARGS__                                                            \
                }                                                                              \
        }

static LeafTable *table_new(const Leaf *rows, size_t n_rows) {
        LeafTable *table = leaf_table_new();

        for (size_t i = 0; i < n_rows; i++)
                leaf_table_add(table, &rows[i]);

        return table;
}

static void test_no_device(void) {
        g_autoptr(GError) error = NULL;

        g_assert_null(kvm_device_open("/nonexistent/kvm", &error));
        g_assert_error(error, PROBE_ERROR, PROBE_ERROR_NO_DEVICE);
        g_assert_true(g_str_has_prefix(error->message, "open /nonexistent/kvm: "));
        g_assert_null(strchr(error->message, '\n'));
}

static void test_not_kvm(void) {
        g_autoptr(GError) error = NULL;

        g_assert_null(kvm_device_open("/dev/null", &error));
        g_assert_error(error, PROBE_ERROR, PROBE_ERROR_VERSION);
        g_assert_true(
                g_str_has_prefix(error->message, "/dev/null is not KVM: KVM_GET_API_VERSION: "));
}

static void test_permission(void) {
        g_autofree char *path = g_build_filename(g_get_tmp_dir(), "probe-parts-XXXXXX", NULL);
        g_autoptr(GError) error = NULL;
        uid_t user = geteuid();
        int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0);

        g_assert_cmpint(fd, >=, 0);
        (void) close(fd);

        /* Nothing is forbidden to root */
        g_assert_cmpint(user == 0 ? seteuid(65534) : 0, ==, 0);
        g_assert_null(kvm_device_open(path, &error));
        g_assert_cmpint(user == 0 ? seteuid(0) : 0, ==, 0);
        (void) g_unlink(path);

        g_assert_error(error, PROBE_ERROR, PROBE_ERROR_PERMISSION);
        g_assert_true(g_str_has_suffix(error->message, ": run as root"));
}

static void test_failed(void) {
        g_autoptr(GError) error = NULL;

        g_assert_null(kvm_device_open("/", &error));
        g_assert_error(error, PROBE_ERROR, PROBE_ERROR_FAILED);
        g_assert_true(g_str_has_prefix(error->message, "open /: "));
}

static void test_every_condition_is_asked(void) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                for (size_t j = 0; j < capability_table[i].n_conditions; j++) {
                        const CapabilityCondition *condition = &capability_table[i].conditions[j];
                        bool is_asked = condition->kind != CONDITION_EXTENSION &&
                                condition->kind != CONDITION_ATTRIBUTE;

                        for (size_t k = 0; k < n_kvm_extensions; k++)
                                is_asked |= g_str_equal(kvm_extensions[k].name, condition->name);
                        for (size_t k = 0; k < n_kvm_attributes; k++)
                                is_asked |= g_str_equal(kvm_attributes[k].name, condition->name);

                        if (!is_asked)
                                g_test_message("%s is not asked for", condition->name);
                        g_assert_true(is_asked);
                }
}

typedef struct VariesCase {
        const char *name;
        Leaf left[N_ROWS];
        Leaf right[N_ROWS];
        size_t n_left;
        size_t n_right;
        const char *expect;
} VariesCase;

static const VariesCase varies_cases[] = {
        {
                .name = "one-bit-of-a-field-is-the-field",
                .left = { ROW(1, 0, 0, 0x00020800) },
                .right = { ROW(1, 0, 0, 0x01020800) },
                .n_left = 1,
                .n_right = 1,
                .expect = "0x1.0:ebx[31:24]",
        },
        {
                .name = "fields-side-by-side-are-one-place",
                .left = { ROW(1, 0, 0, 0x00020800) },
                .right = { ROW(1, 0, 0, 0x01030800) },
                .n_left = 1,
                .n_right = 1,
                .expect = "0x1.0:ebx[31:16]",
        },
        {
                .name = "bits-without-a-field-are-the-register",
                .left = { ROW(0x7fff, 0, 0, 0, 1) },
                .right = { ROW(0x7fff, 0, 0, 0, 2) },
                .n_left = 1,
                .n_right = 1,
                .expect = "0x7fff.0:ecx",
        },
        {
                .name = "a-sub-leaf-that-only-one-has",
                .left = { SUBROW(7, 0, 1), SUBROW(7, 1, 0x10) },
                .right = { SUBROW(7, 0, 1) },
                .n_left = 2,
                .n_right = 1,
                .expect = "0x7.1:eax[4]",
        },
        {
                .name = "in-order-and-each-once",
                .left = { SUBROW(0xb, 0, 0, 0, 0, 1), ROW(1, 0, 0, 0x01000000) },
                .right = { SUBROW(0xb, 0, 0, 0, 0, 0), ROW(1, 0, 0, 0) },
                .n_left = 2,
                .n_right = 2,
                .expect = "0x1.0:ebx[31:24] 0xb.0:edx",
        },
        {
                .name = "nothing",
                .left = { ROW(1, 0, 1, 2, 3, 4) },
                .right = { ROW(1, 0, 1, 2, 3, 4) },
                .n_left = 1,
                .n_right = 1,
                .expect = "",
        },
};

static void test_varies(gconstpointer user_data) {
        const VariesCase *pair = user_data;
        g_autoptr(LeafTable) left = table_new(pair->left, pair->n_left);
        g_autoptr(LeafTable) right = table_new(pair->right, pair->n_right);
        g_autoptr(Varies) varies = varies_new();
        g_autoptr(GString) seen = g_string_new(NULL);
        g_autoptr(GArray) places = NULL;

        varies_compare(varies, left, right);
        places = varies_places(varies);
        for (size_t i = 0; i < places->len; i++) {
                const Place *place = &g_array_index(places, Place, i);
                g_autofree char *text = place_format(place->leaf, place->subleaf, place->reg,
                                                     place->high, place->low);

                g_string_append_printf(seen, "%s%s", seen->len > 0 ? " " : "", text);
        }

        g_assert_cmpstr(seen->str, ==, pair->expect);
}

/* One CPU's answer a row of these, in the order of their numbers */
typedef struct KindsCase {
        const char *name;
        Leaf cpus[N_ROWS];
        size_t n_cpus;
        const char *expect; /* "CPUS leaf.sub-leaf:eax,ebx ..." of each kind */
} KindsCase;

static const KindsCase kinds_cases[] = {
        {
                .name = "alike",
                .cpus = { ROW(1, 0, 5, 0x00020800), ROW(1, 0, 5, 0x01020800),
                          ROW(1, 0, 5, 0x02080800) },
                .n_cpus = 3,
                .expect = "",
        },
        {
                .name = "two-kinds-apart-from-their-ids",
                .cpus = { ROW(7, 0, 0, 0x20), ROW(7, 0, 0, 0x20), ROW(7, 0, 0, 0),
                          ROW(7, 0, 0, 0x20), ROW(7, 0, 0, 0) },
                .n_cpus = 5,
                .expect = "0-1,3 | 2,4 7.0:0,0",
        },
        {
                .name = "ids-stay-out-of-the-rows",
                .cpus = { ROW(1, 0, 5, 0x00020800), ROW(1, 0, 6, 0x01020800),
                          ROW(1, 0, 6, 0x02020800) },
                .n_cpus = 3,
                .expect = "0 | 1-2 1.0:6,20800",
        },
        {
                .name = "a-row-that-only-one-has",
                .cpus = { ROW(0x14, 0, 1, 2), ROW(7, 0, 0, 0x20) },
                .n_cpus = 2,
                .expect = "0 | 1 14.0:0,0 7.0:0,20",
        },
        {
                .name = "registers-without-a-name",
                .cpus = { ROW(0x7fff, 0, 1), ROW(0x7fff, 0, 2) },
                .n_cpus = 2,
                .expect = "0 | 1 7fff.0:2,0",
        },
};

static char *describe_kinds(const Kinds *kinds) {
        GString *text = g_string_new(NULL);

        for (size_t i = 0; i < kinds_size(kinds); i++) {
                const Kind *kind = kinds_at(kinds, i);

                g_string_append_printf(text, "%s%s", i > 0 ? " | " : "", kind->cpus);
                for (size_t j = 0; j < leaf_table_size(kind->rows); j++) {
                        const Leaf *row = leaf_table_at(kind->rows, j);

                        g_string_append_printf(text, " %x.%u:%x,%x", row->leaf, row->subleaf,
                                               row->registers[0], row->registers[1]);
                }
        }

        return g_string_free(text, FALSE);
}

static void test_kinds(gconstpointer user_data) {
        const KindsCase *host = user_data;
        g_autoptr(LeafTable) base = table_new(host->cpus, 1);
        g_autoptr(CpuKinds) sorted = cpu_kinds_new(base, 0);
        g_autoptr(Kinds) kinds = kinds_new();
        g_autofree char *seen = NULL;

        for (size_t i = 1; i < host->n_cpus; i++) {
                g_autoptr(LeafTable) table = table_new(&host->cpus[i], 1);

                cpu_kinds_add(sorted, i, table);
        }

        cpu_kinds_record(sorted, kinds);
        seen = describe_kinds(kinds);
        g_assert_cmpstr(seen, ==, host->expect);
}

/* More kinds than are told apart: nothing that one of them lacks is lost in the last one. */
static void test_many_kinds(void) {
        const Leaf first = ROW(7, 0, 0, UINT32_MAX);
        g_autoptr(LeafTable) base = table_new(&first, 1), common = NULL;
        g_autoptr(CpuKinds) sorted = cpu_kinds_new(base, 0);
        g_autoptr(Kinds) kinds = kinds_new();

        for (size_t i = 1; i <= 20; i++) {
                const Leaf row = ROW(7, 0, 0, UINT32_MAX & ~(1u << i));
                g_autoptr(LeafTable) table = table_new(&row, 1);

                cpu_kinds_add(sorted, i, table);
        }

        cpu_kinds_record(sorted, kinds);
        g_assert_cmpuint(kinds_size(kinds), ==, KINDS_MAX);
        g_assert_cmpstr(kinds_at(kinds, KINDS_MAX - 1)->cpus, ==, "15-20");

        /* FDP_EXCPTN_ONLY and ZERO_FCS_FDS say that something is missing: one CPU is enough */
        common = kinds_combine(kinds, base);
        g_assert_cmphex(leaf_table_at(common, 0)->registers[REGISTER_EBX], ==, 0xffe02041);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/probe/open/no-device", test_no_device);
        g_test_add_func("/probe/open/not-kvm", test_not_kvm);
        g_test_add_func("/probe/open/permission", test_permission);
        g_test_add_func("/probe/open/failed", test_failed);
        g_test_add_func("/probe/every-condition-is-asked", test_every_condition_is_asked);

        for (size_t i = 0; i < G_N_ELEMENTS(varies_cases); i++) {
                g_autofree char *path = g_strconcat("/probe/varies/", varies_cases[i].name, NULL);

                g_test_add_data_func(path, &varies_cases[i], test_varies);
        }

        for (size_t i = 0; i < G_N_ELEMENTS(kinds_cases); i++) {
                g_autofree char *path = g_strconcat("/probe/kinds/", kinds_cases[i].name, NULL);

                g_test_add_data_func(path, &kinds_cases[i], test_kinds);
        }
        g_test_add_func("/probe/kinds/many", test_many_kinds);

        return g_test_run();
}
