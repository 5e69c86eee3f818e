/*
 * The stage: functions that the loaded module finds here before it finds those of libpam and libc
 * (this program is linked with -rdynamic), the conversation, and the service file.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
/* Whatever the flags say: the loaded module, or libpam, must find what is here. */
#pragma GCC visibility push(default)

#include "stage.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <security/pam_ext.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define NEED(condition) need((condition), #condition)

int stage_busy;

static struct stage *stage;

static void need(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "stage: this failed: %s\n", what);
        exit(99);
    }
}

char *format(const char *pattern, ...)
{
    va_list args;
    char *out = NULL;

    va_start(args, pattern);
    NEED(vasprintf(&out, pattern, args) >= 0);
    va_end(args);
    return out;
}

void lines_add(struct lines *lines, const char *line)
{
    lines->at = realloc(lines->at, (lines->count + 1) * sizeof(*lines->at));
    NEED(lines->at != NULL);
    lines->at[lines->count] = strdup(line);
    NEED(lines->at[lines->count] != NULL);
    lines->count++;
}

void lines_free(struct lines *lines)
{
    size_t i;

    for (i = 0; i < lines->count; i++) {
        free(lines->at[i]);
    }
    free(lines->at);
    *lines = (struct lines){NULL, 0};
}

void stage_enter(struct stage *entering)
{
    stage = entering;
}

void stage_leave(struct stage *leaving)
{
    lines_free(&leaving->log);
    lines_free(&leaving->said);
    free(leaving->authtok);
    leaving->authtok = NULL;
    stage = NULL;
}

/* Instead of libpam's. */

__attribute__((format(printf, 3, 0))) void pam_vsyslog(const pam_handle_t *pamh, int priority,
                                                       const char *fmt, va_list args)
{
    static const char *const levels[] = {"EMERG",   "ALERT",  "CRIT", "ERR",
                                         "WARNING", "NOTICE", "INFO", "DEBUG"};
    char *text = NULL;
    char *line;

    (void)pamh;
    stage_busy++;
    NEED(vasprintf(&text, fmt, args) >= 0);
    /* libpam's own lines come here too, without a facility. */
    line = format("%s%s %s", (priority & LOG_FACMASK) == LOG_AUTHPRIV ? "" : "libpam: ",
                  levels[LOG_PRI(priority)], text);
    if (stage != NULL) {
        lines_add(&stage->log, line);
    }
    free(line);
    free(text);
    stage_busy--;
}

__attribute__((format(printf, 3, 4))) void pam_syslog(const pam_handle_t *pamh, int priority,
                                                      const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    pam_vsyslog(pamh, priority, fmt, args);
    va_end(args);
}

/* Instead of libc's: the accounts of this world. */

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
               struct passwd **result)
{
    static const struct {
        const char *name;
        uid_t uid;
        gid_t gid;
    } known[] = {
        {"root", 0, 0},      {"daemon", 1, 1},       {"alice", 1001, 1001},
        {"bob", 1002, 1002}, {"backup", 1003, 1003}, {"late", 60001, 60001},
    };
    size_t i;

    *result = NULL;
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].name, name) == 0) {
            int length = snprintf(buffer, size, "%s", name);

            if (length < 0 || (size_t)length >= size) {
                return ERANGE;
            }
            *entry = (struct passwd){.pw_name = buffer,
                                     .pw_passwd = buffer + length,
                                     .pw_uid = known[i].uid,
                                     .pw_gid = known[i].gid,
                                     .pw_gecos = buffer + length,
                                     .pw_dir = buffer + length,
                                     .pw_shell = buffer + length};
            *result = entry;
            return 0;
        }
    }
    return 0;
}

/* Both clocks go ahead with the stage's, so that a case need not wait. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
    int result = (int)syscall(SYS_clock_gettime, clock, time);

    if (result == 0 && stage != NULL) {
        time->tv_sec += stage->seconds;
    }
    return result;
}

/* For the probe. */

const char *probe_first_pass(void)
{
    if (stage->passing != NULL) {
        stage->passing(true);
    }
    return stage->first_pass;
}

void probe_after(const char *authtok)
{
    if (stage->passing != NULL) {
        stage->passing(false);
    }
    stage_busy++;
    stage->after = true;
    free(stage->authtok);
    stage->authtok = authtok == NULL ? NULL : format("%s", authtok);
    stage_busy--;
}

void probe_account(void)
{
    stage->account_went_on = true;
}

/* The user's side. */

static const char *style_name(int style)
{
    switch (style) {
    case PAM_PROMPT_ECHO_OFF:
        return "off";
    case PAM_PROMPT_ECHO_ON:
        return "on";
    case PAM_ERROR_MSG:
        return "error";
    case PAM_TEXT_INFO:
        return "info";
    default:
        return "other";
    }
}

