/*
 * Runs every vector (tests/vectors/README.md) through the verifier: verdict and reason as the file
 * says.
 *
 * Files: tests/vectors/NAME.json of the source tree ($srcdir, or the first argument), all of them.
 * The converted Wycheproof set is not part of the source: it is run where $WYCHEPROOF_VECTORS or
 * ../shared/vectors/wycheproof.json beside the source tree names it, and the output says whether it
 * was.
 *
 * A case whose answer does not depend on the clock is asked in 2020, 2027 and 2096. Tokens lie in
 * memory of exactly their size, so that a sanitizer sees a byte read too many.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "base/strings.h"
#include "jwt/access_token.h"
#include "jwt/jwks.h"
#include "jwt/jws.h"
#include "vector_file.h"

/* One case, ready to be asked. */
struct vector {
    struct json_object *row;
    const char *id;
    struct token_policy policy;
    struct strings audiences;
    struct json_object *permissions; /* required ones */
    size_t max_size;
    int64_t now;
    struct blob token;
    struct blob jwks;
};

struct answer {
    enum reason reason;
    struct text detail;
    struct access_token *token; /* of an accepted access token */
};

struct score {
    size_t cases;
    size_t asked;
    size_t failed;
};

/* --- from a case to a question --- */

static unsigned algorithms_of(struct json_object *names)
{
    unsigned algorithms = 0;
    size_t i;

    for (i = 0; i < json_object_array_length(names); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(names, i));

        algorithms |= alg_bit(alg_find(bytes_of(name)));
    }
    return algorithms;
}

static void vector_policy(struct vector *vector, struct json_object *file)
{
    struct token_policy *policy = &vector->policy;
    struct json_object *row = vector->row;
    struct json_object *max_age = get_config(file, row, "max_age");
    struct json_object *audience = get_config(file, row, "audience");
    const char *typ = json_object_get_string(get_config(file, row, "typ_policy"));
    size_t i;

    for (i = 0; i < json_object_array_length(audience); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(audience, i));

        NEED(strings_add(&vector->audiences, bytes_of(name)));
    }
    policy->issuer = json_object_get_string(get_config(file, row, "issuer"));
    policy->audiences = &vector->audiences;
    policy->algorithms = algorithms_of(get_config(file, row, "algorithms"));
    policy->profile = strcmp(typ, "strict") == 0 ? TOKEN_PROFILE_RFC9068 : TOKEN_PROFILE_EITHER;
    policy->leeway = json_object_get_int64(get_config(file, row, "leeway"));
    policy->any_party = true;
    policy->max_token_age = max_age == NULL ? TOKEN_AGE_OFF : json_object_get_int64(max_age);
    policy->min_token_life = TOKEN_AGE_OFF;
}

static void vector_read(struct vector *vector, struct json_object *file, struct json_object *row)
{
    struct json_object *jwks = NULL;
    struct json_object *now = get(row, "now");

    *vector = (struct vector){.row = row, .id = get_string(row, "id")};
    NEED(vector->id != NULL && get_string(row, "expect") != NULL);
    vector_policy(vector, file);
    vector->permissions = get_config(file, row, "required_permissions");
    vector->max_size = (size_t)json_object_get_int64(get_config(file, row, "max_token_bytes"));
    vector->now = json_object_get_int64(now == NULL ? get(file, "now") : now);
    octets_of(get(row, "token"), &vector->token);
    NEED(json_object_object_get_ex(get(file, "jwks"), get_string(row, "jwks"), &jwks));
    octets_of(jwks, &vector->jwks);
}

static void vector_free(struct vector *vector)
{
    strings_free(&vector->audiences);
    blob_free(&vector->token);
    blob_free(&vector->jwks);
}

/* --- asking --- */

static enum reason check_permissions(const struct vector *vector, const struct access_token *token)
{
    size_t i;

    for (i = 0; i < json_object_array_length(vector->permissions); i++) {
        struct json_object *name = json_object_array_get_idx(vector->permissions, i);

        if (!access_token_permits(token, json_object_get_string(name))) {
            return REASON_MISSING_PERMISSION;
        }
    }
    return REASON_ACCEPTED;
}

/* The whole verifier, as a login calls it. */
static enum reason ask_whole(const struct vector *vector, struct jws *jws, int64_t now,
                             struct answer *answer)
{
    struct claims facts = {0};
    struct jwks *jwks = NULL;
    enum reason keys = jwks_parse(bytes_of_blob(&vector->jwks), &jwks);
    enum reason reason = jws_parse_claims(jws);

