/*
 * NAME.keys, the key set of a tenant on disk (PROTOCOL.cache): one checksummed line, then JSON.
 * Only auth0jwt-refresh writes it; the module reads it, root or not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_KEY_FILE_H
#define AUTH0JWT_HOST_KEY_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"
#include "base/text.h"
#include "host/config.h"
#include "jwt/jwks.h"

struct key_file {
    char *issuer;
    char *jwks_uri;
    char *etag;          /* "" where the server sent none */
    char *last_modified; /* likewise */
    int64_t fetched;     /* when this set arrived, seconds since the epoch */
    int64_t checked;     /* when the endpoint last confirmed it: age counts from here */
    int64_t date_skew;   /* the server's Date minus our clock, seconds */
    struct jwks *jwks;
};

enum key_file_result {
    /* None, damaged, of another issuer, or from the future: as if there were none. */
    KEY_FILE_ABSENT = 0,
    KEY_FILE_OK,
    KEY_FILE_UNSAFE, /* owner, mode or path: a configuration error */
    KEY_FILE_NO_MEMORY
};

/* Reads the tenant's file in the configured folder. `why`, never empty unless KEY_FILE_OK, says
 * what is wrong with it. Free with key_file_free. */
enum key_file_result key_file_read(const struct config *config, const struct tenant *tenant,
                                   int64_t now, struct key_file **out, struct text *why);

/* Writes it in place of the old one: temporary file, fsync, rename, fsync of the folder, mode 0644
 * whatever the umask. A reader sees the old set or the new one. False with `why`; the old file is
 * then as it was. */
bool key_file_write(const struct config *config, const struct tenant *tenant,
                    const struct key_file *file, struct text *why);

void key_file_free(struct key_file **file);

#endif
