/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What clients send. Everything that they can make us keep is bounded here, and what is refused is
 * refused by its name or number. */

#include "daemon/bus/wire.h"

#include <errno.h>
#include <string.h>

#include "daemon/bus/bus-error.h"

typedef struct GuestReader {
        Guest *guest;
        Unknown *unknown;
        CheckFlags flags;
} GuestReader;

/* Of one entry of a{ut} */
typedef void (*TakeMsr)(GuestReader *reader, uint32_t index, uint64_t value);

typedef struct Option {
        const char *name;
        const char *type;
        int (*read)(sd_bus_message *m, GuestReader *reader, GError **error);
} Option;

/* A refusal repeats the name, and goes over the bus again. */
static bool name_is_bearable(const char *name, GError **error) {
        size_t n = strlen(name);

        if (n <= WIRE_NAME_MAX)
                return true;

        g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_TOO_LARGE,
                    "a name of %zu characters, expected at most %d", n, WIRE_NAME_MAX);
        return false;
}

static int read_table(sd_bus_message *m, LeafTable **ret, GError **error) {
        const void *words;
        LeafTable *table;
        size_t size, n_rows;
        int r;

        r = sd_bus_message_read_array(m, 'u', &words, &size);
        if (r < 0)
                return r;

        n_rows = size / sizeof(Leaf);
        if (n_rows > LEAF_TABLE_MAX) {
                g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_TOO_LARGE,
                            "a table of %zu rows is too large: KVM takes at most %d", n_rows,
                            LEAF_TABLE_MAX);
                return -EINVAL;
        }

        table = leaf_table_new_from_words(words, size / sizeof(uint32_t), error);
        if (!table)
                return -EINVAL;

        *ret = table;
        return 0;
}

int wire_read_capabilities(sd_bus_message *m, CapabilitySet *ret, GError **error) {
        CapabilitySet set = 0;
        const char *name;
        size_t n = 0;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "s");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read_basic(m, 's', &name)) > 0) {
                if (++n > WIRE_CAPABILITIES_MAX) {
                        g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_TOO_LARGE,
                                    "more than %d capabilities", WIRE_CAPABILITIES_MAX);
                        return -EINVAL;
                }
                if (!name_is_bearable(name, error) || !capability_set_add(&set, name, error))
                        return -EINVAL;
        }
        if (r < 0)
                return r;

        *ret = set;
        return sd_bus_message_exit_container(m);
}

int wire_read_capability(sd_bus_message *m, const Capability **ret, GError **error) {
        CapabilitySet set = 0;
        const char *name;
        int r;

        r = sd_bus_message_read_basic(m, 's', &name);
        if (r < 0)
                return r;

        if (!name_is_bearable(name, error) || !capability_set_add(&set, name, error))
                return -EINVAL;

        *ret = capability_find(name);
        return 0;
}

static int read_capabilities(sd_bus_message *m, GuestReader *reader, GError **error) {
        return wire_read_capabilities(m, &reader->guest->capabilities, error);
}

static int read_each_msr(sd_bus_message *m, GuestReader *reader, TakeMsr take, GError **error) {
        uint32_t index;
        uint64_t value;
        size_t n = 0;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{ut}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(m, "{ut}", &index, &value)) > 0) {
                if (++n > WIRE_MSRS_MAX) {
                        g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_TOO_LARGE,
                                    "more than %d MSRs", WIRE_MSRS_MAX);
                        return -EINVAL;
                }
                take(reader, index, value);
        }

        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static void take_msr(GuestReader *reader, uint32_t index, uint64_t value) {
        guest_set_msr(reader->guest, index, value);
}

static int read_msrs(sd_bus_message *m, GuestReader *reader, GError **error) {
        return read_each_msr(m, reader, take_msr, error);
}

static void take_unknown_msr(GuestReader *reader, uint32_t index, uint64_t mask) {
        unknown_add_msr(reader->unknown, index, mask);
}

static int read_unknown_msrs(sd_bus_message *m, GuestReader *reader, GError **error) {
        return read_each_msr(m, reader, take_unknown_msr, error);
}

static int read_tsc_khz(sd_bus_message *m, GuestReader *reader, GError **error) {
        (void) error;
        return sd_bus_message_read_basic(m, 't', &reader->guest->tsc_khz);
}

