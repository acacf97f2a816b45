/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What each capability changes, on recorded hosts */

#include "policy/error.h"
#include "tests/unit/support.h"

typedef struct OfferCase {
        const char *name;
        const char *host;
        const char *enable[3]; /* and nothing else */
        struct {
                const char *field;
                uint32_t value;
        } expect[4];
} OfferCase;

static const OfferCase offer_cases[] = {
        { "without-irqchip",
          "skylake-sp-6.1",
          {},
          { { "x2apic", 0 },
            { "tsc_deadline_timer", 0 },
            { "kvm_pv_unhalt", 0 },
            { "kvm_steal_time", 1 } } },
        { "irqchip",
          "skylake-sp-6.1",
          { "irqchip" },
          { { "x2apic", 1 },
            { "tsc_deadline_timer", 1 },
            { "kvm_pv_unhalt", 1 },
            { "monitor", 0 } } },
        { "mwait",
          "skylake-sp-6.1",
          { "irqchip", "disable-exits.mwait" },
          { { "monitor", 1 }, { "kvm_pv_unhalt", 1 } } },
        { "hlt",
          "milan-6.18",
          { "irqchip", "disable-exits.hlt" },
          { { "kvm_pv_unhalt", 0 }, { "x2apic", 1 } } },
        { "no-amx-without-permission",
          "sapphire-rapids-6.12",
          { "irqchip" },
          { { "amx_tile", 0 }, { "xcr0_xtiledata", 0 }, { "xfd", 0 }, { "avx512f", 1 } } },
        { "amx",
          "sapphire-rapids-6.12",
          { "irqchip", "xcomp.amx" },
          { { "amx_tile", 1 },
            { "xcr0_xtiledata", 1 },
            { "xcr0_xtilecfg", 1 },
            { "xsave_18_size", 8192 } } },
        { "aperfmperf",
          "milan-6.18",
          { "irqchip", "disable-exits.aperfmperf" },
          { { "aperfmperf", 1 } } },
        { "no-pmu",
          "skylake-sp-6.1",
          { "irqchip", "pmu.disable" },
          { { "arch_perfmon_version", 0 },
            { "arch_perfmon_counters", 0 },
            { "pdcm", 0 },
            { "avx2", 1 } } },
        { "msi-needs-x2apic-api",
          "skylake-sp-6.1",
          { "irqchip", "pv.msi-ext-dest-id" },
          { { "kvm_msi_ext_dest_id", 0 } } },
        { "msi",
          "skylake-sp-6.1",
          { "irqchip", "pv.msi-ext-dest-id", "x2apic-api" },
          { { "kvm_msi_ext_dest_id", 1 } } },
        { "forced", "skylake-sp-6.18-forced", { "irqchip" }, { { "rtm", 0 } } },
        { "forced-without-the-view",
          "forced-made-up",
          { "irqchip" },
          { { "hle", 1 }, { "rtm", 0 }, { "la57", 0 }, { "ht", 1 } } },
        { "forced-in-the-view",
          "forced-made-up",
          { "irqchip", "xcomp.amx" },
          { { "hle", 1 }, { "rtm", 1 }, { "la57", 1 }, { "ht", 1 } } },
};

static Offer *offer_of(Host *host, const char *const *names) {
        CapabilitySet set = 0;

        for (size_t i = 0; i < 3 && names[i]; i++)
                g_assert_true(capability_set_add(&set, names[i], NULL));

        return offer_new(host, set);
}

static void test_offer(gconstpointer data) {
        const OfferCase *c = data;
        g_autoptr(Host) host = test_recording(c->host);
        g_autoptr(Offer) offer = offer_of(host, c->enable);

        for (size_t i = 0; i < G_N_ELEMENTS(c->expect) && c->expect[i].field; i++) {
                const Field *field = field_find(c->expect[i].field);

                g_assert_nonnull(field);
                if (words_get(offer->words, field) != c->expect[i].value)
                        g_error("%s is %u, expected %u", field->name,
                                words_get(offer->words, field), c->expect[i].value);
        }
}

/* Where Hyper-V's leaves are offered, KVM's are behind them, in the table too. */
static void test_hyperv_moves_kvm(void) {
        g_autoptr(Host) host = test_recording("haswell-5.15");
        const char *const names[3] = { "irqchip", "hyperv" };
        g_autoptr(Offer) offer = offer_of(host, names);
        g_autoptr(LeafTable) table = offer_to_table(offer);

        g_assert_cmphex(leaf_table_find(table, 0x40000001, 0)->registers[REGISTER_EAX], ==,
                        0x31237648);
        g_assert_cmphex(leaf_table_find(table, 0x40000100, 0)->registers[REGISTER_EBX], ==,
                        0x4b4d564b);
        g_assert_cmphex(leaf_table_find(table, 0x40000100, 0)->registers[REGISTER_EAX], ==,
                        0x40000101);
        g_assert_nonnull(leaf_table_find(table, 0x40000101, 0));
}

