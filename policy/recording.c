/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Recordings: one keyword a line. Strict, since the only writer is our own: whatever it does not
 * know is a mistake somewhere. */

#include "policy/recording.h"

#include <string.h>

#include "policy/error.h"
#include "policy/recording-names.h"

#define LINE_WORDS_MAX 16

typedef struct Reader {
        Host *host;
        LeafTable *tables[N_HOST_TABLES];
        GHashTable *views; /* name -> LeafTable */
        Unknown *unknown;
        unsigned line;
        bool has_end;
} Reader;

const char *const recording_table_names[N_HOST_TABLES] = {
        [HOST_SUPPORTED] = "supported",
        [HOST_EMULATED] = "emulated",
        [HOST_HYPERV] = "hyperv",
        [HOST_HARDWARE] = "hardware",
};

const char *const recording_forced_names[N_FORCED_KINDS] = {
        [FORCED_ON] = "forced-on",
        [FORCED_OFF] = "forced-off",
        [FORCED_DROPPED] = "dropped",
};

static bool refuse(const Reader *reader, GError **error, const char *expected) {
        g_set_error(error, POLICY_ERROR, POLICY_ERROR_RECORDING, "line %u: expected %s",
                    reader->line, expected);
        return false;
}

static bool parse_number(const char *text, uint64_t max, uint64_t *ret) {
        bool is_hex = g_str_has_prefix(text, "0x");
        guint64 value;

        if (!g_ascii_string_to_unsigned(is_hex ? text + 2 : text, is_hex ? 16 : 10, 0, max, &value,
                                        NULL))
                return false;

        *ret = value;
        return true;
}

static bool parse_row(char **words, Leaf *ret) {
        uint32_t row[LEAF_N_WORDS];
        uint64_t value;

        for (size_t i = 0; i < LEAF_N_WORDS; i++) {
                if (!words[i] || !parse_number(words[i], UINT32_MAX, &value))
                        return false;
                row[i] = value;
        }

        memcpy(ret, row, sizeof(*ret));
        return !words[LEAF_N_WORDS];
}

static bool read_row(Reader *reader, LeafTable *table, char **words, GError **error) {
        Leaf row;

        if (!parse_row(words, &row))
                return refuse(
                        reader, error,
                        "'TABLE LEAF SUBLEAF FLAGS EAX EBX ECX EDX', seven numbers of 32 bits");
        if (leaf_table_size(table) >= LEAF_TABLE_MAX)
                return refuse(reader, error, "at most 256 rows a table");

        leaf_table_add(table, &row);
        return true;
}

static int name_find(const char *const *names, size_t n_names, const char *name) {
        for (size_t i = 0; i < n_names; i++)
                if (strcmp(names[i], name) == 0)
                        return i;

        return -1;
}

static LeafTable *reader_table(Reader *reader, int which) {
        if (!reader->tables[which])
                reader->tables[which] = leaf_table_new();

        return reader->tables[which];
}

static LeafTable *reader_view(Reader *reader, const char *name) {
        LeafTable *table = g_hash_table_lookup(reader->views, name);

        if (!table) {
                table = leaf_table_new();
                g_hash_table_replace(reader->views, g_strdup(name), table);
        }

        return table;
}

/* Rows belong to the kind above them */
static bool read_kind(Reader *reader, char **words, GError **error) {
        Kinds *kinds = host_kinds_mutable(reader->host);
        Leaf row;

        if (strcmp(words[0], "kind") == 0)
                return (words[1] && !words[2] && kinds_add(kinds, words[1], NULL)) ||
                        refuse(reader, error, "'kind CPUS' such as 0-7,16, and at most 16 of them");
        if (!parse_row(words + 1, &row))
                return refuse(reader, error,
                              "'kind-row LEAF SUBLEAF FLAGS EAX EBX ECX EDX', seven numbers");

        return kinds_add_row(kinds, &row, NULL) ||
                refuse(reader, error, "'kind CPUS' before its rows, and at most 256 of them");
}

/* The words behind the view, or all of them */
static bool read_forced(Reader *reader, const char *view, char **words, bool *ret_is_mine,
                        GError **error) {
        int kind = words[0] ? name_find(recording_forced_names, N_FORCED_KINDS, words[0]) : -1;
        Forced *forced = host_forced_mutable(reader->host);

        *ret_is_mine = kind >= 0;
        if (kind < 0)
                return true;
        if (kind != FORCED_DROPPED)
                return read_row(reader, forced_table_mutable(forced, view, kind), words + 1, error);

        return (words[1] && !words[2] && forced_add_dropped(forced, view, words[1])) ||
                refuse(reader, error, "'dropped ROW' such as 0x1d.0, and at most 256 of them");
}

static bool read_view_forced(Reader *reader, char **words, GError **error) {
        bool is_forced = true;
        int kind = words[0] && words[1] ?
                name_find(recording_forced_names, N_FORCED_KINDS, words[1]) :
                -1;

        if (kind >= 0 && capability_find(words[0])) {
                (void) forced_table_mutable(host_forced_mutable(reader->host), words[0], kind);
                return !words[2] || read_forced(reader, words[0], words + 1, &is_forced, error);
        }

        return refuse(reader, error, "'view-forced CAPABILITY TABLE' and a row of it, or none");
}