static int converse(int count, const struct pam_message **messages, struct pam_response **responses,
                    void *context)
{
    struct pam_response *response;
    int code = PAM_SUCCESS;
    char *line;

    (void)context;
    stage_busy++;
    response = calloc(1, sizeof(*response));
    NEED(count == 1 && response != NULL);
    line = format("%s \"%s\"", style_name(messages[0]->msg_style), messages[0]->msg);
    lines_add(&stage->said, line);
    free(line);
    response->resp = stage->answer(stage->context, messages[0]->msg_style, messages[0]->msg, &code);
    stage_busy--;
    if (code != PAM_SUCCESS) {
        free(response->resp);
        free(response);
        return code;
    }
    *responses = response;
    return PAM_SUCCESS;
}

void write_file(const char *dir, const char *name, const char *text)
{
    char *path = format("%s/%s", dir, name);
    FILE *file;

    (void)unlink(path);
    file = fopen(path, "we");
    NEED(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0 && chmod(path, 0644) == 0);
    free(path);
}

void stage_service(const char *dir, const char *service, const char *module, const char *probe,
                   const char *arguments)
{
    /* A module that answers PAM_IGNORE to auth jumps over the probe, which is then seen not to have
     * been asked. */
    char *text = format("auth optional %s before\n"
                        "auth [ignore=1 success=ok default=bad] %s %s\n"
                        "auth optional %s after\n"
                        "account [success=done ignore=ignore default=die] %s %s\n"
                        "account required %s\n"
                        "password required %s %s\n"
                        "session required %s %s\n",
                        probe, module, arguments, probe, module, arguments, probe, module,
                        arguments, module, arguments);

    write_file(dir, service, text);
    write_file(dir, "other", "# libpam complains without it\n");
    free(text);
}

pam_handle_t *stage_start(const char *dir, const char *service, const char *user, const char *rhost)
{
    struct pam_conv conversation = {converse, NULL};
    pam_handle_t *pamh = NULL;

    NEED(pam_start_confdir(service, user, &conversation, dir, &pamh) == PAM_SUCCESS);
    if (rhost != NULL) {
        NEED(pam_set_item(pamh, PAM_RHOST, rhost) == PAM_SUCCESS);
    }
    return pamh;
}

static size_t descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    NEED(folder != NULL);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

char *stage_condition(void)
{
    char handlers[65] = "";
    char folder[4096];
    mode_t mask = umask(0);
    sigset_t blocked;
    size_t variables = 0;
    bool childless;
    char *out;
    int number;

    umask(mask);
    for (number = 1; number < 65; number++) {
        struct sigaction action;
        bool known = sigaction(number, NULL, &action) == 0;

        handlers[number - 1] = !known                         ? '-'
                               : action.sa_handler == SIG_DFL ? 'd'
                               : action.sa_handler == SIG_IGN ? 'i'
                                                              : 'h';
    }
    handlers[64] = '\0';
    NEED(sigprocmask(SIG_BLOCK, NULL, &blocked) == 0);
    for (number = 1; number < 65; number++) {
        if (sigismember(&blocked, number) == 1) {
            handlers[number - 1] = (char)(handlers[number - 1] - 'a' + 'A');
        }
    }
    while (environ != NULL && environ[variables] != NULL) {
        variables++;
    }
    childless = waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD;
    out = format("descriptors %zu, signals %s, umask %03o, folder %s, %s, variables %zu",
                 descriptors(), handlers, (unsigned)mask, getcwd(folder, sizeof(folder)),
                 childless ? "no child" : "a child", variables);
    return out;
}

static const char *const names[] = {
    "SUCCESS",
    "OPEN_ERR",
    "SYMBOL_ERR",
    "SERVICE_ERR",
    "SYSTEM_ERR",
    "BUF_ERR",
    "PERM_DENIED",
    "AUTH_ERR",
    "CRED_INSUFFICIENT",
    "AUTHINFO_UNAVAIL",
    "USER_UNKNOWN",
    "MAXTRIES",
    "NEW_AUTHTOK_REQD",
    "ACCT_EXPIRED",
    "SESSION_ERR",
    "CRED_UNAVAIL",
    "CRED_EXPIRED",
    "CRED_ERR",
    "NO_MODULE_DATA",
    "CONV_ERR",
    "AUTHTOK_ERR",
    "AUTHTOK_RECOVERY_ERR",
    "AUTHTOK_LOCK_BUSY",
    "AUTHTOK_DISABLE_AGING",
    "TRY_AGAIN",
    "IGNORE",
    "ABORT",
    "AUTHTOK_EXPIRED",
    "MODULE_UNKNOWN",
    "BAD_ITEM",
    "CONV_AGAIN",
    "INCOMPLETE",
};

const char *code_name(int code)
{
    return code >= 0 && (size_t)code < sizeof(names) / sizeof(names[0]) ? names[code] : "?";
}

int code_of(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(name, "PAM_", 4) == 0 && strcmp(names[i], name + 4) == 0) {
            return (int)i;
        }
    }
    return -1;
}
