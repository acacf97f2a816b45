/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of bits as QEMU and libvirt write them, both ways */

#include "client/formats/names.h"

#include <glib.h>

#include "policy/field.h"

typedef struct NameCase {
        const char *name;
        NameDialect dialect;
        const char *preferred; /* of its bit; NULL: nobody knows the name */
        uint32_t index;
        uint32_t subleaf;
        Register reg;
        uint8_t bit;
        bool is_msr;
} NameCase;

static const NameCase name_cases[] = {
        /* clang-format off */
        { "pni", NAME_QEMU, "pni", 0x1, 0, REGISTER_ECX, 0, false },
        { "sse3", NAME_QEMU, "pni", 0x1, 0, REGISTER_ECX, 0, false },
        { "sse3", NAME_LIBVIRT, NULL, 0, 0, 0, 0, false },
        { "pclmuldq", NAME_QEMU, "pclmulqdq", 0x1, 0, REGISTER_ECX, 1, false },
        { "pclmuldq", NAME_LIBVIRT, "pclmuldq", 0x1, 0, REGISTER_ECX, 1, false },
        { "sse4.1", NAME_QEMU, "sse4.1", 0x1, 0, REGISTER_ECX, 19, false },
        { "sse4-1", NAME_QEMU, "sse4.1", 0x1, 0, REGISTER_ECX, 19, false },
        { "sse4_1", NAME_LIBVIRT, "sse4.1", 0x1, 0, REGISTER_ECX, 19, false },
        { "tsc_adjust", NAME_QEMU, "tsc-adjust", 0x7, 0, REGISTER_EBX, 1, false },
        { "tsc-adjust", NAME_LIBVIRT, "tsc_adjust", 0x7, 0, REGISTER_EBX, 1, false },
        { "cmt", NAME_LIBVIRT, "cmt", 0x7, 0, REGISTER_EBX, 12, false },
        { "cmt", NAME_QEMU, NULL, 0, 0, 0, 0, false },
        { "osxsave", NAME_QEMU, NULL, 0x1, 0, REGISTER_ECX, 27, false },
        { "avx-vnni-int8", NAME_LIBVIRT, "avx-vnni-int8", 0x7, 1, REGISTER_EDX, 4, false },
        { "3dnow", NAME_QEMU, "3dnow", 0x80000001, 0, REGISTER_EDX, 31, false },
        { "auto-ibrs", NAME_QEMU, "auto-ibrs", 0x80000021, 0, REGISTER_EAX, 8, false },
        { "rdctl-no", NAME_QEMU, "rdctl-no", 0x10a, 0, 0, 0, true },
        { "its-no", NAME_QEMU, "its-no", 0x10a, 0, 0, 62, true },
        { "vmx-ept", NAME_QEMU, "vmx-ept", 0x48b, 0, 0, 33, true },
        { "kvmclock", NAME_QEMU, "kvmclock", 0x40000001, 0, REGISTER_EAX, 0, false },
        { "kvmclock", NAME_LIBVIRT, NULL, 0, 0, 0, 0, false },
        { "", NAME_QEMU, NULL, 0, 0, 0, 0, false },
        { "p", NAME_QEMU, NULL, 0, 0, 0, 0, false },
        { "pnix", NAME_QEMU, NULL, 0, 0, 0, 0, false },
        { "PNI", NAME_QEMU, NULL, 0, 0, 0, 0, false },
        { "zz", NAME_QEMU, NULL, 0, 0, 0, 0, false },
        /* clang-format on */
};

static void test_name(const void *data) {
        const NameCase *c = data;
        const FeatureName *name = feature_name_find(c->name, c->dialect);
        const FeatureName *preferred;

        if (!name) {
                g_assert_null(c->preferred);
                return;
        }

        g_assert_cmphex(name->index, ==, c->index);
        g_assert_cmpuint(name->subleaf, ==, c->subleaf);
        g_assert_cmpuint(name->reg, ==, c->reg);
        g_assert_cmpuint(name->bit, ==, c->bit);
        g_assert_cmpuint(name->is_msr, ==, c->is_msr);

        preferred = c->is_msr ? feature_name_of_msr(c->index, c->bit, c->dialect) :
                                feature_name_of(c->index, c->subleaf, c->reg, c->bit, c->dialect);
        g_assert_cmpstr(preferred ? preferred->name : NULL, ==, c->preferred);
}

