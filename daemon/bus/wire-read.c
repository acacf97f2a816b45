/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What clients send. Everything that they can make us keep is bounded here, and what is refused is
 * refused by its name or number. */

#include "daemon/bus/wire.h"

#include <errno.h>
#include <string.h>

#include "daemon/bus/bus-error.h"

typedef enum Method {
        FOR_CHECK = 1 << 0,
        FOR_TRIAL = 1 << 1,
} Method;

typedef struct GuestReader {
        Method method;
        Guest *guest;
        Unknown *unknown;
        CheckFlags flags;
        bool is_self;
        unsigned seen; /* options, by their place in the table */
} GuestReader;

/* Of one entry of a{ut} */
typedef void (*TakeMsr)(GuestReader *reader, uint32_t index, uint64_t value);

typedef struct Option {
        const char *name;
        const char *type;
        int methods;
        bool is_of_guest; /* and not of the question */
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

static int read_self(sd_bus_message *m, GuestReader *reader, GError **error) {
        int r, is_set;

        (void) error;
        r = sd_bus_message_read_basic(m, 'b', &is_set);
        if (r < 0)
                return r;

        reader->is_self = is_set;
        return 0;
}

static const Option options[] = {
        { "capabilities", "as", FOR_CHECK | FOR_TRIAL, true, read_capabilities },
        { "msrs", "a{ut}", FOR_CHECK | FOR_TRIAL, true, read_msrs },
        { "self", "b", FOR_TRIAL, false, read_self },
        { "strict", "b", FOR_CHECK | FOR_TRIAL, false, read_strict },
        { "tsc_khz", "t", FOR_CHECK | FOR_TRIAL, true, read_tsc_khz },
        { "unknown", "au", FOR_CHECK | FOR_TRIAL, true, read_unknown },
        { "unknown_msrs", "a{ut}", FOR_CHECK | FOR_TRIAL, true, read_unknown_msrs },
        { "verdict_only", "b", FOR_CHECK, false, read_verdict_only },
};

/* "capabilities, msrs or strict" */
static char *list_options(Method method) {
        GString *text = g_string_new(NULL);
        const char *last = NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
                if (!(options[i].methods & method))
                        continue;
                if (last)
                        g_string_append_printf(text, "%s%s", text->len ? ", " : "", last);
                last = options[i].name;
        }

        g_string_append_printf(text, " or %s", last);
        return g_string_free(text, FALSE);
}

static const Option *find_option(const char *name, Method method, GError **error) {
        g_autofree char *expected = NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
                if ((options[i].methods & method) && strcmp(options[i].name, name) == 0)
                        return &options[i];

        expected = list_options(method);
        g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_OPTION,
                    "there is no option '%s'; expected %s", name, expected);
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

static int read_option(sd_bus_message *m, GuestReader *reader, GError **error) {
        const Option *option;
        const char *name;
        int r;

        r = sd_bus_message_read_basic(m, 's', &name);
        if (r < 0)
                return r;
        option = name_is_bearable(name, error) ? find_option(name, reader->method, error) : NULL;
        if (!option)
                return -EINVAL;

        /* Also what keeps a dictionary short */
        if (reader->seen & (1u << (option - options))) {
                g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_ARGUMENT,
                            "option '%s' is given twice", name);
                return -EINVAL;
        }
        reader->seen |= 1u << (option - options);

        r = read_option_value(m, option, reader, error);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_options(sd_bus_message *m, GuestReader *reader, GError **error) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_option(m, reader, error);
                if (r < 0)
                        return r;
        }

        return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* A question about the host itself says nothing of a guest. */
static bool self_is_alone(const GuestReader *reader, GError **error) {
        if (leaf_table_size(reader->guest->table) > 0) {
                g_set_error_literal(error, SERVICE_ERROR, SERVICE_ERROR_ARGUMENT,
                                    "option 'self' goes with an empty table: it is about this host "
                                    "and no guest");
                return false;
        }

        for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
                if (options[i].is_of_guest && (reader->seen & (1u << i))) {
                        g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_ARGUMENT,
                                    "option '%s' does not go with 'self', which is about this host "
                                    "and no guest",
                                    options[i].name);
                        return false;
                }

        return true;
}

static int read_guest(sd_bus_message *m, Method method, Guest **ret, CheckFlags *ret_flags,
                      GError **error) {
        LeafTable *table = NULL;
        g_autoptr(Unknown) unknown = unknown_new();
        g_autoptr(Guest) guest = NULL;
        GuestReader reader = { .method = method, .unknown = unknown };
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
        if (reader.is_self && !self_is_alone(&reader, error))
                return -EINVAL;
        *ret = reader.is_self ? NULL : g_steal_pointer(&guest);
        *ret_flags = reader.flags;
        return 0;
}

int wire_read_guest(sd_bus_message *m, Guest **ret, CheckFlags *ret_flags, GError **error) {
        return read_guest(m, FOR_CHECK, ret, ret_flags, error);
}

int wire_read_trial(sd_bus_message *m, Guest **ret, CheckFlags *ret_flags, GError **error) {
        return read_guest(m, FOR_TRIAL, ret, ret_flags, error);
}
