/*
 * One call of one pam_sm_* function: module arguments, configuration, PAM items, log, clock, and
 * what authenticate leaves on the PAM handle for the account phase.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_MODULE_REQUEST_H
#define AUTH0JWT_MODULE_REQUEST_H

#include <security/pam_modules.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/reason.h"
#include "base/text.h"
#include "host/config.h"
#include "login/decision.h"
#include "login/login.h"

/* The words after the module's name in pam.d; borrowed. */
struct module_arguments {
    const char *config;  /* NULL: config_default_path */
    const char *service; /* NULL: PAM_SERVICE */
    bool try_first_pass;
    bool use_first_pass;
    bool debug;
};

struct request {
    pam_handle_t *pamh;
    int flags;
    int argc;
    const char **argv;
    struct module_arguments arguments;
    struct log log;
    struct config *config;         /* owned */
    const struct service *service; /* borrowed from config */
    struct decision_place place;   /* PAM items; borrowed from the handle */
    int64_t started_ms;            /* monotonic */
    int64_t now;                   /* seconds since the epoch */
};

/* Begins a call; never fails. request_end frees. */
void request_begin(struct request *request, pam_handle_t *pamh, int flags, int argc,
                   const char **argv);

void request_end(struct request *request);

/* Reads arguments, items and configuration, and finds the service's section. REASON_ACCEPTED,
 * REASON_CONFIG_ERROR with `why`, REASON_OUT_OF_MEMORY, REASON_INTERNAL. */
enum reason request_load(struct request *request, struct text *why);

/* The name that the user gave, asked for by libpam where the host has not set it. REASON_ACCEPTED,
 * or REASON_NO_TOKEN where the conversation failed. */
enum reason request_ask_user(struct request *request, struct text *why);

/* Reads both clocks: request_begin does, and authenticate again once there is an answer to judge,
 * for which the user may have taken an hour. */
void request_read_clock(struct request *request);

/* Milliseconds since the clocks were read. */
int64_t request_took_ms(const struct request *request);

/* Is the user at another host? */
bool request_remote(const struct request *request);

/* A text item of the handle; NULL where it is not set. */
const char *request_item(const struct request *request, int item);

/* A sentence for the user, unless the host wants silence or there is nothing to say. */
void request_tell(const struct request *request, const char *sentence);

/* What authenticate decided is kept on the handle until pam_end. On REASON_ACCEPTED *login has
 * moved there. */
enum reason request_keep(struct request *request, struct login **login);

/* It; NULL where there is none. Borrowed. */
const struct login *request_kept(const struct request *request);

/* Drops what an earlier authenticate left on the handle: sshd goes on with it after a failed
 * password. */
enum reason request_forget(struct request *request);

#endif
