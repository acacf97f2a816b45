/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* bench-command TITLE AIM COMMAND... -- COMMAND...: how long the first command takes, as a
 * multiple of the second; both run in turns, with nothing on their standard streams. */

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/bench/bench.h"

extern char **environ;

static double time_of(char **command) {
        posix_spawn_file_actions_t actions;
        uint64_t start;
        int status;
        pid_t pid;

        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        start = bench_now();
        if (posix_spawnp(&pid, command[0], &actions, NULL, command, environ) != 0 ||
            waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) > 1) {
                fprintf(stderr, "bench-command: %s failed\n", command[0]);
                exit(1);
        }

        posix_spawn_file_actions_destroy(&actions);
        return bench_now() - start;
}

int main(int argc, char **argv) {
        double it[BENCH_ROUNDS], base[BENCH_ROUNDS];
        char **other = NULL;

        for (int i = 3; i < argc - 1 && !other; i++)
                if (strcmp(argv[i], "--") == 0) {
                        argv[i] = NULL;
                        other = argv + i + 1;
                }
        if (!other) {
                fprintf(stderr, "bench-command: expected TITLE AIM COMMAND... -- COMMAND...\n");
                return 2;
        }

        for (size_t i = 0; i < BENCH_ROUNDS; i++) {
                base[i] = time_of(other);
                it[i] = time_of(argv + 3);
        }

        bench_print(argv[1], it, base, BENCH_ROUNDS, atof(argv[2]));
        return 0;
}
