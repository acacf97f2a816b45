/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Holds the field table against what KVM can report: each bit that any kernel can ever set has a
 * row, and one that is judged. The figures are those of KVM's own lists of features in eight
 * kernels (arch/x86/kvm/cpuid.c: kvm_cpu_cap_mask(), kvm_cpu_cap_init(), kvm_cpu_cap_set()), as
 * collected in facts 1.6; `vendor` are the bits that vmx.c, svm.c and sev.c add. */

#include <glib.h>

#include "policy/field.h"
#include "policy/place.h"

#define N_KERNELS 8

#define BIT(i) (UINT32_C(1) << (i))

typedef struct MaskCase {
        const char *name;
        uint32_t leaf;
        uint32_t subleaf;
        Register reg;
        /* 5.10.150, 5.15.145, 6.1.158, 6.6.87, 6.12.63, 6.14, 6.18.35, 7.1.3; 0: not reported */
        uint32_t masks[N_KERNELS];
        uint32_t vendor;
} MaskCase;

static const MaskCase mask_cases[] = {
        {
                .name = "1.ecx",
                .leaf = 0x1,
                .reg = REGISTER_ECX,
                .masks = {
                        0x76fab203, 0x76fab203, 0x76fab203, 0x76fab203,
                        0x76fab203, 0xf7fab203, 0xf7fab203, 0xf7fab203,
                },
                .vendor = BIT(2) | BIT(5), /* DTES64, VMX */
        },
        {
                .name = "1.edx",
                .leaf = 0x1,
                .reg = REGISTER_EDX,
                .masks = {
                        0x0f8bfbff, 0x0f8bfbff, 0x0f8bfbff, 0x0f8bfbff,
                        0x0f8bfbff, 0x0f8bfbff, 0x0f8bfbff, 0x0f8bfbff,
                },
                .vendor = BIT(21), /* DS */
        },
        {
                .name = "7.0.ebx",
                .leaf = 0x7,
                .reg = REGISTER_EBX,
                .masks = {
                        0xfdbf0bbb, 0xfdbf2fff, 0xfdbf2fff, 0xfdbf2fff,
                        0xfdbf2fff, 0xfdbf2fff, 0xfdbf2fff, 0xfdbf2fff,
                },
                .vendor = BIT(2) | BIT(10) | BIT(14) | BIT(25), /* SGX, INVPCID, MPX, INTEL_PT */
        },
        {
                .name = "7.0.ecx",
                .leaf = 0x7,
                .reg = REGISTER_ECX,
                .masks = {
                        0x1a415f4e, 0x5b415f4e, 0x5b415f4e, 0x5b415f4e,
                        0x5b415f4e, 0x5b415f4e, 0x5b415fce, 0x5b415fce,
                },
                /* UMIP, WAITPKG, SHSTK, RDPID, BUS_LOCK_DETECT, SGX_LC */
                .vendor = BIT(2) | BIT(5) | BIT(7) | BIT(22) | BIT(24) | BIT(30),
        },
        {
                .name = "7.0.edx",
                .leaf = 0x7,
                .reg = REGISTER_EDX,
                .masks = {
                        0xac01451c, 0xac81451c, 0xafc1451c, 0xbfc1451c,
                        0xbfc1451c, 0xbfc1451c, 0xbfd1451c, 0xbfd1451c,
                },
                .vendor = BIT(20), /* IBT */
        },
        {
                .name = "7.1.eax",
                .leaf = 0x7,
                .subleaf = 1,
                .reg = REGISTER_EAX,
                .masks = {
                        0x00000020, 0x00000030, 0x00000030, 0x00a01cb0,
                        0x04a01cb0, 0x04a01cb7, 0x04ac1cb7, 0x84ac1cb7,
                },
        },
        {
                .name = "7.1.ecx",
                .leaf = 0x7,
                .subleaf = 1,
                .reg = REGISTER_ECX,
                .masks = { 0, 0, 0, 0, 0, 0, 0x00000020, 0x00000020 },
        },
        {
                .name = "7.1.edx",
                .leaf = 0x7,
                .subleaf = 1,
                .reg = REGISTER_EDX,
                .masks = { 0, 0, 0, 0x00004130, 0x00084130, 0x00084530, 0x00084530, 0x00084530 },
        },
        {
                .name = "7.2.edx",
                .leaf = 0x7,
                .subleaf = 2,
                .reg = REGISTER_EDX,
                .masks = {
                        0, 0, 0x0000003f, 0x0000003f,
                        0x0000003f, 0x0000003f, 0x0000003f, 0x0000003f,
                },
        },
        {
                .name = "d.1.eax",
                .leaf = 0xd,
                .subleaf = 1,
                .reg = REGISTER_EAX,
                .masks = { 0xf, 0xf, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f },
        },
        {
                .name = "12.0.eax",
                .leaf = 0x12,
                .reg = REGISTER_EAX,
                .masks = { 0, 0x3, 0x3, 0x803, 0x803, 0x803, 0x803, 0x803 },
        },
        {
                .name = "1e.1.eax",
                .leaf = 0x1e,
                .subleaf = 1,
                .reg = REGISTER_EAX,
                .masks = { 0, 0, 0, 0, 0, 0, 0, 0x000001df },
        },
        {
                .name = "24.0.ebx",
                .leaf = 0x24,
                .reg = REGISTER_EBX,
                .masks = { 0, 0, 0, 0, 0x00070000, 0x00070000, 0x00070000, 0x00070000 },
        },
        {
                .name = "24.1.ecx",
                .leaf = 0x24,
                .subleaf = 1,
                .reg = REGISTER_ECX,
                .masks = { 0, 0, 0, 0, 0, 0, 0, 0x00000004 },
        },
        {
                .name = "80000001.ecx",
                .leaf = 0x80000001,
                .reg = REGISTER_ECX,
                .masks = {
                        0x00e10bf3, 0x00e10bf3, 0x00610bf3, 0x00610bf3,
                        0x00610bf3, 0x00610bf3, 0x00610bf3, 0x00610bf3,
                },
                .vendor = BIT(2) | BIT(23), /* SVM, PERFCTR_CORE */
        },
        {
                .name = "80000001.edx",
                .leaf = 0x80000001,
                .reg = REGISTER_EDX,
                .masks = {
                        0xefd3fbff, 0xefd3fbff, 0xefd3fbff, 0xefd3fbff,
                        0xefd3fbff, 0xefd3fbff, 0xefd3fbff, 0xefd3fbff,
                },
        },
        {
                .name = "80000007.edx",
                .leaf = 0x80000007,
                .reg = REGISTER_EDX,
                .masks = { 0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x100, 0x100 },
        },
        {
                .name = "80000008.ebx",
                .leaf = 0x80000008,
                .reg = REGISTER_EBX,
                .masks = {
                        0x0702d205, 0x0702d205, 0x1702d205, 0x1702d205,
                        0x1702d205, 0x5702d205, 0x570ad205, 0x571ad205,
                },
                .vendor = BIT(25), /* VIRT_SSBD */
        },
        {
                .name = "8000000a.edx",
                .leaf = 0x8000000a,
                .reg = REGISTER_EDX,
                /* NPT, LBRV, NRIPS, TSCRATEMSR, VMCBCLEAN, FLUSHBYASID, PAUSEFILTER, PFTHRESHOLD,
                 * V_VMSAVE_VMLOAD, VGIF, VNMI, SVME_ADDR_CHK */
                .vendor = BIT(0) | BIT(1) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(10) | BIT(12) |
                        BIT(15) | BIT(16) | BIT(25) | BIT(28),
        },
        {
                .name = "8000001f.eax",
                .leaf = 0x8000001f,
                .reg = REGISTER_EAX,
                /* 5.10 passes the host's own value */
                .masks = {
                        0, 0x0000040a, 0x0000040a, 0x0000040a,
                        0x00000400, 0x00000400, 0x00000400, 0x00000400,
                },
                .vendor = BIT(1) | BIT(3) | BIT(4), /* SEV, SEV_ES, SEV_SNP */
        },
        {
                .name = "80000021.eax",
                .leaf = 0x80000021,
                .reg = REGISTER_EAX,
                .masks = {
                        0, 0, 0x20000265, 0x20000345,
                        0x78000367, 0x78000347, 0x78100367, 0x79900367,
                },
        },
        {
                .name = "80000021.ecx",
                .leaf = 0x80000021,
                .reg = REGISTER_ECX,
                .masks = { 0, 0, 0x6, 0, 0x6, 0, 0x6, 0x6 },
        },
        {
                .name = "80000022.eax",
                .leaf = 0x80000022,
                .reg = REGISTER_EAX,
                .masks = { 0, 0, 0, 0x1, 0x1, 0x1, 0x1, 0x1 },
        },
        {
                .name = "c0000001.edx",
                .leaf = 0xc0000001,
                .reg = REGISTER_EDX,
                .masks = {
                        0x00003fcc, 0x00003fcc, 0x00003fcc, 0x00003fcc,
                        0x00003fcc, 0x00003fcc, 0x00003fcc, 0x00003fcc,
                },
        },
};

