/*
 * What is said about a decision: the log line for the administrator, who may learn everything but
 * the token, and the user's sentence, which must not tell a stranger anything.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "login/decision.h"

#include <stdlib.h>
#include <syslog.h>

#include "jwt/jws.h"
#include "login/token_text.h"

enum { ID_SHOWN = 16, NO_PASSWORD_IS_THIS_LONG = 256 };

static void add_quoted(struct text *line, const char *field, struct bytes foreign)
{
    if (foreign.len > 0) {
        text_add(line, " %s=", field);
        text_quote(line, foreign);
    }
}

/* People type passwords where a user name is asked for: an unknown name stays out of the log. */
static void add_user(struct text *line, const struct decision *decision, const char *user)
{
    if (user == NULL) {
        return;
    }
    if (decision->signature_good || decision->account_exists) {
        add_quoted(line, "user", bytes_of(user));
    } else {
        text_add(line, " user=?");
    }
}

/* Details are our own words with foreign text in double quotes, so foreign text holds none. What
 * finds no room is cut before the closing quote. */
static void add_detail(struct text *line, const struct text *detail)
{
    struct text plain = *detail;
    size_t i;

    for (i = 0; i < plain.len; i++) {
        unsigned char c = (unsigned char)plain.at[i];

        plain.at[i] = (char)(c == '"' ? '\'' : c < 0x20 || c > 0x7e ? '?' : c);
    }
    text_add(line, " detail=\"%.*s\"", (int)(TEXT_SIZE - sizeof(" detail=\"\"") - line->len),
             plain.at);
}

static void add_token(struct text *line, const struct decision *decision)
{
    const struct claims *facts = &decision->facts;

    text_add(line, " by=token");
    if (decision->tenant != NULL) {
        text_add(line, " tenant=%s", decision->tenant->name);
    }
    add_quoted(line, "sub", facts->sub);
    add_quoted(line, "party", claims_party(facts));
    if (decision->kid != NULL) {
        add_quoted(line, "kid", bytes_of(decision->kid));
    }
    if (decision->id[0] != '\0') {
        text_add(line, " id=%.*s", ID_SHOWN, decision->id);
    }
    if (facts->iat > 0) {
        text_add(line, " iat=%.0f", facts->iat);
    }
    if (facts->exp > 0) {
        text_add(line, " exp=%.0f", facts->exp);
    }
    if (decision->keys != KEYS_NONE) {
        text_add(line, " keys=%s", key_freshness_name(decision->keys));
        if (decision->keys_age >= 0) {
            text_add(line, " age=%lld", (long long)decision->keys_age);
        }
    }
}

static int level_of(const struct decision *decision)
{
    int level = reason_level(decision->reason);
    bool old = decision->keys != KEYS_NONE && decision->tenant != NULL &&
               decision->keys_age > decision->tenant->key_max_age / 2;

    return old && level > LOG_WARNING ? LOG_WARNING : level;
}

void decision_log(const struct decision *decision, const struct decision_place *place,
                  const struct log *log)
{
    bool accepted = decision->reason == REASON_ACCEPTED;
    struct text line = {0};

    text_add(&line, accepted ? "accept" : "refuse");
    add_quoted(&line, "service", bytes_of(place->service));
    add_user(&line, decision, place->user);
    add_quoted(&line, "rhost", bytes_of(place->rhost));
    add_quoted(&line, "tty", bytes_of(place->tty));
    add_quoted(&line, "ruser", bytes_of(place->ruser));
    add_token(&line, decision);
    text_add(&line, " took=%lldms", (long long)place->took_ms);
    if (!accepted) {
        text_add(&line, " reason=%s", reason_name(decision->reason));
        if (decision->detail.len > 0) {
            add_detail(&line, &decision->detail);
        }
    }
    log_line(log, level_of(decision), "%s", line.at);
}

static void add_reason(struct text *message, const struct decision *decision, int64_t now)
{
    const struct claims *facts = &decision->facts;
    double start = facts->nbf > facts->iat ? facts->nbf : facts->iat;

    switch ((int)decision->reason) {
    case REASON_EXPIRED:
        text_add(message, "Your access token expired ");
        text_add_duration(message, (double)now - facts->exp);
        text_add(message, " ago.");
        break;
    case REASON_NOT_YET_VALID:
        text_add(message, "Your access token becomes valid in ");
        text_add_duration(message, start - (double)now);
        text_add(message, "; perhaps the clock of this host is behind.");
        break;
    case REASON_MISSING_PERMISSION:
        if (decision->missing != NULL) {
            text_add(message, "Your access token lacks ");
            text_quote(message, bytes_of(decision->missing));
            text_add(message, ", which this service requires.");
            break;
        }
        text_add(message, "%s", reason_text(decision->reason));
        break;
    default:
        text_add(message, "%s", reason_text(decision->reason));
    }
}

void decision_message(const struct decision *decision, size_t answer_len, int64_t now,
                      struct text *message)
{
    text_clear(message);
    if (decision->reason == REASON_ACCEPTED) {
        return;
    }
    if (decision->signature_good) {
        add_reason(message, decision, now);
    } else if (jws_length_is_cut(answer_len)) {
        text_add(
            message,
            "%zu bytes arrived: if this was an access token, the prompt cut it off. Give it in "
            "parts: %d characters and a backslash each, the last without one.",
            answer_len, TOKEN_PART_LENGTH - 1);
    } else if (answer_len >= NO_PASSWORD_IS_THIS_LONG) {
        text_add(message, "The access token was not accepted. The log of this host says why.");
    }
}

void decision_free(struct decision *decision)
{
    jws_free(&decision->jws);
    access_token_free(&decision->refused);
    free(decision->kid);
    *decision = (struct decision){0};
}
