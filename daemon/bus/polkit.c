/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* polkit knows people, sessions and the administrator's rules. Whoever is asked about is named by
 * the connection: a process id may be another process's by the time that polkit looks. Whatever goes
 * wrong is no. */

#include "daemon/bus/polkit.h"

#include <errno.h>
#include <string.h>

#include "daemon/bus/bus-util.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"

#define ALLOW_USER_INTERACTION 1u

/* Without a person in between it looks into files. As long as dbus-daemon gives it to start. */
#define ANSWER_TIMEOUT_USEC (25 * G_USEC_PER_SEC)

struct PolkitQuestion {
        sd_bus *bus;
        sd_bus_slot *slot;
        char *id;
        PolkitFunc func; /* NULL: has been called */
        void *userdata;
        bool is_interactive;
        bool is_open; /* as far as polkit knows */
};

/* Nobody waits for what comes of it, and a polkit that has gone is not started for it. */
static void cancel(const PolkitQuestion *question) {
        g_autoptr(sd_bus_message) m = NULL;
        int r;

        r = sd_bus_message_new_method_call(question->bus, &m, POLKIT_NAME, POLKIT_PATH,
                                           POLKIT_INTERFACE, "CancelCheckAuthorization");
        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, false);
        if (r >= 0)
                r = sd_bus_message_set_expect_reply(m, false);
        if (r >= 0)
                r = sd_bus_message_append_basic(m, 's', question->id);
        if (r >= 0)
                (void) sd_bus_send(question->bus, m, NULL);
}

PolkitQuestion *polkit_question_free(PolkitQuestion *question) {
        if (!question)
                return NULL;

        if (question->is_open)
                cancel(question);
        sd_bus_slot_unref(question->slot);
        sd_bus_unref(question->bus);
        g_free(question->id);
        g_free(question);
        return NULL;
}

static void finish(PolkitQuestion *question, PolkitAnswer answer, const char *reason) {
        PolkitFunc func = g_steal_pointer(&question->func);

        if (func)
                func(answer, reason, question->userdata);
}

static void fail(PolkitQuestion *question, const sd_bus_error *error) {
        g_autofree char *reason = NULL;

        /* sd-bus's own, where the time was up: polkit still has the question. */
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY) ||
            sd_bus_error_has_name(error, SD_BUS_ERROR_TIMEOUT))
                reason = g_strdup("it does not answer");
        else {
                question->is_open = false;
                reason = g_strdup(error->message ?: error->name);
        }

        g_strdelimit(reason, "\r\n", ' ');
        finish(question, POLKIT_FAILED, reason);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        PolkitQuestion *question = userdata;
        int r, is_authorized, is_challenge;

        (void) error;
        if (sd_bus_message_is_method_error(m, NULL)) {
                fail(question, sd_bus_message_get_error(m));
                return 0;
        }

        question->is_open = false;
        r = sd_bus_message_enter_container(m, 'r', "bba{ss}");
        if (r > 0)
                r = sd_bus_message_read(m, "bb", &is_authorized, &is_challenge);
        if (r <= 0)
                finish(question, POLKIT_FAILED, "its answer cannot be read");
        else
                finish(question,
                       is_authorized        ? POLKIT_YES :
                               is_challenge ? POLKIT_CHALLENGE :
                                              POLKIT_NO,
                       NULL);
        return 0;
}

static char *new_id(void) {
        static uint64_t n; /* polkit keeps ours apart from others' */

        return g_strdup_printf("cpuidd-%" G_GUINT64_FORMAT, ++n);
}

static int send_question(PolkitQuestion *question, const char *sender, const char *action) {
        g_autoptr(sd_bus_message) m = NULL;
        int r;

        r = sd_bus_message_new_method_call(question->bus, &m, POLKIT_NAME, POLKIT_PATH,
                                           POLKIT_INTERFACE, "CheckAuthorization");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s", sender,
                                  action, 0, question->is_interactive ? ALLOW_USER_INTERACTION : 0,
                                  question->id);
        if (r < 0)
                return r;

        return sd_bus_call_async(question->bus, &question->slot, m, on_answer, question,
                                 question->is_interactive ? UINT64_MAX : ANSWER_TIMEOUT_USEC);
}

int polkit_ask(sd_bus *bus, const char *sender, const char *action, bool is_interactive,
               PolkitFunc func, void *userdata, PolkitQuestion **ret) {
        g_autoptr(PolkitQuestion) question = g_new0(PolkitQuestion, 1);
        int r;

        question->bus = sd_bus_ref(bus);
        question->id = new_id();
        question->func = func;
        question->userdata = userdata;
        question->is_interactive = is_interactive;
        r = send_question(question, sender, action);
        if (r < 0)
                return r;

        question->is_open = true;
        *ret = g_steal_pointer(&question);
        return 0;
}
