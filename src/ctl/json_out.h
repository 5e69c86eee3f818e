/*
 * Writing JSON for programs: commas in their places, strings escaped, ASCII only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_CTL_JSON_OUT_H
#define AUTH0JWT_CTL_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"

/* Zeroed but for `to`. `name` is NULL inside arrays and for the outermost value. */
struct json_out {
    FILE *to;
    bool follows; /* a value stands before this place */
};

void json_out_open(struct json_out *out, const char *name, char bracket);
void json_out_close(struct json_out *out, char bracket);

void json_out_null(struct json_out *out, const char *name);
void json_out_bool(struct json_out *out, const char *name, bool value);
void json_out_integer(struct json_out *out, const char *name, int64_t value);

/* A finite number, without an exponent; whole ones without a fraction. */
void json_out_number(struct json_out *out, const char *name, double value);

/* A NULL ptr is written as null. */
void json_out_bytes(struct json_out *out, const char *name, struct bytes value);

/* NULL is written as null. */
void json_out_string(struct json_out *out, const char *name, const char *value);

#endif
