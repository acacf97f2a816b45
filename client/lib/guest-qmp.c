/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The guest of a running QEMU: what its first CPU has. The bits are told by the CPU's feature words
 * and properties (formats/qemu.h), the capabilities are concluded in guest-qmp-capabilities.c.
 * Refused is a QEMU without a CPU of x86; one without KVM is not. */

#include "client/lib/guest-qmp.h"

#include <string.h>

#include "client/formats/qemu.h"
#include "policy/field.h"
#include "policy/place.h"

#define KVM_BASE 0x40000000u

static void guest_qmp_done(GuestQmp *guest) {
        g_clear_pointer(&guest->qmp, qmp_free);
        g_clear_pointer(&guest->words, json_node_unref);
        g_clear_pointer(&guest->properties, json_object_unref);
        g_clear_pointer(&guest->dump, dump_free);
        g_clear_pointer(&guest->cpu, g_free);
        g_clear_pointer(&guest->lapic, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GuestQmp, guest_qmp_done)

static JsonObject *element_of(JsonArray *array, unsigned i) {
        JsonNode *node = json_array_get_element(array, i);

        return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static bool set_error_answer(const char *command, const char *expected, GError **error) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_CONTENT, "its answer to '%s' is not %s", command,
                    expected);
        return false;
}

static bool read_name(GuestQmp *guest, GError **error) {
        g_autoptr(JsonNode) answer = NULL;

        if (!qmp_try_ask(guest->qmp, "query-name", &answer, error))
                return false;

        if (answer && JSON_NODE_HOLDS_OBJECT(answer))
                guest->dump->name = g_strdup(qmp_member_text(json_node_get_object(answer), "name"));
        return true;
}

static bool find_cpu(GuestQmp *guest, GError **error) {
        g_autoptr(JsonNode) answer = qmp_ask(guest->qmp, "query-cpus-fast", error);
        const char *path, *target;
        JsonObject *cpu;

        if (!answer)
                return false;
        if (!JSON_NODE_HOLDS_ARRAY(answer))
                return set_error_answer("query-cpus-fast", "a list", error);
        if (json_array_get_length(json_node_get_array(answer)) == 0) {
                g_set_error_literal(error, QMP_ERROR, QMP_ERROR_CONTENT,
                                    "this QEMU has no CPU (-machine none, or it waits for its "
                                    "configuration)");
                return false;
        }

        cpu = element_of(json_node_get_array(answer), 0);
        path = cpu ? qmp_member_text(cpu, "qom-path") : NULL;
        if (!path)
                return set_error_answer("query-cpus-fast", "a list of CPUs with their 'qom-path'",
                                        error);

        target = qmp_member_text(cpu, "target");
        if (target && !g_str_equal(target, "x86_64") && !g_str_equal(target, "i386")) {
                g_autofree char *shown = qmp_clean(target);

                g_set_error(error, QMP_ERROR, QMP_ERROR_CONTENT,
                            "this QEMU runs a machine of %s, expected one of x86", shown);
                return false;
        }

        guest->cpu = g_strdup(path);
        return true;
}

static bool read_accelerator(GuestQmp *guest, GError **error) {
        g_autoptr(JsonNode) answer = NULL;

        if (!qmp_try_ask(guest->qmp, "query-kvm", &answer, error))
                return false;

        guest->is_kvm = answer && JSON_NODE_HOLDS_OBJECT(answer) &&
                qmp_member_is_on(json_node_get_object(answer), "enabled");
        if (!guest->is_kvm)
                dump_warn(guest->dump,
                          "this QEMU does not use KVM: it is judged as if it had what it has now "
                          "under KVM, with the usual capabilities");
        return true;
}

static bool read_feature_words(GuestQmp *guest, GError **error) {
        guest->words = qmp_get(guest->qmp, guest->cpu, "feature-words", error);
        if (!guest->words)
                return false;

        return JSON_NODE_HOLDS_ARRAY(guest->words) ||
                set_error_answer("qom-get feature-words", "a list", error);
}

/* Links, children, lists and structures are none. Of two spellings of one name that with '_' is the
 * alias. The LBR's format is by default a number beyond what JSON promises. */
static bool is_plain(const char *name, const char *type) {
        static const char *const types[] = { "bool",  "int",    "int8",   "int16",  "int32",
                                             "int64", "uint8",  "uint16", "uint32", "uint64",
                                             "size",  "string", "str",    NULL };

        return name && type && g_strv_contains(types, type) && !strchr(name, '_') &&
                !g_str_has_prefix(name, "lbr-");
}

static bool read_property(GuestQmp *guest, const char *name, GError **error) {
        g_autoptr(JsonNode) answer = NULL;

        if (!qmp_try_get(guest->qmp, guest->cpu, name, &answer, error))
                return false;

        if (answer && JSON_NODE_HOLDS_VALUE(answer))
                json_object_set_member(guest->properties, name, g_steal_pointer(&answer));
        return true;
}

