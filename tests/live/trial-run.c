/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/live/trial-run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/kvm/affinity.h"
#include "daemon/kvm/trial.h"
#include "daemon/trier.h"

KvmDevice *run_device;
LeafTable *run_supported;

bool run_skip(void) {
        if (run_device)
                return false;

        g_test_skip("/dev/kvm does not open here");
        return true;
}

void answer_take(GPtrArray *evidence, const GError *problem, void *userdata) {
        Answer *answer = userdata;

        g_assert_true((evidence == NULL) != (problem == NULL));
        answer->evidence = evidence;
        answer->problem = problem ? g_error_copy(problem) : NULL;
        answer->is_there = true;
}

void answer_done(Answer *answer) {
        g_clear_pointer(&answer->evidence, g_ptr_array_unref);
        g_clear_error(&answer->problem);
}

pid_t run_find_child(void) {
        g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", getpid());
        g_autofree char *text = NULL;

        return g_file_get_contents(path, &text, NULL, NULL) ? (pid_t) atol(text) : 0;
}

static int on_kill(sd_event_source *source, uint64_t usec, void *userdata) {
        pid_t pid = run_find_child();

        (void) source;
        (void) usec;
        (void) userdata;
        if (pid > 0)
                (void) kill(pid, SIGKILL);
        return 0;
}

sd_event *run_event_new(void) {
        sd_event *event = NULL;
        sigset_t signals;

        (void) sigemptyset(&signals);
        (void) sigaddset(&signals, SIGCHLD);
        (void) sigprocmask(SIG_BLOCK, &signals, NULL);
        g_assert_cmpint(sd_event_new(&event), >=, 0);
        return event;
}

void run_until_no_child(sd_event *event) {
        siginfo_t si;

        while (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == 0)
                g_assert_cmpint(sd_event_run(event, 10 * 1000), >=, 0);
}

void run_request(const TrialRequest *request, uint64_t kill_usec, Answer *answer) {
        sd_event *event = run_event_new();
        g_autoptr(Trier) trier = trier_new(event, answer_take, answer);

        trier_try(trier, request);
        g_assert_false(answer->is_there);
        if (kill_usec > 0)
                g_assert_cmpint(sd_event_add_time_relative(event, NULL, CLOCK_MONOTONIC, kill_usec,
                                                           1, on_kill, NULL),
                                >=, 0);
        while (!answer->is_there)
                g_assert_cmpint(sd_event_run(event, UINT64_MAX), >=, 0);
        run_until_no_child(event);
        sd_event_unref(event);
}

GPtrArray *run_evidence(const TrialRequest *request) {
        g_auto(Answer) answer = {};

        run_request(request, 0, &answer);
        g_assert_no_error(answer.problem);
        g_assert_cmpuint(answer.evidence->len, ==, request->cases->len);
        return g_steal_pointer(&answer.evidence);
}

GArray *run_msrs_new(uint32_t index, uint64_t value) {
        GArray *msrs = g_array_new(FALSE, FALSE, sizeof(TrialMsr));

        g_array_append_val(msrs, ((TrialMsr){ index, value }));
        return msrs;
}

CapabilitySet run_set_of(const char *name) {
        return capability_bit(capability_find(name));
}

TrialRequest *run_many_cases(size_t n_own, size_t n_like) {
        TrialRequest *request = trial_request_new();

        for (size_t i = 0; i < n_own; i++) {
                size_t own = trial_request_add(request, run_set_of("irqchip"),
                                               leaf_table_copy(run_supported), NULL);

                for (size_t j = 0; j < n_like; j++)
                        (void) trial_request_add_like(
                                request, own, &(TrialChange){ 7, 0, REGISTER_EBX, j * 0x10001 });
        }

        return request;
}

size_t run_count_descriptors(void) {
        g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
        size_t n = 0;

        while (g_dir_read_name(dir))
                n++;

        return n;
}

int run_play(const char *text, size_t n_text) {
        int fd = memfd_create("request", MFD_CLOEXEC);
        g_autofree char *evidence = NULL;
        size_t n_given = 0;

        if (fd < 0 || write(fd, text, n_text) != (ssize_t) n_text || lseek(fd, 0, SEEK_SET) < 0)
                return 1;

        evidence = trial_record(fd, NULL);
        while (evidence && n_given < strlen(evidence)) {
                ssize_t n = write(STDOUT_FILENO, evidence + n_given, strlen(evidence) - n_given);

                if (n < 0)
                        return 1;
                n_given += n;
        }

        return evidence ? 0 : 1;
}

void run_open(void) {
        (void) affinity_stay();
        run_device = kvm_device_open(KVM_DEVICE_PATH, NULL);
        if (run_device)
                run_supported = kvm_device_get_cpuid(run_device, KVM_CPUID_SUPPORTED, NULL);
}

void run_close(void) {
        leaf_table_free(run_supported);
        kvm_device_free(run_device);
}
