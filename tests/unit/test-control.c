/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a guest's CPUID entitles it to, and that the rows are what the child takes them for */

#include <string.h>

#include "policy/control.h"
#include "tests/unit/support.h"

typedef struct ControlCase {
        const char *name;
        const char *control;
        const char *has[6]; /* fields that are all ones; nothing else is set */
        bool is_entitled;
} ControlCase;

static const ControlCase control_cases[] = {
        { "without-anything", "CR4.LA57", {}, false },
        { "the-field", "CR4.LA57", { "la57" }, true },
        { "another-field", "CR4.LA57", { "pku" }, false },
        { "the-first-of-two", "CR4.CET", { "shstk" }, true },
        { "the-second-of-two", "CR4.CET", { "ibt" }, true },
        { "one-of-many", "IA32_SPEC_CTRL", { "amd_ssbd" }, true },
        { "without-what-it-needs", "XCR0.AVX", { "xcr0_avx" }, false },
        { "what-it-needs-alone", "XCR0.AVX", { "xcr0_sse" }, false },
        { "with-what-it-needs", "XCR0.AVX", { "xcr0_avx", "xcr0_sse" }, true },
        { "avx512-with-two-of-three",
          "XCR0.OPMASK",
          { "xcr0_sse", "xcr0_avx", "xcr0_opmask", "xcr0_zmm_hi256" },
          false },
        { "avx512",
          "XCR0.OPMASK",
          { "xcr0_sse", "xcr0_avx", "xcr0_opmask", "xcr0_zmm_hi256", "xcr0_hi16_zmm" },
          true },
        { "a-number", "IA32_FIXED_CTR0", { "arch_perfmon_fixed_counters" }, false },
        { "two-numbers",
          "IA32_FIXED_CTR0",
          { "arch_perfmon_fixed_counters", "arch_perfmon_version" },
          true },
        { "xss-without-xsave", "IA32_XSS.CET_U", { "xss_cet_u", "xsaves" }, false },
        { "xss-with-xsave", "IA32_XSS.CET_U", { "xss_cet_u", "xsaves", "xsave" }, true },
        { "of-kvm", "MSR_KVM_STEAL_TIME", { "kvm_steal_time" }, true },
        { "of-hyperv", "HV_X64_MSR_SCONTROL", { "hv_synic" }, true },
};

static void test_entitled(gconstpointer data) {
        const ControlCase *c = data;
        const Control *control = control_find(c->control);
        Words words = {};

        for (size_t i = 0; i < G_N_ELEMENTS(c->has) && c->has[i]; i++)
                words.word[field_find(c->has[i])->word] |= field_mask(field_find(c->has[i]));
        g_assert_nonnull(control);
        g_assert_cmpint(control_is_entitled(control, &words), ==, c->is_entitled);
}

typedef struct RowCase {
        const char *name;
        ControlKind kind;
        uint64_t bits; /* of a MSR: its index */
        uint64_t value;
        bool is_written;
} RowCase;

static const RowCase row_cases[] = {
        { "CR4.LA57", CONTROL_CR4, 1 << 12, 0, false },
        { "CR4.FRED", CONTROL_CR4, UINT64_C(1) << 32, 0, false },
        { "EFER.AIBRSE", CONTROL_EFER, 1 << 21, 0, false },
        { "XCR0.X87", CONTROL_XCR0, 0x1, 0, false },
        { "XCR0.SSE", CONTROL_XCR0, 0x3, 0, false },
        { "XCR0.AVX", CONTROL_XCR0, 0x7, 0, false },
        { "XCR0.BNDREGS", CONTROL_XCR0, 0x19, 0, false },
        { "XCR0.BNDCSR", CONTROL_XCR0, 0x19, 0, false },
        { "XCR0.OPMASK", CONTROL_XCR0, 0xe7, 0, false },
        { "XCR0.ZMM_HI256", CONTROL_XCR0, 0xe7, 0, false },
        { "XCR0.HI16_ZMM", CONTROL_XCR0, 0xe7, 0, false },
        { "XCR0.PKRU", CONTROL_XCR0, 0x201, 0, false },
        { "XCR0.XTILECFG", CONTROL_XCR0, 0x60001, 0, false },
        { "XCR0.XTILEDATA", CONTROL_XCR0, 0x60001, 0, false },
        { "IA32_TSC_ADJUST", CONTROL_MSR, 0x3b, 0, false },
        { "IA32_PRED_CMD.SBPB", CONTROL_MSR, 0x49, 0x80, true },
        { "IA32_PERF_GLOBAL_CTRL", CONTROL_MSR, 0x38f, UINT64_C(1) << 32, true },
        { "MSR_TSC_RATIO", CONTROL_MSR, 0xc0000104, UINT64_C(0x180000000), true },
};

