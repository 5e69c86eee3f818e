/*
 * What the two processes say to each other: a request is an address and two time limits, a reply is
 * bytes with a digest over all of it. The child may be in anybody's hands, so a reply is taken only
 * whole and within its limits.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_REFRESH_FRAME_H
#define AUTH0JWT_REFRESH_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "jwt/jwks.h"

enum { FRAME_URL_MAX = 2048, FRAME_TEXT_MAX = 256, FRAME_BODY_MAX = JWKS_MAX_SIZE };

/* How a request ended. */
enum fetch_status {
    FETCH_BROKEN = 0, /* something else; message says what */
    FETCH_OK,         /* an answer, of whatever HTTP status */
    FETCH_NOT_CONFINED,
    FETCH_TIMEOUT,
    FETCH_NO_HOST,
    FETCH_NO_CONNECTION,
    FETCH_TLS,
    FETCH_TOO_LARGE,
    FETCH_CUT,
    FETCH_STATUS_COUNT
};

struct fetch_request {
    char url[FRAME_URL_MAX];
    uint32_t connect_ms;
    uint32_t total_ms; /* from now */
};

struct fetch_reply {
    enum fetch_status status;
    uint32_t http;     /* status code */
    int64_t date_skew; /* the server's Date minus our clock; 0 without one */
    char message[FRAME_TEXT_MAX];
    char etag[FRAME_TEXT_MAX];
    char last_modified[FRAME_TEXT_MAX];
    struct blob body; /* freed with blob_free */
};

/* Both fill every byte or fail. deadline is monotonic_ms() time; the child, which has an alarm,
 * gives INT64_MAX. */
bool frame_send_request(int fd, const struct fetch_request *request);
bool frame_receive_request(int fd, struct fetch_request *out);
bool frame_send_reply(int fd, const struct fetch_reply *reply);
bool frame_receive_reply(int fd, int64_t deadline, struct fetch_reply *out);

#endif
