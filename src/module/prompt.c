/*
 * Asking for the token in parts. A prompt of sudo holds 511 bytes, one of ssh 1023, one of su or
 * login 4095; an Auth0 token has 800 and more.
 *
 * For a remote user nothing but the length of an answer may decide whether another part is asked
 * for: sshd replaces what an unknown user answers by other bytes of the same length, and who counts
 * the prompts must not learn from them who exists. A local answer goes on where it looks like a
 * piece of a token and ends in a backslash.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "module/prompt.h"

#include <security/pam_ext.h>
#include <string.h>

#include "base/text.h"
#include "base/wipe.h"
#include "jwt/jws.h"
#include "login/token_text.h"

/* Room beyond the largest token, for what token_text_trim drops. */
enum { ROOM_AROUND = 256 };

struct parts {
    const struct prompt_terms *terms;
    struct blob text; /* all answers as typed, one after another; wiped and freed whole */
    size_t used;
    size_t end[PROMPT_PARTS_MAX]; /* where each part ends in text */
    size_t count;
    size_t length; /* of all answers, also of what found no room */
    bool full;     /* some found no room: too large to be a token */
    bool equal;    /* all answers are the same as the first */
    bool piece;    /* all answers, without backslashes, may be the beginning of a token */
};

static struct bytes part_at(const struct parts *parts, size_t index)
{
    size_t begin = index == 0 ? 0 : parts->end[index - 1];

    return (struct bytes){parts->text.ptr + begin, parts->end[index] - begin};
}

static struct bytes without_backslash(struct bytes part)
{
    return bytes_end_with(part, "\\") ? bytes_first(part, part.len - 1) : part;
}

static void add_part(struct parts *parts, struct bytes part)
{
    struct bytes bare = without_backslash(part);
    size_t room = parts->text.len - parts->used;
    size_t kept = part.len < room ? part.len : room;

    parts->equal = parts->count == 0 || (parts->equal && bytes_equal(part, part_at(parts, 0)));
    parts->piece = jws_bytes_only(bare) && (parts->count == 0 ? jws_may_begin(bare) : parts->piece);
    parts->full = parts->full || kept < part.len;
    parts->length += part.len;
    if (kept > 0) {
        memcpy(parts->text.ptr + parts->used, part.ptr, kept);
    }
    parts->used += kept;
    parts->end[parts->count++] = parts->used;
}

/* Is the answer one that a host repeats for every prompt, so that asking again is in vain? */
static bool repeats(const struct parts *parts, struct bytes part)
{
    return !parts->terms->remote && parts->count > 0 &&
           bytes_equal(part, part_at(parts, parts->count - 1));
}

/* Is another part to be asked for after this answer, the last one added? */
static bool goes_on(const struct parts *parts, struct bytes part)
{
    if (parts->count == PROMPT_PARTS_MAX) {
        return false;
    }
    if (parts->terms->remote) {
        return part.len == TOKEN_PART_LENGTH;
    }
    return bytes_end_with(part, "\\") && parts->piece && !parts->full;
}

/* The first prompt as configured; later ones with "(part N)" before the final colon. */
static void prompt_text(const char *first, size_t number, struct text *out)
{
    struct bytes stem = bytes_of(first);

    if (number == 1) {
        text_add(out, "%s", first);
        return;
    }
    if (bytes_end_with(stem, ": ")) {
        stem.len -= 2;
    }
    text_add(out, "%.*s (part %zu): ", (int)stem.len, first, number);
}

/* One prompt: the PAM code of the conversation. The caller wipes and frees *answer, which is NULL
 * for an empty one. */
static int ask(pam_handle_t *pamh, const struct parts *parts, bool with_hint, char **answer)
{
    struct text text = {0};
    int code;

    *answer = NULL;
    if (with_hint) {
        text_add(&text,
                 "That was too long for one answer. Give the token in parts of at most %d bytes, "
                 "each but the last with a backslash at its end.\n",
                 TOKEN_PART_LENGTH);
    }
    prompt_text(parts->terms->text, parts->count + 1, &text);
    code = pam_prompt(pamh, PAM_PROMPT_ECHO_OFF, answer, "%s", text.at);
    if (code != PAM_SUCCESS) {
        wipe_free_string(*answer);
        *answer = NULL;
    }
    return code;
}

