/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Trial on the wire */

#include "client/lib/bus.h"

#include <errno.h>

#include "client/lib/private.h"

typedef void (*TakeFunc)(CpuiddTrial *trial, CpuiddFinding *from);

/* No guest: an empty table, and the option that says so */
static int append_self(sd_bus_message *m) {
        int r;

        r = sd_bus_message_append_array(m, 'u', NULL, 0);
        return r < 0 ? r : sd_bus_message_append(m, "a{sv}", 1, "self", "b", true);
}

static int append(sd_bus_message *m, const CpuiddGuest *guest, CpuiddTryFlags flags) {
        if (!guest)
                return append_self(m);

        return bus_append_guest(
                m, guest, flags & CPUIDD_TRY_STRICT ? CPUIDD_CHECK_STRICT : CPUIDD_CHECK_DEFAULT);
}

static int read_findings(sd_bus_message *m, CpuiddTrial *trial, TakeFunc take) {
        CpuiddFinding finding;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(uuyyyssssttsas)");
        if (r < 0)
                return r;
        while ((r = bus_read_finding(m, &finding)) > 0)
                take(trial, &finding);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_text(sd_bus_message *m, char **ret) {
        const char *text;
        int r;

        r = sd_bus_message_read(m, "s", &text);
        if (r < 0)
                return r;

        g_free(*ret);
        *ret = g_strdup(text);
        return 0;
}

static int read_names(sd_bus_message *m, char ***ret) {
        char **names = NULL;
        int r;

        r = sd_bus_message_read_strv(m, &names);
        if (r < 0)
                return r;

        g_strfreev(*ret);
        *ret = names ?: g_new0(char *, 1);
        return 0;
}

static int read_verdict(sd_bus_message *m, CpuiddTrial *trial) {
        return read_text(m, &trial->verdict);
}

static int read_needs(sd_bus_message *m, CpuiddTrial *trial) {
        return read_names(m, &trial->needs);
}

static int read_contradictions(sd_bus_message *m, CpuiddTrial *trial) {
        return read_findings(m, trial, trial_take_contradiction);
}

static int read_capabilities(sd_bus_message *m, CpuiddTrial *trial) {
        return read_names(m, &trial->capabilities);
}

static int read_fingerprint(sd_bus_message *m, CpuiddTrial *trial) {
        return read_text(m, &trial->fingerprint);
}

static int read_cases(sd_bus_message *m, CpuiddTrial *trial) {
        return sd_bus_message_read(m, "u", &trial->n_tables);
}

typedef struct Detail {
        const char *key;
        const char *type;
        int (*read)(sd_bus_message *m, CpuiddTrial *trial);
} Detail;

/* What else a later daemon says is passed over. */
static const Detail details[] = {
        { "verdict", "s", read_verdict },
        { "needs", "as", read_needs },
        { "contradictions", "a(uuyyyssssttsas)", read_contradictions },
        { "capabilities", "as", read_capabilities },
        { "fingerprint", "s", read_fingerprint },
        { "cases", "u", read_cases },
};

static int read_value(sd_bus_message *m, const char *key, void *userdata) {
        CpuiddTrial *trial = userdata;
        int r;

        for (size_t i = 0; i < G_N_ELEMENTS(details); i++) {
                if (!g_str_equal(details[i].key, key))
                        continue;

                r = sd_bus_message_enter_container(m, 'v', details[i].type);
                if (r < 0)
                        return r;
                r = details[i].read(m, trial);
                return r < 0 ? r : sd_bus_message_exit_container(m);
        }

        return sd_bus_message_skip(m, "v");
}

static int read_trial(sd_bus_message *m, CpuiddTrial *trial) {
        int r;

        r = read_text(m, &trial->outcome);
        if (r < 0)
                return r;
        r = read_findings(m, trial, trial_take_place);
        return r < 0 ? r : bus_read_dict(m, "sv", read_value, trial);
}

CpuiddTrial *bus_try(const CpuiddHost *host, const CpuiddGuest *guest, CpuiddTryFlags flags,
                     GError **error) {
        g_autoptr(sd_bus_message) call = bus_message_new(host->bus, "Trial", error);
        g_autoptr(sd_bus_message) reply = NULL;
        g_autoptr(CpuiddTrial) trial = NULL;
        int r;

        if (!call)
                return NULL;

        r = append(call, guest, flags);
        if (r < 0) {
                (void) bus_set_error_write(error, "Trial", r);
                return NULL;
        }

        reply = bus_call_privileged(
                host->bus, call, guest ? BUS_TRIAL_TIMEOUT_SEC : BUS_SELF_TRIAL_TIMEOUT_SEC, error);
        if (!reply)
                return NULL;

        trial = trial_new(host, guest);
        r = read_trial(reply, trial);
        if (r < 0) {
                (void) bus_set_error_read(error, "Trial", r);
                return NULL;
        }

        return g_steal_pointer(&trial);
}
