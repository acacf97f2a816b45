/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* pkttyagent, as systemctl has it: a child that registers with polkit for this process, says that it
 * has by closing a pipe, and lives as long as the question takes. Nothing fails for want of it. */

#include "client/ctl/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "pkttyagent"

/* How long it may take to register: polkitd may have to be started. */
#define REGISTER_MSEC 10000

struct Agent {
        pid_t pid;
};

/* It speaks to the terminal itself. Its complaints would be a second line where one is promised. */
static void redirect_streams(void) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
                (void) dup2(null, fd);
}

G_GNUC_NORETURN static void run_agent(pid_t parent, int notify_fd) {
        char number[16];

        (void) snprintf(number, sizeof(number), "%d", notify_fd);
        redirect_streams();
        (void) fcntl(notify_fd, F_SETFD, 0);
        (void) prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() == parent)
                (void) execlp(PROGRAM, PROGRAM, "--notify-fd", number, "--fallback", NULL);

        _exit(EXIT_FAILURE);
}

/* Until it has closed the pipe, on purpose or by its end */
static void wait_until_registered(int fd) {
        struct pollfd poll_fd = { .fd = fd };
        int r;

        do
                r = poll(&poll_fd, 1, REGISTER_MSEC);
        while (r < 0 && errno == EINTR);
}

Agent *agent_start(CpuiddHost *host, bool no_ask_password) {
        pid_t parent = getpid(), pid;
        Agent *agent;
        int fds[2];

        if (no_ask_password || geteuid() == 0)
                return NULL;

        cpuidd_host_set_interactive(host, true);
        if (!isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO))
                return NULL;
        if (pipe2(fds, O_CLOEXEC) < 0)
                return NULL;

        pid = fork();
        if (pid == 0)
                run_agent(parent, fds[1]);

        (void) close(fds[1]);
        if (pid > 0)
                wait_until_registered(fds[0]);
        (void) close(fds[0]);
        if (pid < 0)
                return NULL;

        agent = g_new0(Agent, 1);
        agent->pid = pid;
        return agent;
}

Agent *agent_stop(Agent *agent) {
        if (!agent)
                return NULL;

        (void) kill(agent->pid, SIGTERM);
        (void) kill(agent->pid, SIGCONT);
        while (waitpid(agent->pid, NULL, 0) < 0 && errno == EINTR)
                ;

        g_free(agent);
        return NULL;
}
