/*
 * The child: HTTPS requests with libcurl, one after the other, and nothing else.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_REFRESH_HTTPS_H
#define AUTH0JWT_REFRESH_HTTPS_H

#include "base/bytes.h"

/* Answers requests from the descriptor until it is closed. Certificates are verified against the
 * authorities in `ca` (PEM), or the system's where it is empty. The process must be confined
 * already. */
void https_serve(int fd, struct bytes ca);

#endif
