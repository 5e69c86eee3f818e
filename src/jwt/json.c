/*
 * The only file that knows json-c: guard first, strict parse second, then a count that finds what
 * was lost (a duplicate member, a piece of a string), and getters that never convert. json-c aborts
 * the process on a wrong type; none gets that far.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jwt/json.h"

#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>

#include "jwt/json_guard.h"

/* struct json is json-c's object under a name of our own; its functions take it without const even
 * where they only read. */
static struct json_object *raw(const struct json *value)
{
    union {
        const struct json *in;
        struct json_object *out;
    } same = {value};

    return same.out;
}

static struct json *wrap(struct json_object *object)
{
    return (struct json *)object;
}

static bool is_type(const struct json *value, enum json_type type)
{
    return value != NULL && json_object_is_type(raw(value), type) != 0;
}

static bool is_container(const struct json *value)
{
    return is_type(value, json_type_object) || is_type(value, json_type_array);
}

/* A container whose content is being counted. */
struct frame {
    const struct json *container;
    const struct lh_entry *entry; /* next member of an object */
    size_t index;                 /* next item of an array */
};

static struct frame frame_of(const struct json *container, struct json_tally *tally)
{
    struct frame frame = {container, NULL, 0};

    tally->containers++;
    if (is_type(container, json_type_object)) {
        tally->members += (size_t)json_object_object_length(raw(container));
        frame.entry = json_object_get_object(raw(container))->head;
    }
    return frame;
}

/* The next value in the container, or false. */
static bool frame_next(struct frame *frame, const struct json **value, struct json_tally *tally)
{
    if (is_type(frame->container, json_type_array)) {
        *value = json_array_item(frame->container, frame->index++);
        return frame->index <= json_array_length(frame->container);
    }
    if (frame->entry == NULL) {
        return false;
    }
    *value = wrap((struct json_object *)lh_entry_v(frame->entry));
    tally->text += strlen((const char *)lh_entry_k(frame->entry));
    frame->entry = frame->entry->next;
    return true;
}

/* What the tree holds. The guard has bounded its depth. */
static struct json_tally count(const struct json *root)
{
    struct json_tally tally = {.values = 1};
    struct frame stack[JSON_MAX_DEPTH];
    size_t depth = 1;

    stack[0] = frame_of(root, &tally);
    while (depth > 0) {
        const struct json *value = NULL;
        struct bytes content;

        if (!frame_next(&stack[depth - 1], &value, &tally)) {
            depth--;
            continue;
        }
        tally.values++;
        if (is_container(value) && depth < JSON_MAX_DEPTH) {
            stack[depth++] = frame_of(value, &tally);
        } else if (json_string(value, &content)) {
            tally.text += content.len;
        }
    }
    return tally;
}

static bool tallies_agree(const struct json_tally *a, const struct json_tally *b)
{
    return a->members == b->members && a->values == b->values && a->containers == b->containers &&
           a->text == b->text;
}

/* json-c 0.16 uses what some allocations return without a look. It needs less than this, so a
 * process that is short of memory, perhaps because of a limit that the caller of sudo set, is
 * refused before it can crash. */
static bool memory_suffices(struct bytes text, const struct json_tally *tally)
{
    /* volatile, or the compiler may leave out what it sees freed again. */
    void *volatile probe = malloc(16384 + 64 * text.len + 1024 * tally->containers);

    free(probe);
    return probe != NULL;
}

static struct bytes trim_json_space(struct bytes text)
{
    while (text.len > 0 && memchr(" \t\n\r", text.ptr[text.len - 1], 4) != NULL) {
        text.len--;
    }
    return text;
}

/* *out is NULL unless json-c read one value that fills the text. Its strict mode adds nothing to
 * the guard. */
static enum reason build(struct bytes text, struct json **out)
{
    enum reason r = REASON_MALFORMED;
    struct json_object *object = NULL;
    /* Its limit counts a scalar in the deepest container as one level more than ours does. */
    struct json_tokener *tokener = json_tokener_new_ex(JSON_MAX_DEPTH + 1);
    enum json_tokener_error error;

    *out = NULL;
    if (tokener == NULL) {
        return REASON_OUT_OF_MEMORY;
    }
    /* Not JSON_TOKENER_STRICT: with it json-c 0.18 refuses every byte above 0x7f, and every number
     * that fits no 64 bits. What it forbids the guard forbids. */
    json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
    object = json_tokener_parse_ex(tokener, (const char *)text.ptr, (int)text.len);
    error = json_tokener_get_error(tokener);
    if (error == json_tokener_success && object != NULL &&
        json_tokener_get_parse_end(tokener) == text.len) {
        *out = wrap(object);
        object = NULL;
        r = REASON_ACCEPTED;
    }
    json_object_put(object);
    json_tokener_free(tokener);
    return r;
}

enum reason json_parse(struct bytes text, struct json **root)
{
    struct json *parsed = NULL;
    struct json_tally expected;
    struct json_tally found;
    enum reason r;

