/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The questions that KVM's documentation leaves open, and what has to be in the answers */

#include "policy/error.h"
#include "policy/explain.h"
#include "policy/meaning.h"
#include "tests/unit/support.h"

typedef struct ExplainCase {
        const char *what;
        struct {
                const char *title;
                const char *text; /* somewhere in a paragraph of this title */
        } expect[6];
} ExplainCase;

static const ExplainCase explain_cases[] = {
        { "0.0:eax",
          { { "rule", "at-most" },
            { "rule", "not the only value" },
            { "guest", "a smaller maximum is always supported" },
            { "this host", "KVM reports 0x" } } },
        { "7.0:ebx[6]",
          { { "field", "fdp_excptn_only" },
            { "rule", "inverted" },
            { "guest", "setting it is always supported" },
            { "guest", "warning" } } },
        { "monitor",
          { { "field", "0x1.0:ecx[3] monitor" },
            { "capability", "disable-exits.mwait grants it" },
            { "this host", "KVM reports 0" } } },
        { "disable-exits.mwait",
          { { "delta", "grant 0x1.0:ecx[3] monitor" },
            { "delta", "hardware 0x5.0" },
            { "presence", "KVM_CAP_X86_DISABLE_EXITS & 0x1" },
            { "enabling", "KVM_ENABLE_CAP(KVM_CAP_X86_DISABLE_EXITS, 0x1) on the VM" },
            { "this host", "has it" } } },
        { "0xa.0:eax[7:0]",
          { { "field", "arch_perfmon_version" },
            { "rule", "at-most" },
            { "guest", "any value up to the host's" } } },
        { "flush_l1d", { { "since", "since Linux 6.4; this host runs " } } },
        { "rtm", { { "since", "since Linux 5.10 or earlier" } } },
        { "ds", { { "parameter", "kvm_intel.enable_mediated_pmu (hides it when it is on)" } } },
        { "FDP-EXCPTN-ONLY", { { "field", "0x7.0:ebx[6]" } } },
        { "0x1.0:ecx[16]", { { "rule", "reserved" } } },
        { "cqm",
          { { "meaning", "RDT monitoring: " },
            { "elsewhere", "PQoS monitoring, on AMD or Hygon: " } } },
        { "0x4",
          { { "field", "cache_complex_indexing" }, { "vendors", "Intel, Centaur or Zhaoxin" } } },
        { "0x8000001d", { { "field", "amd_cache_ways" }, { "vendors", "AMD or Hygon" } } },
        { "amd_mmx", { { "condition", "a host that has mmx counts as having it" } } },
        { "amd_apic", { { "condition", "a host that has apic counts as having it" } } },
        { "0x23.4:ebx", { { "field", "0x23.4:ebx[30] pebs_aux" } } },
        { "tsc_deadline_timer", { { "capability", "irqchip" } } },
        { "sgx_xfrm_avx", { { "read back", "older kernels change it in a vCPU's own table" } } },
        { "disable-exits.pause", { { "delta", "CPUID does not change" } } },
        { "xcomp.amx",
          { { "delta", "view" }, { "delta", "amx_tile" }, { "this host", "does not have" } } },
};

static bool has_paragraph(const GPtrArray *paragraphs, const char *title, const char *text) {
        for (size_t i = 0; i < paragraphs->len; i++) {
                const Explanation *paragraph = g_ptr_array_index(paragraphs, i);

                if (g_str_equal(paragraph->title, title) && strstr(paragraph->text, text))
                        return true;
        }

        return false;
}

static void test_explain(gconstpointer data) {
        const ExplainCase *c = data;
        g_autoptr(Host) host = test_recording("skylake-sp-6.1");
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) paragraphs = explain(c->what, host, &error);
        g_autoptr(GPtrArray) without = explain(c->what, NULL, NULL);

        g_assert_no_error(error);
        for (size_t i = 0; i < G_N_ELEMENTS(c->expect) && c->expect[i].title; i++)
                if (!has_paragraph(paragraphs, c->expect[i].title, c->expect[i].text))
                        g_error("'%s' says nothing of '%s' under '%s'", c->what, c->expect[i].text,
                                c->expect[i].title);

        g_assert_false(has_paragraph(without, "this host", ""));
}

/* The meaning of a bit is the one that it has on the host's processors; without a host it is the
 * common one, and the others stand beside it. */
static void test_vendors(void) {
        g_autoptr(Host) host = test_recording("milan-6.18");
        g_autoptr(GPtrArray) here = explain("cqm", host, NULL);
        g_autoptr(GPtrArray) common = explain("cqm", NULL, NULL);

        g_assert_true(has_paragraph(here, "meaning", "PQoS monitoring: "));
        g_assert_true(has_paragraph(here, "elsewhere", "RDT monitoring, on other processors: "));
        g_assert_false(has_paragraph(here, "elsewhere", "PQoS"));
        g_assert_true(has_paragraph(common, "meaning", "RDT monitoring: "));
        g_assert_true(has_paragraph(common, "elsewhere", "PQoS monitoring, on AMD or Hygon: "));
}

