/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A service that answers Trial as a test wants it, for what the real one does not do at will: the
 * library and cpuidctl are tested against it, at the border of the bus.
 *
 * "ready" on standard output when it has the name, and a line for each Trial and Refresh: what it
 * was called with. Scenario(s) of the same interface says how the next ones are answered; Release()
 * answers those that are held. */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "dbus/names.h"

#define FINDING "(uuyyyssssttsas)"
#define FINGERPRINT "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

typedef struct Place {
        uint32_t leaf;
        uint32_t subleaf;
        uint8_t reg;
        uint8_t low;
        uint8_t high;
        const char *field;
        const char *rule;
        const char *severity;
        const char *word; /* outcome or kind; NULL: the end */
        uint64_t set;
        uint64_t back;
        const char *message;
        const char *tried;
} Place;

static const Place ordinary_places[] = {
        { 0x1, 0, 1, 31, 31, "", "identity", "note", "changed", 0, 1, "KVM sets the APIC's id" },
        { 0x1, 0, 2, 3, 3, "monitor", "feature", "note", "kept", 1, 1, "" },
        { 0x7, 0, 1, 5, 5, "avx2", "feature", "note", "backed", 1, 1,
          "KVM takes XCR0 with AVX state, which the guest may set because of AVX2" },
        { 0x7, 0, 2, 16, 16, "la57", "feature", "warning", "changed", 1, 0,
          "the guest has LA57; KVM clears it, and nothing tells of it" },
        { 0x7, 0, 2, 16, 16, "la57", "feature", "warning", "unbacked", 1, 1,
          "the guest has LA57; KVM refuses CR4.LA57 (EINVAL)" },
        { 0x1d, 0, 0, 0, 31, "max_palette", "feature", "warning", "dropped", 1, 0,
          "KVM takes out the row of leaf 0x1d" },
        { 0x10a, 0, 4, 5, 5, "mds_no", "guarantee", "note", "kept", 1, 1, "" },
        {},
};

/* One sentence of many bits, and one value that is more than a bit */
static const Place many_places[] = {
        { 0x1, 0, 2, 0, 0, "pni", "feature", "warning", "changed", 0, 1,
          "KVM sets PNI, which the table has not, and nothing tells of it" },
        { 0x1, 0, 2, 9, 9, "ssse3", "feature", "warning", "changed", 0, 1,
          "KVM sets SSSE3, which the table has not, and nothing tells of it" },
        { 0x1, 0, 2, 19, 19, "sse4_1", "feature", "warning", "changed", 0, 1,
          "KVM sets SSE4.1, which the table has not, and nothing tells of it" },
        { 0x1, 0, 2, 20, 20, "sse4_2", "feature", "warning", "changed", 0, 1,
          "KVM sets SSE4.2, which the table has not, and nothing tells of it" },
        { 0x1, 0, 2, 25, 25, "aes", "feature", "warning", "changed", 0, 1,
          "KVM sets AES, which the table has not, and nothing tells of it" },
        { 0x1, 0, 2, 28, 28, "avx", "feature", "warning", "changed", 0, 1,
          "KVM sets AVX, which the table has not, and nothing tells of it" },
        { 0xd, 0, 1, 0, 31, "xsave_size", "at-most", "note", "changed", 0xa88, 0x240,
          "KVM makes 576 bytes of the 2696 bytes of XSAVE's area in use" },
        {},
};

static const Place refused_places[] = {
        { 0x80000008, 0, 0, 8, 15, "linear_address_width", "at-most", "error", "refused", 0xff, 0,
          "KVM_SET_CPUID2 refuses 255 bits of linear address (EINVAL): it takes 0, 48 or 57" },
        { 0, 0, 6, 0, 0, "xcomp.amx", "", "error", "refused", 1, 0,
          "ARCH_REQ_XCOMP_GUEST_PERM is refused (EPERM)" },
        {},
};

static const Place known_places[] = {
        { 0x7, 0, 2, 16, 16, "la57", "feature", "note", "unbacked", 1, 1,
          "KVM refuses CR4.LA57 (EINVAL), as this host has no LA57" },
        { 0, 0, 6, 0, 0, "vm-type.sev", "", "note", "refused", 1, 0,
          "it is not tried: it takes a VM of another type" },
        {},
};

static const Place contradictions[] = {
        { 0x7, 0, 2, 16, 16, "la57", "feature", "error", "rewritten", 1, 0,
          "KVM clears LA57, and no rule tells that it does" },
        { 0x1, 0, 2, 3, 3, "monitor", "feature", "error", "refused", 1, 0,
          "the rules say that MONITOR is supported, and KVM_SET_CPUID2 refuses it (EINVAL)" },
        {},
};

