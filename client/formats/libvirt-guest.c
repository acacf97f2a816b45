/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From the names in a <cpu> to bits. A model decides every bit that the installed map has a name
 * for: those that it does not have are off. What QEMU decides by itself is left open. Without a
 * model it is a template over the host's offer. What becomes of the bits is in libvirt-places.c. */

#include <string.h>

#include "client/formats/cpu-map.h"
#include "client/formats/libvirt-cpu.h"
#include "client/formats/libvirt-places.h"
#include "client/formats/names.h"

/* Models are derived from others, not for ever */
#define ANCESTORS_MAX 16
/* More names than that are counted */
#define NAMED_MAX 8

typedef struct Making {
        const LibvirtCpu *cpu;
        const char *directory;
        CpuMap *map;        /* NULL: not installed, and not needed */
        GArray *places;     /* LibvirtPlace */
        GPtrArray *strange; /* names of features that nobody knows */
        FormatInput *input;
} Making;

static void making_done(Making *making) {
        g_clear_pointer(&making->map, cpu_map_free);
        g_clear_pointer(&making->places, g_array_unref);
        g_clear_pointer(&making->strange, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Making, making_done)

static void decide(Making *making, const CpuMapBits *bits, LibvirtPolicy policy) {
        LibvirtPlace *place =
                libvirt_find_place(making->places, bits->is_msr, bits->row.leaf, bits->row.subleaf);

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                uint32_t mask = bits->row.registers[reg];

                place->known[reg] |= mask;
                place->values[reg] &= ~mask;
                if (policy == LIBVIRT_POLICY_ON)
                        place->values[reg] |= mask;
                if (policy == LIBVIRT_POLICY_OPTIONAL)
                        place->known[reg] &= ~mask;
        }
}

static void decide_bits(Making *making, const GArray *bits, LibvirtPolicy policy) {
        for (size_t i = 0; i < bits->len; i++)
                decide(making, &g_array_index(bits, CpuMapBits, i), policy);
}

static CpuMapBits bits_of_name(const FeatureName *name) {
        CpuMapBits bits = { .is_msr = name->is_msr,
                            .row = { .leaf = name->index, .subleaf = name->subleaf } };

        if (!name->is_msr)
                bits.row.registers[name->reg] = UINT32_C(1) << name->bit;
        else
                bits.row.registers[name->bit < 32 ? REGISTER_EAX : REGISTER_EDX] = UINT32_C(1)
                        << (name->bit % 32);
        return bits;
}

/* The installed map knows best, our own table knows names of other versions. */
static bool decide_name(Making *making, const char *feature, LibvirtPolicy policy) {
        const GArray *bits = making->map ? cpu_map_find_feature(making->map, feature) : NULL;
        const FeatureName *name = NULL;

        if (bits) {
                decide_bits(making, bits, policy);
                return true;
        }

        name = feature_name_find(feature, NAME_LIBVIRT);
        if (!name)
                return false;

        for (; name; name = feature_name_next(name, NAME_LIBVIRT)) {
                const CpuMapBits one = bits_of_name(name);

                decide(making, &one, policy);
        }
        return true;
}

static void decide_or_note(Making *making, const char *feature, LibvirtPolicy policy) {
        if (!decide_name(making, feature, policy))
                g_ptr_array_add(making->strange, g_strdup(feature));
}

static bool set_error(const Making *making, GError **error, const char *format, ...)
        G_GNUC_PRINTF(3, 4);

static bool set_error(const Making *making, GError **error, const char *format, ...) {
        g_autofree char *message = NULL;
        va_list arguments;

        va_start(arguments, format);
        message = g_strdup_vprintf(format, arguments);
        va_end(arguments);

        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "line %u: %s", making->cpu->line,
                    message);
        return false;
}

/* One line of at most so many bytes: names come from the file */
static char *quote(const char *name) {
        g_autofree char *valid = g_utf8_substring(name, 0, MIN(g_utf8_strlen(name, -1), 60));
        g_autofree char *escaped = g_strescape(valid, NULL);

        return g_strdup_printf("'%s'", escaped);
}

