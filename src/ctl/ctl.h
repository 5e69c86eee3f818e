/*
 * auth0jwtctl's subcommands and exit statuses.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_CTL_CTL_H
#define AUTH0JWT_CTL_CTL_H

enum ctl_status {
    CTL_OK = 0,      /* accepted, clean, done */
    CTL_REFUSED = 1, /* rejected; warnings; could not be done */
    CTL_CONFIG = 2,  /* usage or configuration */
    CTL_KEYS = 3     /* no keys at hand */
};

/* argv[0] is the subcommand's name. Each returns an exit status. */
int cmd_verify(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_keys(int argc, char **argv);

#endif
