/*
 * Authenticate and account phase. Nothing is decided here: login_decide and login_recheck do that.
 * This file sees to it that the answer is asked for, that it ends up where it belongs, and that
 * libpam, the log and the user learn the verdict.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "module/phases.h"

#include <syslog.h>

#include "host/accounts.h"
#include "jwt/jws.h"
#include "module/pam_code.h"
#include "module/prompt.h"

static const char cannot_be_changed[] = "An access token cannot be changed here.";
static const char token_needed[] = "This service admits only logins with an access token.";
static const char not_admitted[] = "This login could not be checked and is refused. "
                                   "Ask the administrator of this host.";

static struct login_request question(const struct request *request, struct bytes token)
{
    return (struct login_request){
        .config = request->config,
        .service = request->service,
        .token = token,
        .user = request->place.user,
        .now = request->now,
        .effort = KEY_EFFORT_REFRESH,
    };
}

static void write_log(struct request *request, const struct decision *decision)
{
    request->place.took_ms = request_took_ms(request);
    decision_log(decision, &request->place, &request->log);
}

/* Might it be a token, so that it is not for the next module? */
static bool looks_like_token(struct bytes token, size_t max_size)
{
    struct jws *jws = NULL;
    enum reason reason = jws_parse(token, max_size, &jws);

    jws_free(&jws);
    return reason != REASON_NOT_A_TOKEN;
}

/* The answer of an earlier module's prompt, or of our own. *prompted says which. */
static enum reason get_answer(struct request *request, struct answer *answer, bool *prompted)
{
    const struct module_arguments *arguments = &request->arguments;
    size_t max_size = (size_t)request->config->global.max_token_size;
    struct prompt_terms terms = {request->service->prompt, request_remote(request), max_size};
    enum reason reason;

    *prompted = false;
    if (arguments->use_first_pass || arguments->try_first_pass) {
        reason = answer_of_text(request_item(request, PAM_AUTHTOK), answer);
        if (arguments->use_first_pass || reason == REASON_OUT_OF_MEMORY ||
            (reason == REASON_ACCEPTED && looks_like_token(answer->token, max_size))) {
            return reason;
        }
        answer_free(answer);
    }
    *prompted = true;
    return prompt_token(request->pamh, &terms, answer);
}

/* An ordinary password, also an exempt account's, stays for the next module; a token does not,
 * accepted or refused. */
static enum reason settle_authtok(struct request *request, const struct answer *answer, bool keep)
{
    const void *text = keep && answer->typed.len > 0 ? answer->typed.ptr : NULL;
    int code = pam_set_item(request->pamh, PAM_AUTHTOK, text);

    if (code == PAM_SUCCESS) {
        return REASON_ACCEPTED;
    }
    return code == PAM_BUF_ERR ? REASON_OUT_OF_MEMORY : REASON_INTERNAL;
}

/* An exempt account. A remote user must be prompted like anybody else; the answer is for the next
 * module, whatever it is. */
static int leave_alone(struct request *request)
{
    struct answer answer = {0};
    struct text line = {0};
    bool prompted = false;
    int code = PAM_USER_UNKNOWN;

    text_add_quoted(&line, "exempt service=", bytes_of(request->place.service));
    text_add_quoted(&line, " user=", bytes_of(request->place.user));
    log_line(&request->log, LOG_DEBUG, "%s", line.at);
    if (request_remote(request)) {
        (void)get_answer(request, &answer, &prompted);
        if (prompted && settle_authtok(request, &answer, true) != REASON_ACCEPTED) {
            code = PAM_BUF_ERR;
        }
    }
    answer_free(&answer);
    return code;
}

/* Everything up to the verdict, PAM_AUTHTOK and the data on the handle included. What is left in
 * *login is the caller's to free, after the decision, which borrows from it. */
static enum reason judge(struct request *request, struct answer *answer, struct decision *decision,
                         struct login **login)
{
    bool prompted = false;
    enum reason reason = get_answer(request, answer, &prompted);
    enum reason settled;

