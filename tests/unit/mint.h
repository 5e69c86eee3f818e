/*
 * Keys and tokens for tests: OpenSSL alone, nothing of src/jwt but the names of the algorithms, so
 * that a mistake there is not repeated here. What fails ends the program.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_MINT_H
#define AUTH0JWT_TESTS_MINT_H

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>

/* "RSA" makes 2048 bits; also "P-256", "P-384", "P-521" and "Ed25519". Free with EVP_PKEY_free. */
EVP_PKEY *mint_key(const char *kind);
EVP_PKEY *mint_rsa(unsigned bits);

/* What kind of key signs with this algorithm; NULL for a name that is no asymmetric algorithm. */
const char *mint_kind(const char *alg);

/* base64url without padding; the caller frees. */
char *mint_base64url(const void *data, size_t len);

/* The public key as a JWK; kid and alg are left out where NULL, `more` (may be NULL) is put in
 * as it is, and must begin with a comma. The caller frees. */
char *mint_jwk(EVP_PKEY *key, const char *kid, const char *alg, const char *more);

/* {"keys":[a,b]}; b may be NULL. The caller frees. */
char *mint_jwks(const char *a, const char *b);

/* A compact JWS over these texts, signed as `alg` says, whatever the header says. The caller frees.
 */
char *mint_token(EVP_PKEY *key, const char *alg, const char *header, const char *payload);

/* The same from ready signature bytes. */
char *mint_compact(const char *header, const char *payload, const void *signature, size_t len);

/* HMAC over the signing input: the old confusion of a public key with a secret. */
char *mint_hmac(const char *digest, const void *secret, size_t len, const char *header,
                const char *payload);

/* The signature over a signing input in JWS form (ECDSA: r and s side by side); the caller frees.
 */
uint8_t *mint_signature(EVP_PKEY *key, const char *alg, const void *input, size_t input_len,
                        size_t *len);

/* printf into memory that the caller frees. */
char *mint_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
