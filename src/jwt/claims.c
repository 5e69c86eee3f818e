/*
 * Claims: RFC 7519 section 4.1, RFC 9068 section 2.2, RFC 7800 (cnf), RFC 8693 section 4.1 (act).
 * Types before decisions, one small function per check, one table in the order of the reasons.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jwt/claims.h"

enum { SUB_MAX = 512 };

/* What a check looks at. */
struct inspection {
    const struct token_policy *policy;
    const struct claims *claims;
    const char *unreadable; /* the first claim of a wrong type or range, or NULL */
    int64_t now;
    struct text *detail;
};

static bool present(const struct claims *claims, const char *name)
{
    const struct json *member;

    return json_member(claims->json, name, &member);
}

/* OpenID Connect Core section 2 and Back-Channel Logout section 2.4: marks that no access token
 * has. */
static bool is_access_token(const struct inspection *it)
{
    static const char *const marks[] = {"nonce", "at_hash", "c_hash", "s_hash", "events"};
    size_t i;

    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (present(it->claims, marks[i])) {
            text_set(it->detail, "it has %s", marks[i]);
            return false;
        }
    }
    return true;
}

static bool has_required(const struct inspection *it)
{
    static const char *const required[] = {"iss", "sub", "aud", "exp", "iat", "client_id", "jti"};
    size_t count = it->policy->profile == TOKEN_PROFILE_RFC9068 ? 7 : 5;
    size_t i;

    for (i = 0; i < count; i++) {
        if (!present(it->claims, required[i])) {
            text_set(it->detail, "no %s", required[i]);
            return false;
        }
    }
    return true;
}

static bool is_string_array(const struct json *value)
{
    struct bytes item;
    size_t i;

    for (i = 0; i < json_array_length(value); i++) {
        if (!json_string(json_array_item(value, i), &item)) {
            return false;
        }
    }
    return json_is_array(value);
}

/* Absent is fine: what must be there was looked for before. */
static bool read_string(const struct json *json, const char *name, struct bytes *out)
{
    return json_member_string(json, name, out) != JSON_OTHER;
}

static bool read_date(const struct json *json, const char *name, double *out)
{
    const struct json *member;

    *out = 0;
    return !json_member(json, name, &member) ||
           (json_number(member, out) && *out >= 0 && *out <= (double)NUMERIC_DATE_MAX);
}

static bool subject_is_plain(struct bytes sub)
{
    size_t i;

    for (i = 0; i < sub.len; i++) {
        if (sub.ptr[i] < 0x20 || sub.ptr[i] == 0x7f) {
            return false;
        }
    }
    return sub.len >= 1 && sub.len <= SUB_MAX;
}

static bool read_audience(const struct json *json, const struct json **out)
{
    struct bytes string;

    return json_member(json, "aud", out) && (json_string(*out, &string) || is_string_array(*out));
}

static bool read_permissions(const struct json *json, const struct json **out)
{
    return !json_member(json, "permissions", out) || is_string_array(*out);
}

/* Reads all that is there, so that the log can tell it whatever the verdict. Returns the first
 * claim that has a wrong type or range, or NULL. */
static const char *read_claims(struct claims *claims)
{
    const struct json *json = claims->json;
    const struct {
        const char *name;
        struct bytes *out;
    } strings[] = {
        {"iss", &claims->iss}, {"azp", &claims->azp},       {"client_id", &claims->client_id},
        {"jti", &claims->jti}, {"org_id", &claims->org_id}, {"scope", &claims->scope},
        {"sub", &claims->sub},
    };
    const struct {
        const char *name;
        double *out;
    } dates[] = {{"exp", &claims->exp}, {"iat", &claims->iat}, {"nbf", &claims->nbf}};
    const char *bad = NULL;
    size_t i;

    bad = read_permissions(json, &claims->permissions) ? bad : "permissions";
    bad = read_audience(json, &claims->aud) ? bad : "aud";
    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        bad = read_string(json, strings[i].name, strings[i].out) ? bad : strings[i].name;
    }
    bad = subject_is_plain(claims->sub) ? bad : "sub";
    for (i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        bad = read_date(json, dates[i].name, dates[i].out) ? bad : dates[i].name;
    }
    return bad;
}

static bool is_readable(const struct inspection *it)
{
    if (it->unreadable != NULL) {
        text_set(it->detail, "%s has the wrong type or range", it->unreadable);
    }
    return it->unreadable == NULL;
}

