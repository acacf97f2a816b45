/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Four sources and two timers. None of them says what the answer is: they only have it asked for
 * again. The kernel's own uevents are heard, not udev's, which do not come into a network namespace;
 * what udev does to the device's permissions is seen at the device. */

#include "daemon/watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/uevent.h"

#define UEVENT_MAX 8192
#define UEVENT_GROUP_KERNEL 1

/* A clock that was set jumps too, but both of those that are compared go on. */
#define SLEEP_MIN_USEC (G_USEC_PER_SEC / 10)

const WatchTimes watch_times = {
        .quiet = G_USEC_PER_SEC / 4,
        .patience = 2 * G_USEC_PER_SEC,
        .interval = 2 * G_USEC_PER_SEC,
        .net = 600 * G_USEC_PER_SEC,
};

/* Of the device, as far as it decides who can ask it */
typedef struct DeviceState {
        ino_t inode;
        dev_t device;
        mode_t mode; /* 0: it is not there */
        uid_t uid;
        gid_t gid;
        bool is_ours; /* this process may open it; also by an access list */
} DeviceState;

struct Watch {
        sd_event *event;
        char *path; /* of the device */
        char *name; /* the same in its folder */
        DeviceState state;
        WatchTimes times;
        char *reason;
        uint64_t first; /* of the events since KVM was asked; 0: there was none */
        uint64_t asked;
        int64_t slept; /* until now, since the start of the system */
        int uevent_fd;
        int clock_fd;
        sd_event_source *uevent;
        sd_event_source *device;
        sd_event_source *clock;
        sd_event_source *timer;
        sd_event_source *net;
        WatchFunc func;
        void *userdata;
};

Watch *watch_free(Watch *watch) {
        if (!watch)
                return NULL;

        sd_event_source_disable_unref(watch->uevent);
        sd_event_source_disable_unref(watch->device);
        sd_event_source_disable_unref(watch->clock);
        sd_event_source_disable_unref(watch->timer);
        sd_event_source_disable_unref(watch->net);
        if (watch->uevent_fd >= 0)
                (void) close(watch->uevent_fd);
        if (watch->clock_fd >= 0)
                (void) close(watch->clock_fd);
        sd_event_unref(watch->event);
        g_free(watch->reason);
        g_free(watch->name);
        g_free(watch->path);
        g_free(watch);
        return NULL;
}

static uint64_t now_usec(const Watch *watch) {
        uint64_t now = 0;

        (void) sd_event_now(watch->event, CLOCK_MONOTONIC, &now);
        return now;
}

static void start_net(Watch *watch) {
        (void) sd_event_source_set_time_relative(watch->net, watch->times.net);
        (void) sd_event_source_set_enabled(watch->net, SD_EVENT_ONESHOT);
}

void watch_asked(Watch *watch) {
        watch->asked = now_usec(watch);
        start_net(watch);
}

const char *watch_pending(const Watch *watch) {
        return watch->reason;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Watch *watch = userdata;
        g_autofree char *reason = g_steal_pointer(&watch->reason);

        (void) source;
        (void) usec;
        watch->first = 0;
        watch->func(reason, false, watch->userdata);
        return 0;
}

static int on_net(sd_event_source *source, uint64_t usec, void *userdata) {
        Watch *watch = userdata;

        (void) source;
        (void) usec;
        start_net(watch);
        watch->func("ten minutes have passed", true, watch->userdata);
        return 0;
}

/* Takes @reason over */
static void happened(Watch *watch, char *reason) {
        uint64_t now = now_usec(watch), at;

        g_free(watch->reason);
        watch->reason = reason;
        if (watch->first == 0)
                watch->first = now;

        at = MIN(now + watch->times.quiet, watch->first + watch->times.patience);
        if (watch->asked > 0)
                at = MAX(at, watch->asked + watch->times.interval);
        (void) sd_event_source_set_time(watch->timer, at);
        (void) sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
}

/* Only the kernel may send to this group, and root: whose they are is looked at all the same. */
static ssize_t receive(int fd, char *buffer, size_t n_buffer) {
        struct sockaddr_nl sender = {};
        struct iovec iovec = { buffer, n_buffer };
        struct msghdr message = {
                .msg_name = &sender,
                .msg_namelen = sizeof(sender),
                .msg_iov = &iovec,
                .msg_iovlen = 1,
        };
        ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);

        return n > 0 && sender.nl_pid != 0 ? 0 : n;
}

static int on_uevent(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Watch *watch = userdata;
        char buffer[UEVENT_MAX];
        ssize_t n;

        (void) source;
        (void) events;
        while ((n = receive(fd, buffer, sizeof(buffer))) >= 0 || errno == EINTR) {
                char *what = n > 0 ? uevent_describe(buffer, n) : NULL;

                if (what)
                        happened(watch, what);
        }

        if (errno == ENOBUFS)
                happened(watch, g_strdup("the kernel's events came too fast"));
        return 0;
}

