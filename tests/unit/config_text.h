/*
 * Loading a configuration from text, and what must come of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_CONFIG_TEXT_H
#define AUTH0JWT_TESTS_CONFIG_TEXT_H

#include <stddef.h>

#include "host/config.h"
#include "scratch.h"

#define TENANT                                                                                     \
    "[tenant main]\nissuer = https://example.eu.auth0.com/\n"                                      \
    "audience = https://login.example.com\nauthorized_parties = *\n"
#define SERVICE "[service sshd]\nrequire = ssh:login\n"
#define BASE TENANT SERVICE

/* The main file is a.conf in the scratch folder. */
enum reason config_text_load(const struct scratch *scratch, struct config **config,
                             struct text *why);

/* Writes the text there and loads it, which must succeed. */
struct config *config_text_good(const struct scratch *scratch, const char *text);

/* Loads what is there. The complaint must begin with the path of `file`, a colon and `expected`. */
void config_text_refused(const struct scratch *scratch, const char *file, const char *expected);

struct bad_text {
    const char *text;
    const char *complaint; /* from the line number on */
};

/* Each text is refused with its complaint. */
void config_text_all_refused(const struct scratch *scratch, const struct bad_text *cases,
                             size_t count);

#endif
