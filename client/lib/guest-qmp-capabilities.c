/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which capabilities of KVM a running QEMU has enabled for its guest. No command tells them, so
 * they are concluded from what QEMU does with them; what cannot be concluded is not guessed.
 *
 * Not concluded: pmu.disable (only the newest QEMU disable KVM's PMU with pmu=off, and to a guest
 * whose CPUID tells of no counters it makes no difference), and -overcommit cpu-pm=on where the
 * guest has no MONITOR. */

#include "client/lib/guest-qmp.h"

#include "client/formats/dump-bits.h"

#define KVM_BASE 0x40000000u
#define KVM_BASE_BEHIND_HYPERV 0x40000100u
#define PV_UNHALT (UINT32_C(1) << 7)

/* "Hv#1" */
#define HYPERV_INTERFACE 0x31237648

/* hv-spinlocks of a guest without it (HYPERV_SPINLOCK_NEVER_NOTIFY) */
#define SPINLOCKS_NONE UINT32_MAX

static void enable(GuestQmp *guest, const char *name) {
        guest->dump->capabilities |= capability_bit(capability_find(name));
}

/* SEV's policy: bit 2 asks for encrypted registers */
static bool read_policy(GuestQmp *guest, const char *object, GError **error) {
        g_autoptr(JsonNode) answer = NULL;

        if (!qmp_try_get(guest->qmp, object, "policy", &answer, error))
                return false;

        if (answer && json_node_get_value_type(answer) == G_TYPE_INT64 &&
            json_node_get_int(answer) & 4)
                enable(guest, "vm-type.sev-es");
        return true;
}

static bool read_confidential(GuestQmp *guest, GError **error) {
        g_autoptr(JsonNode) object = NULL, type = NULL;
        const char *path, *name;

        if (!qmp_try_get(guest->qmp, "/machine", "confidential-guest-support", &object, error))
                return false;
        if (!object || json_node_get_value_type(object) != G_TYPE_STRING)
                return true;

        path = json_node_get_string(object);
        if (!*path)
                return true;
        if (!qmp_try_get(guest->qmp, path, "type", &type, error))
                return false;
        if (!type || json_node_get_value_type(type) != G_TYPE_STRING)
                return true;

        name = json_node_get_string(type);
        if (g_str_equal(name, "tdx-guest"))
                enable(guest, "vm-type.tdx");
        else if (g_str_equal(name, "sev-snp-guest"))
                enable(guest, "vm-type.sev-snp");
        else if (g_str_equal(name, "sev-guest")) {
                enable(guest, "vm-type.sev");
                return read_policy(guest, path, error);
        }

        return true;
}

static bool has_hyperv(const GuestQmp *guest) {
        g_autoptr(GList) names = json_object_get_members(guest->properties);

        if (qmp_member_number(guest->properties, "hv-spinlocks", SPINLOCKS_NONE) != SPINLOCKS_NONE)
                return true;

        for (const GList *l = names; l; l = l->next)
                if (g_str_has_prefix(l->data, "hv-") &&
                    qmp_member_is_on(guest->properties, l->data))
                        return true;

        return false;
}

/* With -overcommit cpu-pm=on all exits are disabled that KVM lets be. Under KVM, QEMU gives a guest
 * MONITOR in no other case, whatever was asked for. A host that lacks one of the others offers what
 * it offers with it. */
static void conclude_exits(GuestQmp *guest) {
        if (!qmp_member_is_on(guest->properties, "monitor"))
                return;

        enable(guest, "disable-exits.mwait");
        enable(guest, "disable-exits.hlt");
        enable(guest, "disable-exits.pause");
        enable(guest, "disable-exits.cstate");
}

static void conclude_hyperv(GuestQmp *guest) {
        if (!has_hyperv(guest))
                return;

        enable(guest, "hyperv");
        if (qmp_member_is_on(guest->properties, "hv-synic"))
                enable(guest, "hyperv.synic");
        if (qmp_member_is_on(guest->properties, "hv-evmcs"))
                enable(guest, "hyperv.evmcs");
        if (qmp_member_is_on(guest->properties, "hv-passthrough"))
                dump_warn(guest->dump,
                          "the guest has all of its host's Hyper-V interface (hv-passthrough), and "
                          "QEMU does not tell which that is: it is not checked");
}

