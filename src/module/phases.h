/*
 * The PAM phases of this module, each from a request to the code that libpam gets.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_MODULE_PHASES_H
#define AUTH0JWT_MODULE_PHASES_H

#include "module/request.h"

int phase_authenticate(struct request *request);
int phase_account(struct request *request);

/* A token is no password that could be changed. */
int phase_change_token(struct request *request);

/* setcred, open_session, close_session: no service asks for anything there yet. */
int phase_nothing_to_do(struct request *request);

#endif