static bool audience_allowed(const struct token_policy *policy, const struct json *item)
{
    struct bytes audience;

    return json_string(item, &audience) && policy->audiences != NULL &&
           strings_contain(policy->audiences, audience) &&
           (policy->narrow_audiences == NULL ||
            strings_contain(policy->narrow_audiences, audience));
}

static bool has_audience(const struct inspection *it)
{
    const struct json *aud = it->claims->aud;
    struct bytes first;
    size_t i;

    if (audience_allowed(it->policy, aud)) {
        return true;
    }
    for (i = 0; i < json_array_length(aud); i++) {
        if (audience_allowed(it->policy, json_array_item(aud, i))) {
            return true;
        }
    }
    if (it->detail != NULL &&
        (json_string(aud, &first) || json_string(json_array_item(aud, 0), &first))) {
        text_set(it->detail, "aud is ");
        text_quote(it->detail, first);
    }
    return false;
}

/* RFC 7519 section 4.1.4: on or after. The sums are whole numbers, so fractions lose nothing. */
static bool is_unexpired(const struct inspection *it)
{
    double limit = (double)(it->now - it->policy->leeway);

    if (it->claims->exp <= limit) {
        text_set(it->detail, "exp was %.0f seconds ago", (double)it->now - it->claims->exp);
        return false;
    }
    return true;
}

static bool is_valid_yet(const struct inspection *it)
{
    const struct claims *claims = it->claims;
    double limit = (double)(it->now + it->policy->leeway);

    if (claims->nbf > limit || claims->iat > limit) {
        const char *name = claims->nbf > limit ? "nbf" : "iat";

        text_set(it->detail, "%s is %.0f seconds ahead", name,
                 (claims->nbf > limit ? claims->nbf : claims->iat) - (double)it->now);
        return false;
    }
    return true;
}

static bool is_fresh(const struct inspection *it)
{
    const struct token_policy *policy = it->policy;
    const struct claims *claims = it->claims;

    if (policy->max_token_age != TOKEN_AGE_OFF &&
        claims->iat < (double)(it->now - policy->max_token_age - policy->leeway)) {
        text_set(it->detail, "issued %.0f seconds ago, max_token_age is %lld",
                 (double)it->now - claims->iat, (long long)policy->max_token_age);
        return false;
    }
    if (policy->min_token_life != TOKEN_AGE_OFF &&
        claims->exp < (double)(it->now + policy->min_token_life)) {
        text_set(it->detail, "expires in %.0f seconds, min_token_life is %lld",
                 claims->exp - (double)it->now, (long long)policy->min_token_life);
        return false;
    }
    return true;
}

/* RFC 7800: bound to a key. A password prompt has no proof of possession to check, so the binding
 * would be ignored, and that is what it is there against. */
static bool is_bearer(const struct inspection *it)
{
    return !present(it->claims, "cnf");
}

static bool is_undelegated(const struct inspection *it)
{
    return !present(it->claims, "act");
}

static bool party_allowed(const struct inspection *it, struct bytes party)
{
    const struct strings *parties = it->policy->authorized_parties;

    if (party.ptr == NULL || (parties != NULL && strings_contain(parties, party))) {
        return true;
    }
    if (it->detail != NULL) {
        text_set(it->detail, "issued to ");
        text_quote(it->detail, party);
    }
    return false;
}

static bool has_party(const struct inspection *it)
{
    const struct claims *claims = it->claims;

    if (it->policy->any_party) {
        return true;
    }
    if (claims->azp.ptr == NULL && claims->client_id.ptr == NULL) {
        text_set(it->detail, "neither azp nor client_id");
        return false;
    }
    return party_allowed(it, claims->azp) && party_allowed(it, claims->client_id);
}

static bool has_organization(const struct inspection *it)
{
    const struct strings *allowed = it->policy->organizations;
    struct bytes org_id = it->claims->org_id;
    bool listed = allowed != NULL && allowed->count > 0;

    if (org_id.ptr == NULL) {
        text_set(it->detail, listed ? "no org_id" : "");
        return !listed;
    }
    if (listed && strings_contain(allowed, org_id)) {
        return true;
    }
    if (it->detail != NULL) {
        text_set(it->detail, "org_id is ");
        text_quote(it->detail, org_id);
    }
    return false;
}

struct check {
    enum reason objection;
    bool (*passes)(const struct inspection *it);
};

