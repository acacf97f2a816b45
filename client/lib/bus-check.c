/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Check and CheckMany on the wire */

#include "client/lib/bus.h"

#include <errno.h>

#include "client/lib/private.h"
#include "policy/coverage.h"

/* An entry of the options: two containers to be closed */
static int open_option(sd_bus_message *m, const char *name, const char *type) {
        int r;

        r = sd_bus_message_open_container(m, 'e', "sv");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", name);
        if (r < 0)
                return r;
        return sd_bus_message_open_container(m, 'v', type);
}

static int close_containers(sd_bus_message *m, unsigned n) {
        for (unsigned i = 0; i < n; i++) {
                int r = sd_bus_message_close_container(m);

                if (r < 0)
                        return r;
        }

        return 0;
}

/* One whose value is an a{ut}: three containers to be closed */
static int open_msrs(sd_bus_message *m, const char *name) {
        int r = open_option(m, name, "a{ut}");

        return r < 0 ? r : sd_bus_message_open_container(m, 'a', "{ut}");
}

static int append_msrs(sd_bus_message *m, const CpuiddGuest *guest) {
        g_autoptr(GArray) indexes = cpuidd_guest_list_msrs(guest);
        int r;

        if (indexes->len == 0)
                return 0;

        r = open_msrs(m, "msrs");
        if (r < 0)
                return r;

        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                uint64_t value = 0;

                (void) cpuidd_guest_get_msr(guest, index, &value);
                r = sd_bus_message_append(m, "{ut}", index, value);
                if (r < 0)
                        return r;
        }

        return close_containers(m, 3);
}

static int append_unknown_msrs(sd_bus_message *m, const CpuiddGuest *guest) {
        const Unknown *unknown = guest->guest->unknown;
        int r;

        if (unknown_n_msrs(unknown) == 0)
                return 0;

        r = open_msrs(m, "unknown_msrs");
        if (r < 0)
                return r;

        for (size_t i = 0; i < unknown_n_msrs(unknown); i++) {
                r = sd_bus_message_append(m, "{ut}", unknown_msr_at(unknown, i)->index,
                                          unknown_msr_at(unknown, i)->mask);
                if (r < 0)
                        return r;
        }

        return close_containers(m, 3);
}

static int append_capabilities(sd_bus_message *m, const CpuiddGuest *guest) {
        g_auto(GStrv) capabilities = cpuidd_guest_get_capabilities(guest);
        int r;

        r = open_option(m, "capabilities", "as");
        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, capabilities);
        return r < 0 ? r : close_containers(m, 2);
}

static int append_unknown(sd_bus_message *m, const CpuiddGuest *guest) {
        const Unknown *unknown = guest->guest->unknown;
        int r;

        if (unknown_size(unknown) == 0)
                return 0;

        r = open_option(m, "unknown", "au");
        if (r < 0)
                return r;
        r = sd_bus_message_append_array(m, 'u', unknown_words(unknown),
                                        unknown_size(unknown) * sizeof(UnknownSpan));
        return r < 0 ? r : close_containers(m, 2);
}

static int append_options(sd_bus_message *m, const CpuiddGuest *guest, CpuiddCheckFlags flags) {
        uint64_t tsc_khz = cpuidd_guest_get_tsc_khz(guest);
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        r = append_capabilities(m, guest);
        if (r < 0)
                return r;
        r = append_msrs(m, guest);
        if (r < 0)
                return r;
        r = append_unknown(m, guest);
        if (r < 0)
                return r;
        r = append_unknown_msrs(m, guest);
        if (r < 0)
                return r;

        if (tsc_khz > 0) {
                r = sd_bus_message_append(m, "{sv}", "tsc_khz", "t", tsc_khz);
                if (r < 0)
                        return r;
        }
        if (flags & CPUIDD_CHECK_STRICT) {
                r = sd_bus_message_append(m, "{sv}", "strict", "b", true);
                if (r < 0)
                        return r;
        }
        if (flags & CPUIDD_CHECK_VERDICT_ONLY) {
                r = sd_bus_message_append(m, "{sv}", "verdict_only", "b", true);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(m);
}

int bus_append_guest(sd_bus_message *m, const CpuiddGuest *guest, CpuiddCheckFlags flags) {
        size_t n;
        const uint32_t *words = cpuidd_guest_get_words(guest, &n);
        int r;

        r = sd_bus_message_append_array(m, 'u', words, n * sizeof(*words));
        return r < 0 ? r : append_options(m, guest, flags);
}

static char *where_of(const CpuiddFinding *finding) {
        Finding policy = {
                .leaf = finding->leaf,
                .subleaf = finding->subleaf,
                .reg = finding->reg,
                .low = finding->low,
                .high = finding->high,
                .field = finding->field,
        };

        return finding_where(&policy);
}

/* Whether it is about what a place can be of: a register of a row, an MSR, the TSC, a capability */
static bool has_place(const CpuiddFinding *finding) {
        return finding->reg <= FINDING_CAPABILITY && finding->low <= finding->high &&
                finding->high < (finding->reg < N_REGISTERS ? 32 : 64);
}

int bus_read_finding(sd_bus_message *m, CpuiddFinding *ret) {
        const char *field, *rule, *severity, *cause, *message;
        CpuiddFinding read = {};
        g_auto(GStrv) remedy = NULL;
        int r;

        r = sd_bus_message_enter_container(m, 'r', "uuyyyssssttsas");
        if (r <= 0)
                return r;
        r = sd_bus_message_read(m, "uuyyysssstts", &read.leaf, &read.subleaf, &read.reg, &read.low,
                                &read.high, &field, &rule, &severity, &cause, &read.guest,
                                &read.host, &message);
        if (r < 0)
                return r;
        r = sd_bus_message_read_strv(m, &remedy);
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        if (!has_place(&read))
                return -EBADMSG;

        read.field = g_strdup(field);
        read.rule = g_strdup(rule);
        read.severity = g_strdup(severity);
        read.cause = g_strdup(cause);
        read.message = g_strdup(message);
        read.remedy = (const char *const *) (g_steal_pointer(&remedy) ?: g_new0(char *, 1));
        read.where = where_of(&read);
        *ret = read;
        return 1;
}

static int read_verdict(sd_bus_message *m, const CpuiddHost *host, const CpuiddGuest *guest,
                        const char *fingerprint, CpuiddVerdict **ret) {
        g_autoptr(CpuiddVerdict) verdict = NULL;
        g_autoptr(Unknown) unchecked = coverage_find(guest->guest, NULL);
        CpuiddFinding finding;
        const char *word;
        char **needs = NULL;
        int r;

        r = sd_bus_message_read(m, "s", &word);
        if (r < 0)
                return r;
        verdict = verdict_new(host, guest, word, fingerprint);
        verdict_take_unchecked(verdict, unknown_to_texts(unchecked));

        r = sd_bus_message_read_strv(m, &needs);
        if (r < 0)
                return r;
        verdict_take_needs(verdict, needs ?: g_new0(char *, 1));

        r = sd_bus_message_enter_container(m, 'a', "(uuyyyssssttsas)");
        if (r < 0)
                return r;
        while ((r = bus_read_finding(m, &finding)) > 0)
                verdict_take_finding(verdict, g_memdup2(&finding, sizeof(finding)));
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&verdict);
        return 0;
}

