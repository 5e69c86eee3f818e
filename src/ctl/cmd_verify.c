/*
 * auth0jwtctl verify: decides about a token by the code that the module decides with, and says why.
 * Changes nothing: no refresh, no mark, no record.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "ctl/ctl.h"
#include "ctl/input.h"
#include "ctl/arguments.h"
#include "ctl/output.h"
#include "ctl/verdict.h"
#include "host/accounts.h"
#include "host/config.h"
#include "jwt/jwks.h"
#include "login/login.h"
#include "login/token_text.h"

static const char usage[] =
    "Usage: auth0jwtctl verify [OPTION]... [FILE|-]\n\n"
    "Reads an access token from FILE or standard input (never from the command line), decides\n"
    "exactly as the module would, and prints each check with its result. Changes nothing.\n\n"
    "  --config FILE    configuration (default: the module's)\n"
    "  --tenant NAME    accept only this tenant's tokens\n"
    "  --service NAME   decide for this PAM service; without it no service's checks\n"
    "  --user NAME      decide for this account; without it no account's checks\n"
    "  --keys FILE      take the keys from a JWK Set instead of the cache\n"
    "  --now SECONDS    decide as at this time, seconds since 1970\n"
    "  --json           print one JSON object\n"
    "  --help, --version\n\n"
    "Exit status: 0 accept, 1 reject, 2 usage or configuration, 3 keys unavailable.\n";

enum {
    VERIFY_OPTIONS = OPTION_CONFIG | OPTION_TENANT | OPTION_SERVICE | OPTION_USER | OPTION_KEYS |
                     OPTION_NOW | OPTION_JSON,
    /* Beyond what any configuration allows: more need not be read to know that it is too large. */
    TOKEN_READ_MAX = 1024 * 1024
};

/* Everything that one run owns. */
struct run {
    struct arguments arguments;
    struct config *config;
    struct blob typed;
    struct jwks *keys;
    bool keys_bad; /* --keys names no key set; `keys` is an empty one */
    struct login_request request;
    struct decision decision;
    struct login *login;
};

static void run_free(struct run *run)
{
    login_free(&run->login);
    decision_free(&run->decision);
    jwks_free(&run->keys);
    blob_free(&run->typed);
    config_free(&run->config);
    arguments_free(&run->arguments);
}

/* False with a message: a token must not stand on the command line, and is not repeated. */
static bool operands_are_fine(const struct arguments *arguments)
{
    int i;

    for (i = 0; i < arguments->operand_count; i++) {
        if (arguments_is_token(arguments->operand[i])) {
            output_error(
                "that looks like a token: on a command line others can see it, and the shell "
                "keeps it; pipe it in, or name a file");
            return false;
        }
    }
    if (arguments->operand_count > 1) {
        output_error("verify takes one file: --help shows how");
        return false;
    }
    return true;
}

static bool read_token(struct run *run)
{
    const char *path = run->arguments.operand_count == 1 ? run->arguments.operand[0] : NULL;

    if ((path == NULL || (path[0] == '-' && path[1] == '\0')) && isatty(STDIN_FILENO) == 1) {
        fputs("Paste the token, then press Enter and Ctrl-D:\n", stderr);
    }
    if (!input_read(path, TOKEN_READ_MAX, &run->typed)) {
        return false;
    }
    run->request.token = token_text_trim(bytes_of_blob(&run->typed));
    return true;
}

/* False with a message where the file cannot be read; a file that is no key set is a verdict
 * instead. */
static bool read_keys(struct run *run)
{
    static const char empty_set[] = "{\"keys\":[]}";
    struct blob text;
    enum reason reason;

    if (run->arguments.keys == NULL) {
        return true;
    }
    if (!input_read(run->arguments.keys, JWKS_MAX_SIZE + 1, &text)) {
        return false;
    }
    reason = jwks_parse(bytes_of_blob(&text), &run->keys);
    blob_free(&text);
    if (reason == REASON_KEYS_UNAVAILABLE) {
        run->keys_bad = true;
        reason = jwks_parse(bytes_of(empty_set), &run->keys);
    }
    if (reason != REASON_ACCEPTED) {
        output_error("--keys: %s", reason_name(reason));
        return false;
    }
    run->request.keys = run->keys;
    return true;
}

