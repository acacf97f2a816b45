/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The -cpu option: exactly, read back by its names, and taken by the QEMU of this machine */

#include <string.h>

#include "client/formats/format.h"
#include "client/formats/names.h"
#include "tests/unit/form-support.h"

#define PROPS(properties) "{\"return\": {\"model\": {\"props\": {" properties "}}}}"

#define ROW0 "0x00000000 0x00: eax=0x00000001 ebx=0x756e6547 ecx=0x6c65746e edx=0x49656e69\n"
#define ROW1 "0x00000001 0x00: eax=0x000506f1 ebx=0x00010800 ecx=0x88000001 edx=0x0183fbff\n"
#define EXT0 "0x80000000 0x00: eax=0x80000000 ebx=0x00000000 ecx=0x00000000 edx=0x00000000\n"

typedef struct LineCase {
        const char *name;
        const char *text;
        const char *line;   /* all of it */
        const char *losses; /* likewise */
} LineCase;

#define LOST "what is unknown of the guest: it is as in the model max"

static const LineCase cases[] = {
        /* clang-format off */
        { .name = "bits", .text = PROPS("\"fpu\": true, \"vme\": false, \"sse3\": true, \"lahf_lm\": true"),
          .line = "-cpu max,+pni,+fpu,+lahf-lm,-vme\n", .losses = LOST },
        { .name = "version",
          .text = PROPS("\"family\": 25, \"model\": 97, \"stepping\": 2, \"vendor\": \"AuthenticAMD\", \"fpu\": true"),
          .line = "-cpu max,family=25,model=97,stepping=2,vendor=AuthenticAMD,+fpu\n", .losses = LOST },
        { .name = "half-a-version", .text = PROPS("\"model\": 97, \"fpu\": true"), .line = "-cpu max,+fpu\n",
          .losses = LOST },
        { .name = "numbers",
          .text = PROPS("\"phys-bits\": 46, \"tsc-frequency\": 2000000000, \"fpu\": true"),
          .line = "-cpu max,host-phys-bits=off,phys-bits=46,tsc-frequency=2000000000,+fpu\n", .losses = LOST },
        { .name = "quoted-and-with-a-comma", .text = PROPS("\"fpu\": true, \"model-id\": \"A, or 'B' (R)\""),
          .line = "-cpu 'max,model-id=A,, or '\\''B'\\'' (R),+fpu'\n", .losses = LOST },
        { .name = "unprintable", .text = PROPS("\"fpu\": true, \"vendor\": \"GenuineInte\\u0001\", \"model-id\": \"\\t\""),
          .line = "-cpu max,+fpu\n", .losses = LOST },
        { .name = "needs-a-newer-qemu",
          .text = PROPS("\"fpu\": true, \"fred\": true, \"fzrm\": true, \"fsrs\": true, \"lkgs\": true, \"lam\": false, "
                        "\"avx10\": false, \"eraps\": false, \"movrs\": false"),
          .line = "# needs QEMU 8.0: +fzrm +fsrs\n# needs QEMU 9.1: +fred +lkgs\n# from QEMU 9.2 on add ,-avx10,-eraps\n"
                  "# from QEMU 11.0 on add ,-movrs\n-cpu max,+fpu,+fzrm,+fsrs,+fred,+lkgs,-lam\n",
          .losses = LOST },
        { .name = "name-of-two-bits", .text = PROPS("\"kvmclock\": true"), .line = "-cpu max,+kvmclock\n",
          .losses = LOST },
        { .name = "dynamic", .text = PROPS("\"osxsave\": true, \"apic\": false, \"fpu\": true"),
          .line = "-cpu max,+fpu\n", .losses = LOST },
        { .name = "nameless-bits",
          .text = "[{\"cpuid-register\": \"EAX\", \"cpuid-input-eax\": 7, \"cpuid-input-ecx\": 1, \"features\": 4194824}]",
          .line = "# bits that QEMU has no name for:\n# 0x7.1:eax[3] rao_int\n# 0x7.1:eax[9]\n# 0x7.1:eax[22] hreset\n"
                  "# from QEMU 8.0 on add ,-fzrm,-fsrs,-fsrc\n# from QEMU 8.1 on add ,-cmpccxadd,-amx-fp16,-avx-ifma\n"
                  "# from QEMU 9.1 on add ,-fred,-lkgs,-wrmsrns,-lam\n# from QEMU 9.2 on add ,-sha512,-sm3,-sm4\n"
                  "# from QEMU 11.0 on add ,-movrs\n-cpu max,-avx-vnni,-avx512-bf16\n",
          .losses = "bits that QEMU has no name for (they are comments above the option)\n" LOST },
        { .name = "msr",
          .text = PROPS("\"arch-capabilities\": true, \"rdctl-no\": true, \"its-no\": false, \"fb-clear\": true"),
          .line = "# needs QEMU 8.1: +fb-clear\n# from QEMU 10.1 on add ,-its-no\n"
                  "-cpu max,+arch-capabilities,+rdctl-no,+fb-clear\n", .losses = LOST },
        { .name = "controls-that-may-be-set-anyway",
          .text = PROPS("\"vmx\": true, \"vmx-cr3-load-noexit\": false, \"vmx-cr3-store-noexit\": true, \"vmx-tsc-offset\": false"),
          .line = "-cpu max,+vmx,+vmx-cr3-store-noexit,-vmx-tsc-offset,-vmx-cr3-load-noexit\n", .losses = LOST },
        /* clang-format on */
};

