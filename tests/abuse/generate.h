/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Values of any type, mostly at its edges */

#include <glib.h>
#include <systemd/sd-bus.h>

/* As long as the first complete type in a signature that is well formed */
size_t generate_type_length(const char *signature);

/* Appends a value for each type of the signature; negative where sd-bus refuses it. @n_max: the
 * longest array on the outside; inside it they are short. */
int generate_values(sd_bus_message *m, const char *signature, GRand *random, unsigned n_max);

/* A signature of a few types, that may or may not be any member's; g_free() it */
char *generate_signature(GRand *random);
