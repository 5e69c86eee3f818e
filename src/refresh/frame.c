/*
 * Fixed-size heads, then the text. Both ends are one program, so numbers are in its own byte order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "refresh/frame.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/socket.h>

#include "host/monotonic.h"

enum { REQUEST_MAGIC = 0x51523041, REPLY_MAGIC = 0x50523041, VERSION = 1, DIGEST_SIZE = 32 };

struct reply_head {
    uint32_t magic;
    uint32_t version;
    uint32_t status;
    uint32_t http;
    int64_t date_skew;
    uint32_t body_length;
    uint32_t reserved;
    char message[FRAME_TEXT_MAX];
    char etag[FRAME_TEXT_MAX];
    char last_modified[FRAME_TEXT_MAX];
    uint8_t digest[DIGEST_SIZE]; /* of the body, then of all above */
};

struct request_frame {
    uint32_t magic;
    uint32_t version;
    uint32_t connect_ms;
    uint32_t total_ms;
    char url[FRAME_URL_MAX];
};

static bool send_all(int fd, const void *data, size_t length)
{
    const uint8_t *at = data;

    while (length > 0) {
        ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool receive_all(int fd, int64_t deadline, void *data, size_t length)
{
    uint8_t *at = data;

    while (length > 0) {
        ssize_t got;

        if (!wait_readable(fd, deadline)) {
            return false;
        }
        got = recv(fd, at, length, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        at += got;
        length -= (size_t)got;
    }
    return true;
}

bool frame_send_request(int fd, const struct fetch_request *request)
{
    struct request_frame frame;

    memset(&frame, 0, sizeof(frame));
    frame.magic = REQUEST_MAGIC;
    frame.version = VERSION;
    frame.connect_ms = request->connect_ms;
    frame.total_ms = request->total_ms;
    memcpy(frame.url, request->url, strnlen(request->url, sizeof(frame.url) - 1));
    return send_all(fd, &frame, sizeof(frame));
}

bool frame_receive_request(int fd, struct fetch_request *out)
{
    struct request_frame frame;

    memset(out, 0, sizeof(*out));
    if (!receive_all(fd, INT64_MAX, &frame, sizeof(frame)) || frame.magic != REQUEST_MAGIC ||
        frame.version != VERSION || memchr(frame.url, '\0', sizeof(frame.url)) == NULL) {
        return false;
    }
    out->connect_ms = frame.connect_ms;
    out->total_ms = frame.total_ms;
    memcpy(out->url, frame.url, sizeof(out->url));
    return true;
}

static bool digest_of(const struct reply_head *head, struct bytes body, uint8_t out[DIGEST_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(context, body.ptr, body.len) == 1 &&
                EVP_DigestUpdate(context, head, offsetof(struct reply_head, digest)) == 1 &&
                EVP_DigestFinal_ex(context, out, NULL) == 1;

    EVP_MD_CTX_free(context);
    return good;
}

bool frame_send_reply(int fd, const struct fetch_reply *reply)
{
    struct bytes body = bytes_of_blob(&reply->body);
    struct reply_head head;

    memset(&head, 0, sizeof(head));
    head.magic = REPLY_MAGIC;
    head.version = VERSION;
    head.status = (uint32_t)reply->status;
    head.http = reply->http;
    head.date_skew = reply->date_skew;
    head.body_length = (uint32_t)body.len;
    memcpy(head.message, reply->message, strnlen(reply->message, FRAME_TEXT_MAX - 1));
    memcpy(head.etag, reply->etag, strnlen(reply->etag, FRAME_TEXT_MAX - 1));
    memcpy(head.last_modified, reply->last_modified,
           strnlen(reply->last_modified, FRAME_TEXT_MAX - 1));
    return digest_of(&head, body, head.digest) && send_all(fd, &head, sizeof(head)) &&
           send_all(fd, body.ptr, body.len);
}

static bool text_fits(const char *text)
{
    return memchr(text, '\0', FRAME_TEXT_MAX) != NULL;
}

static bool head_is_good(const struct reply_head *head)
{
    return head->magic == REPLY_MAGIC && head->version == VERSION &&
           head->status < FETCH_STATUS_COUNT && head->body_length <= FRAME_BODY_MAX &&
           text_fits(head->message) && text_fits(head->etag) && text_fits(head->last_modified);
}

bool frame_receive_reply(int fd, int64_t deadline, struct fetch_reply *out)
{
    uint8_t digest[DIGEST_SIZE];
    struct reply_head head;
    struct blob body;

    memset(out, 0, sizeof(*out));
    if (!receive_all(fd, deadline, &head, sizeof(head)) || !head_is_good(&head) ||
        !blob_new(&body, head.body_length)) {
        return false;
    }
    if (!receive_all(fd, deadline, body.ptr, body.len) ||
        !digest_of(&head, bytes_of_blob(&body), digest) ||
        memcmp(digest, head.digest, DIGEST_SIZE) != 0) {
        blob_free(&body);
        return false;
    }
    out->status = (enum fetch_status)head.status;
    out->http = head.http;
    out->date_skew = head.date_skew;
    memcpy(out->message, head.message, FRAME_TEXT_MAX);
    memcpy(out->etag, head.etag, FRAME_TEXT_MAX);
    memcpy(out->last_modified, head.last_modified, FRAME_TEXT_MAX);
    out->body = body;
    return true;
}
