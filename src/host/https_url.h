/*
 * URLs as issuers have them: https://host[:port]/path, and nothing else (RFC 8414 section 2 allows
 * no query and no fragment in an issuer).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_HTTPS_URL_H
#define AUTH0JWT_HOST_HTTPS_URL_H

#include "base/bytes.h"

/* Borrows from the text. */
struct https_url {
    struct bytes host;
    unsigned port; /* 443 where none is written */
    bool port_written;
    struct bytes path; /* with its first slash; empty where there is none */
};

/* NULL, or what is wrong with the text and what to do: static text that follows "NAME ". */
const char *https_url_parse(struct bytes text, struct https_url *out);

/* Same host, in any case of letters? Same port too? */
bool https_url_same_host(const struct https_url *a, const struct https_url *b);
bool https_url_same_place(const struct https_url *a, const struct https_url *b);

/* Is it https on the issuer's host and port, printable and of at most HTTPS_URL_MAX bytes? Other
 * than an issuer it may have a query: the address of a key set (OpenID Connect Discovery 1.0
 * section 3). */
enum { HTTPS_URL_MAX = 2047 };
bool https_url_at_issuer(struct bytes text, const char *issuer);

/* Does the host belong to Auth0 (NAME.auth0.com)? */
bool https_url_of_auth0(const struct https_url *url);

/* Has it the form of an audience that Auth0 itself uses: /api/v2/, /userinfo, /mfa/ or /me/, with
 * or without the final slash? */
bool https_url_of_auth0_api(const struct https_url *url);

#endif