/* Whether it can be had at all stands beside what is offered. */
static void test_forced(void) {
        static const struct {
                const char *field, *text;
        } cases[] = {
                { "avx2", "is offered 1; every vCPU of this host has it, whatever its table says" },
                { "hle", "KVM reports 0, a guest of the usual VMM is offered 1; every vCPU" },
                { "la57", "KVM reports 1, a guest of the usual VMM is offered 0; no vCPU of this" },
        };
        g_autoptr(Host) host = test_recording("forced-made-up");

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GPtrArray) paragraphs = explain(cases[i].field, host, NULL);

                g_assert_true(has_paragraph(paragraphs, "this host", cases[i].text));
        }
}

static void test_unknown(void) {
        g_autoptr(GError) error = NULL;

        g_assert_null(explain("fdp_excptn", NULL, &error));
        g_assert_error(error, POLICY_ERROR, POLICY_ERROR_PLACE);
        g_assert_nonnull(strstr(error->message, "did you mean fdp_excptn_only"));
}

/* What a vCPU's own table need not give back: what is dynamic, and the few rows that say so */
static void test_rewritten(void) {
        static const char *const rewritten[] = { "osxsave",       "ospke",
                                                 "apic",          "sgx_xfrm_x87",
                                                 "sgx_xfrm_tile", "xsave_size_current" };
        static const char *const kept[] = { "nx", "monitor", "avx2", "initial_apic_id",
                                            "sgx_provisionkey" };
        g_autoptr(GPtrArray) paragraphs = explain("nx", NULL, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(rewritten); i++)
                g_assert_true(field_is_rewritten(field_find(rewritten[i])));
        for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
                g_assert_false(field_is_rewritten(field_find(kept[i])));
        g_assert_false(has_paragraph(paragraphs, "read back", ""));
}

/* Everything that has a row or an entry can be explained, and says where that is from. */
static void test_everything(void) {
        g_autoptr(Host) host = test_recording("sapphire-rapids-6.12");

        for (size_t i = 0; i < N_FIELDS; i++) {
                g_autoptr(GPtrArray) paragraphs = explain(field_table[i].name, host, NULL);

                g_assert_true(has_paragraph(paragraphs, "source", ""));
                g_assert_true(has_paragraph(paragraphs, "meaning",
                                            meaning_label(&field_table[i], host_vendor(host))));
        }

        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                g_autoptr(GPtrArray) paragraphs = explain(capability_table[i].name, host, NULL);

                g_assert_true(has_paragraph(paragraphs, "why", "") &&
                              has_paragraph(paragraphs, "source", ""));
        }
}

typedef struct MsrCase {
        const char *what;
        const char *field; /* the first paragraph */
        const char *host;  /* what skylake-sp-6.1 says */
} MsrCase;

static const MsrCase msr_cases[] = {
        { "rdcl_no", "msr 0x10a[0] rdcl_no", "KVM reports 0" },
        { "msr 0x10a[5]", "msr 0x10a[5] mds_no", "KVM reports 0" },
        { "MSR 10AH[bit 2]", "msr 0x10a[2] rsba", "KVM reports 1" },
        { "msr 0x480[40]", "msr 0x480[44:32] vmx_vmcs_size", "KVM reports 4096 bytes" },
        { "msr 0xce[31]", "msr 0xce[31] cpuid_fault", "KVM does not list the MSR" },
        { "msr 0x10a[45]", "msr 0x10a[45]", NULL },
        { "0x10a", "0x10a", NULL },
};

static void test_msr(gconstpointer data) {
        const MsrCase *c = data;
        g_autoptr(Host) host = test_recording("skylake-sp-6.1");
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) paragraphs = explain(c->what, host, &error);
        const char *told = NULL;

        g_assert_no_error(error);
        g_assert_cmpstr(((Explanation *) paragraphs->pdata[0])->text, ==, c->field);
        for (size_t i = 0; i < paragraphs->len; i++)
                if (g_str_equal(((Explanation *) paragraphs->pdata[i])->title, "this host"))
                        told = ((Explanation *) paragraphs->pdata[i])->text;
        g_assert_cmpstr(told, ==, c->host);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(explain_cases); i++) {
                g_autofree char *path = g_strdup_printf("/explain/%zu", i);

                g_test_add_data_func(path, &explain_cases[i], test_explain);
        }
        g_test_add_func("/explain/vendors", test_vendors);
        g_test_add_func("/explain/forced", test_forced);
        g_test_add_func("/explain/unknown", test_unknown);
        g_test_add_func("/explain/rewritten", test_rewritten);
        g_test_add_func("/explain/everything", test_everything);

        for (size_t i = 0; i < G_N_ELEMENTS(msr_cases); i++) {
                g_autofree char *path = g_strconcat("/explain/msr/", msr_cases[i].what, NULL);

                g_test_add_data_func(path, &msr_cases[i], test_msr);
        }

        return g_test_run();
}
