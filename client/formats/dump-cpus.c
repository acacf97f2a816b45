/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The other CPUs of a dump. Each has numbers of its own; beyond these a healthy machine's CPUs
 * answer alike, but for hybrid ones, whose kinds are no mistake and still have to be known: a
 * guest may run on each of them (facts, formats: fields that differ). */

#include "client/formats/dump-cpus.h"

#include <string.h>

#include "client/formats/format.h"
#include "policy/field.h"
#include "policy/place.h"

/* More places are not named one by one */
#define PLACES_MAX 6
#define ALTERNATIVES_MAX 16

typedef struct Expected {
        uint32_t leaf;
        uint32_t masks[N_REGISTERS];
} Expected;

#define ALL UINT32_MAX

/* Facts, formats: "fields that differ between CPUs of one healthy host", and "bits that show the
 * moment" */
static const Expected expected[] = {
        { 0x1, { 0, 0xff000000, 0x08000000, 0 } }, /* APIC id; OSXSAVE */
        { 0x3, { ALL, ALL, ALL, ALL } },           /* serial number */
        { 0x6, { 0, 0, 0, 0xffff0000 } },          /* row in the feedback table */
        { 0x7, { 0, 0, 0x10, 0 } },                /* OSPKE */
        { 0xb, { 0, 0, 0, ALL } },
        { 0xd, { 0, ALL, 0, 0 } }, /* by XCR0 and XSS of the moment */
        { 0x1f, { 0, 0, 0, ALL } },
        { 0x80000006, { 0, 0, 0, ALL } },       /* uneven chiplets: */
        { 0x8000001d, { ALL, ALL, ALL, ALL } }, /* the caches of each differ */
        { 0x8000001e, { ALL, ALL, ALL, 0 } },
        { 0x80000026, { 0, ALL, 0, ALL } },
        { 0xc0000004, { ALL, ALL, ALL, ALL } }, /* temperature and voltage */
};

static uint32_t expected_mask(uint32_t leaf, Register reg) {
        for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
                if (expected[i].leaf == leaf)
                        return expected[i].masks[reg];

        return 0;
}

/* "0-3, 8" of sorted numbers */
static char *list_numbers(const GArray *numbers) {
        GString *text = g_string_new(NULL);

        for (size_t i = 0; i < numbers->len; i++) {
                unsigned first = g_array_index(numbers, unsigned, i), last = first;

                while (i + 1 < numbers->len &&
                       g_array_index(numbers, unsigned, i + 1) == last + 1) {
                        last++;
                        i++;
                }
                g_string_append_printf(text, "%s%u", text->len > 0 ? "," : "", first);
                if (last > first)
                        g_string_append_printf(text, "-%u", last);
        }

        return g_string_free(text, FALSE);
}

static int compare_numbers(const void *a, const void *b) {
        unsigned left = *(const unsigned *) a, right = *(const unsigned *) b;

        return (left > right) - (left < right);
}

static GArray *numbers_new(void) {
        return g_array_new(FALSE, FALSE, sizeof(unsigned));
}

static char *list_sorted(GArray *numbers) {
        g_array_sort(numbers, compare_numbers);
        return list_numbers(numbers);
}

/* "0 Raw, 1 Host", without @but */
static char *list_alternatives(const Dump *dump, const DumpCpu *but) {
        GString *text = g_string_new(NULL);
        unsigned n = 0;

        for (size_t i = 0; i < dump->cpus->len; i++) {
                const DumpCpu *cpu = dump->cpus->pdata[i];

                if (cpu != but && leaf_table_size(cpu->table) > 0 && n++ < ALTERNATIVES_MAX)
                        g_string_append_printf(text, "%s%u %s", text->len > 0 ? ", " : "",
                                               cpu->number, cpu->name);
        }

        if (n > ALTERNATIVES_MAX)
                g_string_append_printf(text, " and %u more", n - ALTERNATIVES_MAX);

        return g_string_free(text, FALSE);
}

