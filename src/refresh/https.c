/*
 * libcurl with everything off that is not needed: no other scheme, no redirect, no proxy, no
 * cookie, no netrc, no compression, no environment. It judges nothing that it receives.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "refresh/https.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "refresh/frame.h"

/* One answer while it arrives. */
struct arrival {
    struct fetch_reply *reply;
    struct blob room; /* FRAME_BODY_MAX bytes */
    size_t length;
    bool too_large;
};

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct arrival *arrival = context;
    size_t length = size * count;

    if (length > arrival->room.len - arrival->length) {
        arrival->too_large = true;
        return 0;
    }
    if (length > 0) {
        memcpy(arrival->room.ptr + arrival->length, data, length);
    }
    arrival->length += length;
    return length;
}

/* Copies the value of the header where it has this name (lower case, with its colon) and fits. */
static void take_header(struct bytes line, const char *name, char out[FRAME_TEXT_MAX])
{
    size_t length = strlen(name);
    struct bytes value = bytes_trim(bytes_from(line, length));

    if (bytes_equal_string_nocase(bytes_first(line, length), name) && value.len < FRAME_TEXT_MAX &&
        bytes_find(value, '\0') == value.len) {
        memset(out, 0, FRAME_TEXT_MAX);
        if (value.len > 0) {
            memcpy(out, value.ptr, value.len);
        }
    }
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct arrival *arrival = context;
    struct bytes line = {(const uint8_t *)data, size * count};
    char date[FRAME_TEXT_MAX] = "";

    take_header(line, "etag:", arrival->reply->etag);
    take_header(line, "last-modified:", arrival->reply->last_modified);
    take_header(line, "date:", date);
    if (date[0] != '\0') {
        time_t then = curl_getdate(date, NULL);

        arrival->reply->date_skew = then == -1 ? 0 : (int64_t)then - (int64_t)time(NULL);
    }
    return line.len;
}

static bool set_connection(CURL *curl, struct bytes ca)
{
    struct curl_blob blob = {.len = ca.len, .flags = CURL_BLOB_COPY};
    union {
        const uint8_t *in;
        void *out;
    } same = {ca.ptr};
    CURLcode code = CURLE_OK;

    blob.data = same.out;
    code |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    code |= curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    code |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    code |= curl_easy_setopt(curl, CURLOPT_PROXY, "");
    code |= curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    code |= curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    code |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    code |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    code |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (ca.len > 0) {
        /* The folder of the system's authorities would count beside the blob. */
        code |= curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
        code |= curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
        code |= curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
    }
    return code == CURLE_OK;
}

static bool set_behaviour(CURL *curl)
{
    CURLcode code = CURLE_OK;

    code |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    /* Not to wait for a name server that does not answer. */
    code |= curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
#endif
    code |= curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 1L);
    code |= curl_easy_setopt(curl, CURLOPT_VERBOSE, 0L);
    code |= curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    code |= curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    code |= curl_easy_setopt(curl, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    code |= curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)FRAME_BODY_MAX);
    code |= curl_easy_setopt(curl, CURLOPT_USERAGENT, "auth0jwt-refresh/" PACKAGE_VERSION);
    code |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    code |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    return code == CURLE_OK;
}

static enum fetch_status status_of(CURLcode code, bool too_large)
{
    static const struct {
        CURLcode code;
        enum fetch_status status;
    } rows[] = {
        {CURLE_OK, FETCH_OK},
        {CURLE_OPERATION_TIMEDOUT, FETCH_TIMEOUT},
        {CURLE_COULDNT_RESOLVE_HOST, FETCH_NO_HOST},
        {CURLE_COULDNT_CONNECT, FETCH_NO_CONNECTION},
        {CURLE_SSL_CONNECT_ERROR, FETCH_TLS},
        {CURLE_PEER_FAILED_VERIFICATION, FETCH_TLS},
        {CURLE_SSL_CACERT_BADFILE, FETCH_TLS},
        {CURLE_SSL_CERTPROBLEM, FETCH_TLS},
        {CURLE_SSL_ISSUER_ERROR, FETCH_TLS},
        {CURLE_FILESIZE_EXCEEDED, FETCH_TOO_LARGE},
        {CURLE_PARTIAL_FILE, FETCH_CUT},
        {CURLE_RECV_ERROR, FETCH_CUT},
        {CURLE_GOT_NOTHING, FETCH_CUT},
    };
    size_t i;

    if (too_large) {
        return FETCH_TOO_LARGE;
    }
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].code == code) {
            return rows[i].status;
        }
    }
    return FETCH_BROKEN;
}

static void perform(CURL *curl, const struct fetch_request *request, struct blob room,
                    struct fetch_reply *reply)
{
    struct arrival arrival = {reply, room, 0, false};
    char message[CURL_ERROR_SIZE] = "";
    CURLcode code = CURLE_OK;
    long http = 0;

    code |= curl_easy_setopt(curl, CURLOPT_URL, request->url);
    code |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_ms);
    code |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->total_ms);
    code |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, &arrival);
    code |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, &arrival);
    code |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
    code = code == CURLE_OK ? curl_easy_perform(curl) : CURLE_FAILED_INIT;
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
    reply->status = status_of(code, arrival.too_large);
    reply->http = (uint32_t)http;
    if (reply->status == FETCH_OK) {
        reply->body = (struct blob){room.ptr, arrival.length};
    } else {
        const char *text = message[0] != '\0' ? message : curl_easy_strerror(code);

        memcpy(reply->message, text, strnlen(text, FRAME_TEXT_MAX - 1));
    }
}

void https_serve(int fd, struct bytes ca)
{
    struct curl_slist *headers = NULL;
    struct blob room = {NULL, 0};
    struct fetch_request request;
    CURL *curl = NULL;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        curl = curl_easy_init();
        headers = curl_slist_append(NULL, "Accept: application/json");
    }
    while (curl != NULL && headers != NULL &&
           (room.ptr != NULL || blob_new(&room, FRAME_BODY_MAX)) && set_connection(curl, ca) &&
           set_behaviour(curl) && curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           frame_receive_request(fd, &request)) {
        struct fetch_reply reply;

        memset(&reply, 0, sizeof(reply));
        perform(curl, &request, room, &reply);
        if (!frame_send_reply(fd, &reply)) {
            break;
        }
    }
    /* Nothing is given back: the process ends now, and tidying may wait for a name server. */
}
