/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidctl show: the CPUID that the host can give a guest. It is what is left of KVM's own answer
 * after the capabilities, and what they did to it is marked. */

#include "client/ctl/show.h"

#include "client/ctl/change.h"
#include "client/ctl/command.h"
#include "client/ctl/read.h"

static Change arg_change;
static Reading arg_reading;
static gboolean arg_raw, arg_grid, arg_changed;

static const GOptionEntry options[] = {
        { "raw", 0, 0, G_OPTION_ARG_NONE, &arg_raw,
          "The rows alone, as 'cpuid -r' writes them; 'check' reads that", NULL },
        { "grid", 0, 0, G_OPTION_ARG_NONE, &arg_grid, "A register a line, a bit a column", NULL },
        { "changed", 0, 0, G_OPTION_ARG_NONE, &arg_changed,
          "Only what is not as in KVM's own answer, or forced", NULL },
        { "enable", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arg_change.enable,
          "What the guest's VMM enables, besides the usual (irqchip)", CHANGE_ARGUMENT },
        { "disable", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arg_change.disable, "What it does not",
          CHANGE_ARGUMENT },
        READING_HOST_OPTIONS(arg_reading),
        {},
};

static bool check_options(const Session *session, GError **error) {
        if (arg_raw + arg_grid + session->wants_json <= 1)
                return true;

        g_set_error_literal(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "--raw, --grid and --json cannot be used together");
        return false;
}

static void answer(const Session *session, const CpuiddOffer *offer) {
        g_autofree char *json = NULL;

        if (session->wants_json) {
                json = cpuidd_offer_to_json(offer, arg_changed, session->json_style);
                output_document(session->output, json);
        } else if (arg_raw)
                show_raw(session->output, offer, arg_changed);
        else if (arg_grid)
                show_grid(session->output, offer, arg_changed);
        else
                show_fields(session->output, offer, arg_changed);
}

static bool run(Session *session, char **arguments, GError **error) {
        g_autoptr(CpuiddHost) host = NULL;
        g_autoptr(CpuiddOffer) offer = NULL;
        g_auto(GStrv) capabilities = NULL;

        (void) arguments;
        if (!check_options(session, error))
                return false;

        capabilities = change_apply(&arg_change, NULL, error);
        host = capabilities ? reading_host(session, &arg_reading, error) : NULL;
        if (!host)
                return false;

        offer = cpuidd_host_get_offer(host, (const char *const *) capabilities, error);
        if (!offer)
                return false;

        answer(session, offer);
        return true;
}

const Command command_show = {
        .name = "show",
        .summary = "The CPUID that the host can give a guest",
        .help = "Field names can be given to 'explain'. What only KVM's own answer has, or only "
                "this one, is marked: a capability or the host's silicon is the reason.",
        .options = options,
        .run = run,
};