void dump_cpus_warn_alternatives(const Dump *dump, const DumpCpu *base, GPtrArray *warnings) {
        g_autofree char *others = list_alternatives(dump, base);

        if (*others)
                g_ptr_array_add(warnings,
                                g_strdup_printf("the %s '%s' is taken, --cpu takes another: %s",
                                                dump->alternatives, base->name, others));
}

char *dump_cpus_list(const Dump *dump) {
        g_autoptr(GArray) numbers = numbers_new();

        if (dump->alternatives)
                return list_alternatives(dump, NULL);

        for (size_t i = 0; i < dump->cpus->len; i++) {
                const DumpCpu *cpu = dump->cpus->pdata[i];

                if (leaf_table_size(cpu->table) > 0)
                        g_array_append_val(numbers, cpu->number);
        }

        return list_sorted(numbers);
}

/* NULL where there are too many already: more than a CPU has rows, which no machine's differ in */
static Leaf *find_difference(GArray *differences, uint32_t leaf, uint32_t subleaf) {
        Leaf added = { .leaf = leaf, .subleaf = subleaf };

        for (size_t i = 0; i < differences->len; i++) {
                Leaf *row = &g_array_index(differences, Leaf, i);

                if (row->leaf == leaf && row->subleaf == subleaf)
                        return row;
        }

        if (differences->len >= LEAF_TABLE_MAX)
                return NULL;

        g_array_append_val(differences, added);
        return &g_array_index(differences, Leaf, differences->len - 1);
}

/* What a CPU answers, and what is not known of that */
typedef struct Answers {
        LeafTable *table;
        Unknown *unknown;
} Answers;

static void answers_done(Answers *answers) {
        leaf_table_free(answers->table);
        unknown_free(answers->unknown);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answers, answers_done)

static Answers answers_of(const Dump *dump, const DumpCpu *cpu) {
        return (Answers){ dump_cpu_clean(dump, cpu), dump_cpu_find_unknown(dump, cpu) };
}

/* Bits that need not be the same */
static uint32_t incomparable(const Answers *one, const Answers *other, const Leaf *row,
                             Register reg) {
        return expected_mask(row->leaf, reg) |
                unknown_mask(one->unknown, row->leaf, row->subleaf, reg) |
                unknown_mask(other->unknown, row->leaf, row->subleaf, reg);
}

/* Adds the unexpected bits in which a row differs from the other CPU's, which may be missing (a
 * list may be longer on one CPU); whether there are any */
static bool compare_rows(const Answers *mine, const Answers *theirs, const Leaf *row,
                         GArray *differences) {
        const Leaf *other = leaf_table_find(theirs->table, row->leaf, row->subleaf);
        uint32_t bits[N_REGISTERS], all = 0;
        Leaf *difference;

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                bits[reg] = row->registers[reg] ^ (other ? other->registers[reg] : 0);
                if (bits[reg])
                        bits[reg] &= ~incomparable(mine, theirs, row, reg);
                all |= bits[reg];
        }

        if (!all)
                return false;

        difference = find_difference(differences, row->leaf, row->subleaf);
        for (Register reg = 0; difference && reg < N_REGISTERS; reg++)
                difference->registers[reg] |= bits[reg];
        return true;
}

static bool compare_answers(const Answers *base, const Answers *other, GArray *differences) {
        bool differs = false;

        for (size_t i = 0; i < leaf_table_size(base->table); i++)
                differs |= compare_rows(base, other, leaf_table_at(base->table, i), differences);

        for (size_t i = 0; i < leaf_table_size(other->table); i++) {
                const Leaf *row = leaf_table_at(other->table, i);

                if (!leaf_table_find(base->table, row->leaf, row->subleaf))
                        differs |= compare_rows(other, base, row, differences);
        }

        return differs;
}

