/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a line of the log may have in it, whoever had a word in it */

#include <syslog.h>

#include <glib.h>

#include "daemon/log.h"

typedef struct LineCase {
        const char *name;
        const char *text;
        const char *expected;
} LineCase;

static const LineCase line_cases[] = {
        { "words", "not ready: open /dev/kvm: \303\274", "not ready: open /dev/kvm: \303\274" },
        { "another-line", "x\nREADY=1\r\nMESSAGE_ID=0", "x READY=1  MESSAGE_ID=0" },
        { "terminal", "\033[2J\033]0;title\007", "\\x1b[2J\\x1b]0;title\\x07" },
        { "terminal-of-8-bits",
          "\302\233"
          "31m",
          "\\x9b31m" },
        { "back", "good\b\b\b\bbad\177", "good\\x08\\x08\\x08\\x08bad\\x7f" },
        { "right-to-left", "\342\200\256txt", "\\x202etxt" },
        { "not-utf-8", "a\377b", "a\357\277\275b" },
        { "format", "%s%n%5000000d", "%s%n%5000000d" },
        { "nothing", "", "" },
};

static void test_printable(gconstpointer data) {
        const LineCase *c = data;
        g_autofree char *line = log_printable(c->text);

        g_assert_cmpstr(line, ==, c->expected);
}

static void test_event(void) {
        if (g_test_subprocess()) {
                g_assert_true(log_set_target("console", NULL));
                log_event(LOG_INFO, NULL, NULL, "'%s' was said", "%s\033[2J\nforged");
                return;
        }

        g_test_trap_subprocess(NULL, 0, 0);
        g_test_trap_assert_passed();
        g_test_trap_assert_stderr("cpuidd: '%s\\x1b[2J forged' was said\n");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(line_cases); i++) {
                g_autofree char *path = g_strconcat("/log/printable/", line_cases[i].name, NULL);

                g_test_add_data_func(path, &line_cases[i], test_printable);
        }
        g_test_add_func("/log/event", test_event);
        return g_test_run();
}