static void test_mwait_fills_leaf_5(void) {
        g_autoptr(Host) host = test_recording("skylake-sp-6.1");
        const char *const names[3] = { "irqchip", "disable-exits.mwait" };
        g_autoptr(Offer) offer = offer_of(host, names),
                         without = offer_new(host, capability_set_default());
        g_autoptr(LeafTable) table = offer_to_table(offer), plain = offer_to_table(without);
        const Leaf *hardware = leaf_table_find(host_table(host, HOST_HARDWARE), 5, 0);

        g_assert_cmpmem(leaf_table_find(table, 5, 0)->registers, 16, hardware->registers, 16);
        g_assert_cmphex(leaf_table_find(plain, 5, 0)->registers[REGISTER_EAX], ==, 0);
}

static void test_unknown_capability(void) {
        g_autoptr(GError) error = NULL;
        CapabilitySet set = 0;

        g_assert_false(capability_set_add(&set, "disable-exits.nothing", &error));
        g_assert_error(error, POLICY_ERROR, POLICY_ERROR_CAPABILITY);
        g_assert_nonnull(strstr(error->message, "disable-exits.nothing"));
        g_assert_nonnull(strstr(error->message, "did you mean 'disable-exits.mwait'"));
        g_assert_cmpuint(set, ==, 0);
}

static void test_implied(void) {
        CapabilitySet set = 0;

        g_assert_true(capability_set_add(&set, "vm-type.sev-snp", NULL));
        set = capability_set_close(set);
        g_assert_true(set & capability_bit(capability_find("vm-type.sev")));
        g_assert_true(set & capability_bit(capability_find("vm-type.sev-es")));
        g_assert_false(set & capability_bit(capability_find("vm-type.tdx")));
}

/* A VM has one type: it is made as the one that implies the others. */
static void test_vm_type(void) {
        static const struct {
                const char *names[3];
                const char *type;
        } cases[] = {
                { { "irqchip" }, NULL },
                { { "vm-type.sev" }, "vm-type.sev" },
                { { "vm-type.sev-es" }, "vm-type.sev-es" },
                { { "vm-type.sev-snp" }, "vm-type.sev-snp" },
                { { "vm-type.sev", "vm-type.tdx" }, "vm-type.sev" },
                { { "vm-type.tdx", "irqchip" }, "vm-type.tdx" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                const Capability *type;
                CapabilitySet set = 0;

                for (size_t j = 0; cases[i].names[j]; j++)
                        g_assert_true(capability_set_add(&set, cases[i].names[j], NULL));
                type = capability_set_vm_type(capability_set_close(set));
                g_assert_cmpstr(type ? type->name : NULL, ==, cases[i].type);
        }
}

typedef struct EnablingCase {
        const char *capability;
        CapabilityEnablingKind kind;
        uint64_t value;
        const char *text;
} EnablingCase;

static const EnablingCase enabling_cases[] = {
        { "irqchip", ENABLING_IRQCHIP, 0,
          "KVM_CREATE_IRQCHIP or KVM_ENABLE_CAP(KVM_CAP_SPLIT_IRQCHIP) on the VM" },
        { "x2apic-api", ENABLING_VM, 3, "KVM_ENABLE_CAP(KVM_CAP_X2APIC_API, 0x3) on the VM" },
        { "disable-exits.hlt", ENABLING_VM, 2,
          "KVM_ENABLE_CAP(KVM_CAP_X86_DISABLE_EXITS, 0x2) on the VM" },
        { "pv.map-gpa-range", ENABLING_VM, 0x1000,
          "KVM_ENABLE_CAP(KVM_CAP_EXIT_HYPERCALL, 0x1000) on the VM" },
        { "quirk.misc-enable-no-mwait", ENABLING_VM, 0x10,
          "KVM_ENABLE_CAP(KVM_CAP_DISABLE_QUIRKS, 0x10) on the VM" },
        { "hyperv", ENABLING_NONE, 0, "nothing in KVM" },
        { "hyperv.synic", ENABLING_VCPU, 0, "KVM_ENABLE_CAP(KVM_CAP_HYPERV_SYNIC2) on each vCPU" },
        { "hyperv.evmcs", ENABLING_VCPU_BUFFER, 0,
          "KVM_ENABLE_CAP(KVM_CAP_HYPERV_ENLIGHTENED_VMCS, address of 16 bits that KVM fills) on "
          "each vCPU" },
        { "xcomp.amx", ENABLING_PERMISSION, 18,
          "arch_prctl(ARCH_REQ_XCOMP_GUEST_PERM, 18) in the VMM, before its first vCPU" },
        { "vm-type.sev-snp", ENABLING_VM_TYPE, 4, "KVM_CREATE_VM of type 4" },
        { "sgx.provision", ENABLING_DEVICE, 0,
          "KVM_ENABLE_CAP(KVM_CAP_SGX_ATTRIBUTE, descriptor of /dev/sgx_provision) on the VM" },
};

static void test_enabling(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(enabling_cases); i++) {
                const EnablingCase *c = &enabling_cases[i];
                const Capability *capability = capability_find(c->capability);
                g_autofree char *text = capability_enabling_to_text(capability);

                g_assert_cmpint(capability->enabling.kind, ==, c->kind);
                g_assert_cmphex(capability->enabling.value, ==, c->value);
                g_assert_cmpstr(text, ==, c->text);
        }
}

