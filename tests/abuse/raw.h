/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Bytes to the bus that no library has looked at */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#define RAW_NO_REPLY 1u

/* In the order of the message's header; a call of org.cpuidd1.Host */
typedef struct RawCall {
        const char *member;
        const char *signature; /* NULL: without one */
        const void *body;
        size_t n_body;
        uint32_t serial;
        uint8_t flags;
        uint32_t n_claimed; /* what the header says of the body's length; 0: the truth */
        bool is_peer;       /* there is no bus: no destination */
} RawCall;

GByteArray *raw_call_new(const RawCall *call);

/* A blocking socket to the bus that has said Hello and has its answer; aborts where there is none */
int raw_connect(void);

/* false where the other side has closed */
bool raw_send(int fd, const void *bytes, size_t n);

/* Reads answers until one has come to each of @n calls, or the other side has closed; gives how
 * many came, errors among them */
size_t raw_count_answers(int fd, size_t n);
bool raw_is_closed(int fd); /* waits for an answer or the end */
