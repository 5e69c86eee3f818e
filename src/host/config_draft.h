/*
 * A configuration while it is being read: beside the values, where each of them came from, so that
 * every complaint can name a line.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_CONFIG_DRAFT_H
#define AUTH0JWT_HOST_CONFIG_DRAFT_H

#include <stddef.h>

#include "base/text.h"
#include "host/config.h"
#include "host/option.h"

/* A line of a file; line 0: nowhere. */
struct place {
    const char *file;
    size_t line;
};

struct draft_section {
    struct place opened;            /* its first header */
    struct place set[OPTION_COUNT]; /* where each option was set */
};

struct config_draft {
    struct config *config;
    struct draft_section global;
    struct draft_section *tenants;  /* as config->tenant */
    struct draft_section *services; /* as config->service */
};

/* Begins a complaint: "file:line: ". Goes on with text_add and text_add_quoted. */
static inline void place_blame(struct text *why, struct place place)
{
    text_set(why, "%s:%zu: ", place.file, place.line);
}

/* A complaint that is one sentence. */
static inline enum reason place_complain(struct text *why, struct place place,
                                         const char *complaint)
{
    place_blame(why, place);
    text_add(why, "%s", complaint);
    return REASON_CONFIG_ERROR;
}

#endif
