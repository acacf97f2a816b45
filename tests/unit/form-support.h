/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the tests of forms share */

#include <stddef.h>

#include <glib.h>

#include "client/formats/format.h"

/* The text in memory of exactly its size, so that who reads beyond it is found out. @form: a name,
 * or NULL. NULL with the error where it is refused. */
Guest *form_read(const char *text, size_t n_text, const char *form, GError **error);
/* The same, and a template is what it makes of no table */
Guest *form_read_applied(const char *text, size_t n_text, const char *form, GError **error);

Host *form_read_host(const char *text, size_t n_text, const char *form, GError **error);

/* The guest, or the test fails. @warnings: all of them, joined by newlines, or NULL. */
Guest *form_guest(const char *text, const char *form, char **warnings);

/* It is refused, with @message in the sentence, which is one line */
void form_assert_refused(const char *text, const char *form, const char *message);

/* "0x0.0 0x7.0 0x7.1": the rows, in order */
char *form_rows(const Guest *guest);
/* "0x14 0x7.1-": what is unknown */
char *form_unknown(const Guest *guest);
uint32_t form_register(const Guest *guest, uint32_t leaf, uint32_t subleaf, Register reg);

/* Cuts the text off at every @step-th byte: each copy is refused, or tells nothing else than the
 * whole text does and marks as unknown what got lost. */
void form_assert_cuts(const char *text, size_t n_text, const char *form, size_t step);
/* The same for one length; NULL, or what is wrong with it: free with g_free() */
char *form_check_cut(const Guest *whole, const char *text, size_t n_text, const char *form);
/* The same of a host, all of whose CPUs are alike: nobody can tell that of others with some lost */
char *form_check_cut_host(const Host *whole, const char *text, size_t n_text, const char *form);

/* What the guest is in another form, and again in ours: NULL where the form is not read */
Guest *form_write_and_read(const Guest *guest, const char *form, char **losses);
char *form_write(const Guest *guest, const char *form, char **losses);
