/*
 * The options of auth0jwtctl's subcommands, from one table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_CTL_ARGUMENTS_H
#define AUTH0JWT_CTL_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Which options a subcommand takes; --help and --version it always does. */
enum option_bit {
    OPTION_CONFIG = 1 << 0,
    OPTION_TENANT = 1 << 1,
    OPTION_SERVICE = 1 << 2,
    OPTION_USER = 1 << 3,
    OPTION_KEYS = 1 << 4,
    OPTION_NOW = 1 << 5,
    OPTION_JSON = 1 << 6
};

/* NULL, or zero, where not given. Strings are borrowed from argv but for config. */
struct arguments {
    char *config;      /* an absolute path, owned */
    bool config_named; /* --config was given */
    const char *tenant;
    const char *service;
    const char *user;
    const char *keys;
    int64_t now; /* seconds since the epoch: --now, else the clock */
    bool json;
    char **operand;
    int operand_count;
};

/* Reads the arguments. True: go on, and free with arguments_free. False: there was --help,
 * --version or a mistake, everything has been said, and *status is the exit status. */
bool arguments_read(int argc, char **argv, unsigned allowed, const char *usage,
                    struct arguments *out, int *status);

void arguments_free(struct arguments *arguments);

/* Does it look like a token, which must never stand on a command line? */
bool arguments_is_token(const char *operand);

void arguments_print_version(FILE *to);

#endif