static void test_row(gconstpointer data) {
        const RowCase *c = data;
        const Control *control = control_find(c->name);

        g_assert_nonnull(control);
        g_assert_cmpint(control->kind, ==, c->kind);
        if (c->kind == CONTROL_MSR) {
                g_assert_cmphex(control->msr, ==, c->bits);
        } else {
                g_assert_cmphex(control->bits, ==, c->bits);
        }
        g_assert_cmphex(control->value, ==, c->value);
        g_assert_cmpint(control->is_written, ==, c->is_written);
}

static void test_find(void) {
        for (size_t i = 0; i < N_CONTROLS; i++) {
                g_assert_true(control_find(control_table[i].name) == &control_table[i]);
                g_assert_cmpuint(control_index(&control_table[i]), ==, i);
        }

        g_assert_null(control_find("CR4.PCE"));
        g_assert_null(control_find(""));
}

/* Bits that have to be set together are the same whichever of them is asked for, so that they are
 * all entitled to or none is. */
static void test_together(void) {
        for (size_t i = 0; i < N_CONTROLS; i++)
                for (size_t j = 0; j < N_CONTROLS; j++) {
                        const Control *one = &control_table[i], *other = &control_table[j];

                        if (one->kind != CONTROL_XCR0 || other->kind != CONTROL_XCR0)
                                continue;
                        if (one->bits & (UINT64_C(1) << other->bit))
                                g_assert_cmphex(other->bits & ~one->bits, ==, 0);
                }
}

/* A number may have to be above another. */
static void test_above(void) {
        static const struct {
                uint32_t version;
                bool is_entitled;
        } cases[] = { { 0, false }, { 1, false }, { 2, true }, { 5, true } };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                const TestRow rows[N_TEST_ROWS] = {
                        LEAF(0, 0, .eax = 0xa),
                        LEAF(0xa, 0, .eax = cases[i].version, .edx = 3),
                };
                g_autoptr(LeafTable) table = test_table(rows);
                g_autoptr(Words) words = words_new(table, N_FIELD_INTERFACES);

                g_assert_cmpint(control_is_entitled(control_find("IA32_FIXED_CTR0"), words), ==,
                                cases[i].is_entitled);
                g_assert_cmpint(control_is_entitled(control_find("IA32_PERF_GLOBAL_CTRL"), words),
                                ==, cases[i].is_entitled);
        }
}

/* What the usual VMM gives a guest on a recorded host entitles it to what that processor has. */
static void test_offer(void) {
        static const struct {
                const char *host;
                const char *has[5];
                const char *lacks[4];
        } cases[] = {
                { "skylake-sp-6.1",
                  { "CR4.SMAP", "XCR0.HI16_ZMM", "EFER.NXE", "IA32_SPEC_CTRL", "IA32_BNDCFGS" },
                  { "CR4.FRED", "XCR0.XTILEDATA", "MSR_TSC_RATIO" } },
                { "milan-6.18",
                  { "EFER.SVME", "MSR_VM_HSAVE_PA", "XCR0.AVX", "MSR_KVM_STEAL_TIME" },
                  { "CR4.VMXE", "IA32_VMX_BASIC", "XCR0.OPMASK", "IA32_FIXED_CTR0" } },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(Host) host = test_recording(cases[i].host);
                g_autoptr(Offer) offer = offer_new(host, capability_set_default());

                for (size_t j = 0; j < G_N_ELEMENTS(cases[i].has) && cases[i].has[j]; j++)
                        if (!control_is_entitled(control_find(cases[i].has[j]), offer->words))
                                g_error("%s: no %s", cases[i].host, cases[i].has[j]);
                for (size_t j = 0; j < G_N_ELEMENTS(cases[i].lacks) && cases[i].lacks[j]; j++)
                        if (control_is_entitled(control_find(cases[i].lacks[j]), offer->words))
                                g_error("%s: %s", cases[i].host, cases[i].lacks[j]);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(control_cases); i++) {
                g_autofree char *path =
                        g_strconcat("/control/entitled/", control_cases[i].name, NULL);

                g_test_add_data_func(path, &control_cases[i], test_entitled);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(row_cases); i++) {
                g_autofree char *path = g_strconcat("/control/row/", row_cases[i].name, NULL);

                g_test_add_data_func(path, &row_cases[i], test_row);
        }
        g_test_add_func("/control/find", test_find);
        g_test_add_func("/control/together", test_together);
        g_test_add_func("/control/above", test_above);
        g_test_add_func("/control/offer", test_offer);

        return g_test_run();
}