/* A VM has one type, and the one that implies the others is the largest. What is or-ed has no bit
 * in common, so that each is enabled by itself, too. */
static void test_enabling_together(void) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                for (size_t j = 0; j < N_CAPABILITIES; j++) {
                        const CapabilityEnabling *one = &capability_table[i].enabling,
                                                 *other = &capability_table[j].enabling;

                        if (i == j || one->kind != other->kind)
                                continue;
                        if (one->kind == ENABLING_VM_TYPE &&
                            (capability_table[i].implies & capability_bit(&capability_table[j])))
                                g_assert_cmpuint(one->value, >, other->value);
                        if (one->kind == ENABLING_VM &&
                            g_str_equal(one->extension, other->extension))
                                g_assert_cmphex(one->value & other->value, ==, 0);
                }
}

static void test_shown(void) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                g_assert_cmpint(capability_table[i].is_shown, ==,
                                g_str_equal(capability_table[i].name, "disable-exits.hlt"));
}

static void test_presence(void) {
        g_autoptr(Host) skylake = test_recording("skylake-sp-6.1");
        TestRow rows[N_TEST_ROWS] = { LEAF(0, 0, .eax = 1), LEAF(1, 0) };
        g_autoptr(Host) bare = test_host(rows);

        g_assert_cmpint(host_has(skylake, capability_find("disable-exits.mwait")), ==, KNOWN_YES);
        g_assert_cmpint(host_has(skylake, capability_find("disable-exits.aperfmperf")), ==,
                        KNOWN_NO);
        g_assert_cmpint(host_has(skylake, capability_find("xcomp.amx")), ==, KNOWN_NO);
        g_assert_cmpint(host_has(bare, capability_find("disable-exits.mwait")), ==, KNOWN_NOT);
        g_assert_cmpuint(host_capabilities(bare), ==, capability_set_default());
}

/* What a bare table shows, the process that asked had: KVM lists the tile data only to one with the
 * permission, and Hyper-V's leaves are in no other table than a Hyper-V guest's. */
static void test_presence_shown_by_the_table(void) {
        TestRow rows[N_TEST_ROWS] = {
                LEAF(0, 0, .eax = 0xd),
                LEAF(7, 0, .edx = BIT(24)),
                LEAF(0xd, 0, .eax = BIT(17) | BIT(18)),
                LEAF(0x40000000, 0, .eax = 0x40000003, .ebx = 0x7263694d),
                LEAF(0x40000001, 0, .eax = 0x31237648),
                LEAF(0x40000003, 0, .eax = BIT(2)),
        };
        g_autoptr(Host) bare = test_host(rows);
        const char *const names[3] = { "irqchip", "xcomp.amx", "hyperv.synic" };
        g_autoptr(Offer) offer = offer_of(bare, names),
                         without = offer_new(bare, capability_set_default());

        g_assert_cmpint(host_has(bare, capability_find("xcomp.amx")), ==, KNOWN_YES);
        g_assert_cmpint(host_has(bare, capability_find("hyperv")), ==, KNOWN_YES);
        g_assert_cmpint(host_has(bare, capability_find("hyperv.synic")), ==, KNOWN_YES);
        g_assert_cmpuint(words_get(offer->words, field_find("amx_tile")), ==, 1);
        g_assert_cmpuint(words_get(offer->words, field_find("hv_synic")), ==, 1);
        g_assert_cmpuint(words_get(without->words, field_find("amx_tile")), ==, 0);
        g_assert_cmpuint(words_get(without->words, field_find("hv_synic")), ==, 0);
}

static void test_cache(void) {
        g_autoptr(Host) host = test_recording("milan-6.18");
        g_autoptr(OfferCache) cache = offer_cache_new(host);
        const Offer *first = offer_cache_get(cache, 1);

        g_assert_true(first == offer_cache_get(cache, 1));
        for (CapabilitySet set = 0; set < 200; set++)
                g_assert_cmpuint(offer_cache_get(cache, set)->capabilities, ==,
                                 capability_set_close(set));
}