/* False with a message: the tenant is a matter of usage, not of the token. */
static bool choose_tenant(struct run *run)
{
    const struct service *service = run->request.service;
    struct text name = {0};

    if (run->arguments.tenant == NULL) {
        return true;
    }
    text_quote(&name, bytes_of(run->arguments.tenant));
    run->request.tenant = config_tenant(run->config, run->arguments.tenant);
    if (run->request.tenant == NULL) {
        output_error("no tenant %s in %s", name.at, run->config->path);
        return false;
    }
    if (service != NULL && !service_takes_tenant(service, run->request.tenant)) {
        output_error("the service does not take tokens of tenant %s", name.at);
        return false;
    }
    return true;
}

/* Configuration and service: what is wrong with them is a verdict. */
static enum reason configure(struct run *run)
{
    struct decision *decision = &run->decision;
    const char *service = run->arguments.service;
    enum reason reason =
        config_load(run->arguments.config, &output_log, &run->config, &decision->detail);

    if (reason != REASON_ACCEPTED) {
        return reason;
    }
    run->request.config = run->config;
    if (service != NULL) {
        run->request.service = config_service(run->config, service);
        if (run->request.service == NULL) {
            text_set(&decision->detail, "%s: no [service] section for ", run->config->path);
            text_quote(&decision->detail, bytes_of(service));
            text_add(&decision->detail, ", and no [service *]: add one");
            return REASON_CONFIG_ERROR;
        }
    }
    return REASON_ACCEPTED;
}

static void add_detail(struct decision *decision, const char *words)
{
    text_add(&decision->detail, "%s%s", decision->detail.len > 0 ? "; " : "", words);
}

/* What login_decide cannot know of: the file of --keys, and what only the module does. */
static void amend(struct run *run)
{
    struct decision *decision = &run->decision;
    const struct service *service = run->request.service;

    if (run->keys_bad && decision->reason == REASON_KEY_NOT_FOUND) {
        decision->reason = REASON_KEYS_UNAVAILABLE;
        text_set(&decision->detail, "the file of --keys is no JWK Set");
    }
    if (decision->keys == KEYS_STALE) {
        add_detail(decision,
                   "the keys are older than key_refresh: the module would use them and start "
                   "auth0jwt-refresh in the background");
    }
    if (service != NULL && run->arguments.user != NULL &&
        account_exempt(&service->exempt, run->arguments.user)) {
        add_detail(decision,
                   "the account is exempt: the module would leave it alone in this service");
    }
}

static int print_verdict(const struct run *run)
{
    struct verdict verdict = {&run->request, &run->decision, run->login};

    if (run->arguments.json) {
        verdict_print_json(&verdict);
    } else {
        verdict_print(&verdict);
    }
    switch ((int)run->decision.reason) {
    case REASON_ACCEPTED:
        return CTL_OK;
    case REASON_CONFIG_ERROR:
        return CTL_CONFIG;
    case REASON_KEYS_UNAVAILABLE:
        return CTL_KEYS;
    default:
        return CTL_REFUSED;
    }
}

static int verify(struct run *run)
{
    run->request.user = run->arguments.user;
    run->request.now = run->arguments.now;
    run->request.effort = KEY_EFFORT_READ;
    if (!operands_are_fine(&run->arguments) || !read_keys(run) || !read_token(run)) {
        return CTL_CONFIG;
    }
    run->decision.reason = configure(run);
    if (run->decision.reason == REASON_ACCEPTED) {
        if (!choose_tenant(run)) {
            return CTL_CONFIG;
        }
        login_decide(&run->request, &output_log, &run->decision, &run->login);
        amend(run);
    }
    return print_verdict(run);
}

int cmd_verify(int argc, char **argv)
{
    struct run run = {0};
    int status;

    if (!arguments_read(argc, argv, VERIFY_OPTIONS, usage, &run.arguments, &status)) {
        return status;
    }
    status = verify(&run);
    run_free(&run);
    return status;
}
