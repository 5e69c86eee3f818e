/*
 * The configuration: auth0jwt.conf and its drop-ins, read whole or refused whole
 * (auth0jwt.conf(5)). The options stand once, in options.def.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_CONFIG_H
#define AUTH0JWT_HOST_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/reason.h"
#include "base/strings.h"
#include "base/text.h"
#include "jwt/access_token.h"

enum account_type { ACCOUNT_TYPE_LOCAL = 0, ACCOUNT_TYPE_VIRTUAL };

/* WITHOUT_TOKEN_DEFAULT: ignore, or deny together with use_session. */
enum without_token { WITHOUT_TOKEN_DEFAULT = 0, WITHOUT_TOKEN_IGNORE, WITHOUT_TOKEN_DENY };

/* The greatest sizes of files that the configuration names, in bytes. */
enum { MAP_FILE_MAX = 64 * 1024 * 1024, CA_FILE_MAX = 4 * 1024 * 1024 };

/* [global] */
struct global {
    char *accounts_file;
    char *groups_file;
    char *revoked_file;
    bool accounts_file_named; /* named by the configuration: it must exist */
    bool groups_file_named;
    bool revoked_file_named;
    char *cache_dir;
    char *run_dir;
    char *state_dir;
    int64_t min_uid;
    int64_t max_uid;
    int64_t min_gid;
    int64_t max_token_size; /* bytes */
    char *refresh_program;
    struct strings ignore_unknown;
};

/* [tenant NAME] */
struct tenant {
    char *name;
    char *issuer;
    struct strings audience;
    struct strings authorized_parties; /* "*" alone: any */
    unsigned algorithms;               /* alg_bit()s */
    int profile;                       /* enum token_profile */
    int64_t leeway;                    /* all durations in seconds */
    struct strings organizations;
    int permission_claim; /* enum permission_claim */
    char *account_claim;
    char *jwks_uri;
    char *jwks_file;
    char *ca_file;
    char *proxy;
    int64_t connect_timeout;
    int64_t fetch_timeout;
    int64_t key_refresh;
    int64_t key_max_age;
    int64_t unknown_kid_cooldown;
};

/* [service NAME...] */
struct service {
    struct strings names; /* "*" for the section that stands in for all others */
    struct strings require;
    bool require_none; /* require = none */
    struct strings require_any;
    struct strings require_claim; /* as written, NAME=VALUE, checked */
    struct strings tenants;       /* empty: all */
    struct strings audience;      /* empty: all of the tenant */
    int64_t max_token_age;        /* seconds, or TOKEN_AGE_OFF */
    int64_t min_token_life;
    int account_type; /* enum account_type */
    bool set_user;
    bool groups;
    bool record_session;
    bool use_session;
    int without_token; /* enum without_token */
    bool one_time;
    bool end_session_at_expiry;
    char *prompt;
    struct strings exempt; /* account names and %group */
};

struct config {
    char *path; /* of the main file */
    struct global global;
    struct tenant *tenant;
    size_t tenant_count;
    struct service *service;
    size_t service_count;
};

/* The path that is used when neither a module argument nor --config names one. */
extern const char config_default_path[];

/* Reads the main file and PATH.d (for the default path auth0jwt.conf.d; in general the path
 * followed by ".d"), validates everything, and sets defaults. On REASON_CONFIG_ERROR *out is NULL
 * and `why` says "file:line: what is wrong, and what to do"; on REASON_OUT_OF_MEMORY it says that.
 * Warnings (ignore_unknown) go to the log, which may be NULL. A default file that is missing is an
 * empty one, and one without tenant and service is valid: it serves nobody. */
enum reason config_load(const char *path, const struct log *log, struct config **out,
                        struct text *why);

/* Sets *config to NULL, which it may be already. */
void config_free(struct config **config);

/* The section for a PAM service: its own, else for sudo-i that of sudo and for su-l that of su,
 * else *; NULL where there is none. Borrowed. */
const struct service *config_service(const struct config *config, const char *name);

/* By its name; NULL where there is none. */
const struct tenant *config_tenant(const struct config *config, const char *name);
const struct tenant *config_find_tenant(const struct config *config, struct bytes name);

/* The tenant with this issuer among those that the service takes (all, where service is NULL); NULL
 * where there is none. */
const struct tenant *config_tenant_of_issuer(const struct config *config,
                                             const struct service *service, struct bytes issuer);

/* Does the service take tokens of this tenant? */
bool service_takes_tenant(const struct service *service, const struct tenant *tenant);

/* What a token of this tenant must be for this service (NULL: for no service in particular).
 * Borrows from both. */
void config_policy(const struct tenant *tenant, const struct service *service,
                   struct token_policy *policy);

#endif
