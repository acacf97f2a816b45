/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What makes the daemon ask KVM again: uevents as they come from the kernel, a device in a folder of
 * ours, and bursts of both. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "daemon/uevent.h"
#include "daemon/watch.h"

#define HOUR (UINT64_C(3600) * G_USEC_PER_SEC)

typedef struct UeventCase {
        const char *name;
        const char *message; /* with '|' for 0 */
        const char *expect;  /* NULL: changes nothing */
} UeventCase;

static const UeventCase uevent_cases[] = {
        { "kvm-comes",
          "add@/devices/virtual/misc/kvm|ACTION=add|DEVPATH=/devices/virtual/misc/kvm|"
          "SUBSYSTEM=misc|MAJOR=10|MINOR=232|DEVNAME=kvm|SEQNUM=4711|",
          "/dev/kvm has come" },
        { "kvm-goes",
          "remove@/devices/virtual/misc/kvm|ACTION=remove|DEVPATH=/devices/virtual/misc/kvm|"
          "SUBSYSTEM=misc|DEVNAME=kvm|",
          "/dev/kvm has gone" },
        { "a-vm-comes",
          "change@/devices/virtual/misc/kvm|ACTION=change|DEVPATH=/devices/virtual/misc/kvm|"
          "SUBSYSTEM=misc|EVENT=create|CREATED=1|COUNT=1|PID=12|DEVNAME=kvm|",
          NULL },
        { "another-device",
          "add@/devices/virtual/misc/fuse|ACTION=add|DEVPATH=/devices/virtual/misc/fuse|"
          "SUBSYSTEM=misc|DEVNAME=fuse|",
          NULL },
        { "module-is-loaded",
          "add@/module/kvm_intel|ACTION=add|DEVPATH=/module/kvm_intel|SUBSYSTEM=module|",
          "the module kvm_intel was loaded" },
        { "module-is-removed",
          "remove@/module/kvm_amd|ACTION=remove|DEVPATH=/module/kvm_amd|SUBSYSTEM=module|",
          "the module kvm_amd was removed" },
        { "another-module", "add@/module/loop|ACTION=add|DEVPATH=/module/loop|SUBSYSTEM=module|",
          NULL },
        { "cpu-offline",
          "offline@/devices/system/cpu/cpu12|ACTION=offline|"
          "DEVPATH=/devices/system/cpu/cpu12|SUBSYSTEM=cpu|",
          "CPU 12 went offline" },
        { "cpu-online",
          "online@/devices/system/cpu/cpu1|ACTION=online|DEVPATH=/devices/system/cpu/cpu1|"
          "SUBSYSTEM=cpu|",
          "CPU 1 went online" },
        { "cpu-added",
          "add@/devices/system/cpu/cpu2|ACTION=add|DEVPATH=/devices/system/cpu/cpu2|"
          "SUBSYSTEM=cpu|",
          "CPU 2 was added" },
        { "no-number",
          "add@/devices/system/cpu/cpufreq|ACTION=add|DEVPATH=/devices/system/cpu/cpufreq|"
          "SUBSYSTEM=cpu|",
          NULL },
        { "no-end", "add@/x|ACTION=add|DEVPATH=/x/kvm|SUBSYSTEM=module", NULL },
        { "no-subsystem", "add@/x|ACTION=add|DEVPATH=/x/kvm|", NULL },
        { "no-device-name", "add@/x|ACTION=add|DEVPATH=/x/kvm|SUBSYSTEM=misc|", NULL },
        { "empty", "", NULL },
        { "udev's-own", "libudev|", NULL },
};

static void test_uevent(gconstpointer data) {
        const UeventCase *c = data;
        g_autofree char *message = g_strdelimit(g_strdup(c->message), "|", '\1');
        size_t n = strlen(message);
        g_autofree char *what = NULL;

        for (size_t i = 0; i < n; i++)
                if (message[i] == '\1')
                        message[i] = '\0';

        what = uevent_describe(message, n);
        g_assert_cmpstr(what, ==, c->expect);
}

typedef struct Fixture {
        sd_event *event;
        Watch *watch;
        char *folder;
        char *device;
        char *reason;
        unsigned n_calls;
        unsigned n_net;
} Fixture;

static void on_watch(const char *reason, bool is_net, void *userdata) {
        Fixture *fixture = userdata;

        g_free(fixture->reason);
        fixture->reason = g_strdup(reason);
        fixture->n_calls++;
        fixture->n_net += is_net;
}

static void start(Fixture *fixture, const WatchTimes *times) {
        g_autofree char *missing = NULL;

        fixture->watch =
                watch_new(fixture->event, fixture->device, times, on_watch, fixture, &missing);
        g_assert_cmpstr(missing, ==, NULL);
}

static void setup(Fixture *fixture, gconstpointer data) {
        (void) data;
        g_assert_cmpint(sd_event_new(&fixture->event), >=, 0);
        fixture->folder = g_dir_make_tmp("cpuidd-watch-XXXXXX", NULL);
        fixture->device = g_build_filename(fixture->folder, "kvm", NULL);
}

static void teardown(Fixture *fixture, gconstpointer data) {
        (void) data;
        watch_free(fixture->watch);
        (void) g_unlink(fixture->device);
        (void) g_rmdir(fixture->folder);
        sd_event_unref(fixture->event);
        g_free(fixture->folder);
        g_free(fixture->device);
        g_free(fixture->reason);
}

/* What is there to be done now */
static void settle(Fixture *fixture) {
        while (sd_event_run(fixture->event, 0) > 0)
                ;
}