static bool load_map(Making *making, bool is_asked_for, GError **error) {
        g_autofree char *model = making->cpu->model ? quote(making->cpu->model) : NULL;
        bool needs_model = making->cpu->mode == LIBVIRT_MODE_CUSTOM;
        g_autoptr(GError) cause = NULL;

        making->map = cpu_map_new(making->directory, &cause);
        if (making->map || (!needs_model && !is_asked_for))
                return true;

        if (!needs_model)
                g_propagate_error(error, g_steal_pointer(&cause));
        else if (cause->code == FORMAT_ERROR_FILE)
                set_error(making, error,
                          "the model %s is libvirt's, and its CPU models are not installed here, "
                          "expected them in %s or in --cpu-map DIR (%s)",
                          model, making->directory, cause->message);
        else
                set_error(making, error, "the model %s cannot be looked up: %s", model,
                          cause->message);
        return false;
}

/* Mostly the file is of a newer libvirt, from another machine. */
static bool set_error_no_model(const Making *making, const char *name, GError **error) {
        g_autofree char *like = cpu_map_list_like(making->map, name);
        g_autofree char *quoted = quote(name);
        g_autofree char *expected = *like ?
                g_strdup_printf("the nearest: %s", like) :
                g_strdup_printf("expected one of its %zu models", cpu_map_n_models(making->map));

        return set_error(making, error,
                         "there is no model %s in %s, %s; another libvirt's models can be given "
                         "with --cpu-map DIR",
                         quoted, making->directory, expected);
}

/* The ancestors' first, so that the model itself has the last word */
static bool decide_model(Making *making, GError **error) {
        const CpuMapModel *models[ANCESTORS_MAX];
        const char *name = making->cpu->model;
        size_t n = 0;

        for (; name; name = models[n++]->ancestor) {
                if (n == ANCESTORS_MAX)
                        return set_error(making, error,
                                         "the model '%s' of %s has more than %u ancestors",
                                         models[0]->name, making->directory, ANCESTORS_MAX);

                models[n] = cpu_map_find_model(making->map, name);
                if (!models[n])
                        return set_error_no_model(making, name, error);
        }

        while (n-- > 0) {
                for (size_t i = 0; i < models[n]->features->len; i++)
                        decide_or_note(making, models[n]->features->pdata[i], LIBVIRT_POLICY_ON);
                for (size_t i = 0; i < models[n]->undecided->len; i++)
                        decide_or_note(making, models[n]->undecided->pdata[i],
                                       LIBVIRT_POLICY_OPTIONAL);
        }

        return true;
}

/* KVM's and Hyper-V's are QEMU's to decide, whoever has a name for them. */
static bool is_hypervisors(const CpuMapBits *bits) {
        return !bits->is_msr && bits->row.leaf >> 28 == 4;
}

static void decide_all_named(Making *making) {
        GHashTableIter iter;
        void *value;

        g_hash_table_iter_init(&iter, cpu_map_features(making->map));
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const GArray *bits = value;

                for (size_t i = 0; i < bits->len; i++)
                        if (!is_hypervisors(&g_array_index(bits, CpuMapBits, i)))
                                decide(making, &g_array_index(bits, CpuMapBits, i),
                                       LIBVIRT_POLICY_OFF);
        }
}

/* With KVM QEMU sets these whatever the model has (kvm_default_props in its
 * target/i386/kvm/kvm-cpu.c, and hypervisor in x86_cpu_load_model()). A <cpu> that libvirt has
 * compared with what QEMU made of it lists them. */
static void leave_to_qemu(Making *making) {
        static const char *const names[] = { "x2apic", "acpi", "monitor", "svm", "hypervisor" };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                (void) decide_name(making, names[i], LIBVIRT_POLICY_OPTIONAL);
}

static const char *find_vendor(const Making *making) {
        static const char *const vendors[][2] = { { "Intel", "GenuineIntel" },
                                                  { "AMD", "AuthenticAMD" },
                                                  { "Hygon", "HygonGenuine" },
                                                  { "Zhaoxin CentaurHauls", "CentaurHauls" } };
        const char *name = making->cpu->vendor;
        const char *string = making->map ? cpu_map_find_vendor(making->map, name) : NULL;

        for (size_t i = 0; !string && i < G_N_ELEMENTS(vendors); i++)
                if (g_str_equal(vendors[i][0], name))
                        string = vendors[i][1];
        return string;
}

