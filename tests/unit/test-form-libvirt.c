/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libvirt's <cpudata>, read and written */

#include <string.h>

#include "client/formats/format.h"
#include "tests/unit/form-support.h"

#define ROW0                                                                          \
        "<cpuid eax_in='0x00000000' ecx_in='0x00' eax='0x00000007' ebx='0x756e6547' " \
        "ecx='0x6c65746e' edx='0x49656e69'/>\n"
#define ROW7 "<cpuid eax_in='0x00000007' ecx_in='0x00' ebx='0x00000001' edx='0x20000000'/>\n"
#define EXTENDED "<cpuid eax_in='0x80000000' eax='0x80000000'/>\n"
#define DATA(_inside) "<cpudata arch='x86'>\n" _inside "</cpudata>\n"

typedef struct ReadCase {
        const char *name;
        const char *text;
        const char *rows;
        const char *unknown;
        const char *warnings;
        uint32_t edx7;
} ReadCase;

static const ReadCase read_cases[] = {
        {
                .name = "a-machine",
                .text = "<!-- Made-Up CPU 1000 -->\n" DATA(ROW0 ROW7 EXTENDED),
                .rows = "0x0.0 0x7.0 0x80000000.0",
                .unknown = "",
                .warnings = "",
                .edx7 = 0x20000000,
        },
        {
                .name = "xml-declaration-double-quotes-and-comments",
                .text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<cpudata arch=\"x86\">"
                        "<!-- <cpuid eax_in='0x7' edx='0x1'/> --><cpuid eax_in=\"0x7\" "
                        "edx=\"0x20000000\"></cpuid></cpudata>",
                .rows = "0x7.0",
                .unknown = "0x7.0:eax 0x7.0:ebx 0x7.0:ecx 0x0-0x6 0x7.1- 0x8-0x7fffffff "
                           "0x80000000-0xbfffffff",
                .warnings = "",
                .edx7 = 0x20000000,
        },
        {
                .name = "byte-order-mark",
                .text = "\xef\xbb\xbf" DATA(ROW0 ROW7 EXTENDED),
                .rows = "0x0.0 0x7.0 0x80000000.0",
                .unknown = "",
                .warnings = "",
                .edx7 = 0x20000000,
        },
        {
                .name = "function-instead-of-eax_in",
                .text = DATA(ROW0 "<cpuid function='0x00000007' edx='0x1'/>" EXTENDED),
                .rows = "0x0.0 0x7.0 0x80000000.0",
                .unknown = "",
                .warnings = "",
                .edx7 = 1,
        },
        {
                .name = "numbers-as-in-c",
                .text = DATA(ROW0 "<cpuid eax_in='7' ecx_in='00' edx='017'/>" EXTENDED),
                .rows = "0x0.0 0x7.0 0x80000000.0",
                .unknown = "",
                .warnings = "",
                .edx7 = 15,
        },
        {
                .name = "other-order",
                .text = DATA(EXTENDED "<cpuid edx='0x2' eax_in='0x7'/>" ROW0),
                .rows = "0x80000000.0 0x7.0 0x0.0",
                .unknown = "",
                .warnings = "",
                .edx7 = 2,
        },
        {
                .name = "last-leaves-of-a-machine-are-missing",
                .text = DATA(ROW0 "<cpuid eax_in='0x3'/>" EXTENDED),
                .rows = "0x0.0 0x3.0 0x80000000.0",
                .unknown = "0x4-0x7",
                .warnings = "",
        },
        {
                .name = "no-extended-leaves",
                .text = DATA(ROW0 ROW7),
                .rows = "0x0.0 0x7.0",
                .unknown = "0x80000000-0xbfffffff",
                .warnings = "",
                .edx7 = 0x20000000,
        },
        {
                .name = "above-the-maximum-of-its-range",
                .text = DATA(ROW0 ROW7 EXTENDED "<cpuid eax_in='0x80860000' eax='0x7'/>"
                                                "<cpuid eax_in='0xc0000000' eax='0x7'/>"),
                .rows = "0x0.0 0x7.0 0x80000000.0",
                .unknown = "",
                .warnings = "",
                .edx7 = 0x20000000,
        },
        {
                .name = "mask-in-parts",
                .text = DATA("<cpuid eax_in='0x7' edx='0x1'/><cpuid eax_in='0x7' edx='0x4'/>"
                             "<cpuid eax_in='0x7' ecx_in='2' edx='0x8'/>"
                             "<cpuid eax_in='0x80000001' eax='1' ebx='1' ecx='1' edx='1'/>"),
                .rows = "0x7.0 0x7.2 0x80000001.0",
                .unknown = "0x7.0:eax 0x7.0:ebx 0x7.0:ecx 0x7.2:eax 0x7.2:ebx 0x7.2:ecx "
                           "0x0-0x6 0x7.1 0x7.3- 0x8-0x7fffffff 0x80000000 "
                           "0x80000002-0xbfffffff",
                .warnings = "",
                .edx7 = 5,
        },
        {
                .name = "machine-in-parts",
                .text = DATA(ROW0 EXTENDED "<cpuid eax_in='0x7' edx='0x1'/>\n"
                                           "<cpuid eax_in='0x7' edx='0x4'/>"),
                .rows = "0x0.0 0x80000000.0 0x7.0",
                .unknown = "",
                .warnings = "line 5: another edx of leaf 0x7 sub-leaf 0 than in line 4; the bits "
                            "of both are taken, as libvirt does",
                .edx7 = 5,
        },
        {
                .name = "the-same-row-twice",
                .text = DATA(ROW0 ROW7 ROW7 EXTENDED),
                .rows = "0x0.0 0x7.0 0x80000000.0",
                .unknown = "",
                .warnings = "",
                .edx7 = 0x20000000,
        },
};