static void test_mask(const void *data) {
        const MaskCase *c = data;
        uint32_t mask = c->vendor;

        for (unsigned i = 0; i < N_KERNELS; i++)
                mask |= c->masks[i];

        for (unsigned bit = 0; bit < 32; bit++) {
                g_autofree char *place = place_format(c->leaf, c->subleaf, c->reg, bit, bit);
                const Field *field;

                if (!(mask & BIT(bit)))
                        continue;

                field = field_at(FIELD_INTERFACE_CPU, c->leaf, c->subleaf, c->reg, bit);
                if (!field)
                        g_test_message("KVM can report %s, which has no row", place);
                else if (field->rule == FIELD_RULE_TOPOLOGY ||
                         field->rule == FIELD_RULE_INFORMATIONAL)
                        g_test_message("KVM can report %s, but %s is %s", place, field->name,
                                       field_rule_to_string(field->rule));
                else
                        continue;
                g_test_fail();
        }
}

static bool rule_is_subset(FieldRule rule) {
        return rule == FIELD_RULE_FEATURE || rule == FIELD_RULE_HINT ||
                rule == FIELD_RULE_GUARANTEE || rule == FIELD_RULE_GRANTED ||
                rule == FIELD_RULE_RESERVED;
}

static bool rule_is_exact(FieldRule rule) {
        return rule == FIELD_RULE_AT_MOST || rule == FIELD_RULE_EQUAL ||
                rule == FIELD_RULE_IDENTITY || rule == FIELD_RULE_AT_LEAST;
}

