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

static bool set_up(EVP_PKEY_CTX *context, const struct alg_row *row, const EVP_MD *digest)
{
    if (EVP_PKEY_verify_init(context) != 1) {
        return false;
    }
    if (row->key_type == KEY_TYPE_RSA &&
        EVP_PKEY_CTX_set_rsa_padding(context,
                                     row->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) != 1) {
        return false;
    }
    if (EVP_PKEY_CTX_set_signature_md(context, digest) != 1) {
        return false;
    }
    return !row->pss || (EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
                         EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, row->digest, NULL) == 1);
}

/* RSA and ECDSA over the digest. Not EVP_DigestVerify: from OpenSSL 3.4 on that keeps a copy of the
 * signature, and frees it without wiping it. */
static enum reason verify_digest(const struct jws *jws, EVP_PKEY *key, struct bytes signature)
{
    const struct alg_row *row = alg_row(jws->alg);
    EVP_MD *digest = EVP_MD_fetch(NULL, row->digest, NULL);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    uint8_t hash[EVP_MAX_MD_SIZE];
    enum reason r = REASON_INTERNAL;
    unsigned int length = 0;

    if (digest != NULL && context != NULL && set_up(context, row, digest) &&
        EVP_Digest(jws->signing_input.ptr, jws->signing_input.len, hash, &length, digest, NULL) ==
            1) {
        int good = EVP_PKEY_verify(context, signature.ptr, signature.len, hash, length);

        r = good == 1 ? REASON_ACCEPTED : REASON_BAD_SIGNATURE;
    }
    EVP_PKEY_CTX_free(context);
    EVP_MD_free(digest);
    return r;
}

/* EdDSA signs the text itself (RFC 8032 section 5.1), in one go. */
static enum reason verify_text(const struct jws *jws, EVP_PKEY *key, struct bytes signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    enum reason r = context == NULL ? REASON_OUT_OF_MEMORY : REASON_INTERNAL;

    if (context != NULL &&
        EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, key, NULL) == 1) {
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
        r = alg_row(jws->alg)->digest != NULL ? verify_digest(jws, key, signature)
                                              : verify_text(jws, key, signature);
    }
    if (r != REASON_ACCEPTED && ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE) {
        r = REASON_OUT_OF_MEMORY;
    }
    OPENSSL_clear_free(der, der == NULL ? 0 : signature.len);
    ERR_pop_to_mark();
    return r;
}
