/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Texts of AIDA64, InstLatx64 and libcpuid; all samples here are made up. */

#include <string.h>

#include "client/formats/format.h"
#include "policy/kinds.h"
#include "tests/unit/form-support.h"

#define HEAD(_n) "------[ CPUID Registers / Logical CPU #" _n " ]------\n\n"
#define A0 "CPUID 00000000: 00000007-756E6547-6C65746E-49656E69 [GenuineIntel]\n"
#define A0_D "CPUID 00000000: 0000000D-756E6547-6C65746E-49656E69\n"
#define A0_14 "CPUID 00000000: 00000014-756E6547-6C65746E-49656E69\n"
#define A1 "CPUID 00000001: 000506F1-00010800-00000201-0183FBFF\n"
#define A1_APIC "CPUID 00000001: 000506F1-02010800-00000201-0183FBFF\n"
#define A1_HYPERVISOR "CPUID 00000001: 000506F1-00010800-80000201-0183FBFF\n"
#define A2 "CPUID 00000002: 05B0B101-005657F0-00000000-2CB43049 [SL 00]\n"
#define AE "CPUID 80000000: 80000000-00000000-00000000-00000000\n"
#define MSRS "------[ MSR Registers / Logical CPU #0 ]------\n\n"

#define HEAD_L(_n) "_________________ Logical CPU #" _n " _________________\n"
#define L0 "basic_cpuid[0]=00000004 756e6547 6c65746e 49656e69\n"
#define L1 "basic_cpuid[1]=000506f1 00010800 00000201 0183fbff\n"
#define LE "ext_cpuid[0]=80000000 00000000 00000000 00000000\n"
#define RULE                                       \
        "----------------------------------------" \
        "----------------------------------------\n"

typedef struct TextCase {
        const char *name;
        const char *text;
        const char *form;
        const char *rows;
        const char *unknown;  /* or NULL: not looked at */
        const char *warnings; /* or NULL: none */
        const char *msrs;     /* or NULL: none */
        const char *error;    /* or what the refusal says */
} TextCase;

