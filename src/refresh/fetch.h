/*
 * The parent's side of a fetch: starts the confined child, asks it for addresses, ends it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_REFRESH_FETCH_H
#define AUTH0JWT_REFRESH_FETCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/text.h"
#include "refresh/frame.h"

struct fetcher {
    pid_t child;
    int fd;
    int64_t deadline; /* monotonic_ms() of the end of the whole refresh */
    uint32_t connect_ms;
};

/* `ca` may be empty: the system's authorities. False with `why`. End it with fetcher_stop. */
bool fetcher_start(struct fetcher *fetcher, struct bytes ca, int64_t connect_timeout,
                   int64_t fetch_timeout, struct text *why);

/* Asks for the address; true where an answer with status 200 came, whose body the caller frees with
 * blob_free. Else false with `why`, which begins with the address. */
bool fetcher_get(struct fetcher *fetcher, const char *url, struct fetch_reply *reply,
                 struct text *why);

/* Ends the child and reaps it; a fetcher that was never started is fine if it is zeroed. */
void fetcher_stop(struct fetcher *fetcher);

#endif