/* A local APIC that is in the kernel, alone or with the other chips, has the type kvm-apic. QEMU
 * turns on kvm-msi-ext-dest-id only where it has enabled the X2APIC API, and asks for AMX's
 * permission for guests that are given it. */
bool guest_qmp_conclude(GuestQmp *guest, GError **error) {
        if (!guest->is_kvm)
                return true;

        guest->dump->has_capabilities = true;
        if (!guest->lapic || g_str_equal(guest->lapic, "child<kvm-apic>"))
                enable(guest, "irqchip");
        if (qmp_member_is_on(guest->properties, "kvm-msi-ext-dest-id")) {
                enable(guest, "x2apic-api");
                enable(guest, "pv.msi-ext-dest-id");
        }
        if (qmp_member_is_on(guest->properties, "amx-tile"))
                enable(guest, "xcomp.amx");

        conclude_exits(guest);
        conclude_hyperv(guest);
        if (!read_confidential(guest, error))
                return false;

        guest->dump->capabilities = capability_set_close(guest->dump->capabilities);
        return true;
}

static bool has_capability(const GuestQmp *guest, const char *name) {
        return guest->dump->has_capabilities &&
                guest->dump->capabilities & capability_bit(capability_find(name));
}

/* Up to 12 letters behind a base whose maximum is not told */
static void add_signature(Dump *dump, uint32_t base, const char *text) {
        uint32_t words[3] = {};

        for (size_t i = 0; text[i] && i < sizeof(words); i++)
                words[i / 4] |= (uint32_t) (unsigned char) text[i] << i % 4 * 8;
        for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
                (void) dump_set_bits(dump, base, 0, REGISTER_EBX + i, UINT32_MAX, words[i], NULL);
}

/* Of Hyper-V's interface QEMU tells no more than that it is there. */
static void add_hyperv(GuestQmp *guest) {
        const char *vendor = qmp_member_text(guest->properties, "hv-vendor-id");

        add_signature(guest->dump, KVM_BASE, vendor && *vendor ? vendor : "Microsoft Hv");
        (void) dump_set_bits(guest->dump, KVM_BASE + 1, 0, REGISTER_EAX, UINT32_MAX,
                             HYPERV_INTERFACE, NULL);
        if (qmp_member_is_on(guest->properties, "kvm"))
                add_signature(guest->dump, KVM_BASE_BEHIND_HYPERV, "KVMKVMKVM");
}

static JsonObject *place_word(JsonObject *word, bool is_behind_hyperv, bool is_halting) {
        const char *reg = qmp_member_text(word, "cpuid-register");
        int64_t leaf = qmp_member_number(word, "cpuid-input-eax", 0);
        int64_t features = qmp_member_number(word, "features", 0);
        JsonObject *placed;

        if (leaf != KVM_BASE + 1 || !reg)
                return json_object_ref(word);

        if (is_halting && g_str_equal(reg, "EAX"))
                features &= ~(int64_t) PV_UNHALT;
        placed = json_object_new();
        json_object_set_string_member(placed, "cpuid-register", reg);
        json_object_set_int_member(placed, "cpuid-input-eax",
                                   is_behind_hyperv ? KVM_BASE_BEHIND_HYPERV + 1 : leaf);
        json_object_set_int_member(placed, "features", features);
        return placed;
}

/* QEMU tells KVM's leaf as if it was where it is without Hyper-V, whose interface comes first, and
 * with PV_UNHALT where KVM takes it away since HLT does not exit (kvm_update_cpuid_runtime()). */
JsonArray *guest_qmp_place_words(GuestQmp *guest, JsonArray *words) {
        bool is_behind_hyperv = has_capability(guest, "hyperv");
        bool is_halting = has_capability(guest, "disable-exits.hlt");
        JsonArray *placed = json_array_new();

        for (unsigned i = 0; i < json_array_get_length(words); i++) {
                JsonNode *node = json_array_get_element(words, i);

                if (JSON_NODE_HOLDS_OBJECT(node))
                        json_array_add_object_element(placed,
                                                      place_word(json_node_get_object(node),
                                                                 is_behind_hyperv, is_halting));
                else
                        json_array_add_element(placed, json_node_copy(node));
        }

        if (is_behind_hyperv)
                add_hyperv(guest);
        return placed;
}