static void test_read(const void *data) {
        const ReadCase *c = data;
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = form_guest(c->text, NULL, &warnings);
        g_autofree char *rows = form_rows(guest), *unknown = form_unknown(guest);

        g_assert_cmpstr(rows, ==, c->rows);
        g_assert_cmpstr(unknown, ==, c->unknown);
        g_assert_cmpstr(warnings, ==, c->warnings);
        g_assert_cmphex(form_register(guest, 7, 0, REGISTER_EDX), ==, c->edx7);
        form_assert_cuts(c->text, strlen(c->text), "libvirt", 1);
}

typedef struct RefuseCase {
        const char *name;
        const char *text;
        const char *message;
} RefuseCase;

static const RefuseCase refuse_cases[] = {
        /* clang-format off */
        { "not-xml", "hello", "line 1, column 1: is not well-formed XML" },
        { "empty", "", "is empty, expected XML" },
        { "blank", " \n", "is empty, expected XML" },
        { "comment-only", "<!-- a -->", "is empty, expected XML" },
        { "not-closed", "<cpudata arch='x86'>\n" ROW0, "is not well-formed XML, or cut off: document ended" },
        { "closed-by-another", "<cpudata><cpuid eax_in='0x0'/></cpuid>", "line 1, column 38: is not well-formed XML, or cut off: element 'cpuid' was closed" },
        { "other-root", "<cpus/>", "<cpus>, expected <cpudata arch='x86'>" },
        { "two-documents", DATA(ROW0) DATA(ROW0), "line 4, column 20: <cpudata> after the end, expected one document" },
        { "other-architecture", "<cpudata arch='arm'/>", "is of the architecture 'arm', expected 'x86'" },
        { "nothing-in-it", "<cpudata arch='x86'/>", "has no leaf of any CPU" },
        { "other-element", DATA("<cpu/>"), "line 2, column 7: <cpu>, expected <cpuid> and <msr> only" },
        { "element-in-a-row", DATA("<cpuid eax_in='0'><msr index='1'/></cpuid>"), "<msr>, expected <cpuid>" },
        { "text-between", DATA(ROW0 "eax=1"), "text 'eax=1', expected <cpuid> and <msr> only" },
        { "other-attribute", DATA("<cpuid eax_in='0x1' eflags='0x1'/>"), "'eflags' of <cpuid>, expected eax_in, ecx_in" },
        { "attribute-twice", DATA("<cpuid eax_in='0x1' eax='0x1' eax='0x2'/>"), "<cpuid> has 'eax' twice" },
        { "no-leaf", DATA("<cpuid eax='0x1'/>"), "<cpuid> has no leaf, expected one 'eax_in'" },
        { "two-leaves", DATA("<cpuid eax_in='0x1' function='0x1'/>"), "<cpuid> has 'eax_in' and 'function', expected one" },
        { "no-number", DATA("<cpuid eax_in='0x1' eax='fast'/>"), "line 2, column 33: 'eax' of <cpuid> is 'fast', expected a number" },
        { "empty-number", DATA("<cpuid eax_in=''/>"), "'eax_in' of <cpuid> is '', expected a number" },
        { "half-a-number", DATA("<cpuid eax_in='0x1g'/>"), "is '0x1g', expected a number" },
        { "no-digits", DATA("<cpuid eax_in='0x'/>"), "is '0x', expected a number" },
        { "negative-number", DATA("<cpuid eax_in='-1'/>"), "is '-1', expected a number in 32 bits" },
        { "no-octal-number", DATA("<cpuid eax_in='09'/>"), "is '09', expected a number" },
        { "number-over-32-bits", DATA("<cpuid eax_in='0x100000000'/>"), "expected a number in 32 bits" },
        { "number-over-64-bits", DATA("<cpuid eax_in='0x10000000000000000'/>"), "expected a number in 32 bits" },
        { "newline-in-a-value", DATA("<cpuid eax_in='1\n2'/>"), "is '1 2', expected a number" },
        { "msr-without-index", DATA(ROW0 "<msr eax='0x1'/>"), "<msr> has no 'index'" },
        { "msr-with-another-attribute", DATA(ROW0 "<msr index='0x1' ecx='0'/>"), "'ecx' of <msr>, expected index, eax or edx" },
        { "msr-without-a-number", DATA(ROW0 "<msr index='x'/>"), "'index' of <msr> is 'x', expected a number" },
        { "entity", DATA("<cpuid eax_in='&leaf;'/>"), "is not well-formed XML" },
        { "entity-of-a-document-type", "<!DOCTYPE a [<!ENTITY leaf '0x1'>]>" DATA("<cpuid eax_in='&leaf;'/>"), "is not well-formed XML" },
        { "not-utf-8", "<cpudata>\n<!-- \xff -->", "line 2, column 6: a byte that is not text, expected UTF-8" },
        /* clang-format on */
};

