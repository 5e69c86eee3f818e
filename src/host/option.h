/*
 * One option of auth0jwt.conf: what options.def says of it, and setting it from text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_OPTION_H
#define AUTH0JWT_HOST_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "base/text.h"

enum option_section {
    OPTION_SECTION_GLOBAL = 0,
    OPTION_SECTION_TENANT,
    OPTION_SECTION_SERVICE,
    OPTION_SECTION_COUNT
};

enum option_id {
#define OPTION(section, name, kind, flags, default_text, least, most) OPTION_##section##_##name,
#include "host/options.def"
#undef OPTION
    OPTION_COUNT
};

/* What a value may be. What each stands for in memory is said in option.c. */
enum option_kind {
    OPTION_KIND_PATH = 0, /* absolute */
    OPTION_KIND_FILE,     /* the same, of a file that must exist where it is named */
    OPTION_KIND_PROXY,
    OPTION_KIND_PROMPT,     /* text, may be empty */
    OPTION_KIND_CLAIM_NAME, /* with a colon in it */
    OPTION_KIND_ISSUER,     /* an https URL; see https_url.h */
    OPTION_KIND_URL,
    OPTION_KIND_NUMBER,
    OPTION_KIND_DURATION,   /* 90, 90s, 15m, 10h, 7d */
    OPTION_KIND_BOOLEAN,    /* yes, no */
    OPTION_KIND_ALGORITHMS, /* names of alg.h */
    OPTION_KIND_PROFILE,
    OPTION_KIND_PERMISSION_CLAIM,
    OPTION_KIND_ACCOUNT_TYPE,
    OPTION_KIND_WITHOUT_TOKEN,
    OPTION_KIND_WORDS, /* lists from here on */
    OPTION_KIND_AUDIENCES,
    OPTION_KIND_PARTIES, /* or * alone */
    OPTION_KIND_ORGANIZATIONS,
    OPTION_KIND_REQUIRE,      /* or none alone */
    OPTION_KIND_CLAIM_VALUES, /* NAME=VALUE */
    OPTION_KIND_EXEMPT,       /* account or %group */
    OPTION_KIND_COUNT
};

enum { OPTION_REQUIRED = 1, OPTION_OFF = 2, OPTION_LATER = 4 };

struct option {
    enum option_section section;
    enum option_kind kind;
    const char *name;
    unsigned flags;
    const char *default_text; /* as in the file, or NULL */
    int64_t least;
    int64_t most;
    size_t offset; /* of the field in struct global, tenant or service */
};

/* "global", "tenant" or "service". */
const char *option_section_name(enum option_section section);

const struct option *option_row(enum option_id id);

/* Its id; OPTION_COUNT where the section knows no such option. */
enum option_id option_find(enum option_section section, struct bytes name);

/* Reads the value, as written in the file, into the zeroed field of the struct at `base`.
 * REASON_CONFIG_ERROR: `what` gets the complaint appended. REASON_OUT_OF_MEMORY. */
enum reason option_set(const struct option *option, void *base, struct bytes value,
                       struct text *what);

/* Is the field's memory as zeroed: unset, no, the first of the choices? */
bool option_is_zero(const struct option *option, const void *base);

/* The string in the field of an option of a kind that holds one; NULL where it is unset. */
const char *option_string(const struct option *option, const void *base);

/* Frees the fields of all the section's options in the struct at `base`. */
void options_free(enum option_section section, void *base);

#endif
