/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* First the bus is asked who calls, then, where that does not decide it, polkit whether they may.
 * Neither is waited for. What cannot be told is no. */

#include "daemon/bus/access.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-util.h"
#include "daemon/bus/caller.h"
#include "daemon/bus/polkit.h"

/* Who may open it can do all that a trial does, and without us. */
#define DEVICE_PATH "/dev/kvm"

/* What stat() has for a group that has no number in a user namespace, as the unit's sandbox is one:
 * also that of "nogroup", whose members it is not about. */
#define GROUP_OVERFLOW 65534

struct Access {
        sd_bus *bus;
        GPtrArray *under_way; /* Question */
};

typedef struct Question {
        Access *access;
        AccessKind kind;
        sd_bus_message *call;
        AccessFunc func;
        void *userdata;
        uid_t uid;
        Caller *caller;
        sd_bus_slot *slot;      /* who calls */
        PolkitQuestion *polkit; /* may they; only then @uid is known */
} Question;

/* Who calls, as the bus tells */
typedef struct Credentials {
        uint32_t uid;
        bool has_uid;
        const void *groups; /* uint32_t, in the bus's message */
        size_t groups_size; /* in bytes */
} Credentials;

typedef struct KindText {
        const char *action;
        const char *needs; /* what it takes */
} KindText;

static const KindText kind_texts[N_ACCESS_KINDS] = {
        [ACCESS_REFRESH] = {
                "org.cpuidd1.refresh",
                "asking KVM again needs root or polkit's action org.cpuidd1.refresh",
        },
        [ACCESS_TRIAL] = {
                "org.cpuidd1.trial",
                "trying a table needs root, membership of the group that may open " DEVICE_PATH
                ", or polkit's action org.cpuidd1.trial",
        },
};

static void question_free(Question *question) {
        caller_free(question->caller);
        sd_bus_slot_unref(question->slot);
        polkit_question_free(question->polkit);
        sd_bus_message_unref(question->call);
        g_free(question);
}

Access *access_new(sd_bus *bus) {
        Access *access = g_new0(Access, 1);

        access->bus = sd_bus_ref(bus);
        access->under_way = g_ptr_array_new_with_free_func((GDestroyNotify) question_free);
        return access;
}

Access *access_free(Access *access, const GError *problem) {
        if (!access)
                return NULL;

        for (size_t i = 0; i < access->under_way->len; i++) {
                const Question *question = access->under_way->pdata[i];

                question->func(question->call, question->uid, problem, question->userdata);
        }

        g_ptr_array_unref(access->under_way);
        sd_bus_unref(access->bus);
        g_free(access);
        return NULL;
}

/* The function may come back with another question. */
static void finish(Question *question, const GError *problem) {
        g_autoptr(sd_bus_message) call = sd_bus_message_ref(question->call);
        AccessFunc func = question->func;
        void *userdata = question->userdata;
        uid_t uid = question->uid;

        g_ptr_array_remove_fast(question->access->under_way, question);
        func(call, uid, problem, userdata);
}

static void refuse(Question *question, ServiceError code, const char *format, ...)
        G_GNUC_PRINTF(3, 4);

static void refuse(Question *question, ServiceError code, const char *format, ...) {
        g_autoptr(GError) problem = NULL;
        va_list values;

        va_start(values, format);
        problem = g_error_new_valist(SERVICE_ERROR, code, format, values);
        va_end(values);
        g_prefix_error(&problem, "%s", kind_texts[question->kind].needs);
        finish(question, problem);
}

static void on_gone(void *userdata) {
        Question *question = userdata;

        g_ptr_array_remove_fast(question->access->under_way, question);
}

static bool is_interactive(const Question *question) {
        return sd_bus_message_get_allow_interactive_authorization(question->call) > 0;
}

static void on_polkit(PolkitAnswer answer, const char *reason, void *userdata) {
        Question *question = userdata;

        if (answer == POLKIT_YES)
                finish(question, NULL);
        else if (answer == POLKIT_FAILED)
                refuse(question, SERVICE_ERROR_DENIED, ", and polkit cannot be asked: %s", reason);
        else if (answer == POLKIT_NO)
                refuse(question, SERVICE_ERROR_DENIED,
                       ", which polkit does not grant to this user");
        else if (is_interactive(question))
                refuse(question, SERVICE_ERROR_DENIED,
                       ", which takes an administrator's password, and no agent of polkit's is "
                       "there to ask for it");
        else
                refuse(question, SERVICE_ERROR_INTERACTIVE,
                       ", which takes an administrator's password, and the call does not allow that "
                       "somebody is asked for it");
}

static bool polkit_is_busy(const Question *question) {
        const Access *access = question->access;
        size_t n = 0, n_user = 0;

        for (size_t i = 0; i < access->under_way->len; i++) {
                const Question *other = access->under_way->pdata[i];

                n += other->polkit != NULL;
                n_user += other->polkit && other->uid == question->uid;
        }

        return n >= ACCESS_POLKIT_MAX || n_user >= ACCESS_USER_MAX;
}

