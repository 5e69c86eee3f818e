/*
 * What pam_probe.so asks the test program that loaded it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_PROBE_H
#define AUTH0JWT_TESTS_PROBE_H

/* What an earlier module has left in PAM_AUTHTOK; NULL for nothing. */
const char *probe_first_pass(void);

/* What a later module finds in PAM_AUTHTOK; NULL where it is unset. */
void probe_after(const char *authtok);

/* The account phase went on behind the module. */
void probe_account(void);

#endif