static void test_line(const void *data) {
        const LineCase *c = data;
        g_autoptr(Guest) guest = form_guest(c->text, NULL, NULL);
        g_autofree char *losses = NULL, *line = form_write(guest, "qemu", &losses);

        g_assert_cmpstr(line, ==, c->line);
        g_assert_cmpstr(losses, ==, c->losses);
}

static void test_model(void) {
        g_autoptr(Guest) guest = form_guest(PROPS("\"fpu\": true"), NULL, NULL);
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GPtrArray) losses = g_ptr_array_new_with_free_func(g_free);
        FormatOutput output = {
                .guest = guest,
                .model = "Icelake-Server-v2",
                .text = text,
                .losses = losses,
        };

        format_find_writer("qemu", NULL)->write(&output);
        g_assert_cmpstr(text->str, ==, "-cpu Icelake-Server-v2,+fpu\n");
        g_assert_cmpuint(losses->len, ==, 1);
        g_assert_cmpstr(losses->pdata[0], ==,
                        "what is unknown of the guest: it is as in the model Icelake-Server-v2");
}

/* What no option carries, each in its sentence */
static void test_losses(void) {
        g_autoptr(Guest) guest = form_guest(ROW0 ROW1 EXT0, NULL, NULL);
        g_autofree char *losses = NULL, *line = NULL;

        guest_set_msr(guest, 0x345, 0x2007);
        guest_set_msr(guest, 0x48b, 0);
        guest_set_msr(guest, 0x8b, 1);
        guest->capabilities = 0;
        line = form_write(guest, "qemu", &losses);
        g_assert_cmpstr(losses, ==,
                        "what QEMU decides by itself: clflush_size\n"
                        "the topology, which QEMU's -smp lays out\n"
                        "bits of MSRs that QEMU has no name for: 0x8b, 0x345\n"
                        "that its VMM enables nothing\n" LOST);
        g_assert_nonnull(strstr(line,
                                "-cpu max,family=6,model=95,stepping=1,level=1,"
                                "xlevel=0x80000000,vendor=GenuineIntel,+pni,+hypervisor,"
                                "+fpu,"));
        g_assert_nonnull(strstr(line, ",+full-width-write,"));
        g_assert_nonnull(strstr(line, ",-vmx-ept,"));
        g_assert_null(strstr(line, "osxsave"));
}

/* Hyper-V's leaves in front, KVM's behind them */
static void test_hypervisors(void) {
        static const char text[] = ROW0 ROW1
                "0x40000000 0x00: eax=0x40000001 ebx=0x7263694d ecx=0x666f736f edx=0x76482074\n"
                "0x40000001 0x00: eax=0x31237648 ebx=0x00000000 ecx=0x00000000 edx=0x00000000\n"
                "0x40000100 0x00: eax=0x40000101 ebx=0x4b4d564b ecx=0x564b4d56 edx=0x0000004d\n"
                "0x40000101 0x00: eax=0x00000002 ebx=0x00000000 ecx=0x00000000 edx=0x00000000\n" EXT0;
        g_autoptr(Guest) guest = form_guest(text, NULL, NULL);
        g_autofree char *losses = NULL, *line = form_write(guest, "qemu", &losses);

        g_assert_nonnull(strstr(losses, "the leaves of Hyper-V or of another hypervisor"));
        g_assert_nonnull(strstr(line, ",+kvm-nopiodelay,"));
        g_assert_nonnull(strstr(line, ",-kvm-mmu,"));
        g_assert_null(strstr(line, "kvmclock-stable-bit,+"));
}

