/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The -cpu option that makes a guest's CPU: a model to start from, numbers, and a name for each bit
 * that is known. Names that only newer QEMUs know are in the line where the guest has the bit, with
 * a comment that says what that takes; where the guest has it not, old QEMUs cannot give it either,
 * and the names to add for newer ones are in a comment. What no option carries is in
 * qemu-losses.c. */

#include <stdio.h>
#include <string.h>

#include "client/formats/names.h"
#include "client/formats/qemu-bits.h"
#include "client/formats/qemu.h"

/* As if there were no older QEMU: names that it has are not said to be new */
#define OLDEST "7.2"

#define MODEL_ID_LENGTH 48

typedef struct Line {
        const Guest *guest;
        GString *options;    /* behind the model, each with a comma in front */
        GPtrArray *set;      /* const FeatureName: + */
        GPtrArray *clear;    /* - */
        const char *version; /* of QEMU that the line takes */
} Line;

static int compare_versions(const char *a, const char *b) {
        unsigned majors[2] = {}, minors[2] = {};

        (void) sscanf(a, "%u.%u", &majors[0], &minors[0]);
        (void) sscanf(b, "%u.%u", &majors[1], &minors[1]);
        if (majors[0] != majors[1])
                return majors[0] < majors[1] ? -1 : 1;
        return minors[0] < minors[1] ? -1 : minors[0] > minors[1];
}

static const char *since_of(const FeatureName *name) {
        return name->since ?: OLDEST;
}

/* NAME=VALUE, as QEMU's option parser wants it: a comma is two */
static void add_text(Line *line, const char *name, const char *value) {
        g_string_append_printf(line->options, ",%s=", name);
        for (; *value; value++) {
                if (*value == ',')
                        g_string_append_c(line->options, ',');
                g_string_append_c(line->options, *value);
        }
}

static void add_number(Line *line, const char *name, uint64_t value) {
        g_string_append_printf(line->options, ",%s=%" G_GUINT64_FORMAT, name, value);
}

static void add_versions(Line *line) {
        QemuBits eax = qemu_bits_of_register(line->guest, 1, 0, REGISTER_EAX);
        uint32_t family = eax.value >> 8 & 0xf;

        if (family == 0xf)
                family += eax.value >> 20 & 0xff;
        if ((eax.known & 0x0ff00f00) == 0x0ff00f00 && family > 0)
                add_number(line, "family", family);
        if ((eax.known & 0x000f00f0) == 0x000f00f0 && family > 0)
                add_number(line, "model", (eax.value >> 4 & 0xf) | (eax.value >> 12 & 0xf0));
        if ((eax.known & 0xf) == 0xf && family > 0)
                add_number(line, "stepping", eax.value & 0xf);
}

/* The bytes of registers, one after the other, in @ret; false if one of them is not known */
static bool read_letters(const Guest *guest, uint32_t leaf, const Register *order, size_t n,
                         char *ret) {
        for (size_t i = 0; i < n; i++) {
                QemuBits bits = qemu_bits_of_register(guest, leaf, 0, order[i]);

                if (bits.known != UINT32_MAX)
                        return false;
                for (size_t j = 0; j < 4; j++)
                        *ret++ = bits.value >> (j * 8);
        }

        return true;
}

static bool is_printable(const char *text) {
        for (; *text; text++)
                if (!g_ascii_isprint(*text))
                        return false;

        return true;
}

static void add_texts(Line *line) {
        static const Register vendor_order[] = { REGISTER_EBX, REGISTER_EDX, REGISTER_ECX };
        static const Register order[] = { REGISTER_EAX, REGISTER_EBX, REGISTER_ECX, REGISTER_EDX };
        char vendor[12 + 1] = {}, id[MODEL_ID_LENGTH + 1] = {};

        if (read_letters(line->guest, 0, vendor_order, G_N_ELEMENTS(vendor_order), vendor) &&
            strlen(vendor) == 12 && is_printable(vendor))
                add_text(line, "vendor", vendor);

        for (uint32_t i = 0; i < 3; i++)
                if (!read_letters(line->guest, 0x80000002 + i, order, N_REGISTERS, id + i * 16))
                        return;
        if (*id && is_printable(id))
                add_text(line, "model-id", id);
}

