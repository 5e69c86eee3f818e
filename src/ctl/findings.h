/*
 * What `auth0jwtctl check` found, in the order of finding.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_CTL_FINDINGS_H
#define AUTH0JWT_CTL_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

enum finding_level { FINDING_OK = 0, FINDING_WARNING, FINDING_ERROR };

struct finding {
    enum finding_level level;
    const char *about; /* static text */
    char *text;        /* owned */
};

/* Zeroed is empty. */
struct findings {
    struct finding *item;
    size_t count;
    enum finding_level worst;
};

/* Adds one, formatted as printf does; foreign text quoted by the caller. Without memory it is lost,
 * but counts as an error. */
void findings_add(struct findings *findings, enum finding_level level, const char *about,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* On standard output, for people or as one JSON object. */
void findings_print(const struct findings *findings, bool json);

void findings_free(struct findings *findings);

#endif
