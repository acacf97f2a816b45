/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libvirt's <cpu>: what its names say of which bits, with a small map of CPUs of our own */

#include <string.h>

#include <glib/gstdio.h>

#include "client/formats/cpu-map.h"
#include "client/formats/format.h"
#include "tests/unit/form-support.h"

#define CUSTOM(_inside) "<cpu mode='custom' match='exact' check='full'>\n" _inside "</cpu>\n"
#define OLD1 "<model fallback='forbid'>Old-1</model>\n"
#define OLD2 "<model fallback='forbid'>Old-2</model>\n"
#define CAPABILITIES(_inside)                                                                          \
        "<domainCapabilities>\n<path>/usr/bin/qemu</path>\n<arch>x86_64</arch>\n<vcpu max='1'/>\n"     \
        "<cpu>\n<mode name='host-passthrough' supported='yes'><enum name='hostPassthroughMigratable'>" \
        "<value>on</value></enum></mode>\n" _inside                                                    \
        "<mode name='custom' supported='yes'><model usable='yes'>qemu64</model>"                       \
        "<feature name='avx2'/></mode>\n</cpu>\n</domainCapabilities>\n"

/* On, off and unknown bits, as "0x1.0:edx[0]=1 0x7.0:ebx[5]=0 0x2.0:eax[0]=?" */
typedef struct CpuCase {
        const char *name;
        const char *text;
        const char *bits;
        const char *warnings;
        bool is_template; /* then the bits are what it makes of an offer of ones */
} CpuCase;

