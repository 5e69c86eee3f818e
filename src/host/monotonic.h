/*
 * Time for deadlines, which neither jumps nor means anything outside this machine, and waiting
 * until one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_MONOTONIC_H
#define AUTH0JWT_HOST_MONOTONIC_H

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* The longest single poll: its argument is an int. */
enum { MONOTONIC_POLL_MAX_MS = 600000 };

static inline int64_t monotonic_ms(void)
{
    struct timespec now = {0, 0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* True where a read would not block: there is data, or the other end is closed. False at the
 * deadline (monotonic_ms() time, INT64_MAX for none), or where it cannot be waited for. What has
 * come before the deadline is seen after it too. */
static inline bool wait_readable(int fd, int64_t deadline)
{
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int64_t left = deadline - monotonic_ms();
        int ready = poll(&wait, 1,
                         left <= 0                      ? 0
                         : left > MONOTONIC_POLL_MAX_MS ? MONOTONIC_POLL_MAX_MS
                                                        : (int)left);

        if (ready > 0) {
            return true;
        }
        if (left <= 0 || (ready < 0 && errno != EINTR)) {
            return false;
        }
    }
}

#endif