static const Place self_contradictions[] = {
        { 0x7, 0, 1, 5, 5, "avx2", "feature", "error", "forced", 0, 0,
          "the profile says that KVM forces AVX2 on, and it does not", "without avx2" },
        { 0, 0, 6, 0, 0, "disable-exits.hlt", "", "error", "delta", 1, 0,
          "the capability's row removes kvm_pv_unhalt, and KVM's read-back still has it",
          "capability disable-exits.hlt" },
        {},
};

static const Place unknown_places[] = {
        { 0x7, 0, 1, 5, 5, "avx2", "feature", "warning", "postponed", 1, 1, "KVM says later" },
        { 0x7, 0, 1, 6, 6, "", "some-rule", "whatever", "changed", 1, 0, "KVM clears it" },
        {},
};

static const Place no_register[] = { { 0x7, 0, 9, 5, 5, "", "", "", "kept", 0, 0, "" }, {} };
static const Place no_bit[] = { { 0x7, 0, 1, 5, 40, "", "", "", "kept", 0, 0, "" }, {} };
static const Place no_range[] = { { 0x7, 0, 1, 6, 5, "", "", "", "kept", 0, 0, "" }, {} };
static const Place control_characters[] = {
        { 0x7, 0, 1, 5, 5, "av\033[31mx2", "feature", "warning", "changed", 1, 0, "one\ntwo" },
        {},
};
static const Place no_places[] = { {} };

typedef enum Details {
        DETAILS_USUAL,
        DETAILS_NONE,
        DETAILS_LATER,      /* and some that nobody knows yet */
        DETAILS_WRONG_TYPE, /* of one that is known */
} Details;

typedef enum End {
        END_ANSWER,
        END_ERROR,
        END_TEXT_ALONE, /* instead of the three arguments */
        END_OTHER_PLACES,
        END_VANISH,
        END_HOLD,
} End;

typedef struct Scenario {
        const char *name;
        const char *outcome;
        const Place *places;
        const Place *contradictions;
        Details details;
        End end;
        const char *error;
        const char *message;
} Scenario;

#define ERROR(word, of_name, text) \
        { .name = (word), .end = END_ERROR, .error = (of_name), .message = (text) }

static const Scenario scenarios[] = {
        { "ordinary", "changed", ordinary_places, no_places },
        { "kept", "kept", no_places, no_places },
        { "many", "changed", many_places, no_places },
        { "refused", "refused", refused_places, no_places },
        { "known", "kept", known_places, no_places },
        { "contradiction", "kept", ordinary_places, contradictions },
        { "self", "changed", no_places, self_contradictions },
        { "empty", "kept", no_places, no_places, DETAILS_NONE },
        { "later", "kept", ordinary_places, no_places, DETAILS_LATER },
        { "unknown-words", "postponed", unknown_places, no_places },
        { "no-register", "kept", no_register, no_places },
        { "no-bit", "kept", no_bit, no_places },
        { "no-range", "kept", no_range, no_places },
        { "no-place-of-a-contradiction", "kept", no_places, no_range },
        { "control-characters", "changed", control_characters, no_places },
        { "detail-of-another-type", "kept", no_places, no_places, DETAILS_WRONG_TYPE },
        { .name = "text-alone", .end = END_TEXT_ALONE },
        { .name = "other-places", .end = END_OTHER_PLACES },
        { .name = "vanish", .end = END_VANISH },
        { .name = "hold", .end = END_HOLD },
        ERROR("trial", CPUIDD_ERROR_NAME_TRIAL, "KVM gives no virtual CPU: KVM_CREATE_VCPU: EIO"),
        ERROR("busy", CPUIDD_ERROR_NAME_BUSY, "32 trials wait already"),
        ERROR("not-ready", CPUIDD_ERROR_NAME_NOT_READY, "open /dev/kvm: No such file"),
        ERROR("denied", SD_BUS_ERROR_ACCESS_DENIED, "a trial needs root or the group kvm"),
        ERROR("interactive", SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
              "a password is needed"),
        ERROR("table", CPUIDD_ERROR_NAME_INVALID_TABLE, "row 3: is there twice"),
        ERROR("capability", CPUIDD_ERROR_NAME_UNKNOWN_CAPABILITY, "there is no 'x'"),
        ERROR("option", CPUIDD_ERROR_NAME_UNKNOWN_OPTION, "there is no option 'x'"),
        ERROR("large", CPUIDD_ERROR_NAME_TOO_LARGE, "has 257 rows"),
        ERROR("no-member", SD_BUS_ERROR_UNKNOWN_METHOD, "Unknown method Trial"),
        ERROR("arguments", SD_BUS_ERROR_INVALID_ARGS, "'strict' is a text"),
        ERROR("strange-error", "com.example.Error", "two\nlines"),
        ERROR("error-without-words", "com.example.Error", ""),
};