static void ask_polkit(Question *question) {
        int r;

        if (polkit_is_busy(question)) {
                refuse(question, SERVICE_ERROR_BUSY,
                       ", and polkit is asked already about as many as is good (%d calls of a user, "
                       "%d in all); try again later",
                       ACCESS_USER_MAX, ACCESS_POLKIT_MAX);
                return;
        }

        r = polkit_ask(question->access->bus, sd_bus_message_get_sender(question->call),
                       kind_texts[question->kind].action, is_interactive(question), on_polkit,
                       question, &question->polkit);
        if (r < 0)
                refuse(question, SERVICE_ERROR_DENIED, ", and polkit cannot be asked: %s",
                       g_strerror(-r));
}

/* As the kernel decides it, but for lists of single users, whom polkit may know */
static bool may_open_device(const Credentials *credentials) {
        const uint32_t *groups = credentials->groups;
        mode_t needed = S_IROTH | S_IWOTH;
        struct stat st;

        if (stat(DEVICE_PATH, &st) < 0 || !S_ISCHR(st.st_mode))
                return false;

        for (size_t i = 0; i < credentials->groups_size / sizeof(*groups); i++)
                if (groups[i] == st.st_gid && groups[i] != GROUP_OVERFLOW)
                        needed = S_IRGRP | S_IWGRP;

        return (st.st_mode & needed) == needed;
}

/* One entry of GetConnectionCredentials' a{sv}; what else there is is skipped. The groups stay in the
 * message. */
static int read_credential(sd_bus_message *m, Credentials *ret) {
        const char *key;
        int r;

        r = sd_bus_message_read_basic(m, 's', &key);
        if (r < 0)
                return r;

        if (strcmp(key, "UnixUserID") == 0) {
                ret->has_uid = true;
                return sd_bus_message_read(m, "v", "u", &ret->uid);
        }
        if (strcmp(key, "UnixGroupIDs") != 0)
                return sd_bus_message_skip(m, "v");

        r = sd_bus_message_enter_container(m, 'v', "au");
        if (r < 0)
                return r;
        r = sd_bus_message_read_array(m, 'u', &ret->groups, &ret->groups_size);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_credentials(sd_bus_message *m, Credentials *ret) {
        int r;

        if (sd_bus_message_is_method_error(m, NULL))
                return -ENXIO;
        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_credential(m, ret);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }

        return r < 0 ? r : ret->has_uid ? 0 : -ENODATA;
}

/* Who has left is no caller any more: then on_gone() comes. */
static int on_credentials(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Question *question = userdata;
        Credentials credentials = {};

        (void) error;
        if (read_credentials(m, &credentials) < 0) {
                refuse(question, SERVICE_ERROR_DENIED, ", and the bus does not tell who calls");
                return 0;
        }

        question->uid = credentials.uid;
        if (question->uid == 0 || question->uid == geteuid() ||
            (question->kind == ACCESS_TRIAL && may_open_device(&credentials)))
                finish(question, NULL);
        else
                ask_polkit(question);
        return 0;
}

static int send_question(Question *question) {
        int r;

        r = caller_watch(question->call, on_gone, question, &question->caller);
        if (r < 0)
                return r;
        return sd_bus_call_method_async(
                question->access->bus, &question->slot, "org.freedesktop.DBus",
                "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionCredentials",
                on_credentials, question, "s", sd_bus_message_get_sender(question->call));
}

/* One caller that does not wait for answers cannot keep all others out. */
static bool may_ask(const Access *access, sd_bus_message *call, GError **error) {
        const char *sender = sd_bus_message_get_sender(call);
        size_t n = 0;

        for (size_t i = 0; i < access->under_way->len; i++) {
                const Question *other = access->under_way->pdata[i];

                n += g_strcmp0(sd_bus_message_get_sender(other->call), sender) == 0;
        }

        if (access->under_way->len >= ACCESS_MAX)
                g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_BUSY,
                            "of %d calls it is being asked already whether they may be served; try "
                            "again later",
                            ACCESS_MAX);
        else if (n >= ACCESS_CALLER_MAX)
                g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_BUSY,
                            "of %d calls of yours it is being asked already whether they may be "
                            "served; try again later",
                            ACCESS_CALLER_MAX);
        else
                return true;

        return false;
}

int access_ask(Access *access, AccessKind kind, sd_bus_message *call, AccessFunc func,
               void *userdata, GError **error) {
        Question *question;
        int r;

        if (!may_ask(access, call, error))
                return -EBUSY;

        question = g_new0(Question, 1);
        question->access = access;
        question->kind = kind;
        question->call = sd_bus_message_ref(call);
        question->func = func;
        question->userdata = userdata;
        g_ptr_array_add(access->under_way, question);

        r = send_question(question);
        if (r < 0) {
                g_ptr_array_remove_fast(access->under_way, question);
                return r;
        }

        return 1;
}
