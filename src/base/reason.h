/*
 * The reasons for which a login is accepted or refused, from the one table in reason.def.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_BASE_REASON_H
#define AUTH0JWT_BASE_REASON_H

/* Functions that judge return REASON_ACCEPTED for "no objection" and the objection otherwise.
 * REASON_INTERNAL is 0, so that a verdict that was never set refuses. */
enum reason {
#define REASON(id, name, check, pam, level, text) REASON_##id,
#include "base/reason.def"
#undef REASON
    REASON_COUNT
};

/* The name in logs and JSON. Two reasons may share one: both kinds of wrong type do. Never NULL. */
const char *reason_name(enum reason reason);

/* What was checked, as a list of checks calls it; "" for reasons that no check stands behind. */
const char *reason_check(enum reason reason);

/* A sentence for the user, shown only after a good signature; "" where there is none. */
const char *reason_text(enum reason reason);

/* The syslog level of the decision (LOG_INFO, LOG_NOTICE or LOG_ERR). */
int reason_level(enum reason reason);

#endif
