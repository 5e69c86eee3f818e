/*
 * Signatures: RFC 7515 section 5.2, RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "jwt/jws.h"

enum { ED25519_SIGNATURE = 64 };

/* OpenSSL wants DER where JWS has r||s (RFC 7518 section 3.4). *der is the caller's to
 * OPENSSL_clear_free. */
static enum reason der_from_halves(struct bytes halves, uint8_t **der, size_t *der_len)
{
    int half = (int)(halves.len / 2);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(halves.ptr, half, NULL);
    BIGNUM *s = BN_bin2bn(halves.ptr + half, half, NULL);
    int length = -1;

    *der = NULL;
    if (signature != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(signature, r, s) == 1) {
        /* at this point r and s belong to signature */
        r = NULL;
        s = NULL;
        length = i2d_ECDSA_SIG(signature, der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    if (length <= 0) {
        return REASON_OUT_OF_MEMORY;
    }
    *der_len = (size_t)length;
    return REASON_ACCEPTED;
}

/* OpenSSL checks it for PKCS #1 but not for PSS, and takes more than one length of DER for ECDSA.
 */
static bool length_is_right(const struct jws *jws, const EVP_PKEY *key)
{
    const struct alg_row *row = alg_row(jws->alg);
    size_t length = jws->signature.len;

    switch (row->key_type) {
    case KEY_TYPE_RSA:
        return EVP_PKEY_get_size(key) > 0 && length == (size_t)EVP_PKEY_get_size(key);
    case KEY_TYPE_EC:
        return length == 2 * row->coordinate;
    case KEY_TYPE_OKP:
        return length == ED25519_SIGNATURE;
    case KEY_TYPE_UNKNOWN:
        break;
    }
    return false;
}

/* The key's own type must be the algorithm's: an equality, checked here again whoever chose the
 * key. */
static bool type_is_right(enum alg alg, const EVP_PKEY *key)
{
    static const char *const names[] = {
        [KEY_TYPE_UNKNOWN] = "",
        [KEY_TYPE_RSA] = "RSA",
        [KEY_TYPE_EC] = "EC",
        [KEY_TYPE_OKP] = "ED25519",
    };

    return alg_row(alg)->key_type != KEY_TYPE_UNKNOWN &&
           EVP_PKEY_is_a(key, names[alg_row(alg)->key_type]) == 1;
}

static bool start(EVP_MD_CTX *context, enum alg alg, EVP_PKEY *key)
{
    const struct alg_row *row = alg_row(alg);
    EVP_PKEY_CTX *parameters = NULL;

    if (EVP_DigestVerifyInit_ex(context, &parameters, row->digest, NULL, NULL, key, NULL) != 1) {
        return false;
    }
    if (!row->pss) {
        return true;
    }
    return EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(parameters, row->digest, NULL) == 1;
}

static enum reason verify(const struct jws *jws, EVP_PKEY *key, struct bytes signature)
{
    enum reason r = REASON_INTERNAL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (context == NULL) {
        return REASON_OUT_OF_MEMORY;
    }
    if (start(context, jws->alg, key)) {
        int good = EVP_DigestVerify(context, signature.ptr, signature.len, jws->signing_input.ptr,
                                    jws->signing_input.len);

        r = good == 1 ? REASON_ACCEPTED : REASON_BAD_SIGNATURE;
    }
    EVP_MD_CTX_free(context);
    return r;
}

enum reason jws_verify_signature(const struct jws *jws, EVP_PKEY *key)
{
    struct bytes signature = bytes_of_blob(&jws->signature);
    enum reason r = REASON_ACCEPTED;
    uint8_t *der = NULL;

    if (!type_is_right(jws->alg, key) || !length_is_right(jws, key)) {
        return REASON_BAD_SIGNATURE;
    }
    ERR_set_mark();
    if (alg_row(jws->alg)->key_type == KEY_TYPE_EC) {
        r = der_from_halves(signature, &der, &signature.len);
        signature.ptr = der;
    }
    if (r == REASON_ACCEPTED) {
        r = verify(jws, key, signature);
    }
    if (r != REASON_ACCEPTED && ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE) {
        r = REASON_OUT_OF_MEMORY;
    }
    OPENSSL_clear_free(der, der == NULL ? 0 : signature.len);
    ERR_pop_to_mark();
    return r;
}
