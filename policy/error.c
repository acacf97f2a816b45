/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "policy/error.h"

G_DEFINE_QUARK(policy_error_quark, policy_error)
