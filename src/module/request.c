/*
 * The handle's side of a call: every reading and writing of PAM state but the prompt for the token
 * and PAM_AUTHTOK goes through here, so that the phases need not know what libpam may answer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "module/request.h"

#include <security/pam_ext.h>
#include <stddef.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "host/monotonic.h"

/* Under this name other modules cannot meet it by accident. */
static const char data_name[] = "pam_auth0jwt:login";

struct argument_row {
    const char *name; /* ends in '=' where a value follows */
    size_t offset;    /* in struct module_arguments */
};

static const struct argument_row argument_rows[] = {
    {"config=", offsetof(struct module_arguments, config)},
    {"service=", offsetof(struct module_arguments, service)},
    {"try_first_pass", offsetof(struct module_arguments, try_first_pass)},
    {"use_first_pass", offsetof(struct module_arguments, use_first_pass)},
    {"debug", offsetof(struct module_arguments, debug)},
};

enum { ARGUMENT_COUNT = sizeof(argument_rows) / sizeof(argument_rows[0]) };

static void sink(void *context, int level, const char *line)
{
    const struct request *request = context;

    pam_syslog(request->pamh, LOG_AUTHPRIV | level, "%s", line);
}

static bool read_argument(const char *word, struct module_arguments *out)
{
    size_t i;

    for (i = 0; i < ARGUMENT_COUNT; i++) {
        const struct argument_row *row = &argument_rows[i];
        size_t length = strlen(row->name);
        char *member = (char *)out + row->offset;

        if (row->name[length - 1] != '=') {
            if (strcmp(word, row->name) == 0) {
                *(bool *)member = true;
                return true;
            }
        } else if (strncmp(word, row->name, length) == 0 && word[length] != '\0') {
            const char *value = word + length;

            memcpy(member, &value, sizeof(value));
            return true;
        }
    }
    return false;
}

static enum reason read_arguments(struct request *request, struct text *why)
{
    int i;

    for (i = 0; i < request->argc; i++) {
        if (!read_argument(request->argv[i], &request->arguments)) {
            text_add_quoted(why, "module argument ", bytes_of(request->argv[i]));
            text_add(why, " is not known: use config=PATH, service=NAME, try_first_pass, "
                          "use_first_pass or debug");
            return REASON_CONFIG_ERROR;
        }
    }
    request->log.debug = request->arguments.debug;
    return REASON_ACCEPTED;
}

static void read_items(struct request *request)
{
    struct decision_place *place = &request->place;

    place->service = request->arguments.service != NULL ? request->arguments.service
                                                        : request_item(request, PAM_SERVICE);
    place->user = request_item(request, PAM_USER);
    place->rhost = request_item(request, PAM_RHOST);
    place->tty = request_item(request, PAM_TTY);
    place->ruser = request_item(request, PAM_RUSER);
}

void request_begin(struct request *request, pam_handle_t *pamh, int flags, int argc,
                   const char **argv)
{
    *request = (struct request){.pamh = pamh, .flags = flags, .argc = argc, .argv = argv};
    request->log = (struct log){sink, request, false};
    request_read_clock(request);
}

void request_end(struct request *request)
{
    config_free(&request->config);
}

enum reason request_load(struct request *request, struct text *why)
{
    const char *path;
    enum reason reason = read_arguments(request, why);

    read_items(request);
    if (reason != REASON_ACCEPTED) {
        return reason;
    }
    if (request->place.service == NULL) {
        text_set(why, "the host has not set PAM_SERVICE");
        return REASON_INTERNAL;
    }
    path = request->arguments.config != NULL ? request->arguments.config : config_default_path;
    reason = config_load(path, &request->log, &request->config, why);
    if (reason != REASON_ACCEPTED) {
        return reason;
    }
    request->service = config_service(request->config, request->place.service);
    if (request->service == NULL) {
        text_set(why,
                 "%s: no section for this service: add [service NAME] with its name, or "
                 "[service *]",
                 path);
        return REASON_CONFIG_ERROR;
    }
    return REASON_ACCEPTED;
}

enum reason request_ask_user(struct request *request, struct text *why)
{
    const char *user = NULL;
    int code = pam_get_user(request->pamh, &user, NULL);

    if (code != PAM_SUCCESS || user == NULL) {
        text_set(why, "no user name: the conversation failed");
        return REASON_NO_TOKEN;
    }
    request->place.user = user;
    return REASON_ACCEPTED;
}

void request_read_clock(struct request *request)
{
    struct timespec time = {0};

    request->started_ms = monotonic_ms();
    /* Without a clock no token is valid yet. */
    request->now = clock_gettime(CLOCK_REALTIME, &time) == 0 ? (int64_t)time.tv_sec : 0;
}

int64_t request_took_ms(const struct request *request)
{
    return monotonic_ms() - request->started_ms;
}

bool request_remote(const struct request *request)
{
    return request->place.rhost != NULL && request->place.rhost[0] != '\0';
}

const char *request_item(const struct request *request, int item)
{
    const void *value = NULL;

    if (pam_get_item(request->pamh, item, &value) != PAM_SUCCESS) {
        return NULL;
    }
    return value;
}

void request_tell(const struct request *request, const char *sentence)
{
    if (((unsigned)request->flags & PAM_SILENT) == 0 && sentence[0] != '\0') {
        (void)pam_prompt(request->pamh, PAM_ERROR_MSG, NULL, "%s", sentence);
    }
}

/* Called by libpam, also in a fork that ends the handle with PAM_DATA_SILENT: memory is all that it
 * touches. */
static void forget_login(pam_handle_t *pamh, void *data, int status)
{
    struct login *login = data;

    (void)pamh;
    (void)status;
    login_free(&login);
}

static enum reason set_data(struct request *request, struct login *login)
{
    int code = pam_set_data(request->pamh, data_name, login, login == NULL ? NULL : forget_login);

    if (code == PAM_SUCCESS) {
        return REASON_ACCEPTED;
    }
    return code == PAM_BUF_ERR ? REASON_OUT_OF_MEMORY : REASON_INTERNAL;
}

enum reason request_keep(struct request *request, struct login **login)
{
    enum reason reason;

    if (*login == NULL) {
        return REASON_INTERNAL;
    }
    reason = set_data(request, *login);
    if (reason == REASON_ACCEPTED) {
        *login = NULL;
    }
    return reason;
}

const struct login *request_kept(const struct request *request)
{
    const void *data = NULL;

    if (pam_get_data(request->pamh, data_name, &data) != PAM_SUCCESS) {
        return NULL;
    }
    return data;
}

enum reason request_forget(struct request *request)
{
    /* Nothing is added where there is nothing: libpam would have to allocate. */
    return request_kept(request) == NULL ? REASON_ACCEPTED : set_data(request, NULL);
}
