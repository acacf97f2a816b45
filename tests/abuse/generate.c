/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Numbers at the edges of their types and of CPUID's, words that are words of ours or would do harm
 * where they are taken for a format, a path or a line. */

#include "tests/abuse/generate.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define N_VARIANTS_MAX 4
#define N_INSIDE_MAX 17u
#define N_WORDS_MAX (257u * 7)

/* About as many bytes as one message has: 32 MiB would have dbus-daemon cut off the sender. */
#define SIZE_MAX_BYTES (4 * 1024 * 1024)

typedef struct Generator {
        sd_bus_message *m;
        GRand *random;
        unsigned n_max;                /* elements of an array that is in none */
        unsigned n_arrays, n_variants; /* that are open */
        size_t n_left;                 /* bytes */
} Generator;

static const uint64_t numbers[] = {
        0,          1,          2,          3,          6,          7,
        13,         0x1d,       0x10a,      0x7fffffff, 0x80000000, 0x80000001,
        0x40000000, 0x4000000d, 0x80000008, 0xfffffffe, UINT32_MAX, UINT64_C(1) << 32,
        INT64_MAX,  UINT64_MAX,
};

static const char *const words[] = {
        "",
        "capabilities",
        "msrs",
        "self",
        "strict",
        "tsc_khz",
        "unknown",
        "unknown_msrs",
        "verdict_only",
        "irqchip",
        "disable-exits.mwait",
        "hyperv.evmcs",
        "xcomp.amx",
        "vm-type.tdx",
        "%s%n%x%5000000d",
        "../../../../etc/passwd",
        "\033[2J\033]0;title\007",
        "line\nREADY=1\r\nMESSAGE_ID=0",
        "\303\274\344\270\255\360\237\230\200",
        "\302\233"
        "31m",
        "-1",
        "99999999999999999999",
};

static const char *const types[] = { "y",       "b",          "n",         "q",    "i",
                                     "u",       "x",          "t",         "d",    "s",
                                     "o",       "g",          "v",         "as",   "au",
                                     "ay",      "a{sv}",      "a{ut}",     "(uu)", "a(uu)",
                                     "aua{sv}", "a(aua{sv})", "a{sa{sv}}", "av",   "aas" };

size_t generate_type_length(const char *signature) {
        size_t n = 1;

        if (signature[0] == 'a')
                return 1 + generate_type_length(signature + 1);
        if (signature[0] != '(' && signature[0] != '{')
                return 1;

        while (signature[n] != ')' && signature[n] != '}')
                n += generate_type_length(signature + n);
        return n + 1;
}

static size_t choose(const Generator *g, size_t n) {
        return g_rand_int_range(g->random, 0, n);
}

static void spend(Generator *g, size_t n) {
        g->n_left -= MIN(n, g->n_left);
}

static uint64_t choose_number(const Generator *g) {
        if (choose(g, 3) == 0)
                return (uint64_t) g_rand_int(g->random) << 32 | g_rand_int(g->random);
        return numbers[choose(g, G_N_ELEMENTS(numbers))];
}

static int append_word(Generator *g) {
        const char *word = words[choose(g, G_N_ELEMENTS(words))];
        g_autofree char *long_word = NULL;

        if (choose(g, 16) == 0)
                long_word = g_strnfill(MIN(g->n_left, 200 + choose(g, 70000)), 'w');
        if (long_word)
                spend(g, strlen(long_word));
        return sd_bus_message_append_basic(g->m, 's', long_word ?: word);
}

static int append_basic(Generator *g, char type) {
        static const char *const paths[] = { "/", "/org/cpuidd1", "/a/b_c/0" };
        static const char *const signatures[] = { "", "aua{sv}", "a(aua{sv})", "(yyyy)" };
        /* All integers are their low bytes, and those come first here. */
        const uint64_t number = choose_number(g);
        const double fraction = g_rand_double(g->random);
        const int truth = number & 1;

        spend(g, sizeof(number));
        switch (type) {
        case 's':
                return append_word(g);
        case 'o':
                return sd_bus_message_append_basic(g->m, type, paths[number % G_N_ELEMENTS(paths)]);
        case 'g':
                return sd_bus_message_append_basic(g->m, type,
                                                   signatures[number % G_N_ELEMENTS(signatures)]);
        case 'b':
                return sd_bus_message_append_basic(g->m, type, &truth);
        case 'd':
                return sd_bus_message_append_basic(g->m, type, &fraction);
        case 'h':
                return -EOPNOTSUPP;
        default:
                return sd_bus_message_append_basic(g->m, type, &number);
        }
}