static bool read_empty_table(Reader *reader, char **words, GError **error) {
        bool is_alone = words[1] && !words[2];
        int table = is_alone ? name_find(recording_table_names, N_HOST_TABLES, words[1]) : -1,
            kind = is_alone ? name_find(recording_forced_names, N_FORCED_KINDS, words[1]) : -1;

        if (table >= 0)
                (void) reader_table(reader, table);
        else if (kind >= 0)
                (void) forced_table_mutable(host_forced_mutable(reader->host), NULL, kind);
        else
                return refuse(reader, error, "'table NAME' with the name of a table");
        return true;
}

static bool read_table_line(Reader *reader, char **words, bool *ret_is_mine, GError **error) {
        int which = name_find(recording_table_names, N_HOST_TABLES, words[0]);

        *ret_is_mine = true;
        if (which >= 0)
                return read_row(reader, reader_table(reader, which), words + 1, error);
        if (strcmp(words[0], "table") == 0)
                return read_empty_table(reader, words, error);
        if (strcmp(words[0], "view-forced") == 0)
                return read_view_forced(reader, words + 1, error);

        if (strcmp(words[0], "view") == 0) {
                if (!words[1] || !capability_find(words[1]))
                        return refuse(reader, error,
                                      "'view CAPABILITY LEAF SUBLEAF FLAGS EAX EBX ECX EDX'");
                return read_row(reader, reader_view(reader, words[1]), words + 2, error);
        }

        if (strcmp(words[0], "kind") == 0 || strcmp(words[0], "kind-row") == 0)
                return read_kind(reader, words, error);

        return read_forced(reader, NULL, words, ret_is_mine, error);
}

static bool read_named_number(Reader *reader, char **words, bool *ret_is_mine, GError **error) {
        uint64_t value, index;

        *ret_is_mine = true;

        if (strcmp(words[0], "extension") == 0) {
                if (!words[1] || !words[2] || words[3] ||
                    !parse_number(words[2], INT64_MAX, &value))
                        return refuse(reader, error, "'extension NAME VALUE'");
                host_set_extension(reader->host, words[1], value);
        } else if (strcmp(words[0], "attribute") == 0) {
                if (!words[1] || !words[2] || words[3] ||
                    !parse_number(words[2], UINT64_MAX, &value))
                        return refuse(reader, error, "'attribute NAME VALUE'");
                host_set_attribute(reader->host, words[1], value);
        } else if (strcmp(words[0], "msr") == 0) {
                if (!words[1] || !words[2] || words[3] ||
                    !parse_number(words[1], UINT32_MAX, &index) ||
                    !parse_number(words[2], UINT64_MAX, &value))
                        return refuse(reader, error, "'msr INDEX VALUE'");
                host_set_msr(reader->host, index, value);
        } else
                *ret_is_mine = false;

        return true;
}

static bool read_number(Reader *reader, const char *name, const char *text, GError **error) {
        HostInfo *info = host_info_mutable(reader->host);
        uint64_t value;

        if (!parse_number(text, strcmp(name, "tsc-khz") == 0 ? UINT64_MAX : UINT32_MAX, &value))
                return refuse(reader, error, "a number");

        if (strcmp(name, "cpus") == 0)
                info->cpus = value;
        else
                info->tsc_khz = value;
        return true;
}

static void set_text(char **text, const char *value) {
        g_free(*text);
        *text = g_strdup(value);
}

static void add_module(HostInfo *info, const char *name) {
        guint n = info->modules ? g_strv_length(info->modules) : 0;

        info->modules = g_renew(char *, info->modules, n + 2);
        info->modules[n] = g_strdup(name);
        info->modules[n + 1] = NULL;
}

static bool read_info(Reader *reader, char **words, const char *rest, GError **error) {
        HostInfo *info = host_info_mutable(reader->host);
        Place place;

        if (strcmp(words[0], "extensions-recorded") == 0)
                host_set_extensions_recorded(reader->host);
        else if (strcmp(words[0], "attributes-recorded") == 0)
                host_set_attributes_recorded(reader->host);
        else if (strcmp(words[0], "msrs-recorded") == 0)
                host_set_msrs_recorded(reader->host);
        else if (strcmp(words[0], "end") == 0)
                reader->has_end = true;
        else if (!words[1])
                return refuse(reader, error, "a known keyword and its value");
        else if (strcmp(words[0], "kernel") == 0)
                set_text(&info->kernel, rest);
        else if (strcmp(words[0], "name") == 0)
                set_text(&info->name, rest);
        else if (strcmp(words[0], "microcode") == 0)
                set_text(&info->microcode, rest);
        else if (strcmp(words[0], "probed-at") == 0)
                set_text(&info->probed_at, rest);
        else if (strcmp(words[0], "module") == 0)
                add_module(info, rest);
        else if (strcmp(words[0], "parameter") == 0)
                host_set_parameter(reader->host, words[1],
                                   strlen(rest) > strlen(words[1]) ? rest + strlen(words[1]) + 1 :
                                                                     "");
        else if (strcmp(words[0], "cpus") == 0 || strcmp(words[0], "tsc-khz") == 0)
                return read_number(reader, words[0], rest, error);
        else if (strcmp(words[0], "varies") == 0) {
                if (!place_parse(rest, &place, NULL) || !place.has_register)
                        return refuse(reader, error, "'varies PLACE' such as 0x1.0:ebx[31:24]");
                host_add_varying(reader->host, &place);
        } else if (strcmp(words[0], "unknown") == 0) {
                if (!unknown_add_text(reader->unknown, rest, NULL))
                        return refuse(reader, error, "'unknown RUN' such as 0x7.1- or 0x20-0x23");
        } else
                return refuse(reader, error, "a keyword of recordings");

        return true;
}