static const Scenario *scenario = scenarios;
static GPtrArray *held; /* sd_bus_message */

static int append_places(sd_bus_message *m, const Place *places) {
        int r = sd_bus_message_open_container(m, 'a', FINDING);

        for (const Place *p = places; r >= 0 && p->word; p++)
                r = sd_bus_message_append(m, FINDING, p->leaf, p->subleaf, p->reg, p->low, p->high,
                                          p->field, p->rule, p->severity, p->word, p->set, p->back,
                                          p->message, p->tried ? 1 : 0, p->tried);

        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_contradictions(sd_bus_message *m, const Place *places) {
        int r;

        if ((r = sd_bus_message_open_container(m, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append(m, "s", "contradictions")) < 0 ||
            (r = sd_bus_message_open_container(m, 'v', "a" FINDING)) < 0 ||
            (r = append_places(m, places)) < 0 || (r = sd_bus_message_close_container(m)) < 0)
                return r;

        return sd_bus_message_close_container(m);
}

static int append_details(sd_bus_message *m, bool is_self) {
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0 && scenario->details != DETAILS_NONE) {
                r = append_contradictions(m, scenario->contradictions);
                if (r >= 0)
                        r = sd_bus_message_append(m, "{sv}", "fingerprint", "s", FINGERPRINT);
                if (r >= 0)
                        r = sd_bus_message_append(m, "{sv}", "cases", "u", is_self ? 7168 : 1);
                if (r >= 0)
                        r = sd_bus_message_append(m, "{sv}", "capabilities", "as", 2, "irqchip",
                                                  "disable-exits.mwait");
        }
        if (r >= 0 && scenario->details != DETAILS_NONE && !is_self) {
                r = sd_bus_message_append(m, "{sv}", "verdict", "s", "needs-capabilities");
                if (r >= 0)
                        r = sd_bus_message_append(m, "{sv}", "needs", "as", 2, "hyperv",
                                                  "!pmu.disable");
        }
        if (r >= 0 && scenario->details == DETAILS_LATER)
                r = sd_bus_message_append(m, "{sv}", "weather", "(ss)", "fine", "warm");
        if (r >= 0 && scenario->details == DETAILS_WRONG_TYPE)
                r = sd_bus_message_append(m, "{sv}", "cases", "s", "several");

        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int reply_places(sd_bus_message *call, bool is_self) {
        sd_bus_message *reply = NULL;
        int r;

        if ((r = sd_bus_message_new_method_return(call, &reply)) >= 0 &&
            (r = sd_bus_message_append(reply, "s", scenario->outcome)) >= 0 &&
            (r = append_places(reply, scenario->places)) >= 0 &&
            (r = append_details(reply, is_self)) >= 0)
                r = sd_bus_message_send(reply);

        sd_bus_message_unref(reply);
        return r;
}

/* One line of what it was called with */
static int print_call(sd_bus_message *m, bool *ret_self) {
        g_autoptr(GString) line = g_string_new("Trial");
        const void *words;
        const char *key;
        size_t size;
        int r;

        r = sd_bus_message_read_array(m, 'u', &words, &size);
        if (r < 0)
                return r;
        g_string_append_printf(line, " words=%zu", size / sizeof(uint32_t));
        g_string_append_printf(line, " interactive=%d",
                               sd_bus_message_get_allow_interactive_authorization(m));

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                if ((r = sd_bus_message_read(m, "s", &key)) < 0 ||
                    (r = sd_bus_message_skip(m, "v")) < 0 ||
                    (r = sd_bus_message_exit_container(m)) < 0)
                        return r;
                g_string_append_printf(line, " %s", key);
                *ret_self = *ret_self || g_str_equal(key, "self");
        }

        puts(line->str);
        return r;
}

static int answer(sd_bus_message *m, bool is_self) {
        switch (scenario->end) {
        case END_ERROR:
                return sd_bus_reply_method_errorf(m, scenario->error, "%s", scenario->message);
        case END_TEXT_ALONE:
                return sd_bus_reply_method_return(m, "s", "kept");
        case END_OTHER_PLACES:
                return sd_bus_reply_method_return(m, "sa(us)a{sv}", "kept", 1, 7, "ebx", 0);
        case END_VANISH:
                _exit(EXIT_SUCCESS);
        case END_HOLD:
                g_ptr_array_add(held, sd_bus_message_ref(m));
                return 1;
        default:
                return reply_places(m, is_self);
        }
}

/* No method of the vtable, whose answers could not be of another type than it says */
static int on_call(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        bool is_self = false;
        int r;

        (void) userdata;
        (void) error;
        if (!sd_bus_message_is_method_call(m, CPUIDD_INTERFACE, "Trial"))
                return 0;

        r = print_call(m, &is_self);
        return r < 0 ? r : answer(m, is_self);
}

static int method_refresh(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void) userdata;
        (void) error;
        printf("Refresh interactive=%d\n", sd_bus_message_get_allow_interactive_authorization(m));
        if (scenario->end == END_HOLD)
                return 1;
        if (scenario->end == END_ERROR)
                return sd_bus_reply_method_errorf(m, scenario->error, "%s", scenario->message);
        return sd_bus_reply_method_return(m, "b", false);
}

