/*
 * The algorithm table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jwt/alg.h"

static const struct alg_row rows[ALG_COUNT] = {
    [ALG_UNKNOWN] = {"unknown", NULL, KEY_TYPE_UNKNOWN, NULL, false, 0, 0},
    [ALG_RS256] = {"RS256", "SHA256", KEY_TYPE_RSA, NULL, false, 0, 342},
    [ALG_RS384] = {"RS384", "SHA384", KEY_TYPE_RSA, NULL, false, 0, 342},
    [ALG_RS512] = {"RS512", "SHA512", KEY_TYPE_RSA, NULL, false, 0, 342},
    [ALG_PS256] = {"PS256", "SHA256", KEY_TYPE_RSA, NULL, true, 0, 342},
    [ALG_PS384] = {"PS384", "SHA384", KEY_TYPE_RSA, NULL, true, 0, 342},
    [ALG_PS512] = {"PS512", "SHA512", KEY_TYPE_RSA, NULL, true, 0, 342},
    [ALG_ES256] = {"ES256", "SHA256", KEY_TYPE_EC, "P-256", false, 32, 86},
    [ALG_ES384] = {"ES384", "SHA384", KEY_TYPE_EC, "P-384", false, 48, 128},
    [ALG_ES512] = {"ES512", "SHA512", KEY_TYPE_EC, "P-521", false, 66, 176},
    [ALG_EDDSA] = {"EdDSA", NULL, KEY_TYPE_OKP, "Ed25519", false, 0, 86},
};

const struct alg_row *alg_row(enum alg alg)
{
    return &rows[(size_t)alg < ALG_COUNT ? alg : ALG_UNKNOWN];
}

enum alg alg_find(struct bytes name)
{
    int alg;

    for (alg = ALG_UNKNOWN + 1; alg < ALG_COUNT; alg++) {
        if (bytes_equal_string(name, rows[alg].name)) {
            return (enum alg)alg;
        }
    }
    return ALG_UNKNOWN;
}

const char *alg_name(enum alg alg)
{
    return alg_row(alg)->name;
}