static void test_refuse(const void *data) {
        const RefuseCase *c = data;

        form_assert_refused(c->text, "libvirt", c->message);
}

static void test_zero_byte(void) {
        static const char text[] = "<cpudata arch='x86'>\0</cpudata>";
        g_autoptr(GError) error = NULL;

        g_assert_null(form_read(text, sizeof(text) - 1, "libvirt", &error));
        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
        g_assert_nonnull(strstr(error->message, "line 1, column 21: a byte that is not text"));
}

/* Neither too wide nor too long */
static void test_bounds(void) {
        g_autoptr(GString) wide = g_string_new("<cpudata>\n<cpuid ");
        g_autoptr(GString) many = g_string_new("<cpudata>\n");

        for (unsigned i = 0; i <= 64; i++)
                g_string_append_printf(wide, "a%u='0' ", i);
        g_string_append(wide, "/></cpudata>");
        form_assert_refused(wide->str, "libvirt", "has more than 64 attributes");

        for (unsigned i = 0; i <= LEAF_TABLE_MAX; i++)
                g_string_append_printf(many, "<cpuid eax_in='4' ecx_in='%u' eax='1'/>\n", i);
        form_assert_refused(many->str, "libvirt", "line 258, column");
        form_assert_refused(many->str, "libvirt", "more than 256 rows, which no KVM takes");
}

static void assert_msr(const Guest *guest, uint32_t index, uint64_t value) {
        const uint64_t *is = g_hash_table_lookup(guest->msrs, GUINT_TO_POINTER(index));

        g_assert_nonnull(is);
        g_assert_cmphex(*is, ==, value);
}

static void test_msrs(void) {
        static const char text[] = DATA(ROW0 "<msr index='0x10a' edx='0x1' eax='0xb'/>"
                                             "<msr index='0xcf' eax='0x20'/>"
                                             "<msr index='0x10a' eax='0x4'/>");
        g_autoptr(Guest) guest = form_guest(text, NULL, NULL);

        g_assert_cmpuint(g_hash_table_size(guest->msrs), ==, 2);
        assert_msr(guest, 0x10a, UINT64_C(0x10000000f));
        assert_msr(guest, 0xcf, 0x20);
}

/* Names tell VMX's MSRs in part, which would be judged as if that were all. */
static void test_msrs_of_a_mask(void) {
        static const char text[] = DATA(ROW7 "<msr index='0x480' edx='0x1400000'/>"
                                             "<msr index='0x491' eax='0x1'/>"
                                             "<msr index='0x10a' eax='0xb'/>");
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = form_guest(text, NULL, &warnings);

        g_assert_cmpstr(warnings, ==,
                        "the features of VMX are not judged: a mask of features has its MSRs in "
                        "part only");
        g_assert_cmpuint(g_hash_table_size(guest->msrs), ==, 1);
        assert_msr(guest, 0x10a, 0xb);
}

