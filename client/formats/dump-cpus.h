/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the CPUs of a dump differ in */

#include <stdbool.h>

#include <glib.h>

#include "client/formats/dump.h"
#include "policy/kinds.h"

/* Without what lies above the maximum of its range */
LeafTable *dump_cpu_clean(const Dump *dump, const DumpCpu *cpu);
/* What is not told of it: by the form, and by what is missing */
Unknown *dump_cpu_find_unknown(const Dump *dump, const DumpCpu *cpu);
/* Of any of those that have rows: no host can be promised to have it */
Unknown *dump_cpus_find_unknown(const Dump *dump);

/* The numbers of those that have rows: "0-3,8", of alternatives with their names: "0 Raw, 1 Host" */
char *dump_cpus_list(const Dump *dump);

/* Adds to @warnings what differs from @base where both tell, though it does not on a healthy
 * machine, and the CPUs of which there is nothing */
void dump_cpus_warn_different(const Dump *dump, const DumpCpu *base, GPtrArray *warnings);
void dump_cpus_warn_empty(const Dump *dump, GPtrArray *warnings);

/* Says which alternative is taken, and what others there are: their differences are no flaw */
void dump_cpus_warn_alternatives(const Dump *dump, const DumpCpu *base, GPtrArray *warnings);

/* A kind for each way in which CPUs answer beyond what each has for itself; none where all answer
 * alike */
bool dump_cpus_add_kinds(const Dump *dump, const DumpCpu *base, Kinds *kinds, GError **error);