/* What field_words says of a bit is what the bit's row says */
static void check_word(const FieldGroup *group, size_t word, Register reg, unsigned bit) {
        const FieldWord *w = &field_words[word];
        const Field *field = field_at(group->interface, group->leaf, group->subleaf, reg, bit);
        FieldRule rule = field ? field->rule : FIELD_RULE_RESERVED;

        g_assert_cmpuint(!!(w->known & BIT(bit)), ==, !!field);
        g_assert_cmpuint(!!(w->subset & BIT(bit)), ==, rule_is_subset(rule));
        g_assert_cmpuint(!!(w->inverted & BIT(bit)), ==, rule == FIELD_RULE_INVERTED);
        g_assert_cmpuint(!!(w->exact & BIT(bit)), ==, rule_is_exact(rule));

        if (field && field->word != FIELD_NONE) {
                g_assert_cmpuint(field->word, ==, word);
                g_assert_cmpuint(field_index(field), >=, w->first_field);
                g_assert_cmpuint(field_index(field), <, w->first_field + w->n_fields);
        }
}

static void test_words(void) {
        for (size_t i = 0; i < N_FIELD_GROUPS; i++) {
                const FieldGroup *group = &field_groups[i];

                int found = field_group_find(group->interface, group->leaf, group->subleaf);

                g_assert_cmpint(found, ==, i);

                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        for (unsigned bit = 0; bit < 32; bit++)
                                check_word(group, i * N_REGISTERS + reg, reg, bit);
        }

        for (size_t i = N_FIELD_GROUPS * N_REGISTERS; i < N_FIELD_WORDS; i++) {
                g_assert_cmphex(field_words[i].subset, ==, 0);
                g_assert_cmphex(field_words[i].known, ==, UINT32_MAX);
        }
        g_assert_cmpuint(N_FIELD_WORDS % 8, ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions(); /* all that is missing, not the first */

        for (size_t i = 0; i < G_N_ELEMENTS(mask_cases); i++) {
                g_autofree char *path = g_strdup_printf("/masks/%s", mask_cases[i].name);

                g_test_add_data_func(path, &mask_cases[i], test_mask);
        }

        g_test_add_func("/words", test_words);

        return g_test_run();
}
