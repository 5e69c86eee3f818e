/*
 * The conversation in which the user gives the token: in one answer, or in parts where the host's
 * prompt cannot hold it whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_MODULE_PROMPT_H
#define AUTH0JWT_MODULE_PROMPT_H

#include <security/pam_modules.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/reason.h"

enum { PROMPT_PARTS_MAX = 64 };

/* How to ask. */
struct prompt_terms {
    const char *text;      /* of the first prompt */
    bool remote;           /* PAM_RHOST is set and not empty */
    size_t max_token_size; /* what is longer need not be kept whole */
};

/* What the user gave. Zeroed is empty; free with answer_free. */
struct answer {
    struct blob store;  /* owned: memory behind typed */
    struct blob joined; /* owned: memory behind token */
    struct bytes typed; /* as typed, all parts, followed by a NUL */
    struct bytes token; /* the candidate: joined and trimmed (login/token_text.h) */
    size_t length;      /* bytes typed in all prompts together */
    bool failed;        /* the conversation failed */
};

/* Asks. REASON_ACCEPTED, REASON_NO_TOKEN (an empty answer, or answer->failed), or
 * REASON_OUT_OF_MEMORY. */
enum reason prompt_token(pam_handle_t *pamh, const struct prompt_terms *terms,
                         struct answer *answer);

/* An answer that was not asked for here: PAM_AUTHTOK. Same results; NULL is an empty answer. */
enum reason answer_of_text(const char *text, struct answer *answer);

/* Wipes and frees. */
void answer_free(struct answer *answer);

#endif
