/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is found to be forced by KVMs that do strange things to a table, and what a question in a
 * process of its own comes back with, whatever becomes of that process. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include <glib.h>

#include "daemon/kvm/apart.h"
#include "daemon/kvm/error.h"
#include "daemon/kvm/forced.h"

#define N_ROWS 6
#define BIT(_n) (1u << (_n))

#define ROW(_leaf, _subleaf, ...)                                                              \
        {                                                                                      \
                .leaf = _leaf, .subleaf = _subleaf, .flags = LEAF_FLAG_INDEXED, .registers = { \
                        __VA_ARGS__                                                            \
                }                                                                              \
        }

/* Bits of 0x7.0:ebx */
#define FSGSBASE BIT(0)
#define BMI1 BIT(3)
#define AVX2 BIT(5)
#define BMI2 BIT(8)

#define OSXSAVE BIT(27) /* 0x1.0:ecx */
#define APIC BIT(9)     /* 0x1.0:edx */
#define XTILE BIT(18)   /* 0xd.0:eax */

typedef struct Case {
        const char *name;
        Leaf supported[N_ROWS];
        bool (*keep)(Leaf *row);         /* what KVM makes of a row, and whether it keeps it */
        bool (*refuse)(const Leaf *row); /* whether KVM takes no table that has it */
        Leaf adds;                       /* a row that KVM adds to every table */
        Leaf on[N_ROWS];
        Leaf off[N_ROWS];
        Leaf dropped[N_ROWS];
        const char *error; /* what is said where nothing is found out */
} Case;

static bool pattern(Leaf *row) {
        switch (row->leaf) {
        case 1:
                row->registers[REGISTER_ECX] |= 0x76d81203;
                row->registers[REGISTER_ECX] &= ~OSXSAVE;
                row->registers[REGISTER_EDX] |= BIT(28) | APIC;
                return true;
        case 7:
                row->registers[REGISTER_EBX] = 0xf1bf23eb;
                row->registers[REGISTER_ECX] = 0x1a005f46;
                return true;
        case 0xd:
                row->registers[REGISTER_EBX] = 0x240;
                return true;
        default:
                return row->leaf != 0x1d && row->leaf != 0x1e;
        }
}

/* Linux 5.14 to 6.3: XFRM is what the guest's XCR0 is, and at least x87 and SSE */
static bool limit_xfrm(Leaf *row) {
        if (row->leaf == 0x12 && row->subleaf == 1) {
                row->registers[REGISTER_ECX] = (row->registers[REGISTER_ECX] & 0x2e7) | 3;
                row->registers[REGISTER_EDX] = 0;
        }
        return true;
}

static bool follow(Leaf *row) {
        if (row->leaf == 7 && (row->registers[REGISTER_EBX] & AVX2))
                row->registers[REGISTER_EBX] |= FSGSBASE;
        return true;
}

static bool replace(Leaf *row) {
        if (row->leaf == 7 && !(row->registers[REGISTER_EBX] & AVX2))
                row->registers[REGISTER_EBX] |= BMI1;
        return true;
}

static bool lose_without(Leaf *row) {
        if (row->leaf == 7 && !(row->registers[REGISTER_EBX] & BMI2))
                row->registers[REGISTER_EBX] &= ~BMI1;
        return true;
}

static bool lose_with(Leaf *row) {
        if (row->leaf == 7 && (row->registers[REGISTER_EBX] & BMI2))
                row->registers[REGISTER_EBX] &= ~BMI1;
        return true;
}

static bool pin_7(Leaf *row) {
        if (row->leaf == 7)
                memcpy(row->registers, (uint32_t[]){ 0, AVX2 | BMI1, 0, 0 },
                       sizeof(row->registers));
        return true;
}

static bool refuse_xtile(const Leaf *row) {
        return row->leaf == 0xd && (row->registers[REGISTER_EAX] & XTILE);
}

static bool refuse_without_avx2(const Leaf *row) {
        return row->leaf == 7 && !(row->registers[REGISTER_EBX] & AVX2);
}

static bool refuse_all(const Leaf *row) {
        (void) row;
        return true;
}