/* A feature bit that not every CPU has is not offered. */
static void test_varying_feature(void) {
        TestRow rows[N_TEST_ROWS] = { LEAF(7, 0, .ebx = BIT(5) | BIT(8)) };
        g_autoptr(Host) host = host_new();
        g_autoptr(Offer) offer = NULL;
        Place place;

        host_take_table(host, HOST_SUPPORTED, test_table(rows));
        g_assert_true(place_parse("0x7.0:ebx[8]", &place, NULL));
        host_add_varying(host, &place);
        g_assert_true(host_seal(host, NULL));
        offer = offer_new(host, 0);
        g_assert_cmpuint(words_get(offer->words, field_find("avx2")), ==, 1);
        g_assert_cmpuint(words_get(offer->words, field_find("bmi2")), ==, 0);
}

/* Bare tables that no KVM gives, whose own offer was not supported or said something else in
 * another order */
static const struct {
        const char *name;
        Leaf rows[4]; /* up to the first of leaf 0 */
} odd_tables[] = {
        { "extra-leaf-twice", { { 0xc, 0, 0, { 1 } }, { 0xc, 0, 0, { 2 } } } },
        { "no-index-flag-for-all-states",
          { { 0xd, 0, 1, { 7 } }, { 0xd, 5, 0, { 64, 1088, 0xfff } } } },
        { "no-index-flag-behind-a-higher-sub-leaf",
          { { 0xc, 59, 1, { 1 } }, { 0xc, 5, 0, { 2 } } } },
        { "leaf-1-of-another-sub-leaf-only", { { 1, 14, 0, { 1, 2, 3, 4 } } } },
        { "moved-interface-below-its-own-base",
          { { 0x40000100, 0, 0, { 0x40000001, 0x4b4d564b, 0x564b4d56, 0x4d } },
            { 0x40000102, 0, 0, { 1 } },
            { 0x40000001, 0, 0, { 0x31237648 } } } },
        { "hyperv-told-by-a-leaf-above-the-maximum",
          { { 0x40000000, 0, 0, { 0x40000000, 0x7263694d, 0x666f736f, 0x76482074 } },
            { 0x40000001, 0, 0, { 0x31237648 } } } },
        { "hypervisor-base-twice-and-zero-first",
          { { 0x40000000, 0, 0, {} },
            { 0x40000000, 0, 0, { 0, 8, 0, 0x20 } },
            { 0x40000001, 0, 0, { 0, 0, 0, 0xfffffffe } } } },
};

static void test_odd_table(gconstpointer data) {
        const Leaf *rows = data;
        g_autoptr(LeafTable) table = leaf_table_new();
        g_autoptr(Host) host = host_new();
        g_autoptr(Offer) offer = NULL;
        g_autoptr(Guest) guest = NULL;
        g_auto(Verdict) verdict = {};

        for (size_t i = 0; i < G_N_ELEMENTS(odd_tables[0].rows) && rows[i].leaf; i++)
                leaf_table_add(table, &rows[i]);
        host_take_table(host, HOST_SUPPORTED, g_steal_pointer(&table));
        g_assert_true(host_seal(host, NULL));
        offer = offer_new(host, capability_set_default());
        guest = test_guest_of_offer(offer);
        check(offer, guest, CHECK_STRICT, &verdict);
        g_assert_cmpuint(verdict_count(&verdict, SEVERITY_ERROR), ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(offer_cases); i++) {
                g_autofree char *path = g_strconcat("/offer/", offer_cases[i].name, NULL);

                g_test_add_data_func(path, &offer_cases[i], test_offer);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(odd_tables); i++) {
                g_autofree char *path = g_strconcat("/offer/odd-table/", odd_tables[i].name, NULL);

                g_test_add_data_func(path, odd_tables[i].rows, test_odd_table);
        }
        g_test_add_func("/offer/hyperv-moves-kvm", test_hyperv_moves_kvm);
        g_test_add_func("/offer/mwait-fills-leaf-5", test_mwait_fills_leaf_5);
        g_test_add_func("/offer/cache", test_cache);
        g_test_add_func("/offer/varying-feature", test_varying_feature);
        g_test_add_func("/capability/unknown", test_unknown_capability);
        g_test_add_func("/capability/implied", test_implied);
        g_test_add_func("/capability/vm-type", test_vm_type);
        g_test_add_func("/capability/enabling", test_enabling);
        g_test_add_func("/capability/enabling-together", test_enabling_together);
        g_test_add_func("/capability/shown", test_shown);
        g_test_add_func("/capability/presence", test_presence);
        g_test_add_func("/capability/presence-shown-by-the-table",
                        test_presence_shown_by_the_table);

        return g_test_run();
}
