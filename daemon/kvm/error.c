/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The errors of this room. The texts are made where the errno is. */

#include "daemon/kvm/error.h"

G_DEFINE_QUARK(probe_error_quark, probe_error)
