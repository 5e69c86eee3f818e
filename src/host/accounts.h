/*
 * Which subject may be which local account: the accounts file, the account claim, and the rules of
 * the passwd database (auth0jwt.conf(5)).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_ACCOUNTS_H
#define AUTH0JWT_HOST_ACCOUNTS_H

#include <stdbool.h>

#include "base/reason.h"
#include "base/text.h"
#include "host/config.h"
#include "host/map_line.h"
#include "jwt/access_token.h"

/* How a subject came to an account. */
enum account_match {
    ACCOUNT_MATCH_NONE = 0,
    /* The name was made by a * or by the account claim. */
    ACCOUNT_MATCH_MADE,
    /* By a pattern line that writes the name out: the uid rules apply still. */
    ACCOUNT_MATCH_PATTERN,
    /* By a literal line, which alone reaches uid 0 and uids outside the range. */
    ACCOUNT_MATCH_LITERAL
};

/* May the token's subject be `user`? Reads and validates the whole accounts file.
 * REASON_ACCOUNT_NOT_MAPPED, REASON_CONFIG_ERROR (a malformed line, an unsafe file; `why` says
 * file:line), REASON_OUT_OF_MEMORY. *match is the best of all that fit, ACCOUNT_MATCH_NONE unless
 * accepted. Looks nothing up in passwd. */
enum reason accounts_map(const struct config *config, const struct tenant *tenant,
                         const struct access_token *token, const char *user,
                         enum account_match *match, struct text *why);

/* Can the whole accounts file be read? REASON_CONFIG_ERROR and `why` as above,
 * REASON_OUT_OF_MEMORY. */
enum reason accounts_check(const struct config *config, struct text *why);

/* Does the passwd database know the account in exactly these bytes, and do the uid rules let a
 * token reach it? REASON_ACCOUNT_REFUSED, REASON_OUT_OF_MEMORY, REASON_INTERNAL (the database could
 * not be asked), each with a sentence in `why`. */
enum reason account_check(const struct config *config, const char *user, enum account_match match,
                          struct text *why);

/* Does the passwd database know the account? `user` may be NULL: no. For logs: it puts no other
 * condition on the account. */
bool account_exists(const struct config *config, const char *user);

/* Is the user one of the names, or a member of one of the %groups? A group that cannot be looked up
 * has no members. */
bool account_exempt(const struct strings *exempt, const char *user);

/* Sees every well-formed line, subject left and account right, with its number; false stops. The
 * line is borrowed until the visitor returns. */
typedef bool account_visitor(void *context, const struct map_line *line, size_t number);
enum reason accounts_each(const struct config *config, account_visitor *visit, void *context,
                          struct text *why);

#endif
