/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whoever asks for a password in a terminal, where polkit wants one and no desktop has an agent */

#include <stdbool.h>

#include <glib.h>

#include "client/lib/cpuidd.h"

typedef struct Agent Agent;

/* clang-format off */
#define AGENT_OPTIONS(no_ask_password) \
        { "no-ask-password", 0, 0, G_OPTION_ARG_NONE, &(no_ask_password), \
          "Do not ask for an administrator's password: refuse who may not", NULL }
/* clang-format on */

/* Lets polkit ask the user at @host's questions, unless @no_ask_password, and has pkttyagent at hand
 * for it. NULL where there is no agent: the user is root, no terminal is there, or no pkttyagent; it
 * may then still be a desktop's that asks. */
Agent *agent_start(CpuiddHost *host, bool no_ask_password);
Agent *agent_stop(Agent *agent);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Agent, agent_stop)
