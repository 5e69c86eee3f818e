/*
 * What is known of a tenant's keys: where they come from, how old they are, which can be used, what
 * the last attempts to get them brought.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_CTL_KEY_REPORT_H
#define AUTH0JWT_CTL_KEY_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "base/text.h"
#include "ctl/json_out.h"
#include "host/config.h"
#include "host/key_cache.h"
#include "host/key_file.h"
#include "host/key_state.h"

struct key_report {
    const struct tenant *tenant; /* borrowed */
    enum key_freshness freshness;
    int64_t age;               /* seconds; -1 where there is none */
    struct key_file *file;     /* owned: the cached set */
    struct key_set set;        /* owned: the set of jwks_file */
    const struct jwks *jwks;   /* of one of them, or NULL */
    size_t usable;             /* entries that can verify a signature */
    struct key_state attempts; /* zeroed where it cannot be read */
    struct text problem;       /* why there are no keys, or "" */
};

/* REASON_ACCEPTED, also where there are no keys; REASON_CONFIG_ERROR for an unsafe file (`problem`
 * says which), REASON_OUT_OF_MEMORY. Free with key_report_free. */
enum reason key_report_read(const struct config *config, const struct tenant *tenant, int64_t now,
                            struct key_report *out);

void key_report_free(struct key_report *report);

/* Can a login be decided with these keys? */
bool key_report_usable(const struct key_report *report);

/* "absent", "fresh", "stale", "too old", or "file" for those of jwks_file, which have no age. */
const char *key_report_state(const struct key_report *report);

/* For people, on standard output. */
void key_report_print(const struct key_report *report, int64_t now);

/* For programs: one object. */
void key_report_print_json(const struct key_report *report, struct json_out *out);

#endif
