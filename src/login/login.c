/*
 * How a login is decided, step by step, in the order of the reasons. The only success is the end of
 * the list.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "login/login.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "host/accounts.h"
#include "host/revoked.h"
#include "jwt/jwks.h"

/* One login on its way through the steps. */
struct attempt {
    const struct login_request *request;
    const struct log *log;
    struct decision *decision;
    struct token_policy policy;
    struct key_set keys;
    struct access_token *token;
};

/* A map that cannot be read whole refuses everybody, whatever the token: it may be the line that
 * would have shut this one out. */
static enum reason check_maps(const struct config *config, struct text *detail)
{
    enum reason r = revoked_check(config, detail);

    return r == REASON_ACCEPTED ? accounts_check(config, detail) : r;
}

static enum reason read_maps(struct attempt *attempt)
{
    return check_maps(attempt->request->config, &attempt->decision->detail);
}

static enum reason parse_token(struct attempt *attempt)
{
    const struct login_request *request = attempt->request;
    struct decision *decision = attempt->decision;
    size_t max_size = (size_t)request->config->global.max_token_size;
    enum reason r = jws_parse(request->token, max_size, &decision->jws);

    if (r != REASON_ACCEPTED) {
        return r;
    }
    memcpy(decision->id, decision->jws->id, sizeof(decision->id));
    decision->alg = decision->jws->alg;
    if (decision->jws->has_kid) {
        decision->kid = bytes_to_string(decision->jws->kid);
        if (decision->kid == NULL) {
            return REASON_OUT_OF_MEMORY;
        }
    }
    r = jws_parse_claims(decision->jws);
    return r == REASON_ACCEPTED ? jws_check_crit(decision->jws) : r;
}

static enum reason choose_tenant(struct attempt *attempt)
{
    const struct login_request *request = attempt->request;
    struct decision *decision = attempt->decision;
    const struct tenant *tenant = NULL;
    struct bytes issuer;

    if (jws_issuer(decision->jws, &issuer)) {
        tenant = config_tenant_of_issuer(request->config, request->service, issuer);
    }
    if (tenant == NULL || (request->tenant != NULL && tenant != request->tenant)) {
        text_add_quoted(&decision->detail, "iss is ", issuer);
        return REASON_WRONG_ISSUER;
    }
    decision->tenant = tenant;
    config_policy(tenant, request->service, &attempt->policy);
    return access_token_precheck(&attempt->policy, decision->jws, &decision->detail);
}

static enum reason get_keys(struct attempt *attempt)
{
    const struct login_request *request = attempt->request;

    if (request->keys != NULL) {
        return REASON_ACCEPTED;
    }
    return key_cache_get(request->config, attempt->decision->tenant, request->effort, request->now,
                         attempt->log, &attempt->keys, &attempt->decision->detail);
}

static enum reason verify_once(struct attempt *attempt)
{
    const struct login_request *request = attempt->request;
    struct decision *decision = attempt->decision;
    const struct jwks *keys = request->keys != NULL ? request->keys : attempt->keys.jwks;

    return access_token_verify(&attempt->policy, keys, decision->jws, request->now,
                               &decision->facts, &attempt->token, &decision->detail);
}

/* The tenant may have rotated its keys since they were fetched: one refresh, one more look. */
static enum reason verify_token(struct attempt *attempt)
{
    const struct login_request *request = attempt->request;
    struct decision *decision = attempt->decision;
    enum reason r = verify_once(attempt);

    if (r == REASON_KEY_NOT_FOUND && request->keys == NULL && decision->jws->has_kid &&
        key_cache_get_unknown_kid(request->config, decision->tenant, request->effort, request->now,
                                  attempt->log, &attempt->keys, &decision->detail)) {
        r = verify_once(attempt);
    }
    decision->signature_good = decision->facts.json != NULL;
    decision->keys = attempt->keys.freshness;
    decision->keys_age = attempt->keys.freshness == KEYS_NONE ? -1 : attempt->keys.age;
    return r;
}

/* Is NAME=VALUE, split at the first =, true of the claims? config_load has checked the form. */
static bool requirement_met(const struct claims *claims, const char *requirement)
{
    size_t split = bytes_find(bytes_of(requirement), '=');
    char *name = bytes_to_string(bytes_first(bytes_of(requirement), split));
    bool met = name != NULL && claims_have(claims, name, requirement + split + 1);

    free(name);
    return met;
}

/* What the service requires and the token lacks; NULL where it lacks nothing. */
static const char *find_missing(const struct service *service, const struct access_token *token)
{
    bool any = service->require_any.count == 0;
    size_t i;

    for (i = 0; i < service->require.count; i++) {
        if (!access_token_permits(token, service->require.item[i])) {
            return service->require.item[i];
        }
    }
    for (i = 0; i < service->require_any.count; i++) {
        any = any || access_token_permits(token, service->require_any.item[i]);
    }
    if (!any) {
        return service->require_any.item[0];
    }
    for (i = 0; i < service->require_claim.count; i++) {
        if (!requirement_met(&token->claims, service->require_claim.item[i])) {
            return service->require_claim.item[i];
        }
    }
    return NULL;
}

