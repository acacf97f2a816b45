/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The small questions about a host on the wire: GetCpuid, ListCapabilities, GetDelta, Refresh */

#include "client/lib/bus.h"

#include <errno.h>

#include "client/lib/capability.h"
#include "client/lib/private.h"
#include "policy/place.h"

uint32_t *bus_get_cpuid(Bus *bus, const char *const *capabilities, size_t *ret_n, GError **error) {
        g_autoptr(sd_bus_message) call = bus_message_new(bus, "GetCpuid", error);
        g_autoptr(sd_bus_message) reply = NULL;
        const void *words;
        size_t size;
        int r;

        if (!call)
                return NULL;

        r = sd_bus_message_append_strv(call, (char **) capabilities);
        if (r < 0) {
                (void) bus_set_error_write(error, "GetCpuid", r);
                return NULL;
        }

        reply = bus_call(bus, call, error);
        if (!reply)
                return NULL;

        r = sd_bus_message_read_array(reply, 'u', &words, &size);
        if (r < 0) {
                (void) bus_set_error_read(error, "GetCpuid", r);
                return NULL;
        }

        *ret_n = size / sizeof(uint32_t);
        return size > 0 ? g_memdup2(words, size) : g_new0(uint32_t, 1);
}

static int read_capabilities(sd_bus_message *m, GPtrArray *capabilities) {
        const char *name, *summary;
        uint64_t value;
        int r, has;

        r = sd_bus_message_enter_container(m, 'a', "(sbts)");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(m, "(sbts)", &name, &has, &value, &summary)) > 0)
                g_ptr_array_add(capabilities,
                                capability_public_new(name, summary,
                                                      has ? CPUIDD_KNOWN_YES : CPUIDD_KNOWN_NO,
                                                      value));

        return r < 0 ? r : sd_bus_message_exit_container(m);
}

GPtrArray *bus_list_capabilities(Bus *bus, GError **error) {
        g_autoptr(sd_bus_message) reply = bus_ask(bus, "ListCapabilities", NULL, error);
        g_autoptr(GPtrArray) capabilities = g_ptr_array_new_with_free_func(capability_public_free);
        int r;

        if (!reply)
                return NULL;

        r = read_capabilities(reply, capabilities);
        if (r < 0) {
                (void) bus_set_error_read(error, "ListCapabilities", r);
                return NULL;
        }

        return g_steal_pointer(&capabilities);
}

static int read_delta(sd_bus_message *m, const char *capability, GPtrArray *operations) {
        CpuiddOperation read = {};
        const char *operation;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(uuyyyst)");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(m, "(uuyyyst)", &read.leaf, &read.subleaf, &read.reg,
                                        &read.low, &read.high, &operation, &read.value)) > 0) {
                if (read.reg >= N_REGISTERS || read.high > 31 || read.low > read.high)
                        return -EBADMSG;
                g_ptr_array_add(operations, operation_new(capability, operation, &read));
        }

        return r < 0 ? r : sd_bus_message_exit_container(m);
}

GPtrArray *bus_get_delta(Bus *bus, const char *capability, GError **error) {
        g_autoptr(sd_bus_message) reply = bus_ask(bus, "GetDelta", capability, error);
        g_autoptr(GPtrArray) operations = g_ptr_array_new_with_free_func(operation_free);
        int r;

        if (!reply)
                return NULL;

        r = read_delta(reply, capability, operations);
        if (r < 0) {
                (void) bus_set_error_read(error, "GetDelta", r);
                return NULL;
        }

        return g_steal_pointer(&operations);
}

bool bus_refresh(Bus *bus, bool *ret_changed, GError **error) {
        g_autoptr(sd_bus_message) call = bus_message_new(bus, "Refresh", error);
        g_autoptr(sd_bus_message) reply = NULL;
        int r, changed;

        if (!call)
                return false;

        reply = bus_call_privileged(bus, call, BUS_TIMEOUT_SEC, error);
        if (!reply)
                return false;

        r = sd_bus_message_read(reply, "b", &changed);
        if (r < 0)
                return bus_set_error_read(error, "Refresh", r);

        if (ret_changed)
                *ret_changed = changed;
        return true;
}