    request_read_clock(request);
    if (reason == REASON_ACCEPTED) {
        struct login_request asked = question(request, answer->token);

        reason = login_decide(&asked, &request->log, decision, login);
    } else {
        decision->account_exists = account_exists(request->config, request->place.user);
    }
    /* What was no token and came from an earlier module is there as it was. */
    if (prompted || reason != REASON_NOT_A_TOKEN) {
        settled = settle_authtok(request, answer, reason == REASON_NOT_A_TOKEN);
        reason = settled == REASON_ACCEPTED ? reason : settled;
    }
    return reason == REASON_ACCEPTED ? request_keep(request, login) : reason;
}

int phase_authenticate(struct request *request)
{
    struct decision decision = {0};
    struct answer answer = {0};
    struct text message = {0};
    struct login *login = NULL;
    enum reason reason = request_forget(request);
    int code = PAM_SYSTEM_ERR;

    if (reason == REASON_ACCEPTED) {
        reason = request_load(request, &decision.detail);
    }
    if (reason == REASON_ACCEPTED) {
        reason = request_ask_user(request, &decision.detail);
        answer.failed = reason == REASON_NO_TOKEN;
    }
    if (reason == REASON_ACCEPTED &&
        account_exempt(&request->service->exempt, request->place.user)) {
        code = leave_alone(request);
        goto out;
    }
    if (reason == REASON_ACCEPTED) {
        reason = judge(request, &answer, &decision, &login);
    }
    decision.reason = reason;
    write_log(request, &decision);
    if (answer.failed) {
        code = PAM_CONV_ERR;
        goto out;
    }
    decision_message(&decision, answer.length, request->now, &message);
    if (reason != REASON_ACCEPTED) {
        request_tell(request, message.at);
    }
    code = pam_code_of(reason);

out:
    answer_free(&answer);
    decision_free(&decision);
    login_free(&login);
    return code;
}

/* A login that did not pass our authenticate, by a public key for example. */
static enum reason admit_without_token(const struct request *request, struct decision *decision)
{
    int setting = request->service->without_token;

    if (setting == WITHOUT_TOKEN_DEFAULT) {
        setting = request->service->use_session ? WITHOUT_TOKEN_DENY : WITHOUT_TOKEN_IGNORE;
    }
    if (setting == WITHOUT_TOKEN_IGNORE) {
        return REASON_ACCEPTED;
    }
    text_set(&decision->detail, "without_token = deny");
    decision->account_exists = account_exists(request->config, request->place.user);
    return REASON_NO_TOKEN;
}

/* Judges again. *code is what a login that passes gets. */
static enum reason judge_again(struct request *request, struct decision *decision, int *code)
{
    const struct login *login = request_kept(request);
    struct login_request asked = question(request, (struct bytes){NULL, 0});

    if (login == NULL) {
        *code = PAM_IGNORE;
        return account_exempt(&request->service->exempt, request->place.user)
                   ? REASON_ACCEPTED
                   : admit_without_token(request, decision);
    }
    /* Also for an exempt name: the host may have changed it since the token was judged. */
    *code = PAM_SUCCESS;
    return login_recheck(&asked, login, decision);
}

int phase_account(struct request *request)
{
    struct decision decision = {0};
    struct text message = {0};
    int code = PAM_PERM_DENIED;
    enum reason reason = request_load(request, &decision.detail);

    if (reason == REASON_ACCEPTED && request->place.user == NULL) {
        text_set(&decision.detail, "the host has not set PAM_USER");
        reason = REASON_INTERNAL;
    }
    if (reason == REASON_ACCEPTED) {
        reason = judge_again(request, &decision, &code);
    }
    if (reason == REASON_ACCEPTED) {
        goto out;
    }
    code = PAM_PERM_DENIED;
    decision.reason = reason;
    write_log(request, &decision);
    if (reason == REASON_NO_TOKEN) {
        text_add(&message, "%s", token_needed);
    } else {
        decision_message(&decision, 0, request->now, &message);
    }
    request_tell(request, message.len > 0 ? message.at : not_admitted);

out:
    decision_free(&decision);
    return code;
}

int phase_change_token(struct request *request)
{
    request_tell(request, cannot_be_changed);
    return PAM_AUTHTOK_ERR;
}

int phase_nothing_to_do(struct request *request)
{
    (void)request;
    return PAM_SUCCESS;
}
