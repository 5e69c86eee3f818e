/*
 * Reading values. Numbers are read digit by digit against their limit, so that none can overflow,
 * and no locale, sign, space or other base is let in.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/option_value.h"

#include "host/lines.h"
#include "jwt/claims.h"

static enum reason complain(struct text *what, const char *complaint)
{
    text_add(what, "%s", complaint);
    return REASON_CONFIG_ERROR;
}

enum reason value_text(struct bytes value, struct bytes *out, struct text *what)
{
    *out = value;
    if (value.len == 0 || value.ptr[0] != '"') {
        return REASON_ACCEPTED;
    }
    if (value.len < 2 || value.ptr[value.len - 1] != '"') {
        return complain(what, "begins with \" but does not end with one: close it");
    }
    *out = bytes_from(bytes_first(value, value.len - 1), 1);
    if (bytes_find(*out, '"') != out->len) {
        return complain(what, "has a \" between its quotes: remove the outer quotes, or the inner");
    }
    return REASON_ACCEPTED;
}

static bool has_bare_quote(struct bytes word)
{
    size_t i;

    for (i = 0; i < word.len; i++) {
        if (word.ptr[i] == '\\') {
            i++;
        } else if (word.ptr[i] == '"') {
            return true;
        }
    }
    return false;
}

/* One word, escapes and all. */
static enum reason add_word(struct bytes word, word_rule *rule, struct strings *out,
                            struct text *what)
{
    uint8_t plain[LINE_MAX_LENGTH];
    struct bytes item = {plain, 0};
    const char *wrong;

    if (word.len > sizeof(plain)) {
        return complain(what, "has a word of more than 4096 bytes: shorten it");
    }
    if (has_bare_quote(word)) {
        return complain(what,
                        "has a \" within the list: write \\\", or quote the whole of a single "
                        "word that holds spaces");
    }
    item.len = line_unescape(word, plain);
    wrong = rule == NULL ? NULL : rule(item);
    if (wrong != NULL) {
        text_add_quoted(what, "has ", item);
        text_add(what, ", which %s", wrong);
        return REASON_CONFIG_ERROR;
    }
    return strings_add(out, item) ? REASON_ACCEPTED : REASON_OUT_OF_MEMORY;
}

/* A list in quotes is one word. */
static enum reason add_quoted(struct bytes value, word_rule *rule, struct strings *out,
                              struct text *what)
{
    struct bytes inner = bytes_from(value, 1);
    size_t end = 0;

    while (end < inner.len && inner.ptr[end] != '"') {
        end += inner.ptr[end] == '\\' ? 2 : 1;
    }
    if (end >= inner.len) {
        return complain(what, "begins with \" but does not end with one: close it");
    }
    if (end + 1 != inner.len) {
        return complain(what, "goes on behind its closing \": a list in quotes is a single word; "
                              "write \\ in front of a space instead");
    }
    if (end == 0) {
        return complain(what, "is an empty word: write something between the quotes");
    }
    return add_word(bytes_first(inner, end), rule, out, what);
}

enum reason value_list(struct bytes value, word_rule *rule, struct strings *out, struct text *what)
{
    enum reason r = REASON_ACCEPTED;
    const char *wrong;
    struct bytes word;

    if (value.len > 0 && value.ptr[0] == '"') {
        return add_quoted(value, rule, out, what);
    }
    while (r == REASON_ACCEPTED && line_word(&value, &word, &wrong)) {
        if (word.ptr[0] == '#') {
            return complain(what, "has a word that begins with #: put the comment on a line of its "
                                  "own, or write \\#");
        }
        r = add_word(word, rule, out, what);
    }
    if (r == REASON_ACCEPTED && wrong != NULL) {
        text_add(what, "is no list: %s", wrong);
        return REASON_CONFIG_ERROR;
    }
    return r;
}

/* Reads decimal digits up to `most`. False where there is anything else, or more. */
static bool read_digits(struct bytes text, int64_t most, int64_t *out)
{
    int64_t number = 0;
    size_t i;

    for (i = 0; i < text.len; i++) {
        int64_t digit = (int64_t)text.ptr[i] - '0';

        if (digit < 0 || digit > 9 || digit > most || number > (most - digit) / 10) {
            return false;
        }
        number = number * 10 + digit;
    }
    *out = number;
    return text.len > 0;
}

enum reason value_number(const struct option *option, struct bytes text, int64_t *out,
                         struct text *what)
{
    if (read_digits(text, option->most, out) && *out >= option->least) {
        return REASON_ACCEPTED;
    }
    text_add(what, "must be a whole number from %lld to %lld", (long long)option->least,
             (long long)option->most);
    text_add_quoted(what, ", not ", text);
    return REASON_CONFIG_ERROR;
}

enum reason value_duration(const struct option *option, struct bytes text, int64_t *out,
                           struct text *what)
{
    static const struct {
        uint8_t letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    struct bytes digits = text;
    int64_t seconds = 1;
    int64_t number;
    size_t i;

    if ((option->flags & OPTION_OFF) != 0 && bytes_equal_string(text, "off")) {
        *out = TOKEN_AGE_OFF;
        return REASON_ACCEPTED;
    }
    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (text.len > 0 && text.ptr[text.len - 1] == units[i].letter) {
            digits = bytes_first(text, text.len - 1);
            seconds = units[i].seconds;
        }
    }
    if (read_digits(digits, option->most / seconds, &number) && number * seconds >= option->least) {
        *out = number * seconds;
        return REASON_ACCEPTED;
    }
    text_add(what, "must be a duration (like 90s, 15m, 10h or 7d) from %llds to %llds",
             (long long)option->least, (long long)option->most);
    text_add_quoted(what, ", not ", text);
    return REASON_CONFIG_ERROR;
}