static const Case cases[] = {
        {
                .name = "kept-as-set",
                .supported = { ROW(1, 0, 0x000a0678, 0x00020800, 0x81202000, 0x0f8bfbff),
                               ROW(7, 0, 2, AVX2) },
        },
        {
                /* Facts kvm-experiments 2.2, and what is not for a guest to have there. The sizes of
                 * the XSAVE area and what CR4 and the APIC base say are no forced bits. */
                .name = "pattern",
                .supported = { ROW(1, 0, 0x000a0678, 0x00020800, 0x81202000, 0x0f8bfbff),
                               ROW(7, 0, 0x00000002, 0x01802042, 0x1a010104, 0),
                               ROW(0xd, 0, 0x000002e7, 0x00000a88, 0x00000a88, 0), ROW(0x1d, 0, 0),
                               ROW(0x1e, 0, 0) },
                .keep = pattern,
                .on = { ROW(1, 0, 0, 0, 0x76d81203, BIT(28)),
                        ROW(7, 0, 0, 0xf1bf23eb, 0x1a005f46 & ~BIT(4)) },
                /* LA57, and bits that KVM does not list */
                .off = { ROW(7, 0, 0, ~0xf1bf23ebu, ~0x1a005f46u & ~(BIT(4) | 0x3e0000u)),
                         ROW(0x1d, 0, 0, ~0u, ~0u, ~0u), ROW(0x1e, 0, 0, 0xff000000, ~0u, ~0u) },
                .dropped = { ROW(0x1d, 0, 0), ROW(0x1e, 0, 0) },
        },
        {
                .name = "limited-xfrm",
                .supported = { ROW(0x12, 0, 3, 1), ROW(0x12, 1, 0x36, 0, 0x602e7, 0) },
                .keep = limit_xfrm,
        },
        {
                .name = "comes-with-another",
                .supported = { ROW(7, 0, 0, AVX2) },
                .keep = follow,
        },
        {
                .name = "comes-without-another",
                .supported = { ROW(7, 0, 0, AVX2 | BMI1) },
                .keep = replace,
        },
        {
                .name = "goes-without-another",
                .supported = { ROW(7, 0, 0, AVX2 | BMI1) },
                .keep = lose_without,
        },
        {
                .name = "goes-with-another",
                .supported = { ROW(7, 0, 0, AVX2 | BMI1) },
                .keep = lose_with,
        },
        {
                /* The word with XTILE cannot be full, and all the others are. */
                .name = "full-word-refused",
                .supported = { ROW(7, 0, 0, AVX2), ROW(0xd, 0, 3) },
                .keep = pin_7,
                .refuse = refuse_xtile,
                .on = { ROW(7, 0, 0, AVX2 | BMI1) },
                .off = { ROW(7, 0, 0, ~(AVX2 | BMI1), ~(BIT(4) | 0x3e0000u), ~0u) },
        },
        {
                /* A word that has to have a bit stays as it is, and tells less. */
                .name = "bare-word-refused",
                .supported = { ROW(1, 0, 0, 0, 0x81202000, 0x0f8bfbff), ROW(7, 0, 0, AVX2) },
                .keep = pattern,
                .refuse = refuse_without_avx2,
                .on = { ROW(1, 0, 0, 0, 0x76d81203, BIT(28)),
                        ROW(7, 0, 0, 0xf1bf23eb & ~AVX2, 0x1a005f46 & ~BIT(4)) },
                .off = { ROW(7, 0, 0, ~0xf1bf23ebu, ~0x1a005f46u & ~(BIT(4) | 0x3e0000u), 0) },
        },
        {
                .name = "row-added",
                .supported = { ROW(1, 0, 0, 0, 0x80202000, 0) },
                .adds = ROW(7, 0, 0, BMI2),
                .on = { ROW(7, 0, 0, BMI2) },
        },
        {
                .name = "supported-refused",
                .supported = { ROW(7, 0, 0, AVX2) },
                .refuse = refuse_all,
                .error = "set: refused",
        },
        {
                .name = "no-read-back",
                .supported = { ROW(7, 0, 0, AVX2) },
                .adds = ROW(0xffffffff, 0, 0),
                .error = "get: failed",
        },
};

typedef struct Fake {
        const Case *c;
        LeafTable *table;
} Fake;

static bool fake_set(const void *subject, const LeafTable *table, GError **error) {
        Fake *fake = (Fake *) subject;
        g_autoptr(LeafTable) kept = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                Leaf row = *leaf_table_at(table, i);

                if (fake->c->refuse && fake->c->refuse(&row)) {
                        /* As old kernels: what was there is gone, too */
                        fake->table = leaf_table_free(fake->table);
                        g_set_error_literal(error, PROBE_ERROR, PROBE_ERROR_FAILED, "set: refused");
                        return false;
                }
                if (!fake->c->keep || fake->c->keep(&row))
                        leaf_table_add(kept, &row);
        }

        if (fake->c->adds.leaf)
                leaf_table_add(kept, &fake->c->adds);
        leaf_table_free(fake->table);
        fake->table = g_steal_pointer(&kept);
        return true;
}

static LeafTable *fake_get(const void *subject, GError **error) {
        const Fake *fake = subject;

        g_assert_nonnull(fake->table);
        if (fake->c->adds.leaf != 0xffffffff)
                return leaf_table_copy(fake->table);

        g_set_error_literal(error, PROBE_ERROR, PROBE_ERROR_FAILED, "get: failed");
        return NULL;
}

static void assert_table(const LeafTable *table, const Leaf rows[N_ROWS], const char *what) {
        size_t n = 0;

        while (n < N_ROWS && rows[n].leaf)
                n++;
        for (size_t i = 0; i < MIN(n, leaf_table_size(table)); i++) {
                const Leaf *row = leaf_table_at(table, i);

                g_test_message("%s 0x%x.%u %08x %08x %08x %08x", what, row->leaf, row->subleaf,
                               row->registers[0], row->registers[1], row->registers[2],
                               row->registers[3]);
                g_assert_cmphex(row->leaf, ==, rows[i].leaf);
                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        g_assert_cmphex(row->registers[reg], ==, rows[i].registers[reg]);
        }
        g_assert_cmpuint(leaf_table_size(table), ==, n);
}