/* The option's words as properties, as QEMU would tell them of such a CPU */
static char *line_to_properties(const char *line) {
        g_autoptr(GString) json = g_string_new("{\"props\": {\"level\": 4294967295");
        g_autofree char *option = g_strndup(strstr(line, "-cpu max"), strcspn(line, "\n"));
        g_auto(GStrv) words = NULL;

        g_strchomp(option);
        words = g_strsplit(strchr(option, ','), ",", -1);
        for (size_t i = 0; words[i]; i++)
                if (words[i][0] == '+' || words[i][0] == '-')
                        g_string_append_printf(json, ", \"%s\": %s", words[i] + 1,
                                               words[i][0] == '+' ? "true" : "false");
        g_string_append(json, "}}");
        return g_string_free(g_steal_pointer(&json), FALSE);
}

/* Each bit that QEMU has a name for, and that can be told, is the same again. */
static void test_again(void) {
        g_autoptr(Guest) guest = form_guest(ROW0 ROW1 EXT0, NULL, NULL), again = NULL;
        g_autofree char *line = form_write(guest, "qemu", NULL), *properties = NULL;
        unsigned n = 0;

        properties = line_to_properties(strstr(line, "-cpu max"));
        again = form_guest(properties, "qemu", NULL);

        for (size_t i = 0; i < feature_name_count(); i++) {
                const FeatureName *name = feature_name_at(i);
                uint32_t mask = UINT32_C(1) << (name->bit % 32);

                if (name->is_msr || name->since || !(name->dialects & NAME_QEMU) ||
                    name->index != 1 || g_str_equal(name->name, "apic"))
                        continue;
                if (!name->is_preferred)
                        continue;
                g_assert_cmphex(unknown_mask(again->unknown, name->index, 0, name->reg) & mask, ==,
                                0);
                g_assert_cmphex(form_register(again, name->index, 0, name->reg) & mask, ==,
                                form_register(guest, name->index, 0, name->reg) & mask);
                n++;
        }
        g_assert_cmpuint(n, >, 50);
}

/* A QEMU of this machine makes a CPU of it; 7.2 is the oldest that the line is written for. */
static void test_qemu(void) {
        g_autofree char *qemu = g_find_program_in_path("qemu-system-x86_64");
        g_autoptr(Guest) guest = form_guest(ROW0 ROW1 EXT0, NULL, NULL);
        g_autofree char *line = form_write(guest, "qemu", NULL), *errors = NULL;
        g_autofree char *command = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) arguments = NULL;
        int status;

        if (!qemu) {
                g_test_skip("there is no qemu-system-x86_64");
                return;
        }

        command = g_strconcat(qemu,
                              " -accel tcg -machine q35 -nodefaults -display none -S -m 16 "
                              "-monitor null -device nothing-like-it ",
                              strstr(line, "-cpu max"), NULL);
        g_shell_parse_argv(command, NULL, &arguments, &error);
        g_assert_no_error(error);
        g_spawn_sync(NULL, arguments, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &errors,
                     &status, &error);
        g_assert_no_error(error);
        /* It ends at the device that there is not, after it has made the CPU. */
        g_test_message("%s", errors);
        g_assert_nonnull(strstr(errors, "nothing-like-it"));
        g_assert_null(strstr(errors, "not found"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = g_strdup_printf("/form-qemu-line/%s", cases[i].name);

                g_test_add_data_func(path, &cases[i], test_line);
        }

        g_test_add_func("/form-qemu-line/model", test_model);
        g_test_add_func("/form-qemu-line/losses", test_losses);
        g_test_add_func("/form-qemu-line/hypervisors", test_hypervisors);
        g_test_add_func("/form-qemu-line/again", test_again);
        g_test_add_func("/form-qemu-line/taken-by-qemu", test_qemu);

        return g_test_run();
}