    if (reason == REASON_ACCEPTED) {
        reason = jws_check_crit(jws);
    }
    if (reason == REASON_ACCEPTED && keys != REASON_ACCEPTED) {
        reason = access_token_precheck(&vector->policy, jws, &answer->detail);
        reason = reason == REASON_ACCEPTED ? keys : reason;
    } else if (reason == REASON_ACCEPTED) {
        reason = access_token_verify(&vector->policy, jwks, jws, now, &facts, &answer->token,
                                     &answer->detail);
    }
    if (reason == REASON_ACCEPTED) {
        reason = check_permissions(vector, answer->token);
    }
    jwks_free(&jwks);
    return reason;
}

/* Header, key and signature only: the payload is no claims set. */
static enum reason ask_signature(const struct vector *vector, const struct jws *jws)
{
    struct jwks *jwks = NULL;
    EVP_PKEY *key = NULL;
    enum reason reason = jws_check_crit(jws);

    if (reason == REASON_ACCEPTED && (vector->policy.algorithms & alg_bit(jws->alg)) == 0) {
        reason = REASON_UNSUPPORTED_ALG;
    }
    if (reason == REASON_ACCEPTED) {
        reason = jwks_parse(bytes_of_blob(&vector->jwks), &jwks);
    }
    if (reason == REASON_ACCEPTED) {
        reason = jwks_find(jwks, jws, &key, NULL);
    }
    if (reason == REASON_ACCEPTED) {
        reason = jws_verify_signature(jws, key);
    }
    EVP_PKEY_free(key);
    jwks_free(&jwks);
    return reason;
}

/* Copies the token to memory of exactly its size: no NUL behind it, and nothing else. */
static void ask(const struct vector *vector, bool whole, int64_t now, struct answer *answer)
{
    size_t len = vector->token.len;
    uint8_t *exact = malloc(len == 0 ? 1 : len);
    struct jws *jws = NULL;

    NEED(exact != NULL);
    memcpy(exact, vector->token.ptr, len);
    answer->reason = jws_parse((struct bytes){exact, len}, vector->max_size, &jws);
    NEED((answer->reason == REASON_ACCEPTED) == (jws != NULL));
    if (jws != NULL) {
        answer->reason = whole ? ask_whole(vector, jws, now, answer) : ask_signature(vector, jws);
    }
    jws_free(&jws);
    free(exact);
}

/* --- judging the answer --- */

static bool is_one_of(const char *name, struct json_object *expected)
{
    struct json_object *also = get(expected, "also_ok");
    const char *reason = get_string(expected, "reason");
    size_t i;

    if (reason != NULL && strcmp(name, reason) == 0) {
        return true;
    }
    for (i = 0; also != NULL && i < json_object_array_length(also); i++) {
        if (strcmp(name, json_object_get_string(json_object_array_get_idx(also, i))) == 0) {
            return true;
        }
    }
    return false;
}

/* sub and permissions must come out as they went in, in their order. */
static bool claims_match(struct json_object *expected, const struct access_token *token)
{
    const char *sub = get_string(expected, "sub");
    struct json_object *permissions = get(expected, "permissions");
    size_t count;
    struct bytes permission;
    size_t i;

    if (token == NULL || (sub != NULL && !bytes_equal_string(token->claims.sub, sub))) {
        return false;
    }
    if (permissions == NULL) {
        return true; /* too many to be written down */
    }
    count = json_object_array_length(permissions);
    for (i = 0; i < count; i++) {
        const char *want = json_object_get_string(json_object_array_get_idx(permissions, i));

        if (!claims_permission(&token->claims, i, &permission) ||
            !bytes_equal_string(permission, want) || !access_token_permits(token, want)) {
            return false;
        }
    }
    return !claims_permission(&token->claims, count, &permission);
}

static bool as_expected(const struct vector *vector, bool whole, const struct answer *answer)
{
    struct json_object *full = get(vector->row, "full");
    struct json_object *claims = get(vector->row, "claims");
    const char *name = reason_name(answer->reason);

    if (is_true(vector->row, "either") && answer->reason == REASON_ACCEPTED) {
        return true;
    }
    if (whole && full != NULL) {
        return answer->token == NULL && is_one_of(name, full);
    }
    if (strcmp(get_string(vector->row, "expect"), "accept") != 0) {
        return answer->reason != REASON_ACCEPTED && is_one_of(name, vector->row);
    }
    return answer->reason == REASON_ACCEPTED &&
           (claims == NULL || claims_match(claims, answer->token));
}

