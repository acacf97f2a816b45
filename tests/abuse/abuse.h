/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Each file's tests, for abuse.c */

void add_message_tests(void);
void add_byte_tests(void);
void add_connection_tests(void);