static void test_msrs_of_vmx(void) {
        static const char text[] = DATA(ROW0 "<msr index='0x480' edx='0x1400000'/>");
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = form_guest(text, NULL, &warnings);

        g_assert_cmpstr(warnings, ==, "");
        assert_msr(guest, 0x480, UINT64_C(0x140000000000000));
}

static uint32_t random_register(void) {
        uint32_t value = g_test_rand_int();

        return g_test_rand_bit() ? value : 0;
}

/* Its flags are those that a reader works out: then nothing is lost. */
static Guest *random_guest(void) {
        static const uint32_t leaves[] = { 1, 2, 4, 7, 0xb, 0xd, 0x14, 0x40000000, 0x80000008 };
        LeafTable *table = leaf_table_new();
        Leaf row = { .registers = { g_test_rand_int_range(0, 0x20), 0x756e6547, 0x6c65746e } };
        Guest *guest;

        if (g_test_rand_int_range(0, 10) > 0)
                leaf_table_add(table, &row);
        for (size_t i = 0; i < G_N_ELEMENTS(leaves); i++) {
                const FieldLeaf *known = field_leaf_find(FIELD_INTERFACE_CPU, leaves[i]);
                bool is_indexed = known && known->indexed;

                for (uint32_t j = 0; j < (is_indexed ? 3u : 1u); j++) {
                        row = (Leaf){ leaves[i], j, is_indexed ? LEAF_FLAG_INDEXED : 0 };
                        for (Register reg = 0; reg < N_REGISTERS; reg++)
                                row.registers[reg] = random_register();
                        /* A maximum has to be one of its range. */
                        if (leaves[i] == 0x40000000)
                                row.registers[REGISTER_EAX] = 0x40000000 | g_test_rand_bit();
                        if (g_test_rand_bit())
                                leaf_table_add(table, &row);
                }
        }

        guest = guest_new(table);
        if (g_test_rand_bit())
                guest_set_msr(guest, 0x10a, (uint64_t) random_register() << 32 | random_register());
        return guest;
}

static void assert_same_words(const Guest *one, const Guest *other) {
        const Words *a = one->words, *b = other->words;

        g_assert_cmpmem(a->word, sizeof(a->word), b->word, sizeof(b->word));
        g_assert_cmpmem(a->base, sizeof(a->base), b->base, sizeof(b->base));
        g_assert_cmpmem(a->extra, a->n_extra * sizeof(*a->extra), b->extra,
                        b->n_extra * sizeof(*b->extra));
}

/* What is written reads as the same guest, whatever it is. */
static void test_round_trip(void) {
        for (unsigned i = 0; i < 1000; i++) {
                g_autoptr(Guest) guest = random_guest();
                g_autofree char *losses = NULL, *unknown = NULL;
                g_autoptr(Guest) again = form_write_and_read(guest, "libvirt", &losses);

                unknown = form_unknown(again);
                g_assert_cmpstr(losses, ==, "");
                g_assert_cmpstr(unknown, ==, "");
                assert_same_words(guest, again);
                g_assert_true(!guest->msrs == !again->msrs);
                if (guest->msrs)
                        assert_msr(again, 0x10a,
                                   *(uint64_t *) g_hash_table_lookup(guest->msrs,
                                                                     GUINT_TO_POINTER(0x10a)));
        }
}

static void test_write(void) {
        g_autoptr(Guest) guest = form_guest(DATA(EXTENDED ROW0 "<msr index='266' eax='11'/>"
                                                               "<msr index='207' edx='1'/>"),
                                            NULL, NULL);
        g_autofree char *losses = NULL, *text = NULL;

        guest->name = g_strdup("Made-Up CPU 1000");
        guest_take_unknown(guest, NULL);
        text = form_write(guest, "libvirt", &losses);
        g_assert_cmpstr(losses, ==, "");
        g_assert_cmpstr(
                text, ==,
                "<!-- Made-Up CPU 1000 -->\n"
                "<cpudata arch='x86'>\n"
                "  <cpuid eax_in='0x00000000' ecx_in='0x00' eax='0x00000007' ebx='0x756e6547' "
                "ecx='0x6c65746e' edx='0x49656e69'/>\n"
                "  <cpuid eax_in='0x00000007' ecx_in='0x00' eax='0x00000000' ebx='0x00000000' "
                "ecx='0x00000000' edx='0x00000000'/>\n"
                "  <cpuid eax_in='0x80000000' ecx_in='0x00' eax='0x80000000' ebx='0x00000000' "
                "ecx='0x00000000' edx='0x00000000'/>\n"
                "  <msr index='0xcf' edx='0x00000001' eax='0x00000000'/>\n"
                "  <msr index='0x10a' edx='0x00000000' eax='0x0000000b'/>\n"
                "</cpudata>\n");
}

