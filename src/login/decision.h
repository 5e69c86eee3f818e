/*
 * A decision and what may be told about it: one log line, one sentence for the user.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_LOGIN_DECISION_H
#define AUTH0JWT_LOGIN_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/reason.h"
#include "base/text.h"
#include "host/config.h"
#include "host/key_cache.h"
#include "jwt/access_token.h"

struct decision {
    enum reason reason; /* zeroed: REASON_INTERNAL, a refusal */
    struct text detail; /* words for the log; no token, foreign text quoted */
    const struct tenant *tenant;
    struct jws *jws;              /* owned; facts borrow from it */
    struct access_token *refused; /* owned: verified, then refused for another reason; likewise */
    /* Zeroed before the signature was found good; borrows from the two above, or once accepted from
     * the login, which must then outlive the decision's use. */
    struct claims facts;
    bool signature_good;  /* from here on the user may know why */
    char id[JWS_ID_SIZE]; /* of the token, or "" */
    char *kid;            /* owned; as in the header, NULL where there was none */
    enum alg alg;
    enum key_freshness keys;
    int64_t keys_age;    /* seconds, -1 where unknown */
    bool account_exists; /* the user name may be written to the log */
    const char *missing; /* permission or claim that the service requires; borrowed, or NULL */
};

/* Where the decision was made. Everything is borrowed; NULL where unknown. */
struct decision_place {
    const char *service;
    const char *user;
    const char *rhost;
    const char *tty;
    const char *ruser;
    int64_t took_ms;
};

/* Writes the decision's one line, at the level of its reason. */
void decision_log(const struct decision *decision, const struct decision_place *place,
                  const struct log *log);

/* The sentence for the user: the reason where the signature was good. Before that it depends on
 * nothing but answer_len, the bytes that the user typed: sshd replaces the answer of an unknown
 * user by another of the same length, and the text must not tell the two apart. "" where nothing is
 * to be said. */
void decision_message(const struct decision *decision, size_t answer_len, int64_t now,
                      struct text *message);

void decision_free(struct decision *decision);

#endif