static int append_one(Generator *g, const char *type);

static int append_each(Generator *g, const char *signature) {
        while (*signature) {
                size_t n = generate_type_length(signature);
                g_autofree char *type = g_strndup(signature, n);
                int r = append_one(g, type);

                if (r < 0)
                        return r;
                signature += n;
        }

        return 0;
}

static size_t choose_length(const Generator *g, size_t n_max) {
        static const size_t lengths[] = { 0, 1, 2, 7, 14, 255, 256, 257, 1024, 1025, 4097 };
        size_t n = choose(g, 2) ? lengths[choose(g, G_N_ELEMENTS(lengths))] : choose(g, 70);

        return MIN(MIN(n, n_max), g->n_left / sizeof(uint64_t));
}

/* The words of a table, all at once: they are many. Most are whole rows. */
static int append_table(Generator *g) {
        size_t n = choose(g, 2) ? choose_length(g, N_WORDS_MAX) : 7 * choose_length(g, 256);
        g_autofree uint32_t *table = g_new(uint32_t, n + 1);

        for (size_t i = 0; i < n; i++)
                table[i] = choose_number(g);
        spend(g, n * sizeof(*table));
        return sd_bus_message_append_array(g->m, 'u', table, n * sizeof(*table));
}

static int append_array(Generator *g, const char *inside) {
        size_t n = choose_length(g, g->n_arrays == 0 ? g->n_max : N_INSIDE_MAX);
        int r;

        if (strcmp(inside, "u") == 0)
                return append_table(g);

        r = sd_bus_message_open_container(g->m, 'a', inside);
        g->n_arrays++;
        for (size_t i = 0; i < n && r >= 0; i++)
                r = append_one(g, inside);
        g->n_arrays--;
        return r < 0 ? r : sd_bus_message_close_container(g->m);
}

static int append_variant(Generator *g) {
        const char *type = types[choose(g, G_N_ELEMENTS(types))];
        g_autofree char *one = NULL;
        int r;

        if (g->n_variants >= N_VARIANTS_MAX)
                type = "u";
        one = g_strndup(type, generate_type_length(type));
        r = sd_bus_message_open_container(g->m, 'v', one);
        g->n_variants++;
        if (r >= 0)
                r = append_one(g, one);
        g->n_variants--;
        return r < 0 ? r : sd_bus_message_close_container(g->m);
}

static int append_one(Generator *g, const char *type) {
        g_autofree char *inside = NULL;
        int r;

        if (type[0] == 'a')
                return append_array(g, type + 1);
        if (type[0] == 'v')
                return append_variant(g);
        if (type[0] != '(' && type[0] != '{')
                return append_basic(g, type[0]);

        inside = g_strndup(type + 1, strlen(type) - 2);
        r = sd_bus_message_open_container(g->m, type[0] == '(' ? 'r' : 'e', inside);
        if (r >= 0)
                r = append_each(g, inside);
        return r < 0 ? r : sd_bus_message_close_container(g->m);
}

int generate_values(sd_bus_message *m, const char *signature, GRand *random, unsigned n_max) {
        Generator g = { .m = m, .random = random, .n_max = n_max, .n_left = SIZE_MAX_BYTES };

        return append_each(&g, signature);
}

char *generate_signature(GRand *random) {
        GString *signature = g_string_new(NULL);
        unsigned n = g_rand_int_range(random, 0, 4);

        while (n-- > 0)
                g_string_append(signature, types[g_rand_int_range(random, 0, G_N_ELEMENTS(types))]);
        return g_string_free(signature, FALSE);
}
