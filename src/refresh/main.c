/*
 * auth0jwt-refresh: fetches the signing keys of the configured tenants into the key cache
 * (auth0jwt-refresh(8)). The only program of a host that talks to the network for it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"
#include "host/config.h"
#include "refresh/refresh.h"

struct options {
    const char *config;
    const char *tenant;
    bool detach;
    struct refresh_options refresh;
};

static const char usage[] =
    "usage: auth0jwt-refresh [--config FILE] [--tenant NAME] [--unknown-kid] [--force]\n"
    "                        [--detach] [--quiet]\n";

static const char help[] =
    "Fetches the signing keys of the configured Auth0 tenants into the key cache.\n"
    "\n"
    "  --config FILE   the configuration to read\n"
    "  --tenant NAME   this tenant only\n"
    "  --unknown-kid   for a key that the cache has not, once per unknown_kid_cooldown\n"
    "  --force         however young the cached keys are\n"
    "  --detach        go on in the background\n"
    "  --quiet         say nothing of a success\n"
    "  --help          show this\n"
    "  --version       show the version\n"
    "\n"
    "Exit status: 0 keys are fresh now, 1 the endpoint failed and the old keys were kept,\n"
    "2 usage or configuration, 3 not now (cooldown), 4 another refresh is still running.\n";

static void log_to_stderr(void *context, int level, const char *line)
{
    size_t i;

    (void)context;
    (void)level;
    fputs("auth0jwt-refresh: ", stderr);
    /* Foreign text was quoted where it was put in; this is for what that missed. */
    for (i = 0; line[i] != '\0'; i++) {
        unsigned char c = (unsigned char)line[i];

        fputc(c < 0x20 || c == 0x7f ? '?' : c, stderr);
    }
    fputc('\n', stderr);
}

static const struct log log_stderr = {.sink = log_to_stderr};

/* False where the program is to end at once, with *status. */
static bool parse_options(int argc, char **argv, struct options *options, int *status)
{
    static const struct option names[] = {
        {"config", required_argument, NULL, 'c'},
        {"tenant", required_argument, NULL, 't'},
        {"unknown-kid", no_argument, NULL, 'u'},
        {"force", no_argument, NULL, 'f'},
        {"detach", no_argument, NULL, 'd'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    int found;

    while ((found = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (found) {
        case 'c':
            options->config = optarg;
            break;
        case 't':
            options->tenant = optarg;
            break;
        case 'u':
            options->refresh.unknown_kid = true;
            break;
        case 'f':
            options->refresh.force = true;
            break;
        case 'd':
            options->detach = true;
            break;
        case 'q':
            options->refresh.quiet = true;
            break;
        case 'h':
            printf("%s\n%s", usage, help);
            *status = REFRESH_EXIT_FRESH;
            return false;
        case 'v':
            puts("auth0jwt-refresh " PACKAGE_VERSION);
            *status = REFRESH_EXIT_FRESH;
            return false;
        default:
            fputs(usage, stderr);
            *status = REFRESH_EXIT_USAGE;
            return false;
        }
    }
    if (optind < argc) {
        log_line(&log_stderr, LOG_ERR, "unexpected argument");
        fputs(usage, stderr);
        *status = REFRESH_EXIT_USAGE;
        return false;
    }
    return true;
}

/* Whoever started us leaves nothing behind that could change what we do: environment, signals,
 * umask, closed standard descriptors. */
static bool settle(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t none;
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0) {
        return false;
    }
    close(fd);
    sigemptyset(&none);
    umask(077);
    return clearenv() == 0 && sigaction(SIGCHLD, &standard, NULL) == 0 &&
           sigaction(SIGALRM, &standard, NULL) == 0 && sigaction(SIGPIPE, &ignore, NULL) == 0 &&
           sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* Goes on in the background. False where it cannot; in the foreground it does not return. */
static bool detach(void)
{
    unsigned left = alarm(0);
    pid_t child = fork();
    int fd;
    int i;

    if (child < 0) {
        return false;
    }
    if (child > 0) {
        _exit(REFRESH_EXIT_FRESH);
    }
    /* Whoever started us may have set a clock; a fork does not pass it on. */
    alarm(left);
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (setsid() < 0 || fd < 0) {
        return false;
    }
    for (i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
        if (dup2(fd, i) < 0) {
            return false;
        }
    }
    close(fd);
    return true;
}

/* Which of two outcomes the whole run ends with: what somebody has to mend comes first. */
static enum refresh_exit worse(enum refresh_exit a, enum refresh_exit b)
{
    static const int rank[] = {
        [REFRESH_EXIT_FRESH] = 0,  [REFRESH_EXIT_NOT_NOW] = 1, [REFRESH_EXIT_LOCK] = 2,
        [REFRESH_EXIT_FAILED] = 3, [REFRESH_EXIT_USAGE] = 4,
    };

    return rank[a] >= rank[b] ? a : b;
}

static int run(const struct options *options)
{
    const char *path = options->config == NULL ? config_default_path : options->config;
    struct config *config = NULL;
    enum refresh_exit exit = REFRESH_EXIT_FRESH;
    struct text why = {0};
    size_t i;

    if (config_load(path, &log_stderr, &config, &why) != REASON_ACCEPTED) {
        log_line(&log_stderr, LOG_ERR, "%s", why.at);
        return REFRESH_EXIT_USAGE;
    }
    if (options->tenant != NULL && config_tenant(config, options->tenant) == NULL) {
        log_line(&log_stderr, LOG_ERR, "%s has no [tenant %s]", path, options->tenant);
        exit = REFRESH_EXIT_USAGE;
    } else if (options->detach && !detach()) {
        log_line(&log_stderr, LOG_ERR, "cannot go on in the background: %m");
        exit = REFRESH_EXIT_FAILED;
    } else {
        for (i = 0; i < config->tenant_count; i++) {
            const struct tenant *tenant = &config->tenant[i];

            if (options->tenant == NULL || strcmp(options->tenant, tenant->name) == 0) {
                exit = worse(exit, refresh_tenant(config, tenant, &options->refresh, &log_stderr));
            }
        }
    }
    config_free(&config);
    return (int)exit;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    int status = -1;

    if (!settle()) {
        return REFRESH_EXIT_USAGE;
    }
    if (!parse_options(argc, argv, &options, &status)) {
        return status;
    }
    return run(&options);
}