static int append_many(sd_bus_message *m, CpuiddGuest *const *guests, size_t n_guests,
                       CpuiddCheckFlags flags) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "(aua{sv})");
        if (r < 0)
                return r;

        for (size_t i = 0; i < n_guests; i++) {
                r = sd_bus_message_open_container(m, 'r', "aua{sv}");
                if (r < 0)
                        return r;
                r = bus_append_guest(m, guests[i], flags);
                if (r < 0)
                        return r;
                r = sd_bus_message_close_container(m);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(m);
}

static int read_many(sd_bus_message *m, const CpuiddHost *host, CpuiddGuest *const *guests,
                     size_t n_guests, const char *fingerprint, GPtrArray *verdicts) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(sasa(uuyyyssssttsas))");
        if (r < 0)
                return r;

        for (size_t i = 0; i < n_guests; i++) {
                CpuiddVerdict *verdict = NULL;

                r = sd_bus_message_enter_container(m, 'r', "sasa(uuyyyssssttsas)");
                if (r <= 0)
                        return r < 0 ? r : -EBADMSG;
                r = read_verdict(m, host, guests[i], fingerprint, &verdict);
                if (r < 0)
                        return r;
                g_ptr_array_add(verdicts, verdict);
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_exit_container(m);
}

static bool check_one(const CpuiddHost *host, const CpuiddGuest *guest, CpuiddCheckFlags flags,
                      const char *fingerprint, GPtrArray *verdicts, GError **error) {
        g_autoptr(sd_bus_message) call = bus_message_new(host->bus, "Check", error);
        g_autoptr(sd_bus_message) reply = NULL;
        CpuiddVerdict *verdict = NULL;
        int r;

        if (!call)
                return false;

        r = bus_append_guest(call, guest, flags);
        if (r < 0)
                return bus_set_error_write(error, "Check", r);

        reply = bus_call(host->bus, call, error);
        if (!reply)
                return false;

        r = read_verdict(reply, host, guest, fingerprint, &verdict);
        if (r < 0)
                return bus_set_error_read(error, "Check", r);

        g_ptr_array_add(verdicts, verdict);
        return true;
}

static bool check_many(const CpuiddHost *host, CpuiddGuest *const *guests, size_t n_guests,
                       CpuiddCheckFlags flags, const char *fingerprint, GPtrArray *verdicts,
                       GError **error) {
        g_autoptr(sd_bus_message) call = bus_message_new(host->bus, "CheckMany", error);
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        if (!call)
                return false;

        r = append_many(call, guests, n_guests, flags);
        if (r < 0)
                return bus_set_error_write(error, "CheckMany", r);

        reply = bus_call(host->bus, call, error);
        if (!reply)
                return false;

        r = read_many(reply, host, guests, n_guests, fingerprint, verdicts);
        return r >= 0 || bus_set_error_read(error, "CheckMany", r);
}

GPtrArray *bus_check(const CpuiddHost *host, CpuiddGuest *const *guests, size_t n_guests,
                     CpuiddCheckFlags flags, GError **error) {
        g_autofree char *fingerprint = bus_get_text(host->bus, "Fingerprint", error);
        g_autoptr(GPtrArray) verdicts =
                g_ptr_array_new_with_free_func((GDestroyNotify) cpuidd_verdict_unref);

        if (!fingerprint)
                return NULL;

        for (size_t i = 0; i < n_guests; i += BUS_CHECK_MANY_MAX) {
                size_t n = MIN(n_guests - i, BUS_CHECK_MANY_MAX);
                bool ok = n_guests == 1 ?
                        check_one(host, guests[0], flags, fingerprint, verdicts, error) :
                        check_many(host, guests + i, n, flags, fingerprint, verdicts, error);

                if (!ok)
                        return NULL;
        }

        return g_steal_pointer(&verdicts);
}
