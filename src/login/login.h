/*
 * The one use case: a token and a user name become a decision. It reads like the manual's "how a
 * login is decided"; everything that can refuse is called from here, in the order of the reasons.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_LOGIN_LOGIN_H
#define AUTH0JWT_LOGIN_LOGIN_H

#include <stdint.h>

#include "base/log.h"
#include "base/reason.h"
#include "host/config.h"
#include "host/key_cache.h"
#include "jwt/access_token.h"
#include "login/decision.h"

/* What is asked. Everything is borrowed. */
struct login_request {
    const struct config *config;
    const struct service *service; /* NULL: no service's checks (auth0jwtctl) */
    const struct tenant *tenant;   /* only this one; NULL: any that the service takes */
    struct bytes token;            /* as the user gave it, trimmed */
    const char *user;              /* NULL: no account's checks (auth0jwtctl) */
    int64_t now;                   /* seconds since the epoch */
    enum key_effort effort;
    const struct jwks *keys; /* instead of the cache (auth0jwtctl --keys), or NULL */
};

/* What was decided in favour of the user, kept by the module between PAM calls. */
struct login {
    struct access_token *token;
    char *account; /* PAM_USER at that time */
    char *tenant;  /* name in the configuration */
};

/* Decides. *login is NULL unless REASON_ACCEPTED and then the caller's to free; *decision (not
 * NULL) always tells verdict and facts, and owns what they borrow: free with decision_free. Returns
 * decision->reason. */
enum reason login_decide(const struct login_request *request, const struct log *log,
                         struct decision *decision, struct login **login);

/* The account phase: judges again what can have changed since: claims by today's configuration and
 * clock, account (`request->user` must still be it), permission. `request->token` is not used. */
enum reason login_recheck(const struct login_request *request, const struct login *login,
                          struct decision *decision);

void login_free(struct login **login);

#endif
