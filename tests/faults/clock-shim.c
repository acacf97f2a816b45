/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Preloaded into a process (clock.test), whose wall clock is then wrong by the seconds that a file
 * says: nobody may set the clock of the machine that a test runs on. The other clocks go on. */

#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define OFFSET_PATH "/etc/clock-offset"

static long read_offset(void) {
        FILE *file = fopen(OFFSET_PATH, "re");
        long offset = 0;

        if (!file)
                return 0;
        if (fscanf(file, "%ld", &offset) != 1)
                offset = 0;
        (void) fclose(file);
        return offset;
}

int clock_gettime(clockid_t clock, struct timespec *ret) {
        long r = syscall(SYS_clock_gettime, clock, ret);

        if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
                ret->tv_sec += read_offset();
        return r;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone) {
        long r = syscall(SYS_gettimeofday, ret, zone);

        if (r == 0)
                ret->tv_sec += read_offset();
        return r;
}

time_t time(time_t *ret) {
        struct timespec now;

        (void) clock_gettime(CLOCK_REALTIME, &now);
        if (ret)
                *ret = now.tv_sec;
        return now.tv_sec;
}