static const struct check checks[] = {
    {REASON_ID_TOKEN, is_access_token},
    {REASON_MISSING_CLAIM, has_required},
    {REASON_BAD_CLAIM, is_readable},
    {REASON_WRONG_AUDIENCE, has_audience},
    {REASON_EXPIRED, is_unexpired},
    {REASON_NOT_YET_VALID, is_valid_yet},
    {REASON_TOO_OLD, is_fresh},
    {REASON_SENDER_CONSTRAINED, is_bearer},
    {REASON_DELEGATED, is_undelegated},
    {REASON_WRONG_PARTY, has_party},
    {REASON_WRONG_ORGANIZATION, has_organization},
};

enum reason claims_check(const struct token_policy *policy, const struct json *json, int64_t now,
                         struct claims *out, struct text *detail)
{
    struct inspection it = {policy, out, NULL, now, detail};
    size_t i;

    *out = (struct claims){.json = json, .permission_claim = policy->permission_claim};
    it.unreadable = read_claims(out);
    if (policy->account_claim != NULL) {
        json_member_string(json, policy->account_claim, &out->account);
    }
    for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (!checks[i].passes(&it)) {
            return checks[i].objection;
        }
    }
    return REASON_ACCEPTED;
}

struct bytes claims_party(const struct claims *claims)
{
    return claims->azp.ptr != NULL ? claims->azp : claims->client_id;
}

/* gty is a string, or an array of strings (seen where grants follow each other). */
static bool grant_is_client_credentials(const struct json *json)
{
    static const char grant[] = "client-credentials";
    const struct json *gty;
    struct bytes item;
    size_t i;

    if (!json_member(json, "gty", &gty)) {
        return false;
    }
    for (i = 0; i < json_array_length(gty); i++) {
        if (json_string(json_array_item(gty, i), &item) && bytes_equal_string(item, grant)) {
            return true;
        }
    }
    return json_string(gty, &item) && memmem(item.ptr, item.len, grant, sizeof(grant) - 1) != NULL;
}

bool claims_of_machine(const struct claims *claims)
{
    struct bytes profile;
    enum json_found found = json_member_string(claims->json, "sub_profile", &profile);

    return grant_is_client_credentials(claims->json) || bytes_end_with(claims->sub, "@clients") ||
           (claims->azp.ptr != NULL && bytes_equal(claims->sub, claims->azp)) ||
           (claims->client_id.ptr != NULL && bytes_equal(claims->sub, claims->client_id)) ||
           found == JSON_OTHER || (found == JSON_STRING && !bytes_equal_string(profile, "user"));
}

bool claims_have(const struct claims *claims, const char *name, const char *value)
{
    const struct json *member;
    struct bytes item;
    size_t i;

    if (!json_member(claims->json, name, &member)) {
        return false;
    }
    if (!is_string_array(member)) {
        return json_scalar_is(member, value);
    }
    for (i = 0; i < json_array_length(member); i++) {
        if (json_string(json_array_item(member, i), &item) && bytes_equal_string(item, value)) {
            return true;
        }
    }
    return false;
}

/* The next word of a scope, RFC 6749 section 3.3: separated by spaces. Moves *rest behind it. */
static bool next_scope(struct bytes *rest, struct bytes *word)
{
    while (rest->len > 0 && rest->ptr[0] == ' ') {
        *rest = bytes_from(*rest, 1);
    }
    *word = bytes_first(*rest, bytes_find(*rest, ' '));
    *rest = bytes_from(*rest, word->len);
    return word->len > 0;
}

bool claims_permission(const struct claims *claims, size_t index, struct bytes *out)
{
    struct bytes rest = claims->scope;

    if (claims->permission_claim == PERMISSION_CLAIM_PERMISSIONS) {
        return json_string(json_array_item(claims->permissions, index), out);
    }
    do {
        if (!next_scope(&rest, out)) {
            return false;
        }
    } while (index-- > 0);
    return true;
}

bool claims_permit(const struct claims *claims, const char *permission)
{
    struct bytes rest = claims->scope;
    struct bytes item;
    size_t i;

    if (claims->permission_claim == PERMISSION_CLAIM_SCOPE) {
        while (next_scope(&rest, &item)) {
            if (bytes_equal_string(item, permission)) {
                return true;
            }
        }
        return false;
    }
    for (i = 0; i < json_array_length(claims->permissions); i++) {
        if (json_string(json_array_item(claims->permissions, i), &item) &&
            bytes_equal_string(item, permission)) {
            return true;
        }
    }
    return false;
}
