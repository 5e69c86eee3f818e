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
#include "jwt/access_token.h"

/* How a subject came to an account. */
enum account_match {
    ACCOUNT_MATCH_NONE = 0,
    ACCOUNT_MATCH_MADE,    /* the name was made by a * or by the account claim */
    ACCOUNT_MATCH_PATTERN, /* by a pattern line that writes the name out: the uid rules apply still
                            */
    ACCOUNT_MATCH_LITERAL /* by a literal line, which alone reaches uid 0 and uids outside the range
                           */
};

/* May the token's subject be `user`? Reads and validates the whole accounts file.
 * REASON_ACCOUNT_NOT_MAPPED, REASON_CONFIG_ERROR (a malformed line, an unsafe file; `why` says
 * file:line), REASON_OUT_OF_MEMORY. *match is the best of all that fit, ACCOUNT_MATCH_NONE unless
 * accepted. Looks nothing up in passwd. */
enum reason accounts_map(const struct config *config, const struct tenant *tenant,
                         const struct access_token *token, const char *user,
                         enum account_match *match, struct text *why);

/* Does the passwd database know the account in exactly these bytes, and do the uid rules let a
 * token reach it? REASON_ACCOUNT_REFUSED, REASON_OUT_OF_MEMORY, REASON_INTERNAL (the database could
 * not be asked). */
enum reason account_check(const struct config *config, const char *user, enum account_match match,
                          struct text *why);

/* Is the user one of the names, or a member of one of the %groups? A group that cannot be looked up
 * has no members. */
bool account_exempt(const struct strings *exempt, const char *user);

/* Called with every well-formed line; return false to stop. For auth0jwtctl check. Of a literal
 * line subject and account are without their escapes, of a pattern as written. All borrowed until
 * the visitor returns. */
struct account_line {
    struct bytes tenant;
    struct bytes subject;
    struct bytes account;
    bool literal;
    size_t number; /* of the line, from 1 */
};
typedef bool account_visitor(void *context, const struct account_line *line);
enum reason accounts_each(const struct config *config, account_visitor *visit, void *context,
                          struct text *why);

#endif
