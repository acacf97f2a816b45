/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads libvirt's <cpu>, a host's or a guest's, alone or in the document of a domain, of `virsh
 * capabilities` or of `virsh domcapabilities`. The first one counts, but for what a running or
 * saved domain was asked to be before it was started. Features and models stay names here. Refuses
 * what is of no x86, and a <cpu> that does not say what it is. */

#include "client/formats/libvirt-cpu.h"

#include <string.h>

#include "client/formats/xml.h"

/* Far more than libvirt has names for */
#define FEATURES_MAX 4096
/* More elements that are not known are not told of */
#define STRANGE_MAX 8

typedef struct Reading {
        LibvirtCpu cpu;
        FormatInput *input;
        char *name;           /* of the domain */
        GHashTable *features; /* name -> LibvirtFeature */
        unsigned depth;       /* of the <cpu> that is open; 0: none */
        unsigned n_cpus;
        unsigned n_strange; /* elements that are not known */
        bool is_domain;     /* there is a <domain> */
        bool is_domain_capabilities;
        bool is_host; /* its features have no policy, it has an architecture */
        bool is_mode; /* inside domain capabilities' host-model */
        bool has_mode;
        GPtrArray *path; /* names of the elements that are open */
} Reading;

static void feature_free(void *p) {
        LibvirtFeature *feature = p;

        g_free(feature->name);
        g_free(feature);
}

static void reading_done(Reading *reading) {
        g_free(reading->name);
        g_free(reading->cpu.model);
        g_free(reading->cpu.vendor);
        g_free(reading->cpu.vendor_id);
        g_clear_pointer(&reading->cpu.features, g_ptr_array_unref);
        g_clear_pointer(&reading->features, g_hash_table_unref);
        g_clear_pointer(&reading->path, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_done)

static bool is(const char *text, const char *other) {
        return g_strcmp0(text, other) == 0;
}

static const char *parent(const Reading *reading) {
        return reading->path->len > 1 ? reading->path->pdata[reading->path->len - 2] : NULL;
}

static bool check_arch(const Xml *xml, const char *arch, GError **error) {
        static const char *const archs[] = { "x86_64", "i686", "x86", NULL };

        return g_strv_contains(archs, arch) ||
                xml_set_error(xml, error,
                              "is of the architecture '%s', expected 'x86_64' or 'i686'", arch);
}

static bool read_mode(Xml *xml, const XmlTag *tag, GError **error) {
        const char *mode = xml_attribute(tag, "mode");
        Reading *reading = xml->userdata;

        reading->has_mode = mode != NULL;
        if (!mode || is(mode, "custom"))
                reading->cpu.mode = LIBVIRT_MODE_CUSTOM;
        else if (is(mode, "host-model"))
                reading->cpu.mode = LIBVIRT_MODE_HOST_MODEL;
        else if (is(mode, "host-passthrough") || is(mode, "maximum"))
                reading->cpu.mode = LIBVIRT_MODE_PASSTHROUGH;
        else
                return xml_set_error(xml, error,
                                     "the mode '%s' of <cpu>, expected custom, host-model, "
                                     "host-passthrough or maximum",
                                     mode);
        return true;
}

/* One of the NUMA topology's, in capabilities, or what a domain's user once wrote. What became of
 * that is in the <domain> beside it. */
static bool is_passed_over(const Reading *reading, const XmlTag *tag) {
        static const char *const parents[] = { "domstatus", "cookie", "inactiveDomain", NULL };
        const char *around = parent(reading);

        return xml_attribute(tag, "id") || (around && g_strv_contains(parents, around));
}

static bool open_cpu(Xml *xml, const XmlTag *tag, GError **error) {
        const char *match = xml_attribute(tag, "match");
        Reading *reading = xml->userdata;

        if (is_passed_over(reading, tag))
                return true;

        if (reading->n_cpus++ > 0) {
                if (reading->n_cpus == 2)
                        format_input_warn(reading->input,
                                          "line %u: another <cpu>, and the first one is taken",
                                          xml_line(xml));
                return true;
        }

        reading->depth = xml->depth;
        reading->cpu.line = xml_line(xml);
        reading->cpu.is_minimum = is(match, "minimum");
        reading->cpu.is_whole = is(xml_attribute(tag, "check"), "full");
        reading->cpu.is_unmigratable = is(xml_attribute(tag, "migratable"), "off");
        if (match && !is(match, "minimum") && !is(match, "exact") && !is(match, "strict"))
                return xml_set_error(xml, error,
                                     "the match '%s' of <cpu>, expected minimum, exact or strict",
                                     match);
        return read_mode(xml, tag, error);
}

static bool read_policy(Xml *xml, const XmlTag *tag, LibvirtPolicy *ret, GError **error) {
        const char *policy = xml_attribute(tag, "policy");

        if (!policy || is(policy, "require") || is(policy, "force"))
                *ret = LIBVIRT_POLICY_ON;
        else if (is(policy, "disable") || is(policy, "forbid"))
                *ret = LIBVIRT_POLICY_OFF;
        else if (is(policy, "optional"))
                *ret = LIBVIRT_POLICY_OPTIONAL;
        else
                return xml_set_error(xml, error,
                                     "the policy '%s' of <feature>, expected force, require, "
                                     "optional, disable or forbid",
                                     policy);
        return true;
}

static bool read_feature(Xml *xml, const XmlTag *tag, GError **error) {
        const char *name = xml_attribute(tag, "name");
        Reading *reading = xml->userdata;
        LibvirtFeature *feature;
        LibvirtPolicy policy = LIBVIRT_POLICY_ON;

        if (!name || !*name)
                return xml_set_error(xml, error, "<feature> has no 'name', expected one");
        if (!read_policy(xml, tag, &policy, error))
                return false;

        feature = g_hash_table_lookup(reading->features, name);
        if (feature && feature->policy != policy)
                return xml_set_error(xml, error,
                                     "the feature '%s' again, with another policy than in line %u",
                                     name, feature->line);
        if (feature)
                return true;
        if (reading->cpu.features->len >= FEATURES_MAX)
                return xml_set_error(xml, error, "more than %u features, expected no more",
                                     FEATURES_MAX);

        feature = g_new0(LibvirtFeature, 1);
        feature->name = g_strdup(name);
        feature->policy = policy;
        feature->line = xml_line(xml);
        g_ptr_array_add(reading->cpu.features, feature);
        g_hash_table_insert(reading->features, feature->name, feature);
        return true;
}

static bool read_number(const Xml *xml, const XmlTag *tag, const char *name, uint32_t max,
                        uint32_t *ret, GError **error) {
        const char *value = xml_attribute(tag, name);

        if (!value)
                return xml_set_error(xml, error, "<%s> has no '%s', expected one", tag->name, name);

        return (xml_parse_u32(value, ret) && *ret <= max) ||
                xml_set_error(xml, error, "'%s' of <%s> is '%s', expected a number up to %u", name,
                              tag->name, value, max);
}

/* The family is the sum of two fields, the other ones are what they are. */
static bool read_signature(Xml *xml, const XmlTag *tag, GError **error) {
        Reading *reading = xml->userdata;
        LibvirtCpu *cpu = &reading->cpu;

        if (!read_number(xml, tag, "family", 0xf + 0xff, &cpu->family, error) ||
            !read_number(xml, tag, "model", 0xff, &cpu->model_number, error))
                return false;

        cpu->has_signature = true;
        cpu->has_stepping = xml_attribute(tag, "stepping") != NULL;
        return !cpu->has_stepping || read_number(xml, tag, "stepping", 0xf, &cpu->stepping, error);
}

static bool read_address_bits(Xml *xml, const XmlTag *tag, GError **error) {
        Reading *reading = xml->userdata;

        return !is(xml_attribute(tag, "mode"), "emulate") ||
                read_number(xml, tag, "bits", 64, &reading->cpu.address_bits, error);
}

static bool read_vendor_id(Xml *xml, const XmlTag *tag, GError **error) {
        const char *vendor_id = xml_attribute(tag, "vendor_id");
        Reading *reading = xml->userdata;

        if (vendor_id && strlen(vendor_id) != 12)
                return xml_set_error(xml, error, "the vendor_id is '%s', expected 12 characters",
                                     vendor_id);

        g_free(reading->cpu.vendor_id);
        reading->cpu.vendor_id = g_strdup(vendor_id);
        return true;
}

/* Elements of <cpu>, or of the host-model of domain capabilities */
static bool start_inside(Xml *xml, const XmlTag *tag, GError **error) {
        static const char *const passed_over[] = {
                "arch",
                "vendor",
                "topology",
                "numa",
                "cache",
                "pages",
                "microcode",
                "counter",
                "mode",
                "migration_features",
                "uri_transports",
                "deprecatedFeatures",
                "blockers",
                "enum",
                NULL,
        };
        Reading *reading = xml->userdata;

        if (is(tag->name, "feature"))
                return read_feature(xml, tag, error);
        if (is(tag->name, "signature"))
                return read_signature(xml, tag, error);
        if (is(tag->name, "maxphysaddr"))
                return read_address_bits(xml, tag, error);
        if (is(tag->name, "model"))
                return read_vendor_id(xml, tag, error);

        if (!g_strv_contains(passed_over, tag->name) && reading->n_strange++ < STRANGE_MAX)
                format_input_warn(reading->input,
                                  "line %u: <%.60s> of <cpu> is not known, ignoring", xml_line(xml),
                                  tag->name);
        return true;
}

/* Of domain capabilities' modes only this one says what it is. */
static void open_mode(Xml *xml, const XmlTag *tag) {
        Reading *reading = xml->userdata;

        reading->is_mode =
                reading->is_domain_capabilities && is(xml_attribute(tag, "name"), "host-model");
        if (reading->is_mode)
                reading->has_mode = true;
}

/* Where the elements that count are */
static bool is_inside(const Xml *xml) {
        const Reading *reading = xml->userdata;

        if (reading->depth == 0)
                return false;
        if (reading->is_domain_capabilities)
                return reading->is_mode && xml->depth == reading->depth + 2;
        return xml->depth == reading->depth + 1;
}

static bool start(Xml *xml, const XmlTag *tag, GError **error) {
        Reading *reading = xml->userdata;
        const char *arch = xml_attribute(tag, "arch");

        g_ptr_array_add(reading->path, g_strdup(tag->name));
        if (xml->depth == 1)
                reading->is_domain_capabilities = is(tag->name, "domainCapabilities");
        if (is_inside(xml))
                return start_inside(xml, tag, error);

        if (is(tag->name, "domain") && (xml->depth == 1 || is(parent(reading), "domstatus")))
                reading->is_domain = true;
        if (reading->depth > 0 && xml->depth == reading->depth + 1 && is(tag->name, "mode"))
                open_mode(xml, tag);
        else if (reading->depth == 0 && is(tag->name, "cpu"))
                return open_cpu(xml, tag, error);

        /* A domain's */
        return !arch || !is(tag->name, "type") || !is(parent(reading), "os") ||
                check_arch(xml, arch, error);
}

static bool take_text(Xml *xml, const char *name, GError **error) {
        const char *text = xml->text->str;
        Reading *reading = xml->userdata;
        char **to = is(name, "model") ? &reading->cpu.model :
                is(name, "vendor")    ? &reading->cpu.vendor :
                                        NULL;

        if (is(name, "arch")) {
                reading->is_host = true;
                return check_arch(xml, text, error);
        }
        if (!to || !*text)
                return true;
        if (*to)
                return xml_set_error(xml, error, "<%s> again, expected one", name);

        *to = g_strdup(text);
        if (is(name, "model"))
                reading->cpu.line = xml_line(xml);
        return true;
}

/* Of the document's one domain, alone or with what it is in around it, and of nothing inside it */
static bool is_domains(const Xml *xml) {
        static const char *const around[] = { "domstatus", "domainsnapshot", NULL };
        const Reading *reading = xml->userdata;

        return is(parent(reading), "domain") &&
                (xml->depth == 2 ||
                 (xml->depth == 3 && g_strv_contains(around, reading->path->pdata[0])));
}

static bool end(Xml *xml, const char *name, GError **error) {
        Reading *reading = xml->userdata;
        bool is_taken = !is_inside(xml) || take_text(xml, name, error);

        /* Domain capabilities' own is not in their <cpu>. */
        if (is_taken && reading->is_domain_capabilities && xml->depth == 2 && is(name, "arch"))
                is_taken = check_arch(xml, xml->text->str, error);

        if (!reading->name && is(name, "name") && *xml->text->str && is_domains(xml))
                reading->name = g_strdup(xml->text->str);

        if (reading->depth > 0 && xml->depth == reading->depth + 1)
                reading->is_mode = false;
        if (xml->depth == reading->depth)
                reading->depth = 0;
        g_ptr_array_set_size(reading->path, reading->path->len - 1);
        return is_taken;
}

static bool set_error(GError **error, unsigned line, const char *message) {
        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "line %u: %s", line, message);
        return false;
}

/* Whether it says what the guest is */
static bool check_cpu(Reading *reading, GError **error) {
        LibvirtCpu *cpu = &reading->cpu;

        if (reading->n_cpus == 0) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "has no <cpu>%s, expected libvirt's definition of one",
                            reading->is_domain ?
                                    " for the domain, and what it has then is QEMU's default" :
                                    "");
                return false;
        }

        if (reading->is_domain_capabilities && (!reading->has_mode || !cpu->model))
                return set_error(error, cpu->line,
                                 "the <cpu> has no host-model with a <model>, expected one: this "
                                 "libvirt knows of none here");
        if (reading->is_domain_capabilities || reading->is_host)
                cpu->is_whole = true;

        if (reading->is_host && !cpu->model)
                return set_error(error, cpu->line,
                                 "the <cpu> of the host has no <model>, expected one: this libvirt "
                                 "does not know what it is");
        if (cpu->mode == LIBVIRT_MODE_CUSTOM && !cpu->model)
                return set_error(error, cpu->line,
                                 "the <cpu> has no <model>, and what it is then is QEMU's "
                                 "default, expected a <model> or a mode of the host");
        return true;
}

static bool read_cpu(const char *text, size_t n_text, const FormatOptions *options,
                     FormatInput *ret, GError **error) {
        static const XmlHandlers handlers = { .start = start, .end = end };
        g_auto(Reading) reading = {
                .cpu.features = g_ptr_array_new_with_free_func(feature_free),
                .features = g_hash_table_new(g_str_hash, g_str_equal),
                .path = g_ptr_array_new_with_free_func(g_free),
                .input = ret,
        };

        if (!xml_parse(text, n_text, &handlers, &reading, error) || !check_cpu(&reading, error) ||
            !libvirt_cpu_make(&reading.cpu, options->cpu_map, ret, error))
                return false;

        if (ret->guest)
                ret->guest->name = g_steal_pointer(&reading.name);
        else
                ret->template->name = g_steal_pointer(&reading.name);
        return true;
}

/* Documents without one, too: to say in a sentence why they do not do */
static bool looks_like(const char *text, size_t n_text) {
        return xml_has_element(text, n_text, "cpu") || xml_has_element(text, n_text, "domain") ||
                xml_has_element(text, n_text, "capabilities") ||
                xml_has_element(text, n_text, "domainCapabilities");
}

const Format format_libvirt_cpu = {
        .name = "libvirt-cpu",
        .description = "libvirt's <cpu>: a host's or a guest's model and features",
        .looks_like = looks_like,
        .read = read_cpu,
};
