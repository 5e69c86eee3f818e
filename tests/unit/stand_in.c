/*
 * The stand-in for auth0jwt-refresh.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stand_in.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

bool stand_in_called(int argc, char **argv)
{
    return argc > 3 && strcmp(argv[1], "--quiet") == 0 && strcmp(argv[2], "--config") == 0;
}

static void record_descriptors(FILE *out)
{
    DIR *stream = opendir("/proc/self/fd");
    const struct dirent *entry;

    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        char path[300];
        char target[300];
        ssize_t length;
        int fd = atoi(entry->d_name);

        if (entry->d_name[0] == '.' || fd == dirfd(stream) || fd == fileno(out)) {
            continue;
        }
        snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
        length = readlink(path, target, sizeof(target) - 1);
        target[length < 0 ? 0 : length] = '\0';
        fprintf(out, "fd %d %s\n", fd, target);
    }
    if (stream != NULL) {
        closedir(stream);
    }
}

static void record_limits(FILE *out)
{
    static const struct {
        const char *name;
        int resource;
    } rows[] = {
        {"core", RLIMIT_CORE},     {"cpu", RLIMIT_CPU}, {"fsize", RLIMIT_FSIZE},
        {"nofile", RLIMIT_NOFILE}, {"as", RLIMIT_AS},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rlimit limit = {0, 0};

        getrlimit((__rlimit_resource_t)rows[i].resource, &limit);
        fprintf(out, "limit %s %lld\n", rows[i].name, (long long)limit.rlim_cur);
    }
}

static void record_status(FILE *out)
{
    static const char *const names[] = {"Uid:", "Gid:", "Groups:", "SigBlk:", "SigIgn:", "Umask:"};
    FILE *status = fopen("/proc/self/status", "r");
    char line[512];
    size_t i;

    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            if (strncmp(line, names[i], strlen(names[i])) == 0) {
                fputs(line, out);
            }
        }
    }
    if (status != NULL) {
        fclose(status);
    }
}

static void record(const char *conf, int argc, char **argv)
{
    char path[300];
    char folder[300] = "";
    char renamed[300];
    FILE *out;
    char **at;
    int i;

    snprintf(path, sizeof(path), "%s.part", conf);
    snprintf(renamed, sizeof(renamed), "%s.record", conf);
    out = fopen(path, "w");
    if (out == NULL) {
        return;
    }
    for (i = 0; i < argc; i++) {
        fprintf(out, "arg %s\n", argv[i]);
    }
    for (at = environ; *at != NULL; at++) {
        fprintf(out, "env %s\n", *at);
    }
    fprintf(out, "cwd %s\n", getcwd(folder, sizeof(folder)));
    fprintf(out, "alarm %u\n", alarm(60));
    fprintf(out, "nice %d\n", getpriority(PRIO_PROCESS, 0));
    fprintf(out, "session %s\n", getsid(0) == getpid() || getsid(0) == getppid() ? "own" : "other");
    record_descriptors(out);
    record_limits(out);
    record_status(out);
    fclose(out);
    rename(path, renamed);
}

static void sleep_ms(int milliseconds)
{
    struct timespec pause = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000L};

    while (nanosleep(&pause, &pause) != 0) {
    }
}

void stand_in_run(int argc, char **argv)
{
    const char *conf = argv[3];
    FILE *orders;
    char verb[16] = "";
    char path[300];
    int number = 0;
    int status = 99;

    record(conf, argc, argv);
    orders = fopen(conf, "r");
    if (orders != NULL && fscanf(orders, "%15s %d", verb, &number) == 2) {
        if (strcmp(verb, "exit") == 0) {
            status = number;
        } else if (strcmp(verb, "kill") == 0) {
            signal(number, SIG_DFL);
            raise(number);
        } else if (strcmp(verb, "sleep") == 0) {
            FILE *end;

            sleep_ms(number);
            snprintf(path, sizeof(path), "%s.end", conf);
            end = fopen(path, "w");
            if (end != NULL) {
                fclose(end);
            }
            status = 0;
        }
    }
    _exit(status);
}
