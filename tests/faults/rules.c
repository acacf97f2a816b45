/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads the rules anew when the file is another. What is no rule ends the program: a test that
 * injects nothing would pass. */

#include "tests/faults/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct Rules {
        char *path;
        struct stat file; /* as it was read */
        GPtrArray *list;
};

static void rule_free(void *p) {
        Rule *rule = p;

        g_free(rule->call);
        g_free(rule->action);
        g_free(rule->argument);
        g_free(rule);
}

Rules *rules_new(const char *path) {
        Rules *rules = g_new0(Rules, 1);

        rules->path = g_strdup(path);
        rules->list = g_ptr_array_new_with_free_func(rule_free);
        return rules;
}

Rules *rules_free(Rules *rules) {
        if (!rules)
                return NULL;

        g_ptr_array_unref(rules->list);
        g_free(rules->path);
        g_free(rules);
        return NULL;
}

static unsigned take_number(char **words, size_t *i, const char *word, unsigned otherwise) {
        if (!words[*i] || strcmp(words[*i], word) != 0 || !words[*i + 1])
                return otherwise;

        *i += 2;
        return strtoul(words[*i - 1], NULL, 0);
}

static void read_rule(Rules *rules, const char *line) {
        g_auto(GStrv) words = g_strsplit(line, " ", -1);
        Rule *rule = g_new0(Rule, 1);
        size_t i = 1;

        rule->n_after = take_number(words, &i, "after", 0);
        rule->n_times = take_number(words, &i, "times", UINT32_MAX);
        if (g_strv_length(words) <= i) {
                fprintf(stderr, "fault-box: no rule: %s\n", line);
                exit(1);
        }

        rule->call = g_strdup(words[0]);
        rule->action = g_strdup(words[i]);
        rule->argument = g_strdup(words[i + 1]);
        g_ptr_array_add(rules->list, rule);
}

/* The number alone may be that of one before the last. */
static bool is_same(const struct stat *a, const struct stat *b) {
        return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
                a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void read_again(Rules *rules) {
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;
        struct stat st = {};

        (void) stat(rules->path, &st);
        if (is_same(&st, &rules->file))
                return;

        rules->file = st;
        g_ptr_array_set_size(rules->list, 0);
        if (!g_file_get_contents(rules->path, &text, NULL, NULL))
                return;

        lines = g_strsplit(text, "\n", -1);
        for (size_t i = 0; lines[i]; i++)
                if (*lines[i])
                        read_rule(rules, lines[i]);
}

const Rule *rules_find(Rules *rules, const char *call) {
        read_again(rules);
        for (size_t i = 0; i < rules->list->len; i++) {
                Rule *rule = rules->list->pdata[i];

                if (strcmp(rule->call, call) != 0)
                        continue;
                if (rule->n_calls++ >= rule->n_after &&
                    rule->n_calls - rule->n_after <= rule->n_times)
                        return rule;
        }

        return NULL;
}

uint64_t rule_number(const Rule *rule) {
        return rule->argument ? g_ascii_strtoull(rule->argument, NULL, 0) : 0;
}

int rule_errno(const Rule *rule) {
        for (int code = 1; rule->argument && code < 134; code++)
                if (g_strcmp0(strerrorname_np(code), rule->argument) == 0)
                        return code;

        return 0;
}