static const TextCase aida64_cases[] = {
        /* clang-format off */
        { .name = "numbered-from-0", .text = HEAD("0") A0 A1 AE HEAD("1") A0 A1_APIC AE,
          .rows = "0x0.0 0x1.0 0x80000000.0", .unknown = "0x2-0x7" },
        { .name = "older-heading", .text = "------[ Logical CPU #0 ]------\n" A0 A1 AE,
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "numbered-from-1", .text = "CPUID Registers (CPU #1):\n" A0 A1 AE "\nCPUID Registers (CPU #2):\n" A0 A1_APIC AE,
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "affinity-masks", .text = "CPU#000 AffMask: 0x0001 \n" A0 A1 AE "\nCPU#001 AffMask: 0x0002 \n" A0 A1_APIC AE,
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "no-headings", .text = A0 A1 AE "\n" A0 A1_APIC AE, .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "no-headings-and-no-beginning",
          .text = "CPUID 00000007: 00000000-00000001-00000000-00000000\n" AE "\n" A0 A1 "CPUID 00000007: 00000000-00000001-00000000-00000000\n" AE,
          .rows = "0x7.0 0x80000000.0", .unknown = "0x0-0x6 0x8-0x3fffffff 0x40000000-0x4fffffff 0xc0000000-0xffffffff" },
        { .name = "first-without-leaves", .text = HEAD("0") "\n" HEAD("1") A0 A1 AE,
          .rows = "0x0.0 0x1.0 0x80000000.0", .warnings = "there is no leaf of CPU 0" },
        { .name = "cpus-that-differ",
          .text = HEAD("0") A0 A1 AE HEAD("1") A0 "CPUID 00000001: 000506F2-00010800-00000201-0183FBFF\n" AE,
          .rows = "0x0.0 0x1.0 0x80000000.0",
          .warnings = "CPU 0 is taken, and CPU 1 answers otherwise: 0x1.0:eax[3:0] stepping" },
        { .name = "separators",
          .text = "CPUID 00000000 : 00000003-756E6547-6C65746E-49656E69\n"
                  "CPUID 00000001 :000506F1-00010800-00000201-0183FBFF\n"
                  "CPUID 00000002  \t05B0B101-005657F0-00000000-2CB43049\n"
                  "CPUID 00000003 00000000 00000000  00000000 00000000   \r\n" AE,
          .rows = "0x0.0 0x1.0 0x2.0 0x3.0 0x80000000.0", .unknown = "" },
        { .name = "sub-leaves-are-hex",
          .text = A0_D "CPUID 0000000D: 00000000-00000000-00000000-00000000 [SL 0B] [CET_U]\n"
                  "CPUID 0000000D: 00000000-00000000-00000000-00000000 [a [b] c] [SL 3E\n",
          .error = "line 3, column 63: expected '[SL HH]', a sub-leaf in hex, found '[SL'" },
        { .name = "sub-leaf-behind-another-note",
          .text = A0_D A1 "CPUID 0000000D: 00000000-00000000-00000000-00000000 [a [b] c] [SL 0B]\n" AE,
          .rows = "0x0.0 0x1.0 0xd.11 0x80000000.0" },
        { .name = "sub-leaves-in-order",
          .text = HEAD("0") A0 A1 "CPUID 00000004: 00000121-01C0003F-0000003F-00000000\nCPUID 00000004: 00000122-01C0003F-0000003F-00000000\n"
                  "CPUID 00000007: 00000001-00000001-00000000-00000000\nCPUID 00000007: 00000000-00000000-00000000-00000001\n" AE,
          .rows = "0x0.0 0x1.0 0x4.0 0x4.1 0x7.0 0x7.1 0x80000000.0", .unknown = "0x2-0x3 0x5-0x6" },
        { .name = "lists-up-to-their-ends",
          .text = HEAD("0") A0_14 A1 "CPUID 00000004: 00000121-01C0003F-0000003F-00000000 [SL 00] [L1D: 32 KB]\n"
                  "CPUID 0000000B: 00000001-00000002-00000100-00000000 [SL 00]\n"
                  "CPUID 0000000B: 00000001-00000002-00000201-00000000 [SL 01]\n"
                  "CPUID 00000012: 00000001-00000000-00000000-00000000 [SL 00]\n"
                  "CPUID 00000012: 00000000-00000000-00000000-00000000 [SL 01]\n" AE, .rows = "0x0.0 0x1.0 0x4.0 0xb.0 0xb.1 0x12.0 0x12.1 0x80000000.0", .unknown = "0x2-0x3 0x5-0xa 0xc-0x11 0x13-0x14" },
        { .name = "list-of-which-one-is-told",
          .text = HEAD("0") A0_14 A1 "CPUID 00000004: 00000121-01C0003F-0000003F-00000000\n"
                  "CPUID 0000000B: 00000000-00000000-00000000-00000000\n" AE HEAD("1") A0_14 A1_APIC
                  "CPUID 00000004: 00000121-01C0003F-0000003F-00000000\n" AE, .rows = "0x0.0 0x1.0 0x4.0 0xb.0 0x80000000.0", .unknown = "0x4.1- 0x2-0x3 0x5-0xa 0xc-0x14" },
        { .name = "list-with-a-gap",
          .text = HEAD("0") A0 A1 A2 "CPUID 00000004: 00000121-01C0003F-0000003F-00000000 [SL 00]\n"
                  "CPUID 00000004: 00000143-01C0003F-0000003F-00000000 [SL 02]\n" AE,
          .rows = "0x0.0 0x1.0 0x2.0 0x4.0 0x4.2 0x80000000.0", .unknown = "0x3 0x5-0x7 0x4.1" },
        { .name = "topology-tells-its-sub-leaf",
          .text = HEAD("0") A0_14 A1 "CPUID 0000000B: 00000004-00000004-00000201-00000000\n"
                  "CPUID 0000000B: 00000000-00000000-00000002-00000000\n" AE,
          .rows = "0x0.0 0x1.0 0xb.1 0xb.2 0x80000000.0" },
        { .name = "each-block-numbers-anew",
          .text = HEAD("0") A0 A1 "CPUID 00000007: 00000000-00000001-00000000-00000000\n" AE
                  HEAD("1") A0 A1 "CPUID 00000007: 00000000-00000001-00000000-00000000\n" AE,
          .rows = "0x0.0 0x1.0 0x7.0 0x80000000.0" },
        { .name = "xsave-by-the-states",
          .text = A0_D A1 "CPUID 0000000D: 00000007-00000340-00000340-00000000\n"
                  "CPUID 0000000D: 0000000F-00000340-00000100-00000000\n"
                  "CPUID 0000000D: 00000100-00000240-00000000-00000000\n"
                  "CPUID 0000000D: 00000080-00000000-00000001-00000000\n" AE,
          .rows = "0x0.0 0x1.0 0xd.0 0xd.1 0xd.2 0xd.8 0x80000000.0", .unknown = "0x2-0xc" },
        { .name = "xsave-of-fewer-states",
          .text = A0_D A1 "CPUID 0000000D: 00000007-00000340-00000340-00000000\n"
                  "CPUID 0000000D: 00000001-00000000-00000000-00000000\n" AE,
          .rows = "0x0.0 0x1.0 0xd.0 0xd.1 0x80000000.0", .unknown = "0x2-0xc 0xd.2" },
        { .name = "xsave-that-lost-a-line",
          .text = A0_D A1 "CPUID 0000000D: 00000207-00000340-00000A88-00000000\n"
                  "CPUID 0000000D: 0000000F-00000340-00000100-00000000\n"
                  "CPUID 0000000D: 00000080-00000000-00000001-00000000\n"
                  "CPUID 0000000D: 00000008-00000A80-00000000-00000000\n" AE,
          .rows = "0x0.0 0x1.0 0xd.0 0xd.1 0xd.2 0xd.8 0x80000000.0", .unknown = "0xd.2- 0x2-0xc" },
        { .name = "xsave-of-more-lines-than-states",
          .text = A0_D A1 "CPUID 0000000D: 00000003-00000240-00000240-00000000\n"
                  "CPUID 0000000D: 00000001-00000000-00000000-00000000\n"
                  "CPUID 0000000D: 00000000-00000000-00000000-00000000\n"
                  "CPUID 0000000D: 00000100-00000240-00000000-00000000\n"
                  "CPUID 0000000D: 00000100-00000240-00000000-00000000\n" AE,
          .rows = "0x0.0 0x1.0 0xd.0 0xd.1 0x80000000.0", .unknown = "0xd.2- 0x2-0xc",
          .warnings = "line 6: leaf 0xd has more lines than it names sub-leaves, so its sub-leaves from 2 on are unknown" },
        { .name = "masks-of-rdt",
          .text = A0_14 A1 "CPUID 0000000F: 00000000-0000003F-00000000-00000002\n"
                  "CPUID 0000000F: 00000000-00010000-0000003F-00000007\n"
                  "CPUID 00000010: 00000000-0000000A-00000000-00000000\n"
                  "CPUID 00000010: 0000000A-00000600-00000004-0000000F\n"
                  "CPUID 00000010: 00000059-00000000-00000004-00000007\n" AE,
          .rows = "0x0.0 0x1.0 0xf.0 0xf.1 0x10.0 0x10.1 0x10.3 0x80000000.0" },
        { .name = "masks-of-amd",
          .text = A0 A1 "CPUID 80000000: 80000020-00000000-00000000-00000000\n"
                  "CPUID 80000020: 00000000-00000014-00000000-00000000\n"
                  "CPUID 80000020: 0000000B-00000000-00000000-0000000F\n"
                  "CPUID 80000020: 0000000C-00000000-00000000-0000000F\n\n",
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80000020.0 0x80000020.2 0x80000020.4" },
        { .name = "leaf-2-read-again",
          .text = A0 A1 "CPUID 00000002: 05B0B102-005657F0-00000000-2CB43049\nCPUID 00000002: 05B0B102-00000000-00000000-00000000\n" AE, .rows = "0x0.0 0x1.0 0x2.0 0x80000000.0" },
        { .name = "other-text",
          .text = "------[ Versions ]------\n\nProgram Version : made up\n\n------[ CPU Info ]------\n\n"
                  "CPUID Manufacturer  : GenuineIntel\nCPUID CPU Name      : x\nCPUID Revision      : 000506F1h\n"
                  "L1    Data Cache: 32 KB\n" HEAD("0") "allcpu: Package 0 / Core 0 / Thread 0: Valid\n\n" A0 A1 AE
                  "------[ All CPUs ]------\n\nCPU 0: APICID  0 / Package 0 / Core 0 / Thread 0: Valid\n",
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "odd-vendor",
          .text = "CPUID 00000000: 00000001-74726956-20555043-206C6175 [Virtual CPU ]\n" A1 AE,
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "transmeta",
          .text = "CPUID 00000000: 00000001-756E6547-3638784D-54656E69\n" A1 AE "CPUID 80860000: 80860001-6E617254-55504361-74656D73\n"
                  "CPUID 80860001: 00000543-01050002-000003E8-000001CE\nCPUID 80860002: 00000001-00000001-00000001-00000001\n",
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80860000.0 0x80860001.0", .unknown = "" },
        { .name = "noise-above-the-maximum",
          .text = A0 A1 "CPUID 00000020: 00000001-00000002-00000003-00000004\n" AE
                  "CPUID 8FFFFFFF: 00000001-00000002-00000003-00000004\n",
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "hypervisor-without-its-leaves", .text = A0 A1_HYPERVISOR AE,
          .rows = "0x0.0 0x1.0 0x80000000.0", .unknown = "0x2-0x7 0x40000000-0x4fffffff" },
        { .name = "hypervisor",
          .text = A0 A1_HYPERVISOR "CPUID 40000000: 40000001-7263694D-666F736F-76482074 [Microsoft Hv]\n"
                  "CPUID 40000001: 31237648-00000000-00000000-00000000 [Hv#1]\n" AE,
          .rows = "0x0.0 0x1.0 0x40000000.0 0x40000001.0 0x80000000.0", .unknown = "0x2-0x7" },
        { .name = "ends-in-the-middle-of-a-leaf",
          .text = A0_D A1 AE "CPUID 00000008: 00000001-00000000-00000000-00000000 [SL 00]\n",
          .rows = "0x0.0 0x1.0 0x80000000.0 0x8.0", .unknown = "0x8.1- 0x2-0x7 0x9-0xd" },
        { .name = "no-newline-where-none-is-missing",
          .text = A0 A1 "CPUID 80000000: 80000000-00000000-00000000-00000000",
          .rows = "0x0.0 0x1.0 0x80000000.0", .unknown = "0x2-0x7" },
        { .name = "no-newline-where-a-sub-leaf-may-be",
          .text = A0 A1 AE "CPUID 00000007: 00000000-00000001-00000000-00000000",
          .rows = "0x0.0 0x1.0 0x80000000.0", .unknown = "0x2-0x7" },
        { .name = "no-newline-behind-a-sub-leaf",
          .text = A0 A1 AE "CPUID 00000007: 00000000-00000001-00000000-00000000 [SL 00]",
          .rows = "0x0.0 0x1.0 0x80000000.0 0x7.0" },
        { .name = "no-newline-in-a-register",
          .text = A0 A1 "CPUID 80000000: 80000000-00000000-00000000-000000", .rows = "0x0.0 0x1.0",
          .unknown = "0x2-0x7 0x80000000-0xbfffffff" },
        { .name = "no-newline-in-a-heading", .text = HEAD("0") A0 A1 AE "------[ CPUID Registers / Logical CPU #1",
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "upper-part-of-a-test", .text = HEAD("0") A0 A1 AE RULE "CPUID 00000001: what else\n",
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "msrs",
          .text = HEAD("0") A0 A1 AE MSRS "MSR 0000008B: 0100-0010-0000-0000\n"
                  "MSR 000000E7: 0000-0009-0000-0001\nMSR 000000E7: 0000-0009-0000-0002 [S200]\n"
                  "MSR 000000E7: 0000-0009-0000-0003\nMSR 0000010A: 0000-0000-0000-000B\n"
                  "MSR 00000049: < FAILED >\nMSR 00000198: 0000-0000-0000-0001 [1.0x] [0.5V]\n\n",
          .rows = "0x0.0 0x1.0 0x80000000.0",
          .msrs = "0x8b=0x100001000000000 0x10a=0xb" },
        { .name = "msrs-without-a-number",
          .text = HEAD("0") A0 A1 AE HEAD("1") A0 A1_APIC AE "------[ MSR Registers ]------\n\nMSR 0000010A: 0000-0000-0000-000B\n\n",
          .rows = "0x0.0 0x1.0 0x80000000.0", .msrs = "0x10a=0xb" },
        { .name = "msrs-of-another-cpu",
          .text = HEAD("0") A0 A1 AE HEAD("1") A0 A1_APIC AE "------[ MSR Registers / Logical CPU #1 ]------\nMSR 0000010A: 0000-0000-0000-000B\n\n",
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "msrs-behind-all-cpus",
          .text = HEAD("0") A0 A1 AE HEAD("1") A0 "CPUID 00000001: 000506F1-02010800-00000201-0183FBFF\n" AE
                  MSRS "MSR 0000010A: 0000-0000-0000-000B\n\n",
          .rows = "0x0.0 0x1.0 0x80000000.0", .msrs = "0x10a=0xb" },
        { .name = "ends-with-a-counter", .text = A0 A1 AE "MSR 000000E7: 0000-0009-0000-0001\n",
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "ends-with-a-feature-msr", .text = A0 A1 AE "MSR 0000010A: 0000-0000-0000-000B",
          .rows = "0x0.0 0x1.0 0x80000000.0", .msrs = "0x10a=0xb" },
        { .name = "ends-within-an-msr", .text = A0 A1 AE "MSR 0000010A: 0000-0000-0000-000",
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "msr-of-fewer-digits", .text = A0 A1 AE "MSR 0000010A: 0000-0000-000B\n",
          .error = "line 4, column 29: expected 'MSR INDEX: HHHH-HHHH-HHHH-HHHH' or '< FAILED >', found the end of the line" },
        { .name = "msr-of-a-word", .text = A0 A1 AE "MSR 0000010A: none\n",
          .error = "line 4, column 15: expected 'MSR INDEX: HHHH-HHHH-HHHH-HHHH' or '< FAILED >', found 'none'" },
        { .name = "register-of-fewer-digits", .text = A0 "CPUID 00000001: 000506F1-00010800-0000201-0183FBFF\n",
          .error = "line 2, column 35: expected 'CPUID LEAF: EAX-EBX-ECX-EDX', each of 8 hex digits, found '0000201-0183FBFF'" },
        { .name = "register-of-more-digits", .text = A0 "CPUID 00000001: 000506F1-00010800-00000201-0183FBFF0\n",
          .error = "line 2, column 44: expected" },
        { .name = "quoted-leaf", .text = A0 "> CPUID 00000001: 000506F1-00010800-00000201-0183FBFF\n", .error = "line 2, column 1: expected 'CPUID LEAF" },
        { .name = "leaf-of-fewer-digits", .text = A0 "CPUID 0000001: 000506F1-00010800-00000201-0183FBFF\n", .error = "line 2, column 1: expected 'CPUID LEAF" },
        { .name = "no-utf-8", .text = A0 "CPU-Takt \xfc" "ber alles: 3\xb5" "s\n" A1 AE, .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "guid-and-dates", .text = A0 "{12345678-1234-1234-1234-123456789ABC} 01234567-89ABCDEF-01234567\n" A1 AE, .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "two-lines-in-one", .text = A0 "CPUID 00000001: 000506F1-00010800-00000201-0183FBFF CPUID 00000002\n",
          .error = "line 2, column 53: expected 'CPUID LEAF: EAX-EBX-ECX-EDX', each of 8 hex digits, found 'CPUID'" },
        { .name = "two-leaves-in-one", .text = A0 "CPUID 00000001: 000506F1-00010800-00000201-0183FBFF [a] CPUID 00000002: 05B0B101-005657F0-00000000-2CB43049\n",
          .error = "line 2, column 57: expected the end of the line" },
        { .name = "two-msrs-in-one", .text = A0 "MSR 0000008B: 0000-0000-0000-0001 MSR 0000010A\n",
          .error = "line 2, column 35: expected 'MSR INDEX" },
        { .name = "three-registers", .text = A0 "CPUID 00000001: 000506F1-00010800-00000201\n",
          .error = "line 2, column 43: expected 'CPUID LEAF: EAX-EBX-ECX-EDX', each of 8 hex digits, found the end of the line" },
        { .name = "sub-leaf-over-32-bits", .text = A0 "CPUID 00000007: 00000000-00000000-00000000-00000000 [SL 123456789]\n",
          .error = "line 2, column 53: expected '[SL HH]'" },
        { .name = "sub-leaf-again-with-other-values",
          .text = A0 "CPUID 00000007: 00000000-00000000-00000000-00000000 [SL 00]\n"
                  "CPUID 00000007: 00000000-00000001-00000000-00000000 [SL 00]\n",
          .error = "line 3: leaf 0x7 sub-leaf 0 again, with other values than in line 2" },
        { .name = "leaf-again-with-other-values", .text = HEAD("0") A0 A1 A1_APIC,
          .error = "line 5: leaf 0x1 sub-leaf 0 again" },
        { .name = "cpu-over-32-bits", .text = HEAD("4294967296") A0, .error = "line 1, column 40: expected the number of a CPU, found '4294967296'" },
        { .name = "cpu-without-a-number", .text = "CPU#x\n" A0, .error = "line 1, column 5: expected the number of a CPU, found 'x'" },
        { .name = "no-leaf", .text = HEAD("0"), .form = "aida64", .error = "has no leaf of any CPU" },
        /* clang-format on */
};

static const TextCase libcpuid_cases[] = {
        /* clang-format off */
        { .name = "heading-and-a-leaf-in-one", .text = "_________________ Logical CPU #0 _________________" L0 L1 LE,
          .error = "line 1, column 51: expected the end of the line" },
        { .name = "one-cpu", .text = "version=0.8.0\n\n" L0 L1 LE "intel_fn4[0]=00000121 01c0003f 0000003f 00000000\n"
                  "intel_fn4[1]=00000000 00000000 00000000 00000000\n",
          .rows = "0x0.0 0x1.0 0x80000000.0 0x4.0 0x4.1", .unknown = "0x2-0x3" },
        { .name = "several-cpus", .text = HEAD_L("0") L0 L1 LE "\n" HEAD_L("1") L0 "basic_cpuid[1]=000506f1 02010800 00000201 0183fbff\n" LE,
          .rows = "0x0.0 0x1.0 0x80000000.0", .unknown = "0x2-0x4" },
        { .name = "index-is-decimal",
          .text = "basic_cpuid[0]=00000010 756e6547 6c65746e 49656e69\n" L1
                  "basic_cpuid[13]=00000007 00000340 00000340 00000000\n"
                  "basic_cpuid[16]=00000000 00000000 00000000 00000000\n" LE,
          .rows = "0x0.0 0x1.0 0xd.0 0x10.0 0x80000000.0", .unknown = "0x2-0xc 0xe-0xf 0xd.1 0xd.2-" },
        { .name = "leaf-7-has-no-more-sub-leaves",
          .text = "basic_cpuid[0]=00000007 756e6547 6c65746e 49656e69\n" L1 LE
                  "basic_cpuid[7]=00000000 00000001 00000000 00000000\n",
          .rows = "0x0.0 0x1.0 0x80000000.0 0x7.0", .unknown = "0x2-0x6" },
        { .name = "leaf-7-has-more-sub-leaves",
          .text = "basic_cpuid[0]=00000007 756e6547 6c65746e 49656e69\n" L1 LE
                  "basic_cpuid[7]=00000002 00000001 00000000 00000000\n",
          .rows = "0x0.0 0x1.0 0x80000000.0 0x7.0", .unknown = "0x2-0x6 0x7.1 0x7.2" },
        { .name = "leaves-above-the-arrays",
          .text = "basic_cpuid[0]=00000024 756e6547 6c65746e 49656e69\n" L1 "basic_cpuid[31]=00000000 00000000 00000000 00000000\n"
                  "ext_cpuid[0]=80000021 00000000 00000000 00000000\next_cpuid[31]=00000000 00000000 00000000 00000000\n",
          .rows = "0x0.0 0x1.0 0x1f.0 0x80000000.0 0x8000001f.0",
          .unknown = "0x2-0x1e 0x20-0x24 0x80000001-0x8000001e 0x80000020-0x80000021" },
        { .name = "arrays-of-sub-leaves-count",
          .text = L0 L1 "basic_cpuid[4]=00000143 00000000 00000000 00000000\n" LE
                  "intel_fn4[0]=00000121 01c0003f 0000003f 00000000\nintel_fn4[1]=00000122 01c0003f 0000003f 00000000\n" RULE,
          .rows = "0x0.0 0x1.0 0x80000000.0 0x4.0 0x4.1", .unknown = "0x2-0x3 0x4.2-" },
        { .name = "no-array-of-sub-leaves", .text = L0 L1 "basic_cpuid[4]=00000143 00000000 00000000 00000000\n" LE RULE,
          .rows = "0x0.0 0x1.0 0x80000000.0 0x4.0", .unknown = "0x2-0x3 0x4.1-" },
        { .name = "no-array-of-sub-leaves-yet", .text = L0 L1 "basic_cpuid[4]=00000143 00000000 00000000 00000000\n" LE,
          .rows = "0x0.0 0x1.0 0x80000000.0", .unknown = "0x2-0x4" },
        { .name = "no-array-of-sub-leaves-of-several-cpus",
          .text = HEAD_L("0") L0 L1 "basic_cpuid[4]=00000143 00000000 00000000 00000000\n" LE HEAD_L("1") L0 L1
                  "basic_cpuid[4]=00000143 00000000 00000000 00000000\n" LE RULE,
          .rows = "0x0.0 0x1.0 0x80000000.0 0x4.0" },
        { .name = "noise-behind-a-list",
          .text = "basic_cpuid[0]=00000014 756e6547 6c65746e 49656e69\n" L1 LE
                  "intel_fn11[0]=00000001 00000002 00000100 00000000\nintel_fn11[1]=00000000 00000000 00000001 00000000\n"
                  "intel_fn11[2]=00000000 00000000 00000002 00000000\nintel_fn11[3]=00000000 00000000 00000003 00000000\n"
                  "intel_fn14h[0]=00000001 00000000 00000000 00000000\nintel_fn14h[1]=00000001 00000000 00000000 00000000\n"
                  "intel_fn14h[2]=00000009 00000000 00000000 00000000\n",
          .rows = "0x0.0 0x1.0 0x80000000.0 0xb.0 0xb.1 0x14.0 0x14.1" },
        { .name = "hypervisor", .text = L0 "basic_cpuid[1]=000506f1 00010800 80000201 0183fbff\n" LE,
          .rows = "0x0.0 0x1.0 0x80000000.0", .unknown = "0x2-0x4 0x40000000-0x4fffffff" },
        { .name = "centaur", .text = "basic_cpuid[0]=00000001 746e6543 736c7561 48727561\n" L1 LE,
          .rows = "0x0.0 0x1.0 0x80000000.0", .unknown = "0xc0000000-0xffffffff" },
        { .name = "of-a-newer-version", .text = L0 L1 LE "intel_fn99h[0]=00000001 00000000 00000000 00000000\n",
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "what-a-test-expects", .text = L0 L1 LE RULE "intel\n-1\n" L0, .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "no-newline", .text = L0 L1 "ext_cpuid[0]=80000000 00000000 00000000 00000000",
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "cut-off", .text = L0 L1 "ext_cpuid[0]=80000000 00000000 00000000 0000000", .rows = "0x0.0 0x1.0" },
        { .name = "cut-off-in-a-heading", .text = HEAD_L("0") L0 L1 LE "_________________ Logical CPU #1",
          .rows = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "arm", .text = "arm_midr=0000000000000000\n" L0, .error = "line 1, column 1: expected CPUID, not an ARM processor's data, found 'arm_midr=0000000...'" },
        { .name = "in-a-shell", .text = "root@host:~# cpuid_tool --raw\n" L0 L1 LE "root@host:~#\n", .rows = "0x0.0 0x1.0 0x80000000.0",
          .warnings = "line 1 is passed over: 'root@host:~# cpuid_tool --raw'\nline 5 is passed over: 'root@host:~#'" },
        { .name = "other-text", .text = L0 "hello\n", .error = "line 2, column 1: expected 'KEY[INDEX]=EAX EBX ECX EDX', each of 8 hex digits, found 'hello'" },
        { .name = "three-registers", .text = L0 "basic_cpuid[1]=000506f1 00010800 00000201\n", .error = "line 2, column 42: expected 'KEY" },
        { .name = "register-of-more-digits", .text = L0 "basic_cpuid[1]=000506f1 00010800 00000201 0183fbff0\n", .error = "line 2, column 51: expected 'KEY" },
        { .name = "index-over-all-bounds", .text = L0 "basic_cpuid[4294967297]=000506f1 00010800 00000201 0183fbff\n", .error = "line 2, column 13: expected 'KEY" },
        { .name = "no-index", .text = L0 "basic_cpuid[]=000506f1 00010800 00000201 0183fbff\n", .error = "line 2, column 13: expected 'KEY" },
        { .name = "row-again-with-other-values", .text = L0 L1 "basic_cpuid[1]=00000000 00000000 00000000 00000000\n",
          .error = "line 3: leaf 0x1 sub-leaf 0 again, with other values than in line 2" },
        { .name = "cpu-over-32-bits", .text = HEAD_L("99999999999999999999") L0, .error = "line 1, column 32: expected the number of a CPU" },
        /* clang-format on */
};

/* "0x10a=0xb", in the order of their indices */
static char *list_msrs(const Guest *guest) {
        GString *text = g_string_new(NULL);
        g_autoptr(GList) keys = guest->msrs ? g_hash_table_get_keys(guest->msrs) : NULL;

        while (keys) {
                void *least = keys->data;

                for (GList *i = keys; i; i = i->next)
                        if (GPOINTER_TO_UINT(i->data) < GPOINTER_TO_UINT(least))
                                least = i->data;
                g_string_append_printf(text, "%s0x%x=0x%" G_GINT64_MODIFIER "x",
                                       text->len > 0 ? " " : "", GPOINTER_TO_UINT(least),
                                       *(const uint64_t *) g_hash_table_lookup(guest->msrs, least));
                keys = g_list_remove(keys, least);
        }

        return g_string_free(text, FALSE);
}

static void test_text(const void *data) {
        const TextCase *c = data;
        g_autofree char *warnings = NULL, *rows = NULL, *unknown = NULL, *msrs = NULL;
        g_autoptr(Guest) guest = NULL;

        if (c->error) {
                form_assert_refused(c->text, c->form, c->error);
                return;
        }

        guest = form_guest(c->text, c->form, &warnings);
        rows = form_rows(guest);
        unknown = form_unknown(guest);
        msrs = list_msrs(guest);
        g_assert_cmpstr(rows, ==, c->rows);
        if (c->unknown)
                g_assert_cmpstr(unknown, ==, c->unknown);
        g_assert_cmpstr(msrs, ==, c->msrs ?: "");
        g_assert_cmpstr(warnings, ==, c->warnings ?: "");
        form_assert_cuts(c->text, strlen(c->text), c->form, 1);
}

/* The values, where the cases look at places */
static void test_values(void) {
        g_autoptr(Guest) guest = form_guest(
                HEAD("0") A0 A1 "CPUID 00000007: 00000001-00000002-00000003-00000004 [SL 00]\n" AE,
                NULL, NULL);

        for (Register reg = 0; reg < N_REGISTERS; reg++)
                g_assert_cmphex(form_register(guest, 7, 0, reg), ==, reg + 1);
        g_assert_cmphex(form_register(guest, 0, 0, REGISTER_ECX), ==, 0x6c65746e);
}

static void test_zero_byte(const void *data) {
        const char *form = data;
        static const char text[] = A0 "CPUID 00000001: 0\0";
        g_autoptr(GError) error = NULL;

        g_assert_null(form_read(text, sizeof(text), form, &error));
        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
}

/* Each CPU has a heading and is gone back to for its MSRs. */
static char *make_many_cpus(unsigned n) {
        GString *text = g_string_new(NULL);

        for (unsigned i = 0; i < n; i++)
                g_string_append_printf(
                        text, "------[ CPUID Registers / Logical CPU #%u ]------\n%s", i, A0 A1 AE);
        for (unsigned i = 0; i < n; i++)
                g_string_append_printf(text,
                                       "------[ MSR Registers / Logical CPU #%u ]------\n"
                                       "MSR 0000010A: 0000-0000-0000-000B\n",
                                       i);
        return g_string_free(text, FALSE);
}

static void test_many_cpus(void) {
        g_autofree char *text = make_many_cpus(DUMP_CPUS_MAX);
        g_autofree char *more = make_many_cpus(DUMP_CPUS_MAX + 1);
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = form_guest(text, NULL, &warnings);

        g_assert_cmpstr(warnings, ==, "");
        g_assert_true(guest_has_msr(guest, 0x10a));
        form_assert_refused(more, NULL, "more than 4096 CPUs");
}

static void test_many_kinds(void) {
        g_autoptr(GString) text = g_string_new(NULL);
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;

        for (unsigned i = 0; i <= KINDS_MAX; i++)
                g_string_append_printf(
                        text, "CPU#%u\n%sCPUID 00000007: 00000000-%08X-00000000-00000000 [SL 00]\n",
                        i, A0 A1, i);

        g_assert_false(format_read_host(text->str, text->len, &options, &input, &error));
        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
        g_assert_nonnull(strstr(error->message, "in more than 16 ways"));
}

/* More places than are worth to be kept */
static void test_many_differences(void) {
        static const char begin[] =
                A0 A1 "CPUID 00000007: 00000000-00000001-00000000-00000000 [SL 00]\n";
        g_autoptr(GString) text = g_string_new("CPU#0\n");
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = NULL;

        g_string_append(text, begin);
        for (unsigned i = 0; i < 2 * LEAF_TABLE_MAX; i++) {
                if (i % 128 == 0)
                        g_string_append_printf(text, "CPU#%u\n%s", i / 128 + 1, begin);
                g_string_append_printf(
                        text, "CPUID 00000007: 00000001-00000000-00000000-00000000 [SL %X]\n",
                        i + 1);
        }

        guest = form_guest(text->str, NULL, &warnings);
        g_assert_nonnull(strstr(warnings, " and at least 2"));
}

/* The form is looked for at the beginning only. */
static void test_far_away(void) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(Guest) guest = NULL;

        while (text->len < 70 * 1024)
                g_string_append(text, "a line of other text\n");
        g_string_append(text, A0 A1);
        form_assert_refused(text->str, NULL, "has no known form");
        guest = form_guest(text->str, "aida64", NULL);
        g_assert_cmpuint(leaf_table_size(guest->table), ==, 2);
}

static void add_cases(const char *form, const TextCase *cases, size_t n_cases) {
        for (size_t i = 0; i < n_cases; i++) {
                g_autofree char *path = g_strdup_printf("/form/%s/%s", form, cases[i].name);

                g_test_add_data_func(path, &cases[i], test_text);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        add_cases("aida64", aida64_cases, G_N_ELEMENTS(aida64_cases));
        add_cases("libcpuid", libcpuid_cases, G_N_ELEMENTS(libcpuid_cases));
        g_test_add_func("/form/aida64/values", test_values);
        g_test_add_data_func("/form/aida64/zero-byte", "aida64", test_zero_byte);
        g_test_add_data_func("/form/libcpuid/zero-byte", "libcpuid", test_zero_byte);
        g_test_add_func("/form/aida64/many-cpus", test_many_cpus);
        g_test_add_func("/form/aida64/many-kinds", test_many_kinds);
        g_test_add_func("/form/aida64/many-differences", test_many_differences);
        g_test_add_func("/form/aida64/far-away", test_far_away);

        return g_test_run();
}