static const CpuCase cpu_cases[] = {
        /* clang-format off */
        { .name = "model", .text = CUSTOM(OLD1),
          .bits = "0x1.0:edx[0]=1 0x1.0:edx[8]=1 0x1.0:ecx[0]=0 0x1.0:ecx[3]=0 0x7.0:ebx[5]=0 0xd.1:eax[0]=0 0x80000007.0:edx[8]=0" },
        { .name = "what-has-no-name-is-unknown", .text = CUSTOM(OLD1),
          .bits = "0x0.0:eax[0]=? 0x0.0:ebx[0]=? 0x1.0:eax[0]=? 0x1.0:ebx[8]=? 0x1.0:edx[1]=? 0x2.0:eax[0]=? 0x7.0:eax[0]=? "
                  "0x7.1:eax[0]=? 0xd.0:eax[0]=? 0xd.2:eax[0]=? 0x14.0:eax[0]=? 0x40000001.0:eax[0]=? 0x80000000.0:eax[0]=? "
                  "0x80000008.0:eax[0]=? 0xc0000001.0:edx[0]=?" },
        { .name = "derived-model", .text = CUSTOM(OLD2),
          .bits = "0x1.0:edx[0]=1 0x1.0:ecx[0]=1 0x7.0:ebx[8]=1 0x7.0:ebx[9]=1 0x80000008.0:ebx[0]=1" },
        { .name = "what-versions-of-a-model-differ-in-is-unknown", .text = CUSTOM(OLD2),
          .bits = "0x1.0:ecx[3]=? 0x7.0:ebx[5]=?" },
        { .name = "what-versions-differ-in-is-listed",
          .text = CUSTOM(OLD2 "<feature name='monitor' policy='disable'/><feature policy='require' name='avx2'/>"),
          .bits = "0x1.0:ecx[3]=0 0x7.0:ebx[5]=1" },
        { .name = "all-policies",
          .text = CUSTOM(OLD1 "<feature policy='force' name='pni'/><feature policy='require' name='avx2'/>"
                         "<feature policy='optional' name='xsaveopt'/><feature policy='disable' name='fpu'/>"
                         "<feature policy='forbid' name='cx8'/>"),
          .bits = "0x1.0:ecx[0]=1 0x7.0:ebx[5]=1 0xd.1:eax[0]=? 0x1.0:edx[0]=0 0x1.0:edx[8]=0" },
        { .name = "no-policy-is-require", .text = CUSTOM(OLD1 "<feature name='pni'/>"), .bits = "0x1.0:ecx[0]=1" },
        { .name = "feature-twice", .text = CUSTOM(OLD1 "<feature name='pni'/><feature name='pni'/>"), .bits = "0x1.0:ecx[0]=1" },
        { .name = "name-that-only-our-own-table-has", .text = CUSTOM(OLD1 "<feature policy='require' name='sse4.1'/>"),
          .bits = "0x1.0:ecx[19]=1 0x1.0:ecx[20]=?" },
        { .name = "qemus-own-decisions-unless-libvirt-has-looked", .text = "<cpu match='exact'>" OLD1 "</cpu>",
          .bits = "0x1.0:ecx[21]=? 0x1.0:ecx[31]=? 0x1.0:ecx[3]=? 0x1.0:ecx[0]=0" },
        { .name = "qemus-own-decisions-listed",
          .text = "<cpu match='exact'>" OLD1 "<feature name='x2apic' policy='disable'/><feature name='hypervisor'/></cpu>",
          .bits = "0x1.0:ecx[21]=0 0x1.0:ecx[31]=1" },
        { .name = "vendor", .text = CUSTOM(OLD1 "<vendor>Maker</vendor>"),
          .bits = "0x0.0:ebx=0x6564614d 0x0.0:edx=0x2070552d 0x0.0:ecx=0x55504320 0x0.0:eax[0]=?" },
        { .name = "vendor-id", .text = CUSTOM("<model vendor_id='AuthenticAMD'>Old-1</model><vendor>Intel</vendor>"),
          .bits = "0x0.0:ebx=0x68747541" },
        { .name = "vendor-that-only-newer-maps-have", .text = CUSTOM(OLD1 "<vendor>Zhaoxin CentaurHauls</vendor>"),
          .bits = "0x0.0:ebx=0x746e6543 0x0.0:edx=0x48727561 0x0.0:ecx=0x736c7561" },
        { .name = "strange-vendor", .text = CUSTOM(OLD1 "<vendor>No'body</vendor>"), .bits = "0x0.0:ebx[0]=?",
          .warnings = "the vendor 'No'body' is not known here, and not judged" },
        { .name = "address-bits", .text = CUSTOM(OLD1 "<maxphysaddr mode='emulate' bits='42'/>"),
          .bits = "0x80000008.0:eax[7:0]=0x2a 0x80000008.0:eax[8]=?" },
        { .name = "address-bits-of-the-host", .text = CUSTOM(OLD1 "<maxphysaddr mode='passthrough' limit='42'/>"),
          .bits = "0x80000008.0:eax[0]=?" },
        { .name = "strange-feature",
          .text = CUSTOM(OLD1 "<feature policy='require' name='warp'/>"), .bits = "0x1.0:edx[0]=1",
          .warnings = "not known here, and not judged: the feature 'warp'" },
        { .name = "strange-features",
          .text = CUSTOM("<model>Strange</model>"
                         "<feature name='a1'/><feature name='a2'/><feature name='a3'/><feature name='a4'/><feature name='a5'/>"
                         "<feature name='a6'/><feature name='a7'/><feature name='a&#10;8'/>"),
          .bits = "0x1.0:edx[0]=1",
          .warnings = "not known here, and not judged: the features 'thing-of-the-future', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7' and 1 more" },
        { .name = "strange-element", .text = CUSTOM(OLD1 "<topology sockets='1'/><numa><cell id='0'/></numa>\n<warp/>"), .bits = "0x1.0:edx[0]=1",
          .warnings = "line 4: <warp> of <cpu> is not known, ignoring" },
        { .name = "hosts-definition",
          .text = "<cpu>\n<arch>x86_64</arch><model>Old-1</model><vendor>Intel</vendor><microcode version='1'/>"
                  "<signature family='6' model='85' stepping='4'/><counter name='tsc' frequency='1'/><feature name='x2apic'/></cpu>",
          .bits = "0x1.0:eax=0x00050654 0x1.0:ecx[21]=1 0x1.0:ecx[31]=0" },
        { .name = "signature-of-a-large-family-without-a-stepping",
          .text = CUSTOM(OLD1 "<signature family='25' model='17'/>"), .bits = "0x1.0:eax[31:4]=0xa10f1 0x1.0:eax[0]=?" },
        { .name = "domain",
          .text = "<domain type='kvm'>\n<os><type arch='x86_64' machine='q35'>hvm</type></os>\n<vcpu>2</vcpu>\n" CUSTOM(OLD1) "</domain>\n",
          .bits = "0x1.0:edx[0]=1 0x1.0:ecx[0]=0" },
        { .name = "capabilities",
          .text = "<capabilities>\n<host>\n<uuid>1</uuid>\n<cpu>\n<arch>x86_64</arch>\n" OLD1 "</cpu>\n<topology><cells num='1'><cell id='0'>"
                  "<cpus num='2'><cpu id='0' socket_id='0'/><cpu id='1' socket_id='0'/></cpus></cell></cells></topology>\n</host>\n"
                  "<guest><arch name='arm'/></guest></capabilities>\n",
          .bits = "0x1.0:edx[0]=1 0x1.0:ecx[0]=0" },
        { .name = "running-domain",
          .text = "\n<!--\nmade by libvirt\n-->\n<domstatus state='running' pid='1'>\n<monitor path='/a'/>\n<vcpus><vcpu id='0' pid='2'/></vcpus>\n"
                  "<cpu mode='host-model' check='partial'/>\n<domain type='kvm' id='1' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
                  "<os><type arch='x86_64'>hvm</type></os><cputune><vcpupin vcpu='0' cpuset='1'/></cputune>\n" CUSTOM(OLD1)
                  "<qemu:commandline><qemu:arg value='-cpu'/></qemu:commandline></domain>\n</domstatus>\n\n",
          .bits = "0x1.0:edx[0]=1 0x1.0:ecx[0]=0" },
        { .name = "snapshot-of-a-domain",
          .text = "<domainsnapshot>\n<name>a</name><domain>" CUSTOM(OLD1) "</domain>\n<inactiveDomain><cpu mode='host-model'/></inactiveDomain>"
                  "<cookie><cpu mode='maximum'/></cookie></domainsnapshot>\n",
          .bits = "0x1.0:edx[0]=1 0x1.0:ecx[0]=0" },
        { .name = "domain-capabilities",
          .text = CAPABILITIES("<mode name='host-model' supported='yes'>\n" OLD1 "<vendor>Intel</vendor><maxphysaddr mode='passthrough' limit='40'/>"
                               "<feature policy='require' name='pni'/><feature policy='disable' name='cx8'/></mode>\n"),
          .bits = "0x1.0:edx[0]=1 0x1.0:ecx[0]=1 0x1.0:edx[8]=0 0x7.0:ebx[5]=0 0x1.0:ecx[21]=0" },
        { .name = "several", .text = "<cpuTest>\n<cpu>" OLD1 "</cpu>\n<cpu><model>Bogus</model></cpu>\n<cpu/></cpuTest>",
          .bits = "0x1.0:edx[0]=1", .warnings = "line 4: another <cpu>, and the first one is taken" },
        { .name = "msr-with-a-bit-on", .text = CUSTOM(OLD1 "<feature name='arch-capabilities'/><feature name='rdctl-no'/><feature name='high-thing'/>"),
          .bits = "0x10a=0x100000001/0xfffffffefffffffe" },
        { .name = "msr-that-the-guest-does-not-see", .text = CUSTOM(OLD1 "<feature name='rdctl-no'/>"), .bits = "0x10a=none" },
        { .name = "controls-of-vmx", .text = CUSTOM(OLD1 "<feature name='vmx'/><feature name='vmx-ept'/><feature name='vmx-cr3-load-noexit' policy='disable'/>"),
          .bits = "0x10a=none 0x48b=0x200000000/0xfffffffdffffffff 0x48e=0x800000008000/0xffff7fffffff7fff" },
        { .name = "host-passthrough", .text = "<cpu mode='host-passthrough'/>", .is_template = true,
          .bits = "0x0.0:eax=0xffffffff 0x1.0:edx=0xffffffff 0x80000007.0:edx=0xfffffeff" },
        { .name = "host-passthrough-unmigratable", .text = "<cpu mode='host-passthrough' migratable='off'/>", .is_template = true,
          .bits = "0x80000007.0:edx=0xffffffff" },
        { .name = "host-passthrough-with-features",
          .text = "<cpu mode='host-passthrough' check='none'>\n<topology sockets='1' cores='2' threads='1'/><feature policy='disable' name='pni'/>"
                  "<feature policy='optional' name='avx2'/><feature policy='require' name='xsaveopt'/><feature policy='require' name='invtsc'/>"
                  "<vendor>Intel</vendor></cpu>",
          .is_template = true,
          .bits = "0x1.0:ecx=0xfffffffe 0x7.0:ebx=0xffffffff 0xd.1:eax=0x1 0x80000007.0:edx=0xffffffff 0x0.0:ebx=0x756e6547" },
        { .name = "maximum", .text = "<cpu mode='maximum'/>", .is_template = true, .bits = "0x1.0:ecx=0xffffffff" },
        { .name = "host-model", .text = "<domain><cpu mode='host-model' check='partial'><model fallback='allow'/>"
                                        "<feature name='avx2' policy='disable'/></cpu></domain>",
          .is_template = true, .bits = "0x7.0:ebx=0xffffffdf 0x80000007.0:edx=0xfffffeff" },
        { .name = "at-least-a-model", .text = "<cpu match='minimum'>" OLD2 "<feature name='xsaveopt'/><feature name='fpu' policy='disable'/></cpu>",
          .is_template = true, .bits = "0x1.0:edx=0xfffffffe 0xd.1:eax=0x1 0x80000008.0:ebx=0x1" },
        { .name = "msr-of-a-template", .text = "<cpu mode='maximum'><feature name='rdctl-no'/><feature name='high-thing' policy='disable'/></cpu>",
          .is_template = true, .bits = "0x10a=0xf1" },
        /* clang-format on */
};

