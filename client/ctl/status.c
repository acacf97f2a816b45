/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidctl status: the daemon, the host and its KVM at a glance. A daemon that has no KVM is shown
 * with the reason, and is trouble all the same. */

#include "client/ctl/status.h"

#include "client/ctl/command.h"
#include "client/ctl/read.h"

#define COLUMN 14
#define DIFFERENCES_MAX 6
#define FORCED_MAX 12

static Reading arg_reading;

static const GOptionEntry options[] = {
        READING_HOST_OPTIONS(arg_reading),
        {},
};

void status_print_line(Output *output, const char *key, const char *value) {
        if (!value || !*value)
                return;

        output_column(output, COLUMN - 2 - text_width(key));
        output_addf(output, STYLE_DIM, "%s%s", key, *key ? ":" : " ");
        output_wrap(output, STYLE_PLAIN, COLUMN, value);
        output_end_line(output);
}

/* Takes @value over */
static void print_line_take(Output *output, const char *key, char *value) {
        status_print_line(output, key, value);
        g_free(value);
}

char *status_describe_kernel(const CpuiddStatus *status) {
        g_autofree char *modules = g_strjoinv(", ", (char **) status->modules);

        if (!status->kernel)
                return g_strdup(modules);
        return g_strdup_printf("%s%s%s", status->kernel, *modules ? " with " : "", modules);
}

/* A table that does not tell the signature, or has none, has no family. */
char *status_describe_processor(const CpuiddStatus *status) {
        g_autofree char *signature = NULL;

        if (!status->vendor)
                return NULL;

        if (status->family > 0)
                signature = g_strdup_printf(", family %u, model %u, stepping %u", status->family,
                                            status->model, status->stepping);
        return g_strdup_printf("%s%s%s%s%s%s", status->brand ?: "", status->brand ? " - " : "",
                               status->vendor, signature ?: "",
                               status->microcode ? ", microcode " : "", status->microcode ?: "");
}

static char *describe_clock(const CpuiddStatus *status) {
        if (status->tsc_khz == 0)
                return NULL;
        return g_strdup_printf("%" G_GUINT64_FORMAT ".%03u MHz", status->tsc_khz / 1000,
                               (unsigned) (status->tsc_khz % 1000));
}

static char *describe_kvm(const CpuiddStatus *status) {
        return g_strdup_printf("%zu rows of CPUID, %zu extensions, %zu feature MSRs",
                               status->n_rows, status->n_extensions, status->n_msrs);
}

static char *describe_count(size_t n, const char *one, const char *many) {
        if (n == 0)
                return NULL;
        return g_strdup_printf("%zu %s", n, n == 1 ? one : many);
}

static char *describe_cpus(const CpuiddStatus *status) {
        g_autofree char *kinds = g_strjoinv(", ", (char **) status->kinds),
                        *cpus = status->cpus > 0 ? g_strdup_printf("%u", status->cpus) : NULL;

        if (status->n_kinds < 2)
                return g_steal_pointer(&cpus);
        return g_strdup_printf("%s%s%zu kinds: %s", cpus ?: "", cpus ? " of " : "", status->n_kinds,
                               kinds);
}

static void print_differences(Output *output, const CpuiddStatus *status) {
        size_t n = g_strv_length((char **) status->differences);

        for (size_t i = 0; i < MIN(n, DIFFERENCES_MAX); i++)
                status_print_line(output, i == 0 ? "they differ" : "", status->differences[i]);

        if (n > DIFFERENCES_MAX)
                print_line_take(output, "",
                                g_strdup_printf("and in %zu more (see 'cpuidctl show')",
                                                n - DIFFERENCES_MAX));
}

/* The first of many, and where the others are. Takes nothing over. */
static char *describe_names(const char *const *names, const char *command) {
        size_t n = g_strv_length((char **) names);
        g_autoptr(GString) text = g_string_new(NULL);

        for (size_t i = 0; i < MIN(n, FORCED_MAX); i++)
                g_string_append_printf(text, "%s%s", i == 0 ? "" : ", ", names[i]);
        if (n > FORCED_MAX)
                g_string_append_printf(text, " and %zu more (see '%s')", n - FORCED_MAX, command);

        return g_strdup(text->str);
}

