/*
 * Parsing in tests: from memory of exactly the right size, with the verdict asserted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef AUTH0JWT_TESTS_JSON_TEXT_H
#define AUTH0JWT_TESTS_JSON_TEXT_H

#include <stddef.h>

#include "jwt/json.h"

/* The root where the text was accepted, to be freed with json_free; else NULL. */
struct json *json_text_parse(const void *text, size_t len);

/* The same; the test fails where it was refused. */
struct json *json_text_accept(const char *text);

/* The test fails where it is accepted. */
void json_text_refuse(const void *text, size_t len);
void json_text_refuse_string(const char *text);

#endif