static char *map_directory(void) {
        return g_test_build_filename(G_TEST_DIST, "tests", "unit", "cpu_map", NULL);
}

static bool read_with_map(const char *text, const char *map, FormatInput *ret, GError **error) {
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;

        options.cpu_map = map;
        return format_read_guest(text, strlen(text), &options, ret, error);
}

/* What a template makes of a host that has everything */
static Guest *apply(const Template *template) {
        static const uint32_t leaves[] = { 0, 1, 7, 0x80000007 };
        g_autoptr(LeafTable) offer = leaf_table_new();
        g_autoptr(GHashTable) msrs = g_hash_table_new(NULL, NULL);
        uint64_t capabilities = UINT64_C(0x1000000f0);

        for (size_t i = 0; i < G_N_ELEMENTS(leaves); i++) {
                Leaf row = { .leaf = leaves[i],
                             .flags = leaves[i] == 7 ? LEAF_FLAG_INDEXED : 0,
                             .registers = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX } };

                leaf_table_add(offer, &row);
        }

        g_hash_table_insert(msrs, GUINT_TO_POINTER(0x10a), &capabilities);
        return template_apply(template, offer, msrs);
}

/* "VALUE/UNKNOWN", or "none" */
static void assert_msr(const Guest *guest, const char *text, const char *value) {
        uint32_t index = g_ascii_strtoull(text, NULL, 16);
        const char *unknown = strchr(value, '/');
        uint64_t is = 0;

        g_assert_cmpint(guest_get_msr(guest, index, &is), ==, !g_str_equal(value, "none"));
        g_assert_cmphex(is, ==, g_ascii_strtoull(value, NULL, 16));
        g_assert_cmphex(unknown_msr_mask(guest->unknown, index), ==,
                        unknown ? g_ascii_strtoull(unknown + 1, NULL, 16) : 0);
}

