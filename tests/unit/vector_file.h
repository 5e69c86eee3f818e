/*
 * Reading vector files (tests/vectors/README.md): members by name, and the exact octets that a
 * token or a key set stands for. Part of test_vectors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_VECTOR_FILE_H
#define AUTH0JWT_TESTS_VECTOR_FILE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"

/* A mistake in a vector file or no memory: nothing that follows would mean anything. */
#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: cannot go on: %s\n", __FILE__, __LINE__, #condition);          \
            exit(99);                                                                              \
        }                                                                                          \
    } while (0)

/* A member, or NULL. */
struct json_object *get(struct json_object *object, const char *name);

/* A member that is a string, or NULL. */
const char *get_string(struct json_object *object, const char *name);

bool is_true(struct json_object *object, const char *name);

/* A member of the case's configuration, else of the file's. */
struct json_object *get_config(struct json_object *file, struct json_object *row, const char *name);

/* The exact octets that a token or a key set of a file stands for; free with blob_free. */
void octets_of(struct json_object *value, struct blob *out);

#endif
