/*
 * Time for deadlines: it neither jumps nor means anything outside this machine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_MONOTONIC_H
#define AUTH0JWT_HOST_MONOTONIC_H

#include <stdint.h>
#include <time.h>

static inline int64_t monotonic_ms(void)
{
    struct timespec now = {0, 0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