static void await_call(Fixture *fixture) {
        unsigned n = fixture->n_calls;

        while (fixture->n_calls == n)
                g_assert_cmpint(sd_event_run(fixture->event, UINT64_MAX), >=, 0);
}

static void make_device(const Fixture *fixture) {
        g_assert_true(g_file_set_contents(fixture->device, "", 0, NULL));
}

static void test_device(Fixture *fixture, gconstpointer data) {
        (void) data;
        start(fixture, &watch_times);
        make_device(fixture);
        await_call(fixture);
        g_assert_nonnull(g_strrstr(fixture->reason, "kvm has come or has other permissions"));

        g_assert_cmpint(chmod(fixture->device, 0640), ==, 0);
        await_call(fixture);
        g_assert_nonnull(g_strrstr(fixture->reason, "has other permissions"));

        g_assert_cmpint(unlink(fixture->device), ==, 0);
        await_call(fixture);
        g_assert_nonnull(g_strrstr(fixture->reason, "kvm has gone"));
        g_assert_cmpuint(fixture->n_calls, ==, 3);
}

/* What udev does whenever a VM comes or goes */
static void test_touched(Fixture *fixture, gconstpointer data) {
        g_autofree char *other = g_strconcat(fixture->device, "2", NULL);

        (void) data;
        make_device(fixture);
        start(fixture, &watch_times);
        g_assert_cmpint(utimensat(AT_FDCWD, fixture->device, NULL, 0), ==, 0);
        g_assert_true(g_file_set_contents(other, "", 0, NULL));
        g_assert_cmpint(g_unlink(other), ==, 0);
        settle(fixture);
        g_assert_null(watch_pending(fixture->watch));

        g_assert_cmpint(chmod(fixture->device, 0600), ==, 0);
        settle(fixture);
        g_assert_nonnull(watch_pending(fixture->watch));
}

static void test_burst(Fixture *fixture, gconstpointer data) {
        static const WatchTimes times = { .quiet = G_USEC_PER_SEC, .patience = HOUR, .net = HOUR };

        (void) data;
        start(fixture, &times);
        for (unsigned i = 0; i < 100; i++) {
                make_device(fixture);
                settle(fixture);
                g_assert_cmpint(unlink(fixture->device), ==, 0);
                settle(fixture);
        }

        await_call(fixture);
        g_assert_null(watch_pending(fixture->watch));
        settle(fixture);
        g_assert_cmpuint(fixture->n_calls, ==, 1);
}

/* A stream of events that never ends must not put the question off for ever. */
static void test_patience(Fixture *fixture, gconstpointer data) {
        static const WatchTimes times = { .quiet = HOUR, .patience = 50 * 1000, .net = HOUR };

        (void) data;
        start(fixture, &times);
        make_device(fixture);
        await_call(fixture);
        g_assert_cmpuint(fixture->n_calls, ==, 1);
}

static void test_interval(Fixture *fixture, gconstpointer data) {
        static const WatchTimes times = { .interval = 200 * 1000, .net = HOUR };
        int64_t asked;

        (void) data;
        start(fixture, &times);
        make_device(fixture);
        await_call(fixture);
        watch_asked(fixture->watch);
        asked = g_get_monotonic_time();
        g_assert_cmpint(unlink(fixture->device), ==, 0);
        await_call(fixture);
        /* The loop's own clock stands still for a turn. */
        g_assert_cmpint(g_get_monotonic_time() - asked, >=, 150 * 1000);
}

static void test_net(Fixture *fixture, gconstpointer data) {
        static const WatchTimes times = { .net = 50 * 1000 };

        (void) data;
        start(fixture, &times);
        await_call(fixture);
        await_call(fixture);
        g_assert_cmpuint(fixture->n_net, ==, 2);
}

/* The kernel sends what is written here as it sends its own. */
static void test_kernel(Fixture *fixture, gconstpointer data) {
        static const char path[] = "/sys/devices/system/cpu/cpu0/uevent";
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        (void) data;
        if (fd < 0) {
                g_test_skip("this user cannot have the kernel send an event");
                return;
        }

        start(fixture, &watch_times);
        g_assert_cmpint(write(fd, "online", 6), ==, 6);
        (void) close(fd);
        await_call(fixture);
        g_assert_cmpstr(fixture->reason, ==, "CPU 0 went online");
}

static void test_missing(Fixture *fixture, gconstpointer data) {
        g_autofree char *missing = NULL;

        (void) data;
        fixture->watch = watch_new(fixture->event, "/nonexistent/kvm", &watch_times, on_watch,
                                   fixture, &missing);
        g_assert_cmpstr(missing, ==, "/nonexistent/kvm (No such file or directory)");
}

int main(int argc, char **argv) {
        static const struct {
                const char *name;
                void (*run)(Fixture *fixture, gconstpointer data);
        } tests[] = {
                { "/watch/device", test_device },     { "/watch/touched", test_touched },
                { "/watch/burst", test_burst },       { "/watch/patience", test_patience },
                { "/watch/interval", test_interval }, { "/watch/net", test_net },
                { "/watch/kernel", test_kernel },     { "/watch/missing", test_missing },
        };

        g_test_init(&argc, &argv, NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(uevent_cases); i++) {
                g_autofree char *path = g_strconcat("/uevent/", uevent_cases[i].name, NULL);

                g_test_add_data_func(path, &uevent_cases[i], test_uevent);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
                g_test_add(tests[i].name, Fixture, NULL, setup, tests[i].run, teardown);

        return g_test_run();
}