/* A field where the bits are all of one, else the bits */
static void add_places(const Leaf *row, GPtrArray *places) {
        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                uint32_t left = row->registers[reg];

                while (left) {
                        unsigned low = __builtin_ctz(left), high = low;
                        const Field *field =
                                field_at(FIELD_INTERFACE_CPU, row->leaf, row->subleaf, reg, low);
                        g_autofree char *place = NULL;

                        if (field) {
                                low = field->low;
                                high = field->high;
                        }
                        left &= ~((UINT32_MAX >> (31 - (high - low))) << low);
                        place = place_format(row->leaf, row->subleaf, reg, high, low);
                        g_ptr_array_add(places,
                                        field ? g_strdup_printf("%s %s", place, field->name) :
                                                g_steal_pointer(&place));
                }
        }
}

static int compare_leaves(const void *a, const void *b) {
        const Leaf *left = a, *right = b;

        if (left->leaf != right->leaf)
                return left->leaf < right->leaf ? -1 : 1;
        return (left->subleaf > right->subleaf) - (left->subleaf < right->subleaf);
}

static char *join_places(GArray *differences) {
        g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(g_free);
        GString *text = g_string_new(NULL);

        g_array_sort(differences, compare_leaves);
        for (size_t i = 0; i < differences->len; i++)
                add_places(&g_array_index(differences, Leaf, i), places);

        for (size_t i = 0; i < places->len && i < PLACES_MAX; i++)
                g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                                       (const char *) places->pdata[i]);
        if (places->len > PLACES_MAX)
                g_string_append_printf(text, " and %s%u more",
                                       differences->len < LEAF_TABLE_MAX ? "" : "at least ",
                                       places->len - PLACES_MAX);
        return g_string_free(text, FALSE);
}

void dump_cpus_warn_different(const Dump *dump, const DumpCpu *base, GPtrArray *warnings) {
        g_autoptr(GArray) differences = g_array_new(FALSE, FALSE, sizeof(Leaf));
        g_autoptr(GArray) others = numbers_new();
        g_auto(Answers) mine = answers_of(dump, base);
        g_autofree char *numbers = NULL, *places = NULL;

        for (size_t i = 0; i < dump->cpus->len; i++) {
                const DumpCpu *cpu = dump->cpus->pdata[i];
                g_auto(Answers) theirs = {};

                if (cpu == base || leaf_table_size(cpu->table) == 0)
                        continue;

                theirs = answers_of(dump, cpu);
                if (compare_answers(&mine, &theirs, differences))
                        g_array_append_val(others, cpu->number);
        }

        if (others->len == 0)
                return;

        numbers = list_sorted(others);
        places = join_places(differences);
        g_ptr_array_add(warnings,
                        g_strdup_printf("CPU %u is taken, and CPU%s %s answer%s otherwise: %s",
                                        base->number, others->len > 1 ? "s" : "", numbers,
                                        others->len > 1 ? "" : "s", places));
}

void dump_cpus_warn_empty(const Dump *dump, GPtrArray *warnings) {
        g_autoptr(GArray) empty = numbers_new();
        g_autofree char *numbers = NULL;

        for (size_t i = 0; i < dump->cpus->len; i++) {
                const DumpCpu *cpu = dump->cpus->pdata[i];

                if (leaf_table_size(cpu->table) == 0)
                        g_array_append_val(empty, cpu->number);
        }

        if (empty->len == 0)
                return;

        numbers = list_sorted(empty);
        g_ptr_array_add(warnings,
                        g_strdup_printf("there is no leaf of CPU%s %s", empty->len > 1 ? "s" : "",
                                        numbers));
}

Unknown *dump_cpus_find_unknown(const Dump *dump) {
        Unknown *unknown = unknown_new();

        for (size_t i = 0; i < dump->cpus->len; i++) {
                const DumpCpu *cpu = dump->cpus->pdata[i];
                g_autoptr(Unknown) own = NULL;

                if (leaf_table_size(cpu->table) == 0)
                        continue;

                own = dump_cpu_find_unknown(dump, cpu);
                unknown_add_all(unknown, own);
        }

        return unknown;
}