/* "0x1.0:ecx[3]=1": the value, or ? where it is not told */
static void assert_bits(const Guest *guest, const char *text) {
        g_auto(GStrv) parts = g_strsplit(text, "=", 2);
        g_autoptr(GError) error = NULL;
        UnknownSpan span;

        g_test_message("%s", text);
        if (!strchr(parts[0], '.')) {
                assert_msr(guest, parts[0], parts[1]);
                return;
        }

        unknown_span_parse(parts[0], &span, &error);
        g_assert_no_error(error);
        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                uint32_t mask = span.masks[reg];
                uint32_t unknown = unknown_mask(guest->unknown, span.leaf, span.subleaf, reg);
                uint32_t value = form_register(guest, span.leaf, span.subleaf, reg);

                if (mask == 0)
                        continue;
                if (g_str_equal(parts[1], "?")) {
                        g_assert_cmphex(unknown & mask, ==, mask);
                        continue;
                }
                g_assert_cmphex(unknown & mask, ==, 0);
                g_assert_cmphex((value & mask) >> g_bit_nth_lsf(mask, -1), ==,
                                g_ascii_strtoull(parts[1], NULL, 16));
        }
}

static void test_cpu(const void *data) {
        const CpuCase *c = data;
        g_autofree char *map = map_directory(), *warnings = NULL;
        g_auto(GStrv) bits = g_strsplit(c->bits, " ", -1);
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = NULL;

        read_with_map(c->text, map, &input, &error);
        g_assert_no_error(error);
        g_assert_true(c->is_template == (input.template != NULL));
        guest = c->is_template ? apply(input.template) : g_steal_pointer(&input.guest);

        for (size_t i = 0; bits[i]; i++)
                assert_bits(guest, bits[i]);

        if (input.warnings) {
                g_ptr_array_add(input.warnings, NULL);
                warnings = g_strjoinv("\n", (char **) input.warnings->pdata);
        }
        g_assert_cmpstr(warnings ? warnings : "", ==, c->warnings ? c->warnings : "");
}

