/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidd's arguments. The one place where what asks KVM and what talks D-Bus meet: the first is
 * another run of this program, and they share no process. */

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "config.h"
#include "daemon/kvm/kvm-device.h"
#include "daemon/kvm/probe.h"
#include "daemon/kvm/trial.h"
#include "daemon/manager.h"

typedef struct Arguments {
        gboolean is_probe;
        gboolean is_trial;
        gboolean is_user;
        gboolean is_version;
        char *replay;
} Arguments;

static void arguments_done(Arguments *arguments) {
        g_free(arguments->replay);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_done)

static int complain(int status, const char *format, ...) G_GNUC_PRINTF(2, 3);

static int complain(int status, const char *format, ...) {
        g_autofree char *message = NULL;
        va_list values;

        va_start(values, format);
        message = g_strdup_vprintf(format, values);
        va_end(values);

        (void) fprintf(stderr, "cpuidd: %s\n", message);
        return status;
}

/* A file that is opened later must not become one of the three, to be written to by mistake.
 * Writing to what stands in for a closed one fails, as it should; a folder does where /dev is empty. */
static void fill_standard_descriptors(void) {
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
                        (void) open("/", O_RDONLY | O_DIRECTORY);
}

/* glibc keeps what was freed below a threshold that grows with what was freed: after one message of
 * 30 MiB every other would stay with us. A threshold that is set does not grow. */
static void give_memory_back(void) {
        (void) mallopt(M_MMAP_THRESHOLD, 256 * 1024);
}

static bool write_all(int fd, const char *text, size_t n) {
        while (n > 0) {
                ssize_t written = write(fd, text, n);

                if (written < 0 && errno == EINTR)
                        continue;
                if (written < 0)
                        return false;
                text += written;
                n -= written;
        }

        return true;
}

static int probe(void) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = probe_record(&error);

        if (!text)
                return complain(EXIT_FAILED, "%s", error->message);

        (void) signal(SIGPIPE, SIG_IGN);
        if (!write_all(STDOUT_FILENO, text, strlen(text)))
                return complain(EXIT_FAILED, "standard output: %s", g_strerror(errno));

        return EXIT_DONE;
}

/* What it says is made in confinement: strerror(), since g_strerror() opens files. */
static int trial(void) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        (void) signal(SIGPIPE, SIG_IGN);
        (void) signal(SIGXFSZ, SIG_IGN);
        text = trial_record(STDIN_FILENO, &error);
        if (!text)
                return complain(EXIT_FAILED, "%s", error->message);

        if (!write_all(STDOUT_FILENO, text, strlen(text)))
                return complain(EXIT_FAILED, "standard output: %s", strerror(errno));

        return EXIT_DONE;
}

/* What is another program in this one: the option's name, or NULL */
static const char *lone_option(const Arguments *arguments) {
        if (arguments->is_probe)
                return "--probe";
        return arguments->is_trial ? "--trial" : NULL;
}

static bool is_alone(const Arguments *arguments) {
        return !arguments->replay && !arguments->is_user &&
                !(arguments->is_probe && arguments->is_trial);
}

static bool parse_arguments(Arguments *arguments, int argc, char **argv, GError **error) {
        const GOptionEntry entries[] = {
                { "replay", 0, 0, G_OPTION_ARG_FILENAME, &arguments->replay,
                  "Serve this recording instead of asking KVM", "FILE" },
                { "user", 0, 0, G_OPTION_ARG_NONE, &arguments->is_user,
                  "Serve on the user's bus instead of the system's", NULL },
                { "probe", 0, 0, G_OPTION_ARG_NONE, &arguments->is_probe,
                  "Ask KVM, print the recording, and exit", NULL },
                { "trial", 0, 0, G_OPTION_ARG_NONE, &arguments->is_trial,
                  "Try on KVM what standard input asks for, and exit", NULL },
                { "version", 0, 0, G_OPTION_ARG_NONE, &arguments->is_version,
                  "Print the version, and exit", NULL },
                {},
        };
        g_autoptr(GOptionContext) context = g_option_context_new(NULL);

        g_option_context_set_summary(context,
                                     "Answers on D-Bus whether this host's KVM supports a "
                                     "guest's CPUID.");
        g_option_context_set_description(context, "See cpuidd(8).\n");
        g_option_context_add_main_entries(context, entries, NULL);
        if (!g_option_context_parse(context, &argc, &argv, error))
                return false;

        if (argc > 1) {
                g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                            "there are no arguments but options, and '%s' is none", argv[1]);
                return false;
        }
        if (lone_option(arguments) && !is_alone(arguments)) {
                g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                            "%s goes with no other option", lone_option(arguments));
                return false;
        }

        return true;
}

int main(int argc, char **argv) {
        g_auto(Arguments) arguments = {};
        g_autoptr(GError) error = NULL;
        ManagerOptions options;

        fill_standard_descriptors();

        if (!parse_arguments(&arguments, argc, argv, &error))
                return complain(EXIT_ARGUMENTS, "%s; see 'cpuidd --help'", error->message);
        if (arguments.is_version)
                return printf("cpuidd %s\n", PACKAGE_VERSION) > 0 && fflush(stdout) == 0 ?
                        EXIT_DONE :
                        EXIT_FAILED;
        if (arguments.is_probe)
                return probe();
        if (arguments.is_trial)
                return trial();

        give_memory_back();
        options = (ManagerOptions){
                .device = KVM_DEVICE_PATH,
                .replay = arguments.replay,
                .is_user = arguments.is_user,
        };
        return manager_run(&options);
}