/* All prompts: PAM_SUCCESS, or how the conversation failed. sudo fails it for an answer of more
 * than 511 bytes, and may then be asked again; the hint goes with the prompt, because sudo wants
 * silence. */
static int ask_parts(pam_handle_t *pamh, struct parts *parts)
{
    bool hinted = parts->terms->remote;
    bool more = true;

    while (more) {
        char *answer;
        struct bytes part;
        int code = ask(pamh, parts, false, &answer);

        if (code == PAM_CONV_ERR && !hinted) {
            hinted = true;
            code = ask(pamh, parts, true, &answer);
        }
        if (code != PAM_SUCCESS) {
            return code;
        }
        part = bytes_of(answer);
        more = !repeats(parts, part);
        if (more) {
            add_part(parts, part);
            more = goes_on(parts, part);
        }
        wipe_free_string(answer);
    }
    return PAM_SUCCESS;
}

/* The parts become the answer; the memory of parts->text moves into it. */
static enum reason join(struct parts *parts, struct answer *answer)
{
    size_t i;
    size_t len = 0;

    if (parts->equal && parts->count == PROMPT_PARTS_MAX) {
        /* sshd's password method and dovecot give the one answer that they have to every prompt. */
        parts->count = 1;
        explicit_bzero(parts->text.ptr + parts->end[0], parts->used - parts->end[0]);
        parts->used = parts->end[0];
        parts->full = false;
    }
    if (!blob_new(&answer->joined, parts->used)) {
        return REASON_OUT_OF_MEMORY;
    }
    for (i = 0; i < parts->count; i++) {
        struct bytes part = part_at(parts, i);

        part = i + 1 < parts->count ? without_backslash(part) : part;
        if (part.len > 0) {
            memcpy(answer->joined.ptr + len, part.ptr, part.len);
        }
        len += part.len;
    }
    answer->token = (struct bytes){answer->joined.ptr, len};
    if (!parts->full) {
        answer->token = token_text_trim(answer->token);
    }
    answer->store = parts->text;
    parts->text = (struct blob){NULL, 0};
    answer->typed = (struct bytes){answer->store.ptr, parts->used};
    answer->length = parts->length;
    return parts->used == 0 ? REASON_NO_TOKEN : REASON_ACCEPTED;
}

enum reason prompt_token(pam_handle_t *pamh, const struct prompt_terms *terms,
                         struct answer *answer)
{
    enum reason reason = REASON_INTERNAL;
    struct parts parts = {.terms = terms};
    int code;

    *answer = (struct answer){0};
    /* Even after every backslash was dropped, what fills this is too large. */
    if (!blob_new(&parts.text, terms->max_token_size + PROMPT_PARTS_MAX + ROOM_AROUND)) {
        return REASON_OUT_OF_MEMORY;
    }
    code = ask_parts(pamh, &parts);
    if (code == PAM_SUCCESS) {
        reason = join(&parts, answer);
    } else if (code == PAM_BUF_ERR) {
        reason = REASON_OUT_OF_MEMORY;
    } else {
        answer->failed = true;
        reason = REASON_NO_TOKEN;
    }
    blob_free(&parts.text);
    return reason;
}

enum reason answer_of_text(const char *text, struct answer *answer)
{
    struct bytes typed = bytes_of(text);

    *answer = (struct answer){0};
    if (!blob_copy(&answer->store, typed)) {
        return REASON_OUT_OF_MEMORY;
    }
    answer->typed = bytes_of_blob(&answer->store);
    answer->token = token_text_trim(answer->typed);
    answer->length = typed.len;
    return typed.len == 0 ? REASON_NO_TOKEN : REASON_ACCEPTED;
}

void answer_free(struct answer *answer)
{
    blob_free(&answer->store);
    blob_free(&answer->joined);
    *answer = (struct answer){0};
}