static enum reason check_permission(const struct login_request *request,
                                    const struct access_token *token, struct decision *decision)
{
    const struct service *service = request->service;

    if (service == NULL) {
        return REASON_ACCEPTED;
    }
    /* A section that asks for nothing and does not say so cannot be loaded; should one be, it is
     * closed. */
    if (service->require.count == 0 && !service->require_none) {
        return REASON_CONFIG_ERROR;
    }
    decision->missing = find_missing(service, token);
    return decision->missing == NULL ? REASON_ACCEPTED : REASON_MISSING_PERMISSION;
}

/* The permission is evaluated before the passwd lookup and reported after it, so that neither time
 * nor reason tells whether an account exists to those whom no line lets in. */
static enum reason check_account(const struct login_request *request,
                                 const struct access_token *token, struct decision *decision)
{
    enum account_match match = ACCOUNT_MATCH_NONE;
    enum reason permission = check_permission(request, token, decision);
    enum reason r = REASON_ACCEPTED;

    if (request->user != NULL) {
        r = accounts_map(request->config, decision->tenant, token, request->user, &match,
                         &decision->detail);
        if (r == REASON_ACCEPTED) {
            r = account_check(request->config, request->user, match, &decision->detail);
        }
    }
    if (r != REASON_ACCEPTED) {
        decision->missing = NULL;
        return r;
    }
    if (permission == REASON_MISSING_PERMISSION) {
        text_clear(&decision->detail);
        text_add_quoted(&decision->detail, "requires ", bytes_of(decision->missing));
    }
    return permission;
}

static enum reason check_person(struct attempt *attempt)
{
    return check_account(attempt->request, attempt->token, attempt->decision);
}

typedef enum reason step(struct attempt *attempt);

static step *const steps[] = {
    read_maps, parse_token, choose_tenant, get_keys, verify_token, check_person,
};

static enum reason make_login(struct attempt *attempt, struct login **out)
{
    const char *user = attempt->request->user;
    struct login *login = calloc(1, sizeof(*login));

    if (login == NULL) {
        return REASON_OUT_OF_MEMORY;
    }
    login->account = strdup(user == NULL ? "" : user);
    login->tenant = strdup(attempt->decision->tenant->name);
    if (login->account == NULL || login->tenant == NULL) {
        login_free(&login);
        return REASON_OUT_OF_MEMORY;
    }
    login->token = attempt->token;
    attempt->token = NULL;
    *out = login;
    return REASON_ACCEPTED;
}

enum reason login_decide(const struct login_request *request, const struct log *log,
                         struct decision *decision, struct login **login)
{
    struct attempt attempt = {.request = request, .log = log, .decision = decision};
    enum reason r = REASON_ACCEPTED;
    size_t i;

    *login = NULL;
    *decision = (struct decision){.reason = REASON_INTERNAL, .keys_age = -1};
    for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && r == REASON_ACCEPTED; i++) {
        text_clear(&decision->detail);
        r = steps[i](&attempt);
    }
    if (r == REASON_ACCEPTED) {
        r = make_login(&attempt, login);
    }
    if (attempt.token != NULL) {
        /* The facts borrow from a token that a later step refused: they stay with the decision. */
        decision->refused = attempt.token;
    }
    if (r != REASON_ACCEPTED && !decision->signature_good) {
        decision->account_exists = account_exists(request->config, request->user);
    }
    key_set_free(&attempt.keys);
    decision->reason = r;
    return r;
}

/* Is the tenant still one that the service takes, and the user the one that was decided about? */
static enum reason recheck_parties(const struct login_request *request, const struct login *login,
                                   const struct tenant *tenant)
{
    if (tenant == NULL || request->service == NULL ||
        !service_takes_tenant(request->service, tenant) ||
        !bytes_equal_string(login->token->claims.iss, tenant->issuer)) {
        return REASON_WRONG_ISSUER;
    }
    if (request->user == NULL || strcmp(request->user, login->account) != 0) {
        return REASON_ACCOUNT_NOT_MAPPED;
    }
    return REASON_ACCEPTED;
}

/* What the log tells of the token that is judged again. */
static enum reason recall(const struct login *login, struct decision *decision)
{
    const struct access_token *token = login->token;

    decision->alg = token->alg;
    decision->facts = token->claims;
    memcpy(decision->id, token->id, sizeof(decision->id));
    if (token->kid != NULL) {
        decision->kid = strdup(token->kid);
        if (decision->kid == NULL) {
            return REASON_OUT_OF_MEMORY;
        }
    }
    return REASON_ACCEPTED;
}

enum reason login_recheck(const struct login_request *request, const struct login *login,
                          struct decision *decision)
{
    struct token_policy policy;
    enum reason r;

    *decision =
        (struct decision){.reason = REASON_INTERNAL, .keys_age = -1, .signature_good = true};
    decision->tenant = config_tenant(request->config, login->tenant);
    r = recall(login, decision);
    if (r == REASON_ACCEPTED) {
        r = check_maps(request->config, &decision->detail);
    }
    if (r == REASON_ACCEPTED) {
        r = recheck_parties(request, login, decision->tenant);
    }
    if (r == REASON_ACCEPTED) {
        config_policy(decision->tenant, request->service, &policy);
        r = access_token_recheck(&policy, login->token, request->now, &decision->detail);
    }
    if (r == REASON_ACCEPTED) {
        r = check_account(request, login->token, decision);
    }
    decision->reason = r;
    return r;
}

void login_free(struct login **login)
{
    if (*login != NULL) {
        access_token_free(&(*login)->token);
        free((*login)->account);
        free((*login)->tenant);
        wipe_free(*login, sizeof(**login));
        *login = NULL;
    }
}