/* A copy that is cut off is refused wherever that is, but for blanks behind the end. */
static void test_cuts(const void *data) {
        const CpuCase *c = data;
        g_autofree char *map = map_directory();
        size_t n_text = strlen(c->text);

        while (g_ascii_isspace(c->text[n_text - 1]))
                n_text--;

        for (size_t i = 0; i < n_text; i++) {
                g_autofree char *cut = g_strndup(c->text, i);
                g_auto(FormatInput) input = {};
                g_autoptr(GError) error = NULL;

                g_assert_false(read_with_map(cut, map, &input, &error));
                g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
        }
}

typedef struct RefuseCase {
        const char *name;
        const char *text;
        const char *message;
} RefuseCase;

static const RefuseCase refuse_cases[] = {
        /* clang-format off */
        { "unknown-model", CUSTOM("<model>Bogus</model>"), "line 2: there is no model 'Bogus' in " },
        { "unknown-model-counted", CUSTOM("<model>Bogus</model>"), "expected one of its 5 models" },
        { "unknown-model-like-others", CUSTOM("<model>old-9</model>"), ", the nearest: Old-1, Old-2" },
        { "unknown-model-at-least", "<cpu match='minimum'><model>Bogus</model></cpu>", "there is no model 'Bogus'" },
        { "model-out-of-the-directory", CUSTOM("<model>../cpu_map/x86_models</model>"), "there is no model '../cpu_map/x86_models'" },
        { "model-of-lines", CUSTOM("<model>a\nb</model>"), "there is no model 'a\\nb'" },
        { "model-without-end", CUSTOM("<model>Loop</model>"), "more than 16 ancestors" },
        { "model-of-nobody", CUSTOM("<model>Orphan</model>"), "there is no model 'Nobody'" },
        { "other-architecture", "<cpu>\n<arch>ppc64</arch><model>Old-1</model></cpu>", "line 2, column 20: is of the architecture 'ppc64', expected 'x86_64' or 'i686'" },
        { "other-architecture-of-a-domain", "<domain><os>\n<type arch='aarch64'>hvm</type></os>" CUSTOM(OLD1) "</domain>", "is of the architecture 'aarch64'" },
        { "other-architecture-of-domain-capabilities", "<domainCapabilities><arch>s390x</arch></domainCapabilities>", "is of the architecture 's390x'" },
        { "no-model", "<cpu>\n</cpu>", "line 1: the <cpu> has no <model>" },
        { "no-cpu", "<domainCapabilities/>", "has no <cpu>, expected libvirt's definition" },
        { "no-cpu-in-a-domain", "\n<domain type='kvm'>\n<vcpu>1</vcpu></domain>", "has no <cpu> for the domain, and what it has then is QEMU's default, expected" },
        { "no-cpu-in-capabilities", "<capabilities>\n<host><cpus><cpu id='0' socket_id='0'/></cpus></host><guest><arch name='x86_64'><domain type='kvm'/></arch></guest></capabilities>", "has no <cpu>, expected libvirt's definition" },
        { "no-model-of-a-host", "<capabilities><host>\n<cpu>\n<arch>x86_64</arch></cpu></host></capabilities>", "line 2: the <cpu> of the host has no <model>, expected one: this libvirt does not know what it is" },
        { "unknown-model-what-to-do", CUSTOM("<model>old-9</model>"), "Old-2; another libvirt's models can be given with --cpu-map DIR" },
        { "no-host-model", CAPABILITIES("<mode name='host-model' supported='no'/>"), "line 5: the <cpu> has no host-model with a <model>" },
        { "two-models", CUSTOM(OLD1 OLD1), "line 3, column 38: <model> again" },
        { "unknown-mode", "<cpu mode='warp'/>", "the mode 'warp' of <cpu>, expected custom, host-model" },
        { "unknown-match", "<cpu match='most'/>", "the match 'most' of <cpu>, expected minimum, exact or strict" },
        { "unknown-policy", CUSTOM(OLD1 "<feature name='pni' policy='maybe'/>"), "the policy 'maybe' of <feature>, expected force, require" },
        { "feature-without-name", CUSTOM(OLD1 "<feature policy='require'/>"), "<feature> has no 'name'" },
        { "feature-twice-otherwise", CUSTOM(OLD1 "<feature name='pni'/>\n<feature name='pni' policy='disable'/>"), "the feature 'pni' again, with another policy than in line 3" },
        { "signature-without-model", CUSTOM("<signature family='6'/>"), "<signature> has no 'model'" },
        { "signature-of-no-family", CUSTOM("<signature family='x' model='1'/>"), "'family' of <signature> is 'x', expected a number up to 270" },
        { "stepping-too-large", CUSTOM("<signature family='6' model='1' stepping='16'/>"), "'stepping' of <signature> is '16', expected a number up to 15" },
        { "address-bits-missing", CUSTOM("<maxphysaddr mode='emulate'/>"), "<maxphysaddr> has no 'bits'" },
        { "too-many-address-bits", CUSTOM("<maxphysaddr mode='emulate' bits='65'/>"), "'bits' of <maxphysaddr> is '65', expected a number up to 64" },
        { "vendor-id-too-short", CUSTOM("<model vendor_id='AMD'>Old-1</model>"), "the vendor_id is 'AMD', expected 12 characters" },
        /* clang-format on */
};