static int method_scenario(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *name;
        int r;

        (void) userdata;
        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;

        for (size_t i = 0; i < G_N_ELEMENTS(scenarios); i++)
                if (g_str_equal(scenarios[i].name, name)) {
                        scenario = &scenarios[i];
                        return sd_bus_reply_method_return(m, "");
                }

        return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "there is no '%s'", name);
}

static int method_release(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void) userdata;
        (void) error;
        scenario = scenarios;
        for (size_t i = 0; i < held->len; i++)
                (void) answer(held->pdata[i], false);
        g_ptr_array_set_size(held, 0);
        return sd_bus_reply_method_return(m, "");
}

static int method_get_profile(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void) userdata;
        (void) error;
        return sd_bus_reply_method_return(
                m, "a{sv}", 2, "supported", "au", 7, 0, 0, 0, 1, 0x756e6547, 0x6c65746e, 0x49656e69,
                "host", "a{sv}", 5, "kernel", "s", "6.99.1", "modules", "as", 1, "kvm_made_up",
                "vendor", "s", "GenuineIntel", "family", "u", 6, "model", "u", 143);
}

static int method_get_cpuid(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void) userdata;
        (void) error;
        return sd_bus_reply_method_return(m, "au", 7, 0, 0, 0, 1, 0x756e6547, 0x6c65746e,
                                          0x49656e69);
}

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        (void) bus;
        (void) path;
        (void) interface;
        (void) userdata;
        (void) error;
        return sd_bus_message_append(reply, "s",
                                     g_str_equal(property, "Version") ? "9.9" : FINGERPRINT);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Refresh", "", "b", method_refresh, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Scenario", "s", "", method_scenario, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Release", "", "", method_release, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("GetProfile", "", "a{sv}", method_get_profile, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("GetCpuid", "as", "au", method_get_cpuid, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_PROPERTY("Version", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Fingerprint", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_VTABLE_END,
};

static int serve(sd_bus *bus) {
        int r;

        r = sd_bus_add_object_vtable(bus, NULL, CPUIDD_OBJECT_PATH, CPUIDD_INTERFACE, vtable, NULL);
        if (r < 0)
                return r;
        r = sd_bus_add_object(bus, NULL, CPUIDD_OBJECT_PATH, on_call, NULL);
        if (r < 0)
                return r;
        r = sd_bus_request_name(bus, CPUIDD_BUS_NAME, 0);
        if (r < 0)
                return r;

        puts("ready");
        for (;;) {
                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, UINT64_MAX);
                if (r < 0 && r != -EINTR)
                        return r == -ENOTCONN || r == -ECONNRESET ? 0 : r;
        }
}

int main(void) {
        sd_bus *bus = NULL;
        int r;

        (void) setvbuf(stdout, NULL, _IOLBF, 0);
        held = g_ptr_array_new_with_free_func((GDestroyNotify) sd_bus_message_unref);
        r = sd_bus_open_system(&bus);
        if (r >= 0)
                r = serve(bus);
        if (r < 0)
                fprintf(stderr, "fake-cpuidd: %s\n", g_strerror(-r));

        g_ptr_array_unref(held);
        sd_bus_flush_close_unref(bus);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
