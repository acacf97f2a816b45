/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A monitor that says what a test wants, at a socket of its own */

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

typedef enum FakeStepKind {
        FAKE_END,  /* of the script: the server hangs up */
        FAKE_SAY,  /* this text */
        FAKE_HEAR, /* waits for a line and forgets it */
        /* Answers every line from now on: of the first pair "request part", "answer" whose first
         * text is in the line, the second, with the line's id. A NULL answer hangs up. What is in
         * no pair is refused. */
        FAKE_ANSWER,
        FAKE_REPEAT, /* this text until the other side hangs up */
        FAKE_WAIT,   /* until the other side hangs up */
} FakeStepKind;

typedef struct FakeStep {
        FakeStepKind kind;
        const char *text;
        const char *const (*answers)[2]; /* ended by { NULL } */
} FakeStep;

#define FAKE_GREETING                                                                      \
        "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 7, \"minor\": 2, \"micro\": 0}}, " \
        "\"capabilities\": [\"oob\"]}}\r\n"

typedef struct FakeQmp FakeQmp;

/* Plays the script, ended by a step that is all zero, to the first that connects. NULL: it listens
 * and takes nobody's connection. */
FakeQmp *fake_qmp_new(const FakeStep *script);
/* Waits for the end of the script */
FakeQmp *fake_qmp_free(FakeQmp *fake);
const char *fake_qmp_path(const FakeQmp *fake);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeQmp, fake_qmp_free)
