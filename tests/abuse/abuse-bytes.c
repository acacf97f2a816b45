/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bytes that are no message, or not the one that they say they are. dbus-daemon looks at all of a
 * message and cuts off who sends such; what gets by a bus that does not is tests/fuzz's "wire". */

#include "tests/abuse/abuse.h"

#include <string.h>
#include <unistd.h>

#include "tests/abuse/health.h"
#include "tests/abuse/raw.h"
#include "tests/bus/call.h"

#define N_HANG_UPS 200

typedef enum Ending {
        IS_ANSWERED, /* by the bus or the service */
        IS_CUT_OFF,  /* by the bus */
        IS_LEFT,     /* nobody need say anything, or it is waited for more: the sender hangs up */
} Ending;

/* One byte of a good call that becomes another */
typedef struct ByteCase {
        const char *name;
        const char *member;
        const char *signature;
        const char *body;
        size_t n_body;
        uint32_t n_claimed;
        int at; /* or AS_IT_IS */
        uint8_t byte;
        Ending ending;
} ByteCase;

#define BODY(text) text, sizeof(text) - 1
#define AS_IT_IS INT32_MIN

static const ByteCase byte_cases[] = {
        { "good", "GetDelta", "s", BODY("\7\0\0\0irqchip\0"), 0, AS_IT_IS, 0, IS_ANSWERED },
        { "no-such-byte-order", "GetProfile", NULL, NULL, 0, 0, 0, 'x', IS_CUT_OFF },
        { "other-byte-order", "GetProfile", NULL, NULL, 0, 0, 0, 'B', IS_CUT_OFF },
        { "type-of-message-0", "GetProfile", NULL, NULL, 0, 0, 1, 0, IS_CUT_OFF },
        { "type-of-message-200", "GetProfile", NULL, NULL, 0, 0, 1, 200, IS_LEFT },
        { "protocol-9", "GetProfile", NULL, NULL, 0, 0, 3, 9, IS_CUT_OFF },
        { "serial-0", "GetProfile", NULL, NULL, 0, 0, 8, 0, IS_CUT_OFF },
        { "fields-of-16-MiB", "GetProfile", NULL, NULL, 0, 0, 15, 1, IS_LEFT },
        { "fields-of-2-GiB", "GetProfile", NULL, NULL, 0, 0, 15, 0x80, IS_CUT_OFF },
        { "field-of-no-kind", "GetProfile", NULL, NULL, 0, 0, 16, 0, IS_CUT_OFF },
        { "field-of-another-type", "GetProfile", NULL, NULL, 0, 0, 18, 'u', IS_CUT_OFF },
        { "path-with-a-zero", "GetProfile", NULL, NULL, 0, 0, 26, 0, IS_CUT_OFF },
        { "path-that-is-none", "GetProfile", NULL, NULL, 0, 0, 24, '%', IS_CUT_OFF },
        { "text-that-is-not-utf-8", "GetDelta", "s", BODY("\7\0\0\0irq\xffhip\0"), 0, AS_IT_IS, 0,
          IS_CUT_OFF },
        { "text-cut-in-a-character", "GetDelta", "s", BODY("\3\0\0\0ab\xe4\0"), 0, AS_IT_IS, 0,
          IS_CUT_OFF },
        { "text-longer-than-the-body", "GetDelta", "s", BODY("\100\0\0\0irqchip\0"), 0, AS_IT_IS, 0,
          IS_CUT_OFF },
        { "text-of-4-GiB", "GetDelta", "s", BODY("\xff\xff\xff\xffirqchip\0"), 0, AS_IT_IS, 0,
          IS_CUT_OFF },
        { "text-without-an-end", "GetDelta", "s", BODY("\7\0\0\0irqchipx"), 0, AS_IT_IS, 0,
          IS_CUT_OFF },
        { "text-with-a-zero", "GetDelta", "s", BODY("\7\0\0\0irq\0hip\0"), 0, AS_IT_IS, 0,
          IS_CUT_OFF },
        { "array-beyond-the-body", "Check", "aua{sv}", BODY("\40\0\0\0\0\0\0\0\0\0\0\0"), 0,
          AS_IT_IS, 0, IS_CUT_OFF },
        { "array-of-128-MiB", "Check", "aua{sv}", BODY("\0\0\0\10\0\0\0\0\0\0\0\0"), 0, AS_IT_IS, 0,
          IS_CUT_OFF },
        { "array-of-half-a-word", "Check", "aua{sv}", BODY("\2\0\0\0\0\0\0\0\0\0\0\0"), 0, AS_IT_IS,
          0, IS_CUT_OFF },
        { "body-without-a-signature", "GetProfile", NULL, BODY("12345678"), 0, AS_IT_IS, 0,
          IS_CUT_OFF },
        { "signature-without-a-body", "Check", "aua{sv}", NULL, 0, 0, AS_IT_IS, 0, IS_CUT_OFF },
        { "signature-that-ends-early", "Check", "aua{sv", BODY("\0\0\0\0\0\0\0\0"), 0, AS_IT_IS, 0,
          IS_CUT_OFF },
        { "entries-outside-of-an-array", "Check", "au{sv}", BODY("\0\0\0\0\0\0\0\0"), 0, AS_IT_IS,
          0, IS_CUT_OFF },
        { "forty-arrays-in-each-other", "Check", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaau",
          BODY("\0\0\0\0"), 0, AS_IT_IS, 0, IS_CUT_OFF },
        { "a-truth-that-is-2", "Check", "aua{sv}",
          BODY("\0\0\0\0\24\0\0\0\6\0\0\0strict\0\1b\0\0\0\2\0\0\0"), 0, AS_IT_IS, 0, IS_CUT_OFF },
        { "bytes-behind-the-last-value", "GetDelta", "s", BODY("\7\0\0\0irqchip\0xxxx"), 0,
          AS_IT_IS, 0, IS_CUT_OFF },
        { "message-of-1-GiB", "GetProfile", "ay", BODY("\0\0\0\0"), 1u << 30, AS_IT_IS, 0,
          IS_CUT_OFF },
        { "message-of-64-MiB", "GetProfile", "ay", BODY("\0\0\0\0"), 1u << 26, AS_IT_IS, 0,
          IS_CUT_OFF },
};