static void test_refuse(const void *data) {
        const RefuseCase *c = data;
        g_autofree char *map = map_directory();
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;

        g_assert_false(read_with_map(c->text, map, &input, &error));
        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, c->message));
        g_assert_null(strchr(error->message, '\n'));
}

static void test_bounds(void) {
        g_autofree char *map = map_directory();
        g_autoptr(GString) deep = g_string_new("<cpu>"), many = g_string_new("<cpu>");
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;

        for (unsigned i = 0; i < 100000; i++)
                g_string_append(deep, "<numa>");
        g_assert_false(read_with_map(deep->str, map, &input, &error));
        g_assert_nonnull(strstr(error->message, "nested deeper than 64 elements"));
        g_clear_error(&error);

        for (unsigned i = 0; i < 5000; i++)
                g_string_append_printf(many, "<feature name='f%u'/>", i);
        g_assert_false(read_with_map(many->str, map, &input, &error));
        g_assert_nonnull(strstr(error->message, "more than 4096 features"));
}

/* What is wrong with a map that has one file */
typedef struct MapCase {
        const char *name;
        const char *index; /* NULL: there is none */
        const char *message;
} MapCase;

#define MAP(_inside) "<cpus>\n" _inside "</cpus>\n"

static const MapCase map_cases[] = {
        /* clang-format off */
        { "no-map", NULL, "line 2: the model 'Old-1' is libvirt's, and its CPU models are not installed here, expected them in " },
        { "no-map-what-to-do", NULL, "or in --cpu-map DIR (" },
        { "no-xml", "hello", "the model 'Old-1' cannot be looked up: " },
        { "no-xml-which-file", "hello", "index.xml: line 1, column 1: is not well-formed XML" },
        { "other-root", "<cpu/>", "index.xml: line 1, column 6: <cpu>, expected <cpus>" },
        { "includes-a-file-that-is-not-there", MAP("<include filename='none.xml'/>"), "none.xml: cannot be opened" },
        { "includes-out-of-the-directory", MAP("<include filename='../index.xml'/>"), "line 2, column 35: includes '../index.xml', expected a file of the same directory" },
        { "includes-a-hidden-file", MAP("<include filename='..'/>"), "includes '..', expected a file of the same directory" },
        { "includes-nothing", MAP("<include/>"), "<include> has no 'filename'" },
        { "includes-itself", MAP("<include filename='index.xml'/>"), "includes 'index.xml', expected in index.xml only" },
        { "vendor-without-string", MAP("<vendor name='a'/>"), "<vendor> has no 'string'" },
        { "vendor-too-short", MAP("<vendor name='a' string='b'/>"), "the vendor is 'b', expected 12 characters" },
        { "feature-without-name", MAP("<feature/>"), "<feature> has no 'name'" },
        { "feature-with-a-strange-register", MAP("<feature name='a'><cpuid eax_in='1' efx='1'/></feature>"), "'efx' of <cpuid>, expected" },
        { "feature-without-a-number", MAP("<feature name='a'><msr index='b'/></feature>"), "'index' of <msr> is 'b', expected a number" },
        { "model-without-name", MAP("<model/>"), "<model> has no 'name'" },
        { "model-twice", MAP("<model name='a'/><model name='a'/>"), "the model 'a' is there twice" },
        { "two-ancestors", MAP("<model name='a'><model name='b'/><model name='c'/></model>"), "the model 'a' has two ancestors" },
        { "ancestor-without-name", MAP("<model name='a'><model/></model>"), "<model> has no 'name'" },
        { "features-without-name", MAP("<model name='a'><feature/></model>"), "<feature> has no 'name'" },
        { "arch-without-name", MAP("<arch/>"), "<arch> has no 'name'" },
        /* clang-format on */
};