static DeviceState read_state(const char *path) {
        DeviceState state = {};
        struct stat st;

        if (stat(path, &st) < 0)
                return state;

        state.inode = st.st_ino;
        state.device = st.st_rdev;
        state.mode = st.st_mode;
        state.uid = st.st_uid;
        state.gid = st.st_gid;
        state.is_ours = access(path, R_OK | W_OK) == 0;
        return state;
}

static bool states_equal(const DeviceState *a, const DeviceState *b) {
        return a->inode == b->inode && a->device == b->device && a->mode == b->mode &&
                a->uid == b->uid && a->gid == b->gid && a->is_ours == b->is_ours;
}

/* udev touches the device for every VM that comes or goes, which is an event of its own here: only
 * what is really another counts, or each question to KVM would be the reason for the next. */
static int on_device(sd_event_source *source, const struct inotify_event *event, void *userdata) {
        Watch *watch = userdata;
        bool is_lost = event->mask & (IN_Q_OVERFLOW | IN_IGNORED);
        DeviceState state;

        (void) source;
        if (!is_lost && (event->len == 0 || strcmp(event->name, watch->name) != 0))
                return 0;

        state = read_state(watch->path);
        if (states_equal(&state, &watch->state))
                return 0;

        watch->state = state;
        happened(watch,
                 g_strdup_printf("%s %s", watch->path,
                                 state.mode == 0 ? "has gone" :
                                                   "has come or has other permissions"));
        return 0;
}

static int64_t clock_usec(clockid_t clock) {
        struct timespec now = {};

        (void) clock_gettime(clock, &now);
        return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* How long the system has slept since it was started: the one clock counts that, the other not */
static int64_t slept_usec(void) {
        return clock_usec(CLOCK_BOOTTIME) - clock_usec(CLOCK_MONOTONIC);
}

/* A timer that never comes, but is given up when the clock jumps, as it does after sleep */
static int arm_clock(int fd) {
        struct itimerspec never = { .it_value.tv_sec = INT32_MAX };

        return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static int on_clock(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Watch *watch = userdata;
        int64_t slept = slept_usec();
        uint64_t n;

        (void) source;
        (void) events;
        (void) !read(fd, &n, sizeof(n));
        (void) arm_clock(fd);
        if (slept - watch->slept >= SLEEP_MIN_USEC)
                happened(watch, g_strdup("the host was asleep"));
        watch->slept = slept;
        return 0;
}

/* These give 0, or a negative errno. */

static int watch_uevents(Watch *watch) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = UEVENT_GROUP_KERNEL };

        watch->uevent_fd =
                socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
        if (watch->uevent_fd < 0 ||
            bind(watch->uevent_fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;

        return sd_event_add_io(watch->event, &watch->uevent, watch->uevent_fd, EPOLLIN, on_uevent,
                               watch);
}

static int watch_device(Watch *watch, const char *device) {
        g_autofree char *folder = g_path_get_dirname(device);

        watch->state = read_state(device);
        return sd_event_add_inotify(watch->event, &watch->device, folder,
                                    IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                            IN_MOVED_TO | IN_ONLYDIR,
                                    on_device, watch);
}

/* Looked at after the others: a host that sleeps takes its CPUs away and brings them back, and what is
 * told is why. */
static int watch_clock(Watch *watch) {
        int r;

        watch->slept = slept_usec();
        watch->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
        if (watch->clock_fd < 0 || arm_clock(watch->clock_fd) < 0)
                return -errno;

        r = sd_event_add_io(watch->event, &watch->clock, watch->clock_fd, EPOLLIN, on_clock, watch);
        if (r < 0)
                return r;
        return sd_event_source_set_priority(watch->clock, SD_EVENT_PRIORITY_NORMAL + 1);
}

static int start_timers(Watch *watch) {
        int r;

        r = sd_event_add_time(watch->event, &watch->timer, CLOCK_MONOTONIC, 0, 0, on_timer, watch);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        return sd_event_add_time_relative(watch->event, &watch->net, CLOCK_BOOTTIME,
                                          watch->times.net, G_USEC_PER_SEC, on_net, watch);
}

static void add_missing(GString *missing, const char *what, int r) {
        if (r < 0)
                g_string_append_printf(missing, "%s%s (%s)", missing->len > 0 ? ", " : "", what,
                                       g_strerror(-r));
}

Watch *watch_new(sd_event *event, const char *device, const WatchTimes *times, WatchFunc func,
                 void *userdata, char **ret_missing) {
        Watch *watch = g_new0(Watch, 1);
        g_autoptr(GString) missing = g_string_new(NULL);

        watch->event = sd_event_ref(event);
        watch->times = *times;
        watch->path = g_strdup(device);
        watch->name = g_path_get_basename(device);
        watch->func = func;
        watch->userdata = userdata;
        watch->uevent_fd = watch->clock_fd = -1;

        add_missing(missing, "its timers", start_timers(watch));
        add_missing(missing, "the kernel's events", watch_uevents(watch));
        add_missing(missing, device, watch_device(watch, device));
        add_missing(missing, "the end of sleep", watch_clock(watch));
        if (ret_missing)
                *ret_missing = missing->len > 0 ? g_strdup(missing->str) : NULL;
        return watch;
}
