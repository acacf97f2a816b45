/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What KVM gives a vCPU, or takes from it, whatever its table says */

#include <stdbool.h>

#include <glib.h>

#include "daemon/kvm/vcpu.h"
#include "policy/leaf.h"

/* Sets tables made of @supported and reads them back. Bits only: numbers, topology and what the
 * guest itself turns on and off are left out. On mainline both are empty. */
bool forced_measure(const Vcpu *vcpu, const LeafTable *supported, LeafTable **ret_on,
                    LeafTable **ret_off, GError **error);

/* What it is made of: @table with no feature in it, and the features that @with has and @without
 * has not */
LeafTable *forced_without_features(const LeafTable *table);
LeafTable *forced_difference(const LeafTable *with, const LeafTable *without);
