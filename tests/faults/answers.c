/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Noise is the same in each run: what a test found can be looked at again. */

#include "tests/faults/answers.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include <linux/kvm.h>

#define ROWS_MAX 256

bool memory_read(pid_t pid, uint64_t address, void *buffer, size_t n) {
        const struct iovec here = { buffer, n };
        const struct iovec there = { (void *) (uintptr_t) address, n };

        return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t) n;
}

bool memory_write(pid_t pid, uint64_t address, const void *buffer, size_t n) {
        const struct iovec here = { (void *) (uintptr_t) buffer, n };
        const struct iovec there = { (void *) (uintptr_t) address, n };

        return process_vm_writev(pid, &here, 1, &there, 1, 0) == (ssize_t) n;
}

/* xorshift */
static uint32_t noise(uint32_t *state) {
        *state ^= *state << 13;
        *state ^= *state >> 17;
        *state ^= *state << 5;
        return *state;
}

static struct kvm_cpuid_entry2 noisy_row(uint32_t *state) {
        return (struct kvm_cpuid_entry2){
                .function = noise(state),
                .index = noise(state),
                .flags = noise(state),
                .eax = noise(state),
                .ebx = noise(state),
                .ecx = noise(state),
                .edx = noise(state),
        };
}

/* Leaves whose registers are text: vendor, hypervisor, brand */
static struct kvm_cpuid_entry2 nameless_row(size_t i) {
        static const uint32_t leaves[] = { 0,          0x80000000, 0x80000002,
                                           0x80000003, 0x80000004, 0x40000000 };
        const uint32_t word = 0xff00dbff;

        return (struct kvm_cpuid_entry2){
                .function = leaves[i % G_N_ELEMENTS(leaves)],
                .eax = i == 0 ? 0x20 : word,
                .ebx = word,
                .ecx = word,
                .edx = word,
        };
}

static struct kvm_cpuid_entry2 row(const char *action, size_t i, uint32_t *state) {
        static const struct kvm_cpuid_entry2 genuine = {
                .eax = 1,
                .ebx = 0x756e6547,
                .edx = 0x49656e69,
                .ecx = 0x6c65746e,
        };

        if (strcmp(action, "names") == 0)
                return nameless_row(i);
        if (strcmp(action, "zeros") == 0)
                return (struct kvm_cpuid_entry2){};
        if (strcmp(action, "twice") == 0)
                return i == 0 ? genuine : (struct kvm_cpuid_entry2){ .function = 1, .ebx = i };
        return noisy_row(state);
}

/* Never more rows than there is room for: a kernel that writes behind what it was given is one that
 * nobody can work with. */
static int answer_rows(const Rule *rule, pid_t pid, uint64_t address, uint32_t n_told) {
        struct kvm_cpuid_entry2 rows[ROWS_MAX] = {};
        uint32_t state = 0x2545f491, room;
        size_t n_rows;

        if (!memory_read(pid, address, &room, sizeof(room)))
                return EFAULT;

        n_rows = MIN(MIN(n_told, room), ROWS_MAX);
        for (size_t i = 0; i < n_rows; i++)
                rows[i] = row(rule->action, i, &state);

        if (!memory_write(pid, address, &n_told, sizeof(n_told)) ||
            (n_rows > 0 &&
             !memory_write(pid, address + sizeof(struct kvm_cpuid2), rows,
                           n_rows * sizeof(rows[0]))))
                return EFAULT;
        return 0;
}

static int answer_msrs(pid_t pid, uint64_t address, uint32_t n_told) {
        uint32_t state = 0x2545f491, room, indexes[ROWS_MAX];

        if (!memory_read(pid, address, &room, sizeof(room)))
                return EFAULT;

        for (size_t i = 0; i < ROWS_MAX; i++)
                indexes[i] = noise(&state);
        if (!memory_write(pid, address, &n_told, sizeof(n_told)) ||
            !memory_write(pid, address + sizeof(struct kvm_msr_list), indexes,
                          MIN(MIN(room, n_told), ROWS_MAX) * sizeof(indexes[0])))
                return EFAULT;
        return n_told > room ? E2BIG : 0;
}

bool answer_question(const Rule *rule, pid_t pid, uint64_t address, int *ret_errno) {
        static const char *const of_rows[] = { "rows", "nent", "zeros", "twice", "names", NULL };
        uint32_t n = strcmp(rule->action, "names") == 0 ? 6 : rule_number(rule);

        if (g_strv_contains(of_rows, rule->action))
                *ret_errno = answer_rows(rule, pid, address, n);
        else if (strcmp(rule->action, "msrs") == 0)
                *ret_errno = answer_msrs(pid, address, n);
        else
                return false;
        return true;
}

char *answer_text(const Rule *rule, pid_t pid, uint64_t address, size_t n, size_t *ret_n) {
        size_t n_text = rule_number(rule);
        uint32_t state = 0x2545f491;
        char *text;

        if (g_str_has_prefix(rule->action, "half")) {
                text = g_malloc(n);
                if (!memory_read(pid, address, text, n))
                        n = 0;
                *ret_n = n / 2;
                return text;
        }

        text = g_strnfill(n_text, 'x');
        *ret_n = n_text;
        if (strcmp(rule->action, "noise") == 0)
                for (size_t i = 0; i < n_text; i++)
                        text[i] = noise(&state);
        else if (strcmp(rule->action, "line") != 0)
                g_clear_pointer(&text, g_free);
        return text;
}