static void print_forced(Output *output, const CpuiddStatus *status) {
        if (!status->is_forced_known) {
                status_print_line(
                        output, "forced",
                        "not known: the profile does not tell what a virtual CPU of this host "
                        "has, or has not, whatever its table says");
                return;
        }

        if (!*status->forced_on && !*status->taken_away && !*status->dropped)
                status_print_line(output, "forced",
                                  *status->forced_off ?
                                          "nothing of what KVM lists" :
                                          "nothing: a virtual CPU has what its table says");
        print_line_take(output, "forced on",
                        describe_names(status->forced_on, "cpuidctl show --changed"));
        print_line_take(output, "forced off",
                        describe_names(status->taken_away, "cpuidctl show --changed"));
        print_line_take(output, "drops rows",
                        describe_names(status->dropped, "cpuidctl status --json"));
}

static void print_host(Output *output, const CpuiddStatus *status) {
        print_line_take(output, "kernel", status_describe_kernel(status));
        print_line_take(output, "processor", status_describe_processor(status));
        print_line_take(output, "CPUs", describe_cpus(status));
        print_differences(output, status);
        print_line_take(output, "TSC", describe_clock(status));
        print_line_take(output, "KVM", describe_kvm(status));
        print_line_take(output, "capabilities",
                        g_strdup_printf("%zu of %zu (see 'cpuidctl capabilities')",
                                        status->n_capabilities, status->n_capabilities_all));
        print_forced(output, status);
        print_line_take(output, "varies",
                        describe_count(status->n_varies, "place depends on the CPU that is asked",
                                       "places depend on the CPU that is asked"));
        print_line_take(output, "not told", g_strjoinv(", ", (char **) status->unknown));
        print_line_take(output, "corrected",
                        describe_count(status->n_corrections,
                                       "known error of KVM's answer (see 'cpuidctl show "
                                       "--changed')",
                                       "known errors of KVM's answer (see 'cpuidctl show "
                                       "--changed')"));
        status_print_line(output, "probed", status->probed_at);
        status_print_line(output, "fingerprint", status->fingerprint);
}

static char *describe_daemon(const Session *session, const CpuiddStatus *status) {
        return g_strdup_printf("cpuidd %s on the %s bus%s%s%s", status->version ?: "",
                               session->is_user ? "user" : "system",
                               session->machine        ? " of the container " :
                                       session->remote ? " of " :
                                                         "",
                               session->remote ?: "", session->machine ?: "");
}

static void print_status(const Session *session, const CpuiddStatus *status) {
        Output *output = session->output;

        output_add(output, STYLE_BOLD, status->name);
        output_add(output, STYLE_PLAIN, ": ");
        output_add(output, status->is_ready ? STYLE_GOOD : STYLE_BAD,
                   status->is_ready ? "ready" : "not ready");
        output_end_line(output);

        if (status->is_offline)
                print_line_take(output, "source", g_strdup_printf("file %s", session->host_path));
        else
                print_line_take(output, "daemon", describe_daemon(session, status));
        status_print_line(output, "problem", status->problem);
        if (status->is_ready)
                print_host(output, status);
}

static bool run(Session *session, char **arguments, GError **error) {
        g_autoptr(CpuiddHost) host = reading_host(session, &arg_reading, error);
        g_autoptr(CpuiddStatus) status = host ? cpuidd_host_get_status(host, error) : NULL;
        g_autofree char *json = NULL;

        (void) arguments;
        if (!status)
                return false;

        if (session->wants_json) {
                json = cpuidd_status_to_json(status, session->json_style);
                output_document(session->output, json);
        } else
                print_status(session, status);

        if (!status->is_ready)
                session->status = EXIT_STATUS_TROUBLE;
        return true;
}

const Command command_status = {
        .name = "status",
        .summary = "The daemon, the host and its KVM at a glance",
        .help = "A daemon that is there and has no KVM to speak for is shown with the reason, and "
                "the exit status is 3.",
        .options = options,
        .run = run,
};