/* Each is found again by its name and by its place, and no bit has two preferred names. */
static void test_all(void) {
        static const NameDialect dialects[] = { NAME_QEMU, NAME_LIBVIRT };

        for (size_t i = 0; i < feature_name_count(); i++) {
                const FeatureName *name = feature_name_at(i), *found;

                for (size_t j = 0; j < G_N_ELEMENTS(dialects); j++) {
                        if (!(name->dialects & dialects[j]))
                                continue;

                        found = feature_name_find(name->name, dialects[j]);
                        while (found && found != name)
                                found = feature_name_next(found, dialects[j]);
                        g_assert_true(found == name);

                        found = name->is_msr ?
                                feature_name_of_msr(name->index, name->bit, dialects[j]) :
                                feature_name_of(name->index, name->subleaf, name->reg, name->bit,
                                                dialects[j]);
                        if (name->is_preferred)
                                g_assert_true(found == name);
                        g_assert_false(feature_name_is_other(name->name));
                }
        }
}

static bool has_field(const FeatureName *name) {
        if (name->is_msr)
                return field_at(FIELD_INTERFACE_MSR, name->index, 0, name->bit / 32,
                                name->bit % 32);
        return field_at(name->index >> 16 == 0x4000 ? FIELD_INTERFACE_KVM : FIELD_INTERFACE_CPU,
                        name->index, name->subleaf, name->reg, name->bit);
}

/* A name of a bit that has no row in the field table is a typing error here or a gap there: these
 * are neither, their bits are of no rule of ours. */
static void test_fields(void) {
        g_autoptr(GString) without = g_string_new(NULL);

        for (size_t i = 0; i < feature_name_count(); i++)
                if (!has_field(feature_name_at(i)))
                        g_string_append_printf(without, "%s ", feature_name_at(i)->name);

        g_assert_cmpstr(without->str, ==,
                        "apx-nci-ndd-nf cvt16 split-lock-detect vmx-nested-exception ");
}

static void test_shared(void) {
        const FeatureName *first = feature_name_find("kvmclock", NAME_QEMU);
        const FeatureName *next = feature_name_next(first, NAME_QEMU);

        g_assert_true(first->is_shared);
        g_assert_nonnull(next);
        g_assert_cmpuint(next->bit, ==, 3);
        g_assert_null(feature_name_next(next, NAME_QEMU));
        g_assert_null(feature_name_next(feature_name_find("pclmuldq", NAME_LIBVIRT), NAME_LIBVIRT));
}

static void test_other(void) {
        g_assert_true(feature_name_is_other("kvm"));
        g_assert_true(feature_name_is_other("lbr_fmt"));
        g_assert_true(feature_name_is_other("hv-spinlocks"));
        g_assert_true(feature_name_is_other("x-anything"));
        g_assert_false(feature_name_is_other("kvmx"));
        g_assert_false(feature_name_is_other("kv"));
        g_assert_false(feature_name_is_other("hv"));
        g_assert_false(feature_name_is_other(""));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(name_cases); i++) {
                g_autofree char *path = g_strdup_printf(
                        "/names/%s/%s", name_cases[i].dialect == NAME_QEMU ? "qemu" : "libvirt",
                        *name_cases[i].name ? name_cases[i].name : "empty");

                g_test_add_data_func(path, &name_cases[i], test_name);
        }

        g_test_add_func("/names/all", test_all);
        g_test_add_func("/names/fields", test_fields);
        g_test_add_func("/names/shared", test_shared);
        g_test_add_func("/names/other", test_other);

        return g_test_run();
}
