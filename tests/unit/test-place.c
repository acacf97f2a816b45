/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One form out, all forms in */

#include "policy/error.h"
#include "policy/place.h"

typedef struct PlaceCase {
        const char *text;
        const char *place; /* as it is written; NULL: refused */
} PlaceCase;

static const PlaceCase place_cases[] = {
        { "0x7.0:ebx[6]", "0x7.0:ebx[6]" },
        { "7.0.ebx.6", "0x7.0:ebx[6]" },
        { "7.0:EBX[6]", "0x7.0:ebx[6]" },
        { "7:ebx[6]", "0x7.0:ebx[6]" },
        { "CPUID.07H.0:EBX[6]", "0x7.0:ebx[6]" },
        { "CPUID.(EAX=07H,ECX=0):EBX[bit 6]", "0x7.0:ebx[6]" },
        { "CPUID.(EAX=07H,ECX=0H):EBX[bit 6]", "0x7.0:ebx[6]" },
        { "CPUID[EAX=7,ECX=0]:EBX[6]", "0x7.0:ebx[6]" },
        { "CPUID.01H:ECX[bit 3]", "0x1.0:ecx[3]" },
        { "CPUID.01H:ECX.SSE3[bit 0]", NULL },
        { "0x80000008.0:eax[7:0]", "0x80000008.0:eax[7:0]" },
        { "80000008:eax[0:7]", "0x80000008.0:eax[7:0]" },
        { "0xd.2:eax", "0xd.2:eax" },
        { "d.2:eax", "0xd.2:eax" },
        { "10.1:eax", "0x10.1:eax" },
        { "  0xD.12:ECX ", "0xd.12:ecx" },
        { "0.0:eax", "0x0.0:eax" },
        { "0x7", "0x7.0:eax" },
        { "", NULL },
        { "eax", NULL },
        { "7.0:ebx[32]", NULL },
        { "7.0:ebx[6:5:4]", NULL },
        { "7.0:efx[1]", NULL },
        { "0x100000000.0:eax", NULL },
        { "7.99999999999:eax", NULL },
        { "7..0:ebx[6]", "0x7.0:ebx[6]" },
        { "-7.0:ebx", NULL },
        { "msr 0x10a[5]", "msr 0x10a[5]" },
        { "MSR 10AH[bit 5]", "msr 0x10a[5]" },
        { "msr 10a.5", "msr 0x10a[5]" },
        { "msr 0x480[44:32]", "msr 0x480[44:32]" },
        { "msr 0x480[32:44]", "msr 0x480[44:32]" },
        { "msr 0xc0011029", "msr 0xc0011029" },
        { "msr 0x10a[64]", NULL },
        { "msr 0x10a:eax[5]", NULL },
        { "msr 0x10a[1:2:3]", NULL },
        { "msr", NULL },
};

static void test_place(gconstpointer data) {
        const PlaceCase *c = data;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        Place place;

        if (!c->place) {
                g_assert_false(place_parse(c->text, &place, &error));
                g_assert_error(error, POLICY_ERROR, POLICY_ERROR_PLACE);
                g_assert_nonnull(strstr(error->message, "0x7.0:ebx[6]"));
                return;
        }

        g_assert_true(place_parse(c->text, &place, &error));
        g_assert_no_error(error);
        if (!place.has_register && !place.is_msr)
                return;
        text = place.is_msr ?
                place_format_msr(place.leaf, place.high, place.low) :
                place_format(place.leaf, place.subleaf, place.reg, place.high, place.low);
        g_assert_cmpstr(text, ==, c->place);
}

static void test_partial(void) {
        Place place;

        g_assert_true(place_parse("0x7", &place, NULL));
        g_assert_false(place.has_subleaf || place.has_register || place.has_bits);
        g_assert_true(place_parse("0x7.1", &place, NULL));
        g_assert_true(place.has_subleaf && !place.has_register);
        g_assert_true(place_parse("0x7.1:edx", &place, NULL));
        g_assert_true(place.has_register && !place.has_bits);
        g_assert_cmpuint(place.high, ==, 31);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(place_cases); i++) {
                g_autofree char *path = g_strdup_printf("/place/%zu", i);

                g_test_add_data_func(path, &place_cases[i], test_place);
        }
        g_test_add_func("/place/partial", test_partial);

        return g_test_run();
}