    *root = NULL;
    text = trim_json_space(text);
    if (text.len > INT32_MAX / 2 || !json_guard(text, JSON_MAX_DEPTH, JSON_MAX_VALUES, &expected)) {
        return REASON_MALFORMED;
    }
    if (!memory_suffices(text, &expected)) {
        return REASON_OUT_OF_MEMORY;
    }
    r = build(text, &parsed);
    if (r == REASON_ACCEPTED) {
        r = REASON_MALFORMED;
        if (is_container(parsed)) {
            found = count(parsed);
            r = tallies_agree(&expected, &found) ? REASON_ACCEPTED : REASON_MALFORMED;
        }
    }
    if (r != REASON_ACCEPTED) {
        json_free(&parsed);
        return r;
    }
    *root = parsed;
    return REASON_ACCEPTED;
}

void json_free(struct json **root)
{
    if (*root != NULL) {
        json_object_put(raw(*root));
        *root = NULL;
    }
}

bool json_is_object(const struct json *value)
{
    return is_type(value, json_type_object);
}

bool json_is_array(const struct json *value)
{
    return is_type(value, json_type_array);
}

bool json_member(const struct json *object, const char *name, const struct json **member)
{
    struct json_object *found = NULL;

    *member = NULL;
    if (!json_is_object(object) || json_object_object_get_ex(raw(object), name, &found) == 0) {
        return false;
    }
    *member = wrap(found);
    return true;
}

bool json_string(const struct json *value, struct bytes *out)
{
    *out = (struct bytes){NULL, 0};
    if (!is_type(value, json_type_string)) {
        return false;
    }
    out->ptr = (const uint8_t *)json_object_get_string(raw(value));
    out->len = (size_t)json_object_get_string_len(raw(value));
    return out->ptr != NULL;
}

enum json_found json_member_string(const struct json *object, const char *name, struct bytes *out)
{
    const struct json *member;

    *out = (struct bytes){NULL, 0};
    if (!json_member(object, name, &member)) {
        return JSON_ABSENT;
    }
    return json_string(member, out) ? JSON_STRING : JSON_OTHER;
}

bool json_number(const struct json *value, double *out)
{
    *out = 0;
    if (is_type(value, json_type_int)) {
        int64_t number = json_object_get_int64(raw(value));

        /* json-c clamps what does not fit. */
        if (number == INT64_MAX || number == INT64_MIN) {
            return false;
        }
        *out = (double)number;
        return true;
    }
    if (is_type(value, json_type_double)) {
        double number = json_object_get_double(raw(value));

        *out = isfinite(number) ? number : 0;
        return isfinite(number) != 0;
    }
    return false;
}

bool json_boolean(const struct json *value, bool *out)
{
    *out = false;
    if (!is_type(value, json_type_boolean)) {
        return false;
    }
    *out = json_object_get_boolean(raw(value)) != 0;
    return true;
}

bool json_scalar_is(const struct json *value, const char *text)
{
    struct bytes content;
    const char *literal;
    double number;
    bool boolean;

    if (json_string(value, &content)) {
        return bytes_equal_string(content, text);
    }
    if (json_boolean(value, &boolean)) {
        return strcmp(text, boolean ? "true" : "false") == 0;
    }
    if (!json_number(value, &number)) {
        return false;
    }
    /* json-c keeps the text of a fraction as it was; an integer has one text only, but for -0. */
    literal = json_object_to_json_string_ext(raw(value), JSON_C_TO_STRING_PLAIN);
    return literal != NULL && strcmp(text, literal) == 0;
}

size_t json_array_length(const struct json *value)
{
    return json_is_array(value) ? json_object_array_length(raw(value)) : 0;
}

const struct json *json_array_item(const struct json *value, size_t index)
{
    if (index >= json_array_length(value)) {
        return NULL;
    }
    return wrap(json_object_array_get_idx(raw(value), index));
}

bool json_next_member(const struct json *object, const void **position, struct bytes *name,
                      const struct json **member)
{
    const struct lh_entry *entry = *position;

    *member = NULL;
    if (!json_is_object(object)) {
        return false;
    }
    entry = entry == NULL ? json_object_get_object(raw(object))->head : entry->next;
    if (entry == NULL) {
        return false;
    }
    *position = entry;
    *name = bytes_of((const char *)lh_entry_k(entry));
    *member = wrap((struct json_object *)lh_entry_v(entry));
    return true;
}

void json_write_string(FILE *out, struct bytes content)
{
    fputc('"', out);
    while (content.len > 0) {
        size_t length = utf8_sequence(content);

        if (length == 0) {
            fputs("\\ufffd", out);
            length = 1;
        } else if (length == 1 && (content.ptr[0] < 0x20 || content.ptr[0] == 0x7f)) {
            fprintf(out, "\\u%04x", (unsigned)content.ptr[0]);
        } else {
            if (content.ptr[0] == '"' || content.ptr[0] == '\\') {
                fputc('\\', out);
            }
            fwrite(content.ptr, 1, length, out);
        }
        content = bytes_from(content, length);
    }
    fputc('"', out);
}

bool json_write(FILE *out, const struct json *value)
{
    const char *text =
        value == NULL ? "null"
                      : json_object_to_json_string_ext(
                            raw(value), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

    if (text != NULL) {
        fputs(text, out);
    }
    return text != NULL;
}
