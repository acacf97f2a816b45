/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a CPU profile of Cloud Hypervisor changes */

#include <stdbool.h>

#include <glib.h>
#include <json-glib/json-glib.h>

#include "client/formats/template.h"

/* A list of pairs of which the second changes a register */
bool cloud_hypervisor_is_adjustments(JsonNode *node);
bool cloud_hypervisor_read_adjustments(JsonArray *list, Template *template, GError **error);