static bool read_line(Reader *reader, const char *line, GError **error) {
        g_auto(GStrv) words = g_strsplit(line, " ", LINE_WORDS_MAX);
        const char *rest = strchr(line, ' ');
        bool is_mine;

        if (reader->has_end)
                return refuse(reader, error, "nothing behind 'end'");
        if (!read_table_line(reader, words, &is_mine, error))
                return false;
        if (!is_mine && !read_named_number(reader, words, &is_mine, error))
                return false;
        return is_mine || read_info(reader, words, rest ? rest + 1 : "", error);
}

static bool read_magic(Reader *reader, const char *line, GError **error) {
        uint64_t version;

        if (!g_str_has_prefix(line, RECORDING_MAGIC " ") ||
            !parse_number(line + strlen(RECORDING_MAGIC) + 1, UINT32_MAX, &version))
                return refuse(reader, error, "'" RECORDING_MAGIC " VERSION'");

        if (version > RECORDING_VERSION) {
                g_set_error(error, POLICY_ERROR, POLICY_ERROR_RECORDING,
                            "line 1: version %" G_GUINT64_FORMAT
                            " is newer than this program, which knows %d",
                            version, RECORDING_VERSION);
                return false;
        }

        return true;
}

static bool read_lines(Reader *reader, char **lines, GError **error) {
        bool has_magic = false;

        for (size_t i = 0; lines[i]; i++) {
                reader->line = i + 1;
                if (lines[i][0] == '\0' || (has_magic && lines[i][0] == '#'))
                        continue;
                if (!g_utf8_validate(lines[i], -1, NULL))
                        return refuse(reader, error, "text in UTF-8");
                if (!(has_magic ? read_line(reader, lines[i], error) :
                                  read_magic(reader, lines[i], error)))
                        return false;
                has_magic = true;
        }

        if (!has_magic)
                return refuse(reader, error, "'" RECORDING_MAGIC " VERSION', not nothing");
        if (!reader->has_end)
                return refuse(reader, error, "'end': the recording was cut off");
        return true;
}

static void hand_over(Reader *reader) {
        GHashTableIter iter;
        gpointer name, table;

        for (HostTable i = 0; i < N_HOST_TABLES; i++)
                if (reader->tables[i])
                        host_take_table(reader->host, i, g_steal_pointer(&reader->tables[i]));

        g_hash_table_iter_init(&iter, reader->views);
        while (g_hash_table_iter_next(&iter, &name, &table))
                host_take_view(reader->host, name, leaf_table_copy(table));

        host_take_unknown(reader->host, g_steal_pointer(&reader->unknown));
}

static bool is_text(const char *text, size_t n_text, GError **error) {
        Reader reader = { .line = 1 };

        if (n_text > RECORDING_MAX)
                return refuse(&reader, error, "a recording of at most 1 MiB");
        return n_text == 0 || !memchr(text, '\0', n_text) ||
                refuse(&reader, error, "text, not binary");
}

static Host *parse_text(const char *text, size_t n_text, GError **error) {
        g_autoptr(Host) host = host_new();
        g_autoptr(GHashTable) views = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                            (GDestroyNotify) leaf_table_free);
        Reader reader = { .host = host, .views = views, .unknown = unknown_new(), .line = 1 };
        g_autofree char *copy = NULL;
        g_auto(GStrv) lines = NULL;
        bool is_good;

        copy = g_strndup(text, n_text);
        lines = g_strsplit(copy, "\n", -1);
        is_good = read_lines(&reader, lines, error);
        if (is_good)
                hand_over(&reader);
        for (HostTable i = 0; i < N_HOST_TABLES; i++)
                leaf_table_free(reader.tables[i]);
        unknown_free(reader.unknown);
        if (!is_good || !host_seal(host, error))
                return NULL;

        return g_steal_pointer(&host);
}

Host *recording_parse(const char *text, size_t n_text, GError **error) {
        return is_text(text, n_text, error) ? parse_text(text, n_text, error) : NULL;
}