/* CPUs that answer with the same difference from the base */
typedef struct Group {
        LeafTable *rows;
        GArray *numbers;
} Group;

static void group_free(void *p) {
        Group *group = p;

        leaf_table_free(group->rows);
        g_array_unref(group->numbers);
        g_free(group);
}

static bool tables_equal(const LeafTable *left, const LeafTable *right) {
        size_t n = leaf_table_size(left);

        return n == leaf_table_size(right) &&
                (n == 0 ||
                 memcmp(leaf_table_at(left, 0), leaf_table_at(right, 0), n * sizeof(Leaf)) == 0);
}

/* With the base's bits where CPUs may differ, or one of them does not tell: these make no kind. */
static LeafTable *level(const Answers *base, const Answers *answers) {
        LeafTable *leveled = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(answers->table); i++) {
                Leaf row = *leaf_table_at(answers->table, i);
                const Leaf *same = leaf_table_find(base->table, row.leaf, row.subleaf);

                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        uint32_t differ = row.registers[reg] ^ (same ? same->registers[reg] : 0);

                        if (differ)
                                row.registers[reg] ^=
                                        differ & incomparable(base, answers, &row, reg);
                }
                leaf_table_add(leveled, &row);
        }

        for (size_t i = 0; i < leaf_table_size(base->table); i++) {
                const Leaf *row = leaf_table_at(base->table, i);

                if (!leaf_table_find(answers->table, row->leaf, row->subleaf) &&
                    unknown_mask(answers->unknown, row->leaf, row->subleaf, REGISTER_EAX) ==
                            UINT32_MAX)
                        leaf_table_add(leveled, row);
        }

        return leveled;
}

/* No more than one too many of them */
static GPtrArray *find_groups(const Dump *dump, const Answers *base) {
        GPtrArray *groups = g_ptr_array_new_with_free_func(group_free);

        for (size_t i = 0; i < dump->cpus->len && groups->len <= KINDS_MAX; i++) {
                const DumpCpu *cpu = dump->cpus->pdata[i];
                g_auto(Answers) answers = answers_of(dump, cpu);
                g_autoptr(LeafTable) leveled = level(base, &answers);
                g_autoptr(LeafTable) rows = NULL;
                Group *group = NULL;

                if (leaf_table_size(answers.table) == 0)
                        continue;

                rows = kinds_difference(base->table, leveled);
                for (size_t j = 0; j < groups->len && !group; j++)
                        if (tables_equal(((Group *) groups->pdata[j])->rows, rows))
                                group = groups->pdata[j];
                if (!group) {
                        group = g_new0(Group, 1);
                        group->rows = g_steal_pointer(&rows);
                        group->numbers = numbers_new();
                        g_ptr_array_add(groups, group);
                }
                g_array_append_val(group->numbers, cpu->number);
        }

        return groups;
}

bool dump_cpus_add_kinds(const Dump *dump, const DumpCpu *base, Kinds *kinds, GError **error) {
        g_auto(Answers) answers = answers_of(dump, base);
        g_autoptr(GPtrArray) groups = find_groups(dump, &answers);

        if (groups->len < 2)
                return true;
        if (groups->len > KINDS_MAX) {
                g_set_error(
                        error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                        "its CPUs answer in more than %u ways, which makes no host: expected no "
                        "more kinds of CPU; --cpu takes one",
                        KINDS_MAX);
                return false;
        }

        for (size_t i = 0; i < groups->len; i++) {
                Group *group = groups->pdata[i];
                g_autofree char *numbers = list_sorted(group->numbers);

                if (!kinds_add(kinds, numbers, error))
                        return false;
                for (size_t j = 0; j < leaf_table_size(group->rows); j++)
                        if (!kinds_add_row(kinds, leaf_table_at(group->rows, j), error))
                                return false;
        }

        return true;
}
