/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* QEMU's answers: feature words, properties, both, and what a file of them may have beside */

#include "client/formats/format.h"
#include "client/formats/qemu.h"
#include "tests/unit/form-support.h"

#include <string.h>

#define WORD(reg, leaf, features)                                                                  \
        "{\"cpuid-register\": \"" reg "\", \"cpuid-input-eax\": " leaf ", \"features\": " features \
        "}"
#define SUBWORD(reg, leaf, subleaf, features)                             \
        "{\"cpuid-register\": \"" reg "\", \"cpuid-input-ecx\": " subleaf \
        ", \"cpuid-input-eax\": " leaf ", \"features\": " features "}"
#define PROPS(properties) \
        "{\"return\": {\"model\": {\"name\": \"base\", \"props\": {" properties "}}}}"
#define CPU(properties) "{\"family\": 6, \"min-xlevel\": 0, " properties "}"
#define ARCH "\"arch-capabilities\": true, \"rdctl-no\": true, \"mds-no\": false, \"taa-no\": true"

#define BEYOND "0x40000000-0x4fffffff 0x80000000-0xbfffffff 0xc0000000-0xffffffff"

typedef struct QemuCase {
        const char *name;
        const char *text;
        const char *rows; /* all of them */
        const char *unknown;
        const char *warnings;
        const char *error; /* or how it is refused */
} QemuCase;