static void test_map(const void *data) {
        const MapCase *c = data;
        g_autofree char *directory = g_dir_make_tmp("cpu_map-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(directory, "index.xml", NULL);
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;

        if (c->index)
                g_assert_true(g_file_set_contents(path, c->index, -1, NULL));
        g_assert_false(read_with_map(CUSTOM(OLD1), directory, &input, &error));
        g_assert_cmpint(g_remove(path), ==, c->index ? 0 : -1);
        g_assert_cmpint(g_rmdir(directory), ==, 0);

        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, c->message));
        g_assert_null(strchr(error->message, '\n'));
}

static void test_map_without_bounds(void) {
        g_autoptr(GString) many = g_string_new("<cpus>");
        MapCase c = { .message = "more than 65536 entries" };

        for (unsigned i = 0; i < 70000; i++)
                g_string_append(many, "<a/>");
        g_string_append(many, "</cpus>");
        c.index = many->str;
        test_map(&c);

        g_string_assign(many, "<cpus>");
        for (unsigned i = 0; i <= 1024; i++)
                g_string_append(many, "<include filename='a.xml'/>");
        g_string_append(many, "</cpus>");
        c.index = many->str;
        c.message = "includes more than 1024 files";
        test_map(&c);
}

/* A mode of the host needs no map, unless somebody asked for one. */
static void test_no_map_needed(void) {
        static const char text[] = "<cpu mode='host-passthrough'><feature name='avx2' "
                                   "policy='disable'/><feature name='warp'/></cpu>";
        g_auto(FormatInput) input = {}, asked = {};
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = NULL;

        read_with_map(text, NULL, &input, &error);
        g_assert_no_error(error);
        guest = apply(input.template);
        assert_bits(guest, "0x7.0:ebx=0xffffffdf");
        g_assert_cmpstr(input.warnings->pdata[0], ==,
                        "not known here, and not judged: the feature 'warp'");

        g_assert_false(read_with_map(text, "/nowhere", &asked, &error));
        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_FILE);
        g_assert_nonnull(strstr(error->message, "/nowhere/index.xml: cannot be opened"));
}

