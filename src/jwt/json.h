/*
 * JSON as this project accepts it: RFC 8259 strictly, UTF-8 only, no duplicate members at any level
 * (RFC 7515 section 4 and RFC 8725 section 2.4), no NUL and no lone surrogate in a string, at most
 * 32 levels, 65536 values and 31 characters in a number. Values are handed out by their exact type
 * only. Behind it stands json-c, which no other file includes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_JWT_JSON_H
#define AUTH0JWT_JWT_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "base/text.h"

enum { JSON_MAX_DEPTH = 32, JSON_MAX_VALUES = 65536 };

/* One value. The root is owned and freed with json_free; all others are borrowed from it. JSON null
 * is a NULL pointer: every function below takes it, and none finds anything in it. */
struct json;

/* Parses the whole text: one object or array, white space around it. REASON_MALFORMED for anything
 * else by the rules above, a bare scalar included; REASON_OUT_OF_MEMORY; *root is NULL unless
 * accepted. */
enum reason json_parse(struct bytes text, struct json **root);

void json_free(struct json **root);

bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);

/* Is there such a member? *member (may be NULL itself: JSON null) is borrowed. False where `object`
 * is no object. */
bool json_member(const struct json *object, const char *name, const struct json **member);

/* A member that must be a string: JSON_ABSENT, JSON_OTHER (there, but no string) or JSON_STRING. */
enum json_found { JSON_ABSENT, JSON_OTHER, JSON_STRING };
enum json_found json_member_string(const struct json *object, const char *name, struct bytes *out);

/* The content of a string: borrowed, without NUL bytes, followed by one. */
bool json_string(const struct json *value, struct bytes *out);

/* A finite number; integers outside the 64-bit range and 1e400 are none. */
bool json_number(const struct json *value, double *out);

/* Exactly true or false. */
bool json_boolean(const struct json *value, bool *out);

/* Does a string have this content, or a number or boolean this literal text? False for all else. */
bool json_scalar_is(const struct json *value, const char *text);

/* 0 where it is no array. */
size_t json_array_length(const struct json *value);

/* Borrowed; NULL behind the end and where it is no array. */
const struct json *json_array_item(const struct json *value, size_t index);

/* Members of an object in order; false at the end. Start with *position = NULL. */
bool json_next_member(const struct json *object, const void **position, struct bytes *name,
                      const struct json **member);

/* Writes a JSON string, quotes included; bytes that are no UTF-8 are the caller's fault and are
 * written as U+FFFD. */
void json_write_string(FILE *out, struct bytes content);

/* Writes the value as JSON, without spaces. False without memory; then nothing was written. */
bool json_write(FILE *out, const struct json *value);

#endif