static const QemuCase cases[] = {
        /* clang-format off */
        { .name = "words/registers",
          .text = "{\"return\": [" WORD("EDX", "1", "126614525") ", " SUBWORD("EBX", "7", "0", "1") "]}",
          .rows = "0x1.0 0x7.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x2-0x6 0x7.0:eax 0x7.0:ecx 0x7.0:edx 0x7.1- 0x8-0x3fffffff "
                     BEYOND },
        /* Its feature words keep what the guest would have with XSAVE. */
        { .name = "words/no-xsave",
          .text = "[" WORD("ECX", "1", "1") "," SUBWORD("EAX", "13", "0", "231") "," SUBWORD("EAX", "13", "1", "15") "]",
          .rows = "0x1.0 0xd.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:edx 0x2-0xc 0xe-0x3fffffff " BEYOND },
        { .name = "words/xsave",
          .text = "[" WORD("ECX", "1", "67108865") "," SUBWORD("EAX", "13", "0", "231") "]",
          .rows = "0x1.0 0xd.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:edx 0x2-0xc 0xd.0:ebx 0xd.0:ecx 0xd.0:edx 0xd.1- 0xe-0x3fffffff " BEYOND },
        { .name = "words/without-return", .text = "[" WORD("EDX", "1", "1") "]", .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x2-0x3fffffff " BEYOND },
        { .name = "words/twice-the-same", .text = "[" WORD("EDX", "1", "1") "," WORD("EDX", "1", "1") "]",
          .rows = "0x1.0", .warnings = "", .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x2-0x3fffffff " BEYOND },
        { .name = "words/two-lists",
          .text = "{\"return\": [" WORD("EDX", "1", "1") "]}\n{\"return\": [" WORD("EDX", "1", "2") "]}",
          .rows = "0x1.0", .warnings = "of 2 lists of feature words the first is taken",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x2-0x3fffffff " BEYOND },
        { .name = "words/twice-with-other-values",
          .text = "[" SUBWORD("EDX", "7", "0", "1") "," SUBWORD("EDX", "7", "0", "2") "]",
          .error = "feature word 2: leaf 0x7 sub-leaf 0 edx is there twice, with other values" },
        { .name = "words/no-register", .text = "[" WORD("ESI", "1", "1") "]",
          .error = "feature word 1: 'cpuid-register' is no register, expected EAX" },
        { .name = "words/over-32-bits", .text = "[" WORD("EDX", "1", "4294967296") "]",
          .error = "feature word 1: 'features' is 0x100000000, more than 32 bits" },
        { .name = "words/over-63-bits", .text = "[" WORD("EDX", "1", "18446744073709551615") "]",
          .error = "feature word 1: 'features' is negative, or has more than 63 bits" },
        { .name = "words/no-leaf", .text = "[{\"cpuid-register\": \"EDX\", \"features\": 1}]", .error =
          "is JSON of no known kind" },
        { .name = "words/second-has-no-leaf", .text = "[" WORD("EDX", "1", "1") ", {\"cpuid-register\": \"EDX\"}]",
          .error = "feature word 2: expected 'cpuid-register', 'cpuid-input-eax' and 'features'" },
        { .name = "words/no-object", .text = "[" WORD("EDX", "1", "1") ", 1]",
          .error = "feature word 2: is not an object" },
        { .name = "properties/bits", .text = PROPS("\"fpu\": true, \"vme\": false, \"sse3\": true"),
          .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx[31:1] 0x1.0:edx[31:2] 0x2-0x3fffffff " BEYOND },
        { .name = "properties/maxima-end-what-is-unknown",
          .text = PROPS("\"level\": 2, \"xlevel\": 2147483649, \"xlevel2\": 0, \"xstore\": false, \"lm\": true"),
          .rows = "0x0.0 0x80000000.0 0x80000001.0", .warnings = "",
          .unknown = "0x0.0:ebx 0x0.0:ecx 0x0.0:edx 0x1-0x2 0x40000000-0x4fffffff 0x80000000.0:ebx "
                     "0x80000000.0:ecx 0x80000000.0:edx 0x80000001.0:eax 0x80000001.0:ebx 0x80000001.0:ecx "
                     "0x80000001.0:edx[28:0] 0x80000001.0:edx[31:30]" },
        { .name = "properties/bits-above-the-maximum",
          .text = PROPS("\"level\": 1, \"xlevel\": 0, \"xlevel2\": 0, \"avx2\": true, \"lm\": true"),
          .rows = "0x0.0", .warnings = "",
          .unknown = "0x0.0:ebx 0x0.0:ecx 0x0.0:edx 0x1 0x40000000-0x4fffffff" },
        { .name = "properties/vendor-without-level",
          .text = PROPS("\"vendor\": \"GenuineIntel\", \"avx2\": true"), .rows = "0x0.0 0x7.0", .warnings = "",
          .unknown = "0x0.0:eax 0x1-0x6 0x7.0:eax 0x7.0:ebx[4:0] 0x7.0:ebx[31:6] 0x7.0:ecx 0x7.0:edx 0x7.1- "
                     "0x8-0x3fffffff " BEYOND },
        { .name = "properties/sub-leaves-end",
          .text = PROPS("\"level\": 7, \"level-func7\": 0, \"xlevel\": 0, \"xlevel2\": 0, \"avx-vnni\": true"),
          .rows = "0x0.0 0x7.0", .warnings = "",
          .unknown = "0x0.0:ebx 0x0.0:ecx 0x0.0:edx 0x1-0x6 0x7.0:ebx 0x7.0:ecx 0x7.0:edx 0x40000000-0x4fffffff" },
        { .name = "properties/not-decided-yet",
          .text = PROPS("\"level\": 4294967295, \"phys-bits\": 0, \"fpu\": true"), .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x1.0:edx[31:1] 0x2-0x3fffffff " BEYOND },
        { .name = "properties/name-of-two-bits", .text = PROPS("\"kvmclock\": true"), .rows = "0x40000001.0",
          .warnings = "",
          .unknown = "0x0-0x3fffffff 0x40000000 0x40000001.0:eax[2:1] 0x40000001.0:eax[31:4] 0x40000001.0:ebx "
                     "0x40000001.0:ecx 0x40000001.0:edx 0x40000002-0x4fffffff 0x80000000-0xbfffffff 0xc0000000-0xffffffff" },
        { .name = "properties/name-of-two-bits-is-false", .text = PROPS("\"kvmclock\": false, \"fpu\": true"),
          .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x1.0:edx[31:1] 0x2-0x3fffffff " BEYOND },
        { .name = "properties/no-bits-are-no-warning",
          .text = PROPS("\"fpu\": true, \"hv-time\": false, \"kvm\": true, \"lbr-fmt\": 18446744073709551552, "
                        "\"type\": \"host-x86_64-cpu\", \"x-anything\": [1]"), .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x1.0:edx[31:1] 0x2-0x3fffffff " BEYOND },
        { .name = "properties/unknown-names", .text = PROPS("\"fpu\": true, \"new\\nfeature\": true, \"newer\": 1"),
          .rows = "0x1.0", .warnings = "properties of QEMU that this program does not know: new?feature, newer",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x1.0:edx[31:1] 0x2-0x3fffffff " BEYOND },
        { .name = "properties/many-unknown-names",
          .text = PROPS("\"fpu\": true, \"n1\": 1, \"n2\": 1, \"n3\": 1, \"n4\": 1, \"n5\": 1, \"n6\": 1, \"n7\": 1, "
                        "\"n8\": 1, \"n9\": 1, \"n10\": 1"), .rows = "0x1.0",
          .warnings = "properties of QEMU that this program does not know: n1, n2, n3, n4, n5, n6, n7, n8 and 2 more",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x1.0:edx[31:1] 0x2-0x3fffffff " BEYOND },
        { .name = "properties/vmx", .text = PROPS("\"vmx\": true, \"vmx-ept\": true"), .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx[4:0] 0x1.0:ecx[31:6] 0x1.0:edx 0x2-0x3fffffff " BEYOND
                     " msr 0x48b[32:0] msr 0x48b[63:34]" },
        { .name = "properties/models-behind-them",
          .text = PROPS("\"fpu\": true") "\n\n{\"return\": [{\"name\": \"max\", \"typename\": \"max-x86_64-cpu\"}]}",
          .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x1.0:edx[31:1] 0x2-0x3fffffff " BEYOND },
        { .name = "properties/of-two-cpus", .text = PROPS("\"fpu\": true") PROPS("\"fpu\": false"), .rows = "0x1.0",
          .warnings = "of 2 CPUs' properties the first are taken",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x1.0:edx[31:1] 0x2-0x3fffffff " BEYOND },
        { .name = "properties/feature-is-a-number", .text = PROPS("\"fpu\": 1"),
          .error = "'fpu' is not true or false" },
        { .name = "properties/family-too-large", .text = PROPS("\"family\": 271"),
          .error = "'family' is 271, expected at most 270" },
        { .name = "properties/model-too-large", .text = PROPS("\"model\": 256"),
          .error = "'model' is 256, expected at most 255" },
        { .name = "properties/stepping-negative", .text = PROPS("\"stepping\": -1"),
          .error = "'stepping' is negative" },
        { .name = "properties/phys-bits-too-large", .text = PROPS("\"phys-bits\": 256"),
          .error = "'phys-bits' is 256, expected at most 255" },
        { .name = "properties/level-is-a-text", .text = PROPS("\"level\": \"high\""),
          .error = "'level' is not a number" },
        { .name = "properties/vendor-too-short", .text = PROPS("\"vendor\": \"Intel\""),
          .error = "'vendor' has 5 letters, expected 12" },
        { .name = "properties/vendor-is-a-number", .text = PROPS("\"vendor\": 1"),
          .error = "'vendor' is not a text" },
        { .name = "properties/model-id-too-long",
          .text = PROPS("\"model-id\": \"0123456789012345678901234567890123456789012345678\""),
          .error = "'model-id' has 49 bytes, expected at most 48" },
        { .name = "properties/tsc-frequency-negative", .text = PROPS("\"tsc-frequency\": -1"),
          .error = "'tsc-frequency' is negative" },
        { .name = "both/words-count-first",
          .text = CPU("\"fpu\": true, \"sse3\": true, \"feature-words\": [" WORD("EDX", "1", "0") "]"),
          .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax[7:0] 0x1.0:eax[19:12] 0x1.0:eax[31:28] 0x1.0:ebx 0x1.0:ecx[31:1] 0x2-0x3fffffff "
                     BEYOND },
        { .name = "both/a-whole-session",
          .text = "{\"QMP\": {\"version\": {}}}\n{\"return\": {}}\n{\"return\": [{\"cpu-index\": 0}]}\n{\"return\": []}\n"
                  "{\"event\": \"RESUME\"}\n{\"return\": [1]}\n" PROPS("\"fpu\": true"), .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x1.0:edx[31:1] 0x2-0x3fffffff " BEYOND },
        { .name = "file/only-models",
          .text = "{\"return\": [{\"name\": \"max\", \"typename\": \"max-x86_64-cpu\", \"unavailable-features\": []}]}",
          .error = "has nothing but QEMU's list of CPU models, expected an answer to query-cpu-model-expansion" },
        { .name = "file/nothing-of-it", .text = "{\"props\": 1}",
          .error = "has no answer of QEMU about a CPU, expected" },
        { .name = "session/with-commands-and-events",
          .text = "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n{\"execute\": \"qmp_capabilities\"}\r\n"
                  "{\"return\": {}}\r\n{\"execute\": \"query-cpu-model-expansion\", \"arguments\": {\"type\": \"full\", "
                  "\"model\": {\"name\": \"host\", \"props\": {\"vme\": true}}}}\r\n"
                  "{\"timestamp\": {\"seconds\": 1}, \"event\": \"RTC_CHANGE\", \"data\": {\"offset\": 0}}\r\n"
                  PROPS("\"fpu\": true") "\r\n{\"execute\": \"quit\"}\r\n{\"return\": {}}\r\n",
          .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x1.0:edx[31:1] 0x2-0x3fffffff " BEYOND },
        { .name = "session/refused-before-the-answer",
          .text = "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no\"}}\n" PROPS("\"fpu\": true"),
          .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x1.0:edx[31:1] 0x2-0x3fffffff " BEYOND },
        { .name = "session/filtered-features-asked-for",
          .text = "{\"execute\": \"qom-get\", \"arguments\": {\"path\": \"/a\", \"property\": \"filtered-features\"}}\n"
                  "{\"return\": [" WORD("EDX", "1", "2") "]}\n"
                  "{\"execute\": \"qom-get\", \"arguments\": {\"path\": \"/a\", \"property\": \"feature-words\"}}\n"
                  "{\"return\": [" WORD("EDX", "1", "1") "]}\n",
          .rows = "0x1.0", .warnings = "", .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x2-0x3fffffff " BEYOND },
        { .name = "session/filtered-features-alone",
          .text = "{\"return\": [" WORD("EDX", "1", "2") "], \"id\": \"filtered-features\"}\n",
          .error = "has no answer of QEMU about a CPU, expected" },
        { .name = "session/id-is-no-text", .text = "{\"return\": [" WORD("EDX", "1", "2") "], \"id\": [1]}\n",
          .rows = "0x1.0", .warnings = "", .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x2-0x3fffffff " BEYOND },
        { .name = "session/properties-one-by-one",
          .text = "{\"return\": [" WORD("EDX", "1", "1") "], \"id\": \"feature-words\"}\n{\"return\": 6, \"id\": \"family\"}\n"
                  "{\"return\": 95, \"id\": \"model\"}\n{\"return\": 1, \"id\": \"stepping\"}\n{\"return\": 7, \"id\": \"size\"}\n"
                  "{\"return\": [{\"name\": \"max\", \"typename\": \"max-x86_64-cpu\"}], \"id\": \"definitions\"}\n",
          .rows = "0x1.0", .warnings = "", .unknown = "0x0 0x1.0:ebx 0x1.0:ecx 0x2-0x3fffffff " BEYOND },
        { .name = "session/property-asked-for",
          .text = "{\"return\": [" WORD("EDX", "1", "1") "]}\n{\"execute\": \"qom-get\", \"arguments\": {\"property\": \"stepping\"}}\n"
                  "{\"event\": \"STOP\", \"data\": {}}\n{\"return\": 3}\n{\"return\": 4}\n",
          .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax[31:4] 0x1.0:ebx 0x1.0:ecx 0x2-0x3fffffff " BEYOND },
        { .name = "session/of-qmp-shell",
          .text = "Welcome to the QMP low-level shell!\nConnected to QEMU 9.0.50\n\n"
                  "(QEMU) query-cpu-model-expansion type=full model={\"name\":\"host\"}\n"
                  "{\n    \"return\": {\"model\": {\"name\": \"host\", \"props\": {\"fpu\": true}}}\n}\n(QEMU) ",
          .rows = "0x1.0", .warnings = "",
          .unknown = "0x0 0x1.0:eax 0x1.0:ebx 0x1.0:ecx 0x1.0:edx[31:1] 0x2-0x3fffffff " BEYOND },
        { .name = "session/of-qmp-shell-keeps-its-lines",
          .text = "(QEMU) query-cpu-model-expansion\n{\"return\": {\"model\": {\"props\": {\"fpu\": 01}}}}\n",
          .error = "line 2, column 40: a number that begins with 0" },
        { .name = "session/without-an-answer",
          .text = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\n{\"return\": {}}\n",
          .error = "has no answer of QEMU about a CPU, expected an answer to query-cpu-model-expansion" },
        { .name = "session/refused-alone", .text = "{\"id\": \"libvirt-9\", \"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}",
          .error = "QEMU refused to answer: no" },
        { .name = "session/of-qmp-shell-without-an-answer", .text = "(QEMU) quit {\"props\": 1}\n",
          .error = "has no known form" },
        { .name = "file/refused-by-qemu",
          .text = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no 'props'\\nof it\"}} {\"props\": 1}",
          .error = "QEMU refused to answer: no 'props' of it" },
        { .name = "file/refused-without-a-word", .text = "{\"error\": {}} {\"props\": 1}",
          .error = "QEMU refused to answer: an error" },
        { .name = "file/refused-in-a-number", .text = "{\"error\": {\"desc\": 1}} {\"props\": 1}",
          .error = "'desc' is not a text" },
        { .name = "file/no-bit-at-all", .text = PROPS("\"kvm\": true"), .error = "has no leaf of any CPU" },
        { .name = "file/cut-off", .text = "{\"return\": {\"model\": {\"props\": {\"fpu\": true", .error = "line 1, column" },
        /* clang-format on */
};

static void test_case(const void *data) {
        const QemuCase *c = data;
        g_autoptr(Guest) guest = NULL;
        g_autofree char *rows = NULL, *unknown = NULL, *warnings = NULL;

        if (c->error) {
                form_assert_refused(c->text, NULL, c->error);
                return;
        }

        guest = form_guest(c->text, NULL, &warnings);
        rows = form_rows(guest);
        unknown = form_unknown(guest);
        g_assert_cmpstr(rows, ==, c->rows);
        g_assert_cmpstr(unknown, ==, c->unknown);
        g_assert_cmpstr(warnings, ==, c->warnings);
}

#define WHOLE                                                                                           \
        "\"family\": 25, \"model\": 97, \"stepping\": 2, \"vendor\": \"AuthenticAMD\", \"level\": 16, " \
        "\"xlevel\": 2147483681, \"xlevel2\": 0, \"phys-bits\": 40, \"guest-phys-bits\": 48, "          \
        "\"avx10-version\": 2, \"model-id\": \"A Processor\", \"tsc-frequency\": 2000000999, "          \
        "\"pni\": true, \"sse3\": true, \"auto-ibrs\": true, \"min-xlevel\": 1"

static void test_numbers(void) {
        g_autoptr(Guest) guest = form_guest(PROPS(WHOLE), NULL, NULL);

        g_assert_cmphex(form_register(guest, 0, 0, REGISTER_EAX), ==, 16);
        g_assert_cmphex(form_register(guest, 0, 0, REGISTER_EBX), ==, 0x68747541);
        g_assert_cmphex(form_register(guest, 0, 0, REGISTER_EDX), ==, 0x69746e65);
        g_assert_cmphex(form_register(guest, 0, 0, REGISTER_ECX), ==, 0x444d4163);
        g_assert_cmphex(form_register(guest, 1, 0, REGISTER_EAX), ==, 0x00a60f12);
        g_assert_cmphex(unknown_mask(guest->unknown, 1, 0, REGISTER_EAX), ==, 0);
        g_assert_cmphex(form_register(guest, 1, 0, REGISTER_ECX), ==, 1);
        g_assert_cmphex(form_register(guest, 0x80000000, 0, REGISTER_EAX), ==, 0x80000021);
        g_assert_cmphex(form_register(guest, 0x80000008, 0, REGISTER_EAX), ==, 0x300028);
        g_assert_cmphex(unknown_mask(guest->unknown, 0x80000008, 0, REGISTER_EAX), ==, 0xff00ff00);
        g_assert_cmphex(form_register(guest, 0x80000002, 0, REGISTER_EAX), ==, 0x72502041);
        g_assert_cmphex(form_register(guest, 0x80000004, 0, REGISTER_EDX), ==, 0);
        g_assert_cmphex(unknown_mask(guest->unknown, 0x80000004, 0, REGISTER_EDX), ==, 0);
        g_assert_cmphex(form_register(guest, 0x80000021, 0, REGISTER_EAX), ==, 1 << 8);
        g_assert_cmpuint(guest->tsc_khz, ==, 2000000);
        g_assert_null(guest->msrs);
}

#define VMX "\"fpu\": true, \"vmx\": true, "

/* A MSR is there where one of its bits is told, unless the guest does not see it. */
static void test_msrs(void) {
        static const struct {
                const char *text;
                bool has_msr;
                uint64_t value;
                uint64_t unknown;
                uint32_t index; /* 0: 0x10a */
        } msr_cases[] = {
                { PROPS(ARCH), true, 0x101, ~UINT64_C(0x121) },
                { PROPS(ARCH ", \"its-no\": true"), true, 0x101 | UINT64_C(1) << 62,
                  ~(UINT64_C(0x121) | UINT64_C(1) << 62) },
                { PROPS(ARCH ", \"migratable\": false"), true, 0x101, ~UINT64_C(0x121) },
                { PROPS("\"arch-capabilities\": false, \"rdctl-no\": true"), false },
                { PROPS("\"fpu\": true, \"rdctl-no\": true"), true, 1, ~UINT64_C(1) },
                { CPU(ARCH ", \"feature-words\": [" SUBWORD("EDX", "7", "0", "0") "]"), false },
                { PROPS(VMX "\"vmx-ept\": true, \"vmx-vpid\": false"), true, UINT64_C(1) << 33,
                  ~(UINT64_C(0x22) << 32), 0x48b },
                { PROPS("\"fpu\": true, \"vmx\": false, \"vmx-ept\": true"), false, 0, 0, 0x48b },
                /* Of several bits one is clear, and may be any of them */
                { PROPS(VMX "\"vmx-invept-single-context\": false"), false, 0, 0, 0x48c },
                /* Controls that without their name have to be set */
                { PROPS(VMX "\"vmx-cr3-load-noexit\": false, \"vmx-hlt-exit\": false"), true,
                  UINT64_C(0x800000008000), ~UINT64_C(0x808000008000), 0x48e },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(msr_cases); i++) {
                g_autoptr(Guest) guest = form_guest(msr_cases[i].text, NULL, NULL);
                uint32_t index = msr_cases[i].index ?: 0x10a;
                uint64_t value = 0;

                g_test_message("case %zu", i);
                g_assert_cmpint(guest_get_msr(guest, index, &value), ==, msr_cases[i].has_msr);
                g_assert_cmphex(value, ==, msr_cases[i].value);
                g_assert_cmphex(unknown_msr_mask(guest->unknown, index), ==, msr_cases[i].unknown);
        }
}

static void test_no_xsave(void) {
        static const char text[] =
                "[" WORD("ECX", "1", "1") "," SUBWORD("EAX", "13", "0", "231") "]";
        g_autoptr(Guest) guest = form_guest(text, NULL, NULL);

        g_assert_cmphex(form_register(guest, 0xd, 0, REGISTER_EAX), ==, 0);
        g_assert_null(guest->contradictions);
}

static void test_cuts(void) {
        static const char *const texts[] = {
                PROPS(WHOLE),
                "{\"return\": [" WORD("EDX", "1", "126614525") "]}\n" PROPS(WHOLE),
                PROPS(WHOLE ", " ARCH) "\n[" WORD("EDX", "1", "126614525") "]",
                CPU("\"fpu\": true, \"feature-words\": [" WORD("EDX", "1", "12345") "]"),
        };

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
                form_assert_cuts(texts[i], strlen(texts[i]), NULL, 1);
}

static void test_cut_shell(void) {
        static const char text[] =
                "(QEMU) qom-get path=/a property=feature-words\n{\"return\": [" WORD(
                        "EDX", "1", "126614525") "]}\n(QEMU) quit\n";

        form_assert_cuts(text, strlen(text), "qemu", 1);
}

static void test_too_many_words(void) {
        g_autoptr(GString) text = g_string_new("[");

        for (unsigned i = 0; i <= LEAF_TABLE_MAX; i++)
                g_string_append_printf(text,
                                       "%s{\"cpuid-register\": \"EAX\", \"cpuid-input-eax\": 7, "
                                       "\"cpuid-input-ecx\": %u, \"features\": 1}",
                                       i > 0 ? ", " : "", i);
        g_string_append(text, "]");
        form_assert_refused(text->str, NULL,
                            "feature word 257: more than 256 rows of one CPU, which no KVM takes");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = g_strdup_printf("/form-qemu/%s", cases[i].name);

                g_test_add_data_func(path, &cases[i], test_case);
        }

        g_test_add_func("/form-qemu/numbers", test_numbers);
        g_test_add_func("/form-qemu/msrs", test_msrs);
        g_test_add_func("/form-qemu/no-xsave", test_no_xsave);
        g_test_add_func("/form-qemu/cuts", test_cuts);
        g_test_add_func("/form-qemu/cut-session-of-qmp-shell", test_cut_shell);
        g_test_add_func("/form-qemu/too-many-words", test_too_many_words);

        return g_test_run();
}