/* A host of which only that is known */
static void test_host(void) {
        static const char text[] = "<cpu><arch>x86_64</arch>" OLD1 "<vendor>Intel</vendor></cpu>";
        g_autofree char *map = map_directory();
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;
        uint32_t mask;

        options.cpu_map = map;
        format_read_host(text, strlen(text), &options, &input, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(host_info(input.host)->vendor, ==, "GenuineIntel");
        mask = unknown_mask(host_unknown(input.host), 1, 0, REGISTER_EDX);
        g_assert_cmphex(mask, ==, ~UINT32_C(0x101));
}

/* A document's one domain has a name, and what is inside it others. */
static void test_domains_name(void) {
        static const char *const cases[][2] = {
                /* clang-format off */
                { "<domain><name>vm 1</name><metadata><name>meta</name></metadata>" CUSTOM(OLD1) "</domain>", "vm 1" },
                { "<domain>" CUSTOM(OLD1) "<devices><name>disk</name></devices><name>\nvm1\n</name><name>vm2</name></domain>", "vm1" },
                { "<domain><cpu mode='host-passthrough'/><name>vm1</name></domain>", "vm1" },
                { "<domstatus><name>no</name><domain><name>vm1</name>" CUSTOM(OLD1) "</domain></domstatus>", "vm1" },
                { "<domainsnapshot><name>snap</name><inactiveDomain><name>was</name></inactiveDomain>"
                  "<domain><name>vm1</name>" CUSTOM(OLD1) "</domain></domainsnapshot>", "vm1" },
                { "<domain><name/>" CUSTOM(OLD1) "</domain>", NULL },
                { "<domains><domain><name>vm1</name>" CUSTOM(OLD1) "</domain></domains>", NULL },
                { "<cpu><name>no</name>" OLD1 "</cpu>", NULL },
                /* clang-format on */
        };
        g_autofree char *map = map_directory();

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(FormatInput) input = {};
                g_autoptr(GError) error = NULL;

                read_with_map(cases[i][0], map, &input, &error);
                g_assert_no_error(error);
                g_assert_cmpstr(input.template ? input.template->name : input.guest->name, ==,
                                cases[i][1]);
        }
}

static void add_case(const char *kind, const char *name, const void *c, GTestDataFunc func) {
        g_autofree char *path = g_strdup_printf("/libvirt-cpu/%s/%s", kind, name);

        g_test_add_data_func(path, c, func);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(cpu_cases); i++) {
                add_case("read", cpu_cases[i].name, &cpu_cases[i], test_cpu);
                add_case("cut-off", cpu_cases[i].name, &cpu_cases[i], test_cuts);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(refuse_cases); i++)
                add_case("refuse", refuse_cases[i].name, &refuse_cases[i], test_refuse);
        for (size_t i = 0; i < G_N_ELEMENTS(map_cases); i++)
                add_case("map", map_cases[i].name, &map_cases[i], test_map);

        g_test_add_func("/libvirt-cpu/bounds", test_bounds);
        g_test_add_func("/libvirt-cpu/map-without-bounds", test_map_without_bounds);
        g_test_add_func("/libvirt-cpu/no-map-needed", test_no_map_needed);
        g_test_add_func("/libvirt-cpu/host", test_host);
        g_test_add_func("/libvirt-cpu/domains-name", test_domains_name);

        return g_test_run();
}