static GByteArray *bytes_new(const ByteCase *c) {
        const RawCall call = {
                .member = c->member,
                .signature = c->signature,
                .body = c->body,
                .n_body = c->n_body,
                .n_claimed = c->n_claimed,
                .serial = 2,
        };
        GByteArray *bytes = raw_call_new(&call);

        if (c->at != AS_IT_IS)
                bytes->data[c->at] = c->byte;
        return bytes;
}

static void test_bytes(gconstpointer data) {
        const ByteCase *c = data;
        g_autoptr(GByteArray) bytes = bytes_new(c);
        int fd = raw_connect();

        g_assert_true(raw_send(fd, bytes->data, bytes->len));
        if (c->ending == IS_CUT_OFF)
                g_assert_true(raw_is_closed(fd));
        else if (c->ending == IS_ANSWERED)
                g_assert_false(raw_is_closed(fd));
        (void) close(fd);
        health_check();
}

/* All that a call has, cut off at each of its bytes, and then there is nobody any more */
static void test_cut(void) {
        const RawCall call = { "GetDelta", "s", BODY("\7\0\0\0irqchip\0"), .serial = 2 };
        g_autoptr(GByteArray) bytes = raw_call_new(&call);

        for (size_t n = 0; n < bytes->len; n++) {
                int fd = raw_connect();

                g_assert_true(raw_send(fd, bytes->data, n));
                (void) close(fd);
        }

        health_check();
}

/* Whole calls of somebody who has gone when the answer comes */
static void test_hang_up(gconstpointer data) {
        const RawCall *call = data;
        g_autoptr(GByteArray) bytes = raw_call_new(call);

        for (size_t i = 0; i < N_HANG_UPS; i++) {
                int fd = raw_connect();

                g_assert_true(raw_send(fd, bytes->data, bytes->len));
                (void) close(fd);
        }

        health_check();
}

/* Nobody wants an answer, so there is none to be counted: the one that does comes after all. */
static void test_no_reply(void) {
        const RawCall quiet = { .member = "GetProfile", .serial = 2, .flags = RAW_NO_REPLY };
        const RawCall loud = { .member = "GetProfile", .serial = 3 };
        g_autoptr(GByteArray) call = raw_call_new(&quiet), last = raw_call_new(&loud);
        int fd = raw_connect();

        for (size_t i = 0; i < 2000; i++)
                g_assert_true(raw_send(fd, call->data, call->len));
        g_assert_true(raw_send(fd, last->data, last->len));
        g_assert_cmpuint(raw_count_answers(fd, 1), ==, 1);
        (void) close(fd);
        health_check();
}

void add_byte_tests(void) {
        static const RawCall calls[] = {
                { .member = "GetProfile", .serial = 2 },
                { .member = "Refresh", .serial = 2 },
                { "Check", "aua{sv}", BODY("\0\0\0\0\0\0\0\0"), .serial = 2 },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(byte_cases); i++) {
                g_autofree char *path = g_strconcat("/abuse/bytes/", byte_cases[i].name, NULL);

                g_test_add_data_func(path, &byte_cases[i], test_bytes);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
                g_autofree char *path =
                        g_strconcat("/abuse/bytes/hang-up-after-", calls[i].member, NULL);

                g_test_add_data_func(path, &calls[i], test_hang_up);
        }

        g_test_add_func("/abuse/bytes/cut-off-at-each", test_cut);
        g_test_add_func("/abuse/bytes/no-reply", test_no_reply);
}