static void add_numbers(Line *line) {
        QemuBits level = qemu_bits_of_register(line->guest, 0, 0, REGISTER_EAX);
        QemuBits xlevel = qemu_bits_of_register(line->guest, 0x80000000, 0, REGISTER_EAX);
        QemuBits xlevel2 = qemu_bits_of_register(line->guest, 0xc0000000, 0, REGISTER_EAX);
        QemuBits widths = qemu_bits_of_register(line->guest, 0x80000008, 0, REGISTER_EAX);
        QemuBits avx10 = qemu_bits_of_register(line->guest, 0x24, 0, REGISTER_EBX);

        if (level.known == UINT32_MAX && level.value > 0)
                add_number(line, "level", level.value);
        if (xlevel.known == UINT32_MAX && xlevel.value >= 0x80000000)
                g_string_append_printf(line->options, ",xlevel=0x%x", xlevel.value);
        if (xlevel2.known == UINT32_MAX && xlevel2.value >= 0xc0000000)
                g_string_append_printf(line->options, ",xlevel2=0x%x", xlevel2.value);
        /* host-phys-bits, which is on in some models, would win */
        if ((widths.known & 0xff) == 0xff && (widths.value & 0xff) > 0) {
                g_string_append(line->options, ",host-phys-bits=off");
                add_number(line, "phys-bits", widths.value & 0xff);
        }
        if ((avx10.known & 0xff) == 0xff && (avx10.value & 0xff) > 0)
                add_number(line, "avx10-version", avx10.value & 0xff);
        if (line->guest->tsc_khz > 0 && line->guest->tsc_khz <= INT64_MAX / 1000)
                add_number(line, "tsc-frequency", line->guest->tsc_khz * 1000);
}

/* A name of several bits goes with its first one. */
static void choose_names(Line *line) {
        for (size_t i = 0; i < feature_name_count(); i++) {
                const FeatureName *name = feature_name_at(i);

                if (!name->is_preferred || !(name->dialects & NAME_QEMU) ||
                    (name->is_shared && feature_name_find(name->name, NAME_QEMU) != name))
                        continue;

                switch (qemu_bits_of_name(line->guest, name)) {
                case QEMU_BIT_SET:
                        g_ptr_array_add(line->set, (FeatureName *) name);
                        if (compare_versions(since_of(name), line->version) > 0)
                                line->version = since_of(name);
                        break;
                case QEMU_BIT_CLEAR:
                        g_ptr_array_add(line->clear, (FeatureName *) name);
                        break;
                case QEMU_BIT_OPEN:
                        break;
                }
        }
}

/* The first version above @version that one of the names needs, or NULL */
static const char *next_version(const GPtrArray *names, const char *version) {
        const char *next = NULL;

        for (size_t i = 0; i < names->len; i++) {
                const char *since = since_of(names->pdata[i]);

                if (compare_versions(since, version) > 0 &&
                    (!next || compare_versions(since, next) < 0))
                        next = since;
        }

        return next;
}

/* Those of exactly this version, each with @separator in front */
static void append_names(const GPtrArray *names, const char *version, const char *separator,
                         GString *text) {
        for (size_t i = 0; i < names->len; i++) {
                const FeatureName *name = names->pdata[i];

                if (compare_versions(since_of(name), version) == 0)
                        g_string_append_printf(text, "%s%s", separator, name->name);
        }
}

/* "# needs QEMU 9.1: +fred +lkgs", and what newer ones have besides:
 * "# from QEMU 9.2 on add ,-avx10,-eraps" */
static void write_versions(const Line *line, GString *text) {
        const char *version = OLDEST;

        while ((version = next_version(line->set, version))) {
                g_string_append_printf(text, "# needs QEMU %s:", version);
                append_names(line->set, version, " +", text);
                g_string_append_c(text, '\n');
        }

        version = line->version;
        while ((version = next_version(line->clear, version))) {
                g_string_append_printf(text, "# from QEMU %s on add ", version);
                append_names(line->clear, version, ",-", text);
                g_string_append_c(text, '\n');
        }
}

static void write_option(const Line *line, const char *model, GString *text) {
        g_autoptr(GString) value = g_string_new(model ?: "max");
        g_autofree char *quoted = NULL;

        g_string_append(value, line->options->str);
        for (size_t i = 0; i < line->set->len; i++) {
                const FeatureName *name = line->set->pdata[i];

                g_string_append_printf(value, ",+%s", name->name);
        }
        for (size_t i = 0; i < line->clear->len; i++) {
                const FeatureName *name = line->clear->pdata[i];

                if (compare_versions(since_of(name), line->version) <= 0)
                        g_string_append_printf(value, ",-%s", name->name);
        }

        /* For a shell, which models' names are full of blanks and brackets for */
        for (const char *p = value->str; *p && !quoted; p++)
                if (!g_ascii_isalnum(*p) && !strchr(",+-._=", *p))
                        quoted = g_shell_quote(value->str);
        g_string_append_printf(text, "-cpu %s\n", quoted ?: value->str);
}

void qemu_write_line(FormatOutput *output) {
        g_autoptr(GString) options = g_string_new(NULL);
        g_autoptr(GPtrArray) set = g_ptr_array_new(), clear = g_ptr_array_new();
        Line line = {
                .guest = output->guest,
                .options = options,
                .set = set,
                .clear = clear,
                .version = OLDEST,
        };

        add_versions(&line);
        add_numbers(&line);
        add_texts(&line);
        choose_names(&line);

        qemu_write_losses(output);
        write_versions(&line, output->text);
        write_option(&line, output->model, output->text);
}