/* Bits of 0x7.0:edx and :eax are not looked at in the cases. */
static void test_forced(gconstpointer data) {
        const Case *c = data;
        Fake fake = { .c = c };
        const ForcedSubject subject = { .set = fake_set, .get = fake_get, .subject = &fake };
        g_autoptr(LeafTable) supported = leaf_table_new();
        g_autoptr(Forced) forced = forced_new();
        g_autoptr(GError) error = NULL;

        for (size_t i = 0; i < N_ROWS && c->supported[i].leaf; i++)
                leaf_table_add(supported, &c->supported[i]);

        if (c->error) {
                g_assert_false(forced_measure(&subject, supported, forced, &error));
                g_assert_error(error, PROBE_ERROR, PROBE_ERROR_FAILED);
                g_assert_cmpstr(error->message, ==, c->error);
                for (ForcedKind i = 0; i < N_FORCED_KINDS; i++)
                        g_assert_null(forced_table(forced, NULL, i));
        } else {
                g_assert_true(forced_measure(&subject, supported, forced, &error));
                g_assert_no_error(error);
                assert_table(forced_table(forced, NULL, FORCED_ON), c->on, "on");
                assert_table(forced_table(forced, NULL, FORCED_OFF), c->off, "off");
                assert_table(forced_table(forced, NULL, FORCED_DROPPED), c->dropped, "dropped");
        }

        leaf_table_free(fake.table);
}

static char *say_hello(const void *userdata) {
        return g_strdup(userdata);
}

static char *say_much(const void *userdata) {
        return g_strnfill(GPOINTER_TO_UINT(userdata), 'x');
}

static char *say_nothing(const void *userdata) {
        (void) userdata;
        return NULL;
}

static char *die(const void *userdata) {
        (void) userdata;
        (void) raise(SIGKILL);
        return NULL;
}

static char *wait_for_ever(const void *userdata) {
        (void) userdata;
        for (;;)
                (void) pause();

        return NULL;
}

#define ENOUGH_MS 60000

typedef struct ApartCase {
        const char *name;
        ApartFunc ask;
        const void *userdata;
        size_t n_max;
        unsigned timeout_ms;
        size_t n; /* bytes of the answer; 0: there is none */
} ApartCase;

static const ApartCase apart_cases[] = {
        { "text", say_hello, "hello", 5, ENOUGH_MS, 5 },
        { "more-than-a-pipe", say_much, GUINT_TO_POINTER(300000), 300000, ENOUGH_MS, 300000 },
        { "too-much", say_much, GUINT_TO_POINTER(300000), 299999, ENOUGH_MS, 0 },
        { "nothing", say_nothing, NULL, 5, ENOUGH_MS, 0 },
        { "killed", die, NULL, 5, ENOUGH_MS, 0 },
        { "hangs", wait_for_ever, NULL, 5, 20, 0 },
};

static void test_apart(gconstpointer data) {
        const ApartCase *c = data;
        g_autofree char *text = apart_ask(c->ask, c->userdata, c->n_max, c->timeout_ms);

        g_assert_cmpuint(text ? strlen(text) : 0, ==, c->n);
        g_assert_true(c->n == 0 || text);
        if (c->n == 0)
                g_assert_null(text);

        /* Nobody is left to be buried */
        g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
        g_assert_cmpint(errno, ==, ECHILD);
}

static char *tell_and_wait(const void *fd) {
        g_assert_cmpint(write(*(const int *) fd, "x", 1), ==, 1);
        return wait_for_ever(NULL);
}

/* Who asks is killed: the child, which alone holds the pipe then, goes with it. */
static void test_orphan(void) {
        struct pollfd poll_fd = { .events = POLLIN };
        char byte;
        int fds[2];
        pid_t asker;

        g_assert_cmpint(pipe(fds), ==, 0);
        asker = fork();
        if (asker == 0) {
                g_free(apart_ask(tell_and_wait, &fds[1], 5, ENOUGH_MS));
                _exit(0);
        }

        (void) close(fds[1]);
        g_assert_cmpint(read(fds[0], &byte, 1), ==, 1);
        g_assert_cmpint(kill(asker, SIGKILL), ==, 0);
        g_assert_cmpint(waitpid(asker, NULL, 0), ==, asker);

        poll_fd.fd = fds[0];
        g_assert_cmpint(poll(&poll_fd, 1, ENOUGH_MS), ==, 1);
        g_assert_cmpint(read(fds[0], &byte, 1), ==, 0);
        (void) close(fds[0]);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = g_strconcat("/forced/", cases[i].name, NULL);

                g_test_add_data_func(path, &cases[i], test_forced);
        }

        for (size_t i = 0; i < G_N_ELEMENTS(apart_cases); i++) {
                g_autofree char *path = g_strconcat("/apart/", apart_cases[i].name, NULL);

                g_test_add_data_func(path, &apart_cases[i], test_apart);
        }
        g_test_add_func("/apart/orphan", test_orphan);

        return g_test_run();
}