/* A name that would end the comment, or is no line, is not written into it. */
static void test_write_name(void) {
        static const char *const names[] = { "a --> <cpuid/> <!--", "a-", "a\nb", "", "\xff" };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autoptr(Guest) guest = form_guest(DATA(ROW0 ROW7), NULL, NULL);
                g_autofree char *text = NULL;

                guest->name = g_strdup(names[i]);
                text = form_write(guest, "libvirt", NULL);
                g_assert_true(g_str_has_prefix(text, "<cpudata"));
        }
}

static void test_losses(void) {
        static const Leaf rows[] = {
                { .registers = { 7 } },
                { .leaf = 1, .flags = LEAF_FLAG_INDEXED, .registers = { 1, 2, 3, 4 } },
                { .leaf = 4, .registers = { 0x121 } },
                { .leaf = 7, .flags = LEAF_FLAG_INDEXED, .registers = { 0, 5, 6, 7 } },
                { .leaf = 7, .flags = LEAF_FLAG_INDEXED, .registers = { 0, 8, 8, 8 } },
        };
        LeafTable *table = leaf_table_new();
        g_autoptr(Guest) guest = NULL;
        g_autoptr(Guest) again = NULL;
        g_autofree char *losses = NULL;
        Unknown *unknown = unknown_new();

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                leaf_table_add(table, &rows[i]);
        guest = guest_new(table);
        guest->tsc_khz = 2000000;
        guest->capabilities = 0;
        unknown_add_leaves(unknown, 1, 1);
        unknown_add_bits(unknown, 7, 0, REGISTER_ECX, UINT32_MAX);
        unknown_add_bits(unknown, 7, 0, REGISTER_EDX, 1);
        guest_take_unknown(guest, unknown);

        again = form_write_and_read(guest, "libvirt", &losses);
        g_assert_null(leaf_table_find(again->table, 1, 0));
        g_assert_cmphex(form_register(again, 7, 0, REGISTER_EBX), ==, 5);
        g_assert_cmphex(form_register(again, 7, 0, REGISTER_ECX), ==, 0);
        g_assert_cmphex(form_register(again, 7, 0, REGISTER_EDX), ==, 7);
        g_assert_cmpstr(losses, ==,
                        "rows behind others of the same place: 0x7.0\n"
                        "which sub-leaves these answer for: 0x1.0, 0x4.0\n"
                        "that it is unknown what is in: 0x1, 0x7.0:ecx, 0x7.0:edx[0]\n"
                        "that its VMM enables nothing\n"
                        "the rate of its TSC: 2000000 kHz");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(read_cases); i++) {
                g_autofree char *path = g_strdup_printf("/libvirt/read/%s", read_cases[i].name);

                g_test_add_data_func(path, &read_cases[i], test_read);
        }

        for (size_t i = 0; i < G_N_ELEMENTS(refuse_cases); i++) {
                g_autofree char *path = g_strdup_printf("/libvirt/refuse/%s", refuse_cases[i].name);

                g_test_add_data_func(path, &refuse_cases[i], test_refuse);
        }

        g_test_add_func("/libvirt/zero-byte", test_zero_byte);
        g_test_add_func("/libvirt/bounds", test_bounds);
        g_test_add_func("/libvirt/msrs", test_msrs);
        g_test_add_func("/libvirt/msrs-of-a-mask", test_msrs_of_a_mask);
        g_test_add_func("/libvirt/msrs-of-vmx", test_msrs_of_vmx);
        g_test_add_func("/libvirt/round-trip", test_round_trip);
        g_test_add_func("/libvirt/write", test_write);
        g_test_add_func("/libvirt/write-name", test_write_name);
        g_test_add_func("/libvirt/losses", test_losses);

        return g_test_run();
}