static int read_unknown(sd_bus_message *m, GuestReader *reader, GError **error) {
        g_autoptr(Unknown) unknown = NULL;
        const void *words;
        size_t size;
        int r;

        r = sd_bus_message_read_array(m, 'u', &words, &size);
        if (r < 0)
                return r;

        unknown = unknown_new_from_words(words, size / sizeof(uint32_t), error);
        if (!unknown) {
                g_prefix_error(error, "option 'unknown': ");
                return -EINVAL;
        }

        unknown_add_all(reader->unknown, unknown);
        return 0;
}

static int read_flag(sd_bus_message *m, GuestReader *reader, CheckFlags flag) {
        int r, is_set;

        r = sd_bus_message_read_basic(m, 'b', &is_set);
        if (r < 0)
                return r;

        if (is_set)
                reader->flags |= flag;
        return 0;
}

static int read_strict(sd_bus_message *m, GuestReader *reader, GError **error) {
        (void) error;
        return read_flag(m, reader, CHECK_STRICT);
}

static int read_verdict_only(sd_bus_message *m, GuestReader *reader, GError **error) {
        (void) error;
        return read_flag(m, reader, CHECK_VERDICT_ONLY);
}

static const Option options[] = {
        { "capabilities", "as", read_capabilities },
        { "msrs", "a{ut}", read_msrs },
        { "strict", "b", read_strict },
        { "tsc_khz", "t", read_tsc_khz },
        { "unknown", "au", read_unknown },
        { "unknown_msrs", "a{ut}", read_unknown_msrs },
        { "verdict_only", "b", read_verdict_only },
};

static const Option *find_option(const char *name, GError **error) {
        for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
                if (strcmp(options[i].name, name) == 0)
                        return &options[i];

        g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_OPTION,
                    "there is no option '%s'; expected capabilities, msrs, strict, tsc_khz, "
                    "unknown, unknown_msrs or verdict_only",
                    name);
        return NULL;
}

static int read_option_value(sd_bus_message *m, const Option *option, GuestReader *reader,
                             GError **error) {
        const char *type;
        int r;

        r = sd_bus_message_peek_type(m, NULL, &type);
        if (r < 0)
                return r;

        if (strcmp(type, option->type) != 0) {
                g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_ARGUMENT,
                            "option '%s' has the type '%s', expected '%s'", option->name, type,
                            option->type);
                return -EINVAL;
        }

        r = sd_bus_message_enter_container(m, 'v', type);
        if (r < 0)
                return r;
        r = option->read(m, reader, error);
        if (r < 0)
                return r;
        return sd_bus_message_exit_container(m);
}

static int read_option(sd_bus_message *m, GuestReader *reader, unsigned *seen, GError **error) {
        const Option *option;
        const char *name;
        int r;

        r = sd_bus_message_read_basic(m, 's', &name);
        if (r < 0)
                return r;
        option = name_is_bearable(name, error) ? find_option(name, error) : NULL;
        if (!option)
                return -EINVAL;

        /* Also what keeps a dictionary short */
        if (*seen & (1u << (option - options))) {
                g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_ARGUMENT,
                            "option '%s' is given twice", name);
                return -EINVAL;
        }
        *seen |= 1u << (option - options);

        r = read_option_value(m, option, reader, error);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_options(sd_bus_message *m, GuestReader *reader, GError **error) {
        unsigned seen = 0;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_option(m, reader, &seen, error);
                if (r < 0)
                        return r;
        }

        return r < 0 ? r : sd_bus_message_exit_container(m);
}

int wire_read_guest(sd_bus_message *m, Guest **ret, CheckFlags *ret_flags, GError **error) {
        LeafTable *table = NULL;
        g_autoptr(Unknown) unknown = unknown_new();
        g_autoptr(Guest) guest = NULL;
        GuestReader reader = { .unknown = unknown };
        int r;

        r = read_table(m, &table, error);
        if (r < 0)
                return r;

        guest = guest_new(table);
        reader.guest = guest;
        r = read_options(m, &reader, error);
        if (r < 0)
                return r;

        if (!unknown_is_empty(unknown))
                guest_take_unknown(guest, g_steal_pointer(&unknown));
        *ret = g_steal_pointer(&guest);
        *ret_flags = reader.flags;
        return 0;
}