static uint32_t word_of(const char *text) {
        const uint8_t *bytes = (const uint8_t *) text;

        return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t) bytes[3] << 24;
}

static void decide_vendor(Making *making) {
        static const Register order[] = { REGISTER_EBX, REGISTER_EDX, REGISTER_ECX };
        const char *string = making->cpu->vendor_id;
        LibvirtPlace *place;

        if (!string && !making->cpu->vendor)
                return;
        if (!string)
                string = find_vendor(making);
        if (!string) {
                g_autofree char *quoted = quote(making->cpu->vendor);

                format_input_warn(making->input, "the vendor %s is not known here, and not judged",
                                  quoted);
                return;
        }

        place = libvirt_find_place(making->places, false, 0, 0);
        for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
                place->known[order[i]] = UINT32_MAX;
                place->values[order[i]] = word_of(string + 4 * i);
        }
}

/* Intel SDM 2A, CPUID leaf 1: the family that is told is a sum, the model has two parts. */
static void decide_numbers(Making *making) {
        const LibvirtCpu *cpu = making->cpu;
        uint32_t family = MIN(cpu->family, 0xf);
        LibvirtPlace *place;

        if (cpu->has_signature) {
                place = libvirt_find_place(making->places, false, 1, 0);
                place->known[REGISTER_EAX] = cpu->has_stepping ? UINT32_MAX : UINT32_MAX << 4;
                place->values[REGISTER_EAX] = (cpu->family - family) << 20 |
                        cpu->model_number >> 4 << 16 | family << 8 |
                        (cpu->model_number & 0xf) << 4 | cpu->stepping;
        }

        if (cpu->address_bits > 0) {
                place = libvirt_find_place(making->places, false, 0x80000008, 0);
                place->known[REGISTER_EAX] |= 0xff;
                place->values[REGISTER_EAX] |= cpu->address_bits;
        }
}

static void warn_strange(Making *making) {
        g_autoptr(GString) names = g_string_new(NULL);
        size_t n = making->strange->len;

        for (size_t i = 0; i < MIN(n, NAMED_MAX); i++) {
                g_autofree char *quoted = quote(making->strange->pdata[i]);

                g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", quoted);
        }

        if (n > NAMED_MAX)
                g_string_append_printf(names, " and %zu more", n - NAMED_MAX);
        if (n > 0)
                format_input_warn(making->input, "not known here, and not judged: the feature%s %s",
                                  n > 1 ? "s" : "", names->str);
}

bool libvirt_cpu_make(const LibvirtCpu *cpu, const char *cpu_map, FormatInput *ret,
                      GError **error) {
        bool is_exact = cpu->mode == LIBVIRT_MODE_CUSTOM && !cpu->is_minimum;
        g_auto(Making) making = {
                .cpu = cpu,
                .directory = cpu_map ? cpu_map : CPU_MAP_DIRECTORY,
                .places = g_array_new(FALSE, FALSE, sizeof(LibvirtPlace)),
                .strange = g_ptr_array_new_with_free_func(g_free),
                .input = ret,
        };

        if (!load_map(&making, cpu_map != NULL, error))
                return false;

        if (is_exact)
                decide_all_named(&making);
        else if (cpu->mode != LIBVIRT_MODE_PASSTHROUGH || !cpu->is_unmigratable)
                (void) decide_name(&making, "invtsc", LIBVIRT_POLICY_OFF);
        if (cpu->mode == LIBVIRT_MODE_CUSTOM && !decide_model(&making, error))
                return false;
        if (is_exact && !cpu->is_whole)
                leave_to_qemu(&making);

        for (size_t i = 0; i < cpu->features->len; i++) {
                const LibvirtFeature *feature = cpu->features->pdata[i];

                decide_or_note(&making, feature->name, feature->policy);
        }

        decide_vendor(&making);
        decide_numbers(&making);
        warn_strange(&making);
        if (!is_exact)
                ret->template = libvirt_make_template(making.places);
        else if (making.places->len <= LEAF_TABLE_MAX)
                ret->guest = libvirt_make_guest(making.places);
        else
                return set_error(&making, error, "its features are in more than %u leaves and MSRs",
                                 LEAF_TABLE_MAX);

        return true;
}