static void judge(const struct vector *vector, bool whole, int64_t now, struct score *score)
{
    struct answer answer = {0};
    struct json_object *full = whole ? get(vector->row, "full") : NULL;
    struct json_object *expected = full == NULL ? vector->row : full;

    ask(vector, whole, now, &answer);
    score->asked++;
    if (!as_expected(vector, whole, &answer)) {
        score->failed++;
        printf("not ok %s (%s, now=%lld): got %s%s%s%s, expected %s %s\n    # %s\n", vector->id,
               whole ? "whole" : "signature", (long long)now, reason_name(answer.reason),
               answer.detail.len > 0 ? " [" : "", answer.detail.at,
               answer.detail.len > 0 ? "]" : "",
               full == NULL ? get_string(vector->row, "expect") : "reject",
               json_object_to_json_string(get(expected, "reason")),
               get_string(vector->row, "comment"));
    }
    access_token_free(&answer.token);
}

static void run_case(struct json_object *file, struct json_object *row, struct score *score)
{
    static const int64_t other_clocks[] = {1600000000, 4000000000};
    struct vector vector;
    size_t wrong_before;
    bool signature_only;
    size_t i;

    vector_read(&vector, file, row);
    signature_only = strcmp(get_string(row, "layer"), "jws") == 0;
    score->cases++;
    wrong_before = score->failed;
    judge(&vector, !signature_only, vector.now, score);
    if (signature_only && get(row, "full") != NULL) {
        judge(&vector, true, vector.now, score);
    }
    for (i = 0; is_true(row, "clock_free") && i < sizeof(other_clocks) / sizeof(*other_clocks);
         i++) {
        judge(&vector, !signature_only, other_clocks[i], score);
    }
    if (score->failed == wrong_before) {
        printf("ok %s\n", vector.id);
    }
    vector_free(&vector);
}

/* --- files --- */

static void run_file(const char *path, struct score *total)
{
    struct json_object *file = json_object_from_file(path);
    struct json_object *cases = get(file, "cases");
    struct score score = {0};
    size_t i;

    NEED(json_object_is_type(cases, json_type_array));
    NEED(get_string(file, "format") != NULL &&
         strcmp(get_string(file, "format"), "pam-auth0jwt-vectors/1") == 0);
    for (i = 0; i < json_object_array_length(cases); i++) {
        run_case(file, json_object_array_get_idx(cases, i), &score);
    }
    NEED(score.cases > 0 &&
         (int64_t)score.cases == json_object_get_int64(get(file, "numberOfCases")));
    printf("# %s: %zu cases, %zu questions, %zu wrong\n", get_string(file, "family"), score.cases,
           score.asked, score.failed);
    total->cases += score.cases;
    total->asked += score.asked;
    total->failed += score.failed;
    json_object_put(file);
}

static int is_json(const struct dirent *entry)
{
    return bytes_end_with(bytes_of(entry->d_name), ".json") ? 1 : 0;
}

static void run_folder(const char *folder, struct score *total)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, is_json, alphasort);
    int i;

    if (count <= 0) {
        fprintf(stderr, "%s: no vectors there: %s\n", folder,
                count < 0 ? strerror(errno) : "empty");
        exit(99);
    }
    for (i = 0; i < count; i++) {
        char *path = NULL;

        NEED(asprintf(&path, "%s/%s", folder, names[i]->d_name) > 0);
        run_file(path, total);
        free(path);
        free(names[i]);
    }
    free(names);
}

static void run_wycheproof(const char *source, struct score *total)
{
    const char *named = getenv("WYCHEPROOF_VECTORS");
    char *path = NULL;

    if (named != NULL) {
        run_file(named, total);
        return;
    }
    NEED(asprintf(&path, "%s/../shared/vectors/wycheproof.json", source) > 0);
    if (access(path, R_OK) == 0) {
        run_file(path, total);
    } else {
        printf("# wycheproof: NOT RUN, no %s (set WYCHEPROOF_VECTORS to name it)\n", path);
    }
    free(path);
}

int main(int argc, char **argv)
{
    struct score total = {0};
    const char *source = argc > 1 ? argv[1] : getenv("srcdir");
    char *folder = NULL;

    source = source == NULL ? "." : source;
    NEED(asprintf(&folder, "%s/tests/vectors", source) > 0);
    run_folder(folder, &total);
    run_wycheproof(source, &total);
    free(folder);
    printf("# all: %zu cases, %zu questions, %zu wrong\n", total.cases, total.asked, total.failed);
    return total.failed == 0 ? 0 : 1;
}