static bool read_properties(GuestQmp *guest, GError **error) {
        g_autoptr(JsonNode) answer = qmp_list(guest->qmp, guest->cpu, error);
        JsonArray *list;

        if (!answer)
                return false;
        if (!JSON_NODE_HOLDS_ARRAY(answer))
                return set_error_answer("qom-list", "a list", error);

        guest->properties = json_object_new();
        list = json_node_get_array(answer);
        for (unsigned i = 0; i < json_array_get_length(list); i++) {
                JsonObject *property = element_of(list, i);
                const char *name = property ? qmp_member_text(property, "name") : NULL;
                const char *type = property ? qmp_member_text(property, "type") : NULL;

                if (g_strcmp0(name, "lapic") == 0 && !guest->lapic)
                        guest->lapic = g_strdup(type);
                else if (is_plain(name, type) && !read_property(guest, name, error))
                        return false;
        }

        return true;
}

/* "avx2, 0xd.0:eax[9]": the bits of a feature word */
static void add_bits(GString *names, JsonObject *word) {
        uint32_t leaf = qmp_member_number(word, "cpuid-input-eax", 0);
        uint32_t subleaf = qmp_member_number(word, "cpuid-input-ecx", 0);
        uint32_t bits = qmp_member_number(word, "features", 0);
        FieldInterface interface =
                leaf >> 16 == KVM_BASE >> 16 ? FIELD_INTERFACE_KVM : FIELD_INTERFACE_CPU;
        const char *given = qmp_member_text(word, "cpuid-register");
        Register reg = 0;

        while (reg < N_REGISTERS &&
               (!given || g_ascii_strcasecmp(given, register_to_string(reg)) != 0))
                reg++;

        for (unsigned bit = 0; reg < N_REGISTERS && bit < 32; bit++) {
                const Field *field = field_at(interface, leaf, subleaf, reg, bit);
                g_autofree char *place = place_format(leaf, subleaf, reg, bit, bit);

                if (bits & UINT32_C(1) << bit)
                        g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "",
                                               field && *field->name ? field->name : place);
        }
}

static bool warn_of_filtered(GuestQmp *guest, GError **error) {
        g_autoptr(JsonNode) answer = NULL;
        g_autoptr(GString) names = g_string_new(NULL);
        JsonArray *words;

        if (!qmp_try_get(guest->qmp, guest->cpu, "filtered-features", &answer, error))
                return false;
        if (!answer || !JSON_NODE_HOLDS_ARRAY(answer))
                return true;

        words = json_node_get_array(answer);
        for (unsigned i = json_array_get_length(words); i-- > 0;) {
                JsonObject *word = element_of(words, i);

                if (word)
                        add_bits(names, word);
        }

        if (names->len > 0)
                dump_warn(guest->dump,
                          "QEMU was asked for more than the host on which it runs can give, so the "
                          "guest has not got: %s",
                          names->str);
        return true;
}

static bool read_all(GuestQmp *guest, GError **error) {
        return read_name(guest, error) && find_cpu(guest, error) &&
                read_accelerator(guest, error) && read_feature_words(guest, error) &&
                read_properties(guest, error) && warn_of_filtered(guest, error) &&
                guest_qmp_conclude(guest, error);
}

/* What the forms refuse is what QEMU sent. Takes @cause over; always false. */
static bool set_error_form(GError **error, const char *property, GError *cause) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_CONTENT, "its CPU's '%s': %s", property,
                    cause->message);
        g_error_free(cause);
        return false;
}

/* QEMU tells the rate that the guest's TSC happens to have, asked for or not. It binds a guest that
 * was promised that it does not change; that of others QEMU lets change when they move. */
static void drop_tsc(GuestQmp *guest) {
        if (!qmp_member_is_on(guest->properties, "invtsc"))
                guest->dump->tsc_khz = 0;
}

static bool fill_dump(GuestQmp *guest, GError **error) {
        g_autoptr(JsonArray) words =
                guest_qmp_place_words(guest, json_node_get_array(guest->words));
        GError *cause = NULL;

        if (!qemu_add_feature_words(guest->dump, words, &cause))
                return set_error_form(error, "feature-words", cause);
        if (!qemu_add_properties(guest->dump, guest->properties, &cause))
                return set_error_form(error, "properties", cause);

        drop_tsc(guest);
        qemu_finish(guest->dump);
        return true;
}

bool guest_qmp_read(const char *path, unsigned timeout_msec, FormatInput *ret, GError **error) {
        g_auto(GuestQmp) guest = {};
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
        GError *cause = NULL;
        Guest *policy;

        guest.qmp = qmp_connect(path, timeout_msec, error);
        guest.dump = dump_new();
        if (!guest.qmp || !read_all(&guest, error) || !fill_dump(&guest, error))
                return false;

        policy = dump_to_guest(guest.dump, -1, warnings, &cause);
        if (!policy)
                return set_error_form(error, "feature-words", cause);

        ret->guest = policy;
        ret->warnings = g_steal_pointer(&warnings);
        return true;
}
