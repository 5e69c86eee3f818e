/*
 * Files that may be believed: owners, modes, links, sticky folders, other kinds of files, sizes,
 * and what changes while one looks. Owners and the effective user are pretended, so that the test
 * says the same to root and to anybody else.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/safe_file.h"
#include "fail_alloc.h"
#include "scratch.h"

static struct scratch scratch;

/* --- what the kernel is made to say --------------------------------------------------------- */

static uid_t pretended_euid;
static ino_t foreign_inode; /* belongs to foreign_uid; all else to root */
static uid_t foreign_uid;
static mode_t foreign_mode; /* or-ed in */

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
uid_t __wrap_geteuid(void);
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size);

int __wrap_fstat(int fd, struct stat *st)
{
    int result = __real_fstat(fd, st);

    if (result == 0) {
        bool foreign = foreign_inode != 0 && st->st_ino == foreign_inode;

        st->st_uid = foreign ? foreign_uid : 0;
        st->st_mode |= foreign ? foreign_mode : 0;
    }
    return result;
}

uid_t __wrap_geteuid(void)
{
    return pretended_euid;
}

static size_t most_per_read; /* 0: no limit */
static int read_errors;      /* how many reads fail first */
static int read_error;
static const char *written_meanwhile; /* appended to this file before the first read */
static const char *cut_meanwhile;     /* emptied before the first read */

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
    if (written_meanwhile != NULL) {
        int file = open(written_meanwhile, O_WRONLY | O_APPEND | O_CLOEXEC);

        assert_int_equal(write(file, "more", 4), 4);
        close(file);
        written_meanwhile = NULL;
    }
    if (cut_meanwhile != NULL) {
        assert_int_equal(truncate(cut_meanwhile, 1), 0);
        cut_meanwhile = NULL;
    }
    if (read_errors > 0) {
        read_errors--;
        errno = read_error;
        return -1;
    }
    return __real_read(fd, buffer,
                       most_per_read != 0 && size > most_per_read ? most_per_read : size);
}

static ino_t inode_of(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st.st_ino;
}

/* --- asking --------------------------------------------------------------------------------- */

static void read_good(const char *path, const char *content)
{
    struct text why = {0};
    struct blob blob;

    if (safe_file_read(path, 100, &blob, &why) != SAFE_FILE_OK) {
        print_error("%s\n", why.at);
        fail();
    }
    assert_int_equal(blob.len, strlen(content));
    assert_string_equal((const char *)blob.ptr, content);
    blob_free(&blob);
    assert_int_equal(safe_file_check(path, 100, &why), SAFE_FILE_OK);
}

/* `why` is the path that is to blame and the complaint. */
static void read_bad(const char *path, enum safe_file result, const char *blamed,
                     const char *complaint)
{
    struct text wanted = {0};
    struct text why = {0};
    struct blob blob = {(uint8_t *)1, 1};

    text_set(&wanted, "%s %s", blamed, complaint);
    assert_int_equal(safe_file_read(path, 100, &blob, &why), result);
    assert_null(blob.ptr);
    assert_string_equal(why.at, wanted.at);
    assert_int_equal(safe_file_read(path, 100, &blob, NULL), result);
    text_clear(&why);
    assert_int_equal(safe_file_check(path, 100, &why), result);
    assert_string_equal(why.at, wanted.at);
}

static void folder_good(const char *path)
{
    struct text why = {0};
    struct stat st;
    struct stat same;
    int fd = -1;

    if (safe_folder_open(path, &fd, &why) != SAFE_FILE_OK) {
        print_error("%s\n", why.at);
        fail();
    }
    assert_int_equal(__real_fstat(fd, &st), 0);
    assert_int_equal(stat(path, &same), 0);
    assert_true(S_ISDIR(st.st_mode) && st.st_ino == same.st_ino);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    /* Not one that only marks a place: it can be synced. */
    assert_int_equal(fsync(fd), 0);
    close(fd);
}

static void folder_bad(const char *path, enum safe_file result, const char *blamed,
                       const char *complaint)
{
    struct text wanted = {0};
    struct text why = {0};
    int fd = 7;

    text_set(&wanted, "%s %s", blamed, complaint);
    assert_int_equal(safe_folder_open(path, &fd, &why), result);
    assert_int_equal(fd, -1);
    assert_string_equal(why.at, wanted.at);
}

#define WRITABLE "can be written by group or others: chmod go-w it"
#define NOT_ROOTS "does not belong to root: chown root it"
#define SMALLER ": make it smaller, or name another file"
#define NOT_REGULAR "is not a regular file: name one"
#define IS_LINK "is a symbolic link: name the real file or folder instead"
#define NO_FOLDER "is no folder, or is a symbolic link: name the real one instead"

static char file[SCRATCH_PATH];   /* PATH/in/file */
static char folder[SCRATCH_PATH]; /* PATH/in */

/* --- tests ---------------------------------------------------------------------------------- */

static void test_good(void **state)
{
    char path[SCRATCH_PATH];

    (void)state;
    read_good(file, "content");
    folder_good(folder);
    scratch_path(&scratch, "in//./file", path);
    read_good(path, "content");
    scratch_path(&scratch, "./in/./.", path);
    folder_good(path);
    scratch_path(&scratch, "in//", path);
    folder_good(path);
    folder_good("/");
    folder_good("//");
    scratch_write(&scratch, "in/.hidden", "x");
    scratch_path(&scratch, "in/.hidden", path);
    read_good(path, "x");
    scratch_write(&scratch, "in/empty", "");
    scratch_path(&scratch, "in/empty", path);
    read_good(path, "");
    scratch_mode(&scratch, "in/file", 0400);
    read_good(file, "content");
    scratch_mode(&scratch, "in/file", 0644);
}

/* Passing through a folder takes less than reading it. */
static void test_folder_that_cannot_be_listed(void **state)
{
    (void)state;
    scratch_mode(&scratch, "in", 0111);
    read_good(file, "content");
    scratch_mode(&scratch, "in", 0755);
}

static void test_paths(void **state)
{
    char path[SCRATCH_PATH];
    char component[400];
    char blamed[700];

    (void)state;
    read_bad("in/file", SAFE_FILE_UNSAFE, "in/file", "is not the absolute path of a file");
    read_bad("", SAFE_FILE_UNSAFE, "", "is not the absolute path of a file");
    read_bad("/", SAFE_FILE_UNSAFE, "/", "is not the absolute path of a file");
    scratch_path(&scratch, "in/", path);
    read_bad(path, SAFE_FILE_UNSAFE, path, "is not the absolute path of a file");
    read_bad(folder, SAFE_FILE_UNSAFE, folder, NOT_REGULAR);
    scratch_path(&scratch, "in/file/x", path);
    read_bad(path, SAFE_FILE_UNSAFE, file, NO_FOLDER);
    folder_bad(file, SAFE_FILE_UNSAFE, file, NO_FOLDER);
    folder_bad("x", SAFE_FILE_UNSAFE, "x", "is not an absolute path");
    folder_bad("", SAFE_FILE_UNSAFE, "", "is not an absolute path");
    scratch_path(&scratch, "in/..", path);
    folder_bad(path, SAFE_FILE_UNSAFE, path,
               "has a component that is too long or \"..\": write the path without it");
    scratch_path(&scratch, "in/absent", path);
    read_bad(path, SAFE_FILE_MISSING, path, "does not exist");
    folder_bad(path, SAFE_FILE_MISSING, path, "does not exist");
    snprintf(component, sizeof(component), "%s/absent/file", folder);
    read_bad(component, SAFE_FILE_MISSING, path, "does not exist");
    memset(component, 'x', sizeof(component));
    component[256] = '\0';
    snprintf(blamed, sizeof(blamed), "%s/%s", folder, component);
    folder_bad(blamed, SAFE_FILE_UNSAFE, blamed,
               "has a component that is too long or \"..\": write the path without it");
    read_bad(blamed, SAFE_FILE_UNSAFE, blamed, "cannot be opened: File name too long");
}

static void test_modes(void **state)
{
    (void)state;
    scratch_mode(&scratch, "in/file", 0664);
    read_bad(file, SAFE_FILE_UNSAFE, file, WRITABLE);
    scratch_mode(&scratch, "in/file", 0646);
    read_bad(file, SAFE_FILE_UNSAFE, file, WRITABLE);
    scratch_mode(&scratch, "in/file", 0644);
    scratch_mode(&scratch, "in", 0775);
    read_bad(file, SAFE_FILE_UNSAFE, folder, WRITABLE);
    folder_bad(folder, SAFE_FILE_UNSAFE, folder, WRITABLE);
    scratch_mode(&scratch, "in", 0757);
    read_bad(file, SAFE_FILE_UNSAFE, folder, WRITABLE);
    scratch_mode(&scratch, "in", 0755);
}

/* A sticky folder of root's will do on the way, not as the folder that is asked for. */
static void test_sticky(void **state)
{
    char path[SCRATCH_PATH];

    (void)state;
    folder_bad("/tmp", SAFE_FILE_UNSAFE, "/tmp", WRITABLE);
    folder_bad("/tmp/", SAFE_FILE_UNSAFE, "/tmp", WRITABLE);
    folder_bad("/tmp/.//", SAFE_FILE_UNSAFE, "/tmp", WRITABLE);
    scratch_mode(&scratch, "in", 01777);
    read_good(file, "content");
    folder_bad(folder, SAFE_FILE_UNSAFE, folder, WRITABLE);
    scratch_folder(&scratch, "in/deep", 0755);
    scratch_path(&scratch, "in/deep", path);
    folder_good(path);
    /* Another's sticky folder will not do: its owner may rename what lies in it. */
    foreign_inode = inode_of(folder);
    foreign_uid = 1000;
    pretended_euid = 1000;
    read_bad(file, SAFE_FILE_UNSAFE, folder, WRITABLE);
    pretended_euid = 0;
    foreign_inode = 0;
    scratch_mode(&scratch, "in", 0755);
}

static void test_owners(void **state)
{
    (void)state;
    foreign_uid = 1000;
    foreign_inode = inode_of(file);
    read_bad(file, SAFE_FILE_UNSAFE, file, NOT_ROOTS);
    foreign_inode = inode_of(folder);
    read_bad(file, SAFE_FILE_UNSAFE, folder, NOT_ROOTS);
    folder_bad(folder, SAFE_FILE_UNSAFE, folder, NOT_ROOTS);
    foreign_inode = inode_of("/tmp");
    read_bad(file, SAFE_FILE_UNSAFE, "/tmp", NOT_ROOTS);
    foreign_inode = inode_of("/");
    read_bad(file, SAFE_FILE_UNSAFE, "/", NOT_ROOTS);
    folder_bad("/", SAFE_FILE_UNSAFE, "/", NOT_ROOTS);
    /* The effective user is trusted by itself, as root is, and nobody else. */
    foreign_inode = inode_of(folder);
    pretended_euid = 1000;
    read_good(file, "content");
    folder_good(folder);
    pretended_euid = 1001;
    read_bad(file, SAFE_FILE_UNSAFE, folder, NOT_ROOTS);
    pretended_euid = 0;
    foreign_inode = 0;
}

static void test_links(void **state)
{
    char path[SCRATCH_PATH];
    char link[SCRATCH_PATH];

    (void)state;
    scratch_path(&scratch, "in/link", link);
    assert_int_equal(symlink("file", link), 0);
    read_bad(link, SAFE_FILE_UNSAFE, link, IS_LINK);
    scratch_unlink(&scratch, "in/link");
    assert_int_equal(symlink("absent", link), 0);
    read_bad(link, SAFE_FILE_UNSAFE, link, IS_LINK);
    scratch_unlink(&scratch, "in/link");
    scratch_path(&scratch, "way", link);
    assert_int_equal(symlink("in", link), 0);
    scratch_path(&scratch, "way/file", path);
    read_bad(path, SAFE_FILE_UNSAFE, link, NO_FOLDER);
    folder_bad(link, SAFE_FILE_UNSAFE, link, NO_FOLDER);
    scratch_path(&scratch, "way/", path);
    folder_bad(path, SAFE_FILE_UNSAFE, link, NO_FOLDER);
    scratch_unlink(&scratch, "way");
}

/* None of them may block or be believed. */
static void test_other_kinds(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[SCRATCH_PATH];
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    scratch_path(&scratch, "in/fifo", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    read_bad(path, SAFE_FILE_UNSAFE, path, NOT_REGULAR);
    scratch_path(&scratch, "s", path);
    assert_true(strlen(path) < sizeof(address.sun_path));
    memcpy(address.sun_path, path, strlen(path) + 1);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    read_bad(path, SAFE_FILE_UNSAFE, path, "cannot be opened: No such device or address");
    close(fd);
    read_bad("/dev/null", SAFE_FILE_UNSAFE, "/dev/null", NOT_REGULAR);
}

static void test_sizes(void **state)
{
    char path[SCRATCH_PATH];
    char text[102];
    struct text why = {0};
    struct blob blob;

    (void)state;
    memset(text, 'x', sizeof(text));
    text[101] = '\0';
    scratch_write(&scratch, "in/large", text);
    scratch_path(&scratch, "in/large", path);
    read_bad(path, SAFE_FILE_UNSAFE, path, "is larger than 100 bytes" SMALLER);
    text[100] = '\0';
    scratch_write(&scratch, "in/large", text);
    read_good(path, text);
    assert_int_equal(safe_file_read(path, 0, &blob, NULL), SAFE_FILE_UNSAFE);
    most_per_read = 1;
    read_errors = 3;
    read_error = EINTR;
    read_good(path, text);
    most_per_read = 0;
    read_errors = 1;
    read_error = EIO;
    assert_int_equal(safe_file_read(path, 100, &blob, &why), SAFE_FILE_UNSAFE);
    assert_non_null(strstr(why.at, "in/large cannot be read: Input/output error"));
    assert_null(blob.ptr);
}

static void test_changes(void **state)
{
    struct text why = {0};
    struct blob blob;

    (void)state;
    written_meanwhile = file;
    assert_int_equal(safe_file_read(file, 100, &blob, &why), SAFE_FILE_UNSAFE);
    assert_null(blob.ptr);
    assert_non_null(strstr(why.at, "in/file changed while it was read: try again"));
    cut_meanwhile = file;
    assert_int_equal(safe_file_read(file, 100, &blob, &why), SAFE_FILE_UNSAFE);
    assert_null(blob.ptr);
    assert_non_null(strstr(why.at, "in/file changed while it was read: try again"));
    scratch_write(&scratch, "in/file", "content");
}

static void test_read_at(void **state)
{
    static const char *const bad_names[] = {"", ".", "..", ".hidden", "a/b", "/etc/passwd"};
    struct text why = {0};
    struct blob blob;
    size_t i;
    int fd;

    (void)state;
    assert_int_equal(safe_folder_open(folder, &fd, &why), SAFE_FILE_OK);
    assert_int_equal(safe_file_read_at(fd, "LABEL", "file", 100, &blob, &why), SAFE_FILE_OK);
    assert_string_equal((const char *)blob.ptr, "content");
    blob_free(&blob);
    for (i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
        assert_int_equal(safe_file_read_at(fd, "LABEL", bad_names[i], 100, &blob, &why),
                         SAFE_FILE_UNSAFE);
        assert_null(blob.ptr);
        assert_non_null(strstr(why.at, "is not a file name"));
    }
    assert_int_equal(safe_file_read_at(fd, "LABEL", "absent", 100, &blob, &why), SAFE_FILE_MISSING);
    assert_string_equal(why.at, "LABEL/absent does not exist");
    assert_int_equal(safe_file_read_at(fd, "LABEL", "file", 6, &blob, &why), SAFE_FILE_UNSAFE);
    assert_string_equal(why.at, "LABEL/file is larger than 6 bytes" SMALLER);
    scratch_mode(&scratch, "in/file", 0666);
    assert_int_equal(safe_file_read_at(fd, "LABEL", "file", 100, &blob, NULL), SAFE_FILE_UNSAFE);
    scratch_mode(&scratch, "in/file", 0644);
    close(fd);
}

static void program_bad(const char *path, enum safe_file result, const char *blamed,
                        const char *complaint)
{
    struct text wanted = {0};
    struct text why = {0};

    text_set(&wanted, "%s %s", blamed, complaint);
    assert_int_equal(safe_program_check(path, &why), result);
    assert_string_equal(why.at, wanted.at);
    assert_int_equal(safe_program_check(path, NULL), result);
}

/* A program of any size that its owner may run, in a folder where nobody else can put another. */
static void test_program(void **state)
{
    static const mode_t good[] = {0755, 0700, 0711, 0555, 0100};
    static const mode_t idle[] = {0644, 0655, 0611, 0};
    const struct {
        const char *path;
        const char *complaint;
    } paths[] = {{"program", "is not the absolute path of a program"},
                 {"", "is not the absolute path of a program"},
                 {"/bin/", "is not the absolute path of a program"}};
    char path[SCRATCH_PATH];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        program_bad(paths[i].path, SAFE_FILE_UNSAFE, paths[i].path, paths[i].complaint);
    }
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        scratch_mode(&scratch, "in/file", good[i]);
        assert_int_equal(safe_program_check(file, NULL), SAFE_FILE_OK);
    }
    for (i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
        scratch_mode(&scratch, "in/file", idle[i]);
        program_bad(file, SAFE_FILE_UNSAFE, file, "is not a program: chmod 755 it, or name one");
    }
    scratch_mode(&scratch, "in/file", 0775);
    program_bad(file, SAFE_FILE_UNSAFE, file, WRITABLE);
    scratch_mode(&scratch, "in/file", 0755);
    scratch_mode(&scratch, "in", 01777);
    program_bad(file, SAFE_FILE_UNSAFE, folder, WRITABLE);
    scratch_mode(&scratch, "in", 0755);
    foreign_uid = 1000;
    foreign_inode = inode_of(file);
    program_bad(file, SAFE_FILE_UNSAFE, file, NOT_ROOTS);
    pretended_euid = 1000;
    assert_int_equal(safe_program_check(file, NULL), SAFE_FILE_OK);
    pretended_euid = 0;
    foreign_inode = 0;
    assert_int_equal(truncate(file, (off_t)1 << 32), 0);
    assert_int_equal(safe_program_check(file, NULL), SAFE_FILE_OK);
    program_bad(folder, SAFE_FILE_UNSAFE, folder, NOT_REGULAR);
    scratch_path(&scratch, "in/link", path);
    assert_int_equal(symlink("file", path), 0);
    program_bad(path, SAFE_FILE_UNSAFE, path, IS_LINK);
    scratch_unlink(&scratch, "in/link");
    program_bad(path, SAFE_FILE_MISSING, path, "does not exist: install it, or correct the path");
    scratch_write(&scratch, "in/file", "content");
    scratch_mode(&scratch, "in/file", 0644);
}

static void test_out_of_memory(void **state)
{
    struct text why = {0};
    struct blob blob;

    (void)state;
    fail_alloc_at(1);
    assert_int_equal(safe_file_read(file, 100, &blob, &why), SAFE_FILE_NO_MEMORY);
    assert_true(fail_alloc_done());
    fail_alloc_at(0);
    assert_null(blob.ptr);
    assert_string_equal(why.at, "out of memory");
}

static void test_reasons(void **state)
{
    (void)state;
    assert_int_equal(safe_file_reason(SAFE_FILE_OK), REASON_ACCEPTED);
    assert_int_equal(safe_file_reason(SAFE_FILE_MISSING), REASON_CONFIG_ERROR);
    assert_int_equal(safe_file_reason(SAFE_FILE_UNSAFE), REASON_CONFIG_ERROR);
    assert_int_equal(safe_file_reason(SAFE_FILE_NO_MEMORY), REASON_OUT_OF_MEMORY);
}

/* Nothing above has left a descriptor open. */
static void test_descriptors(void **state)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int again;

    (void)state;
    close(fd);
    test_good(state);
    test_paths(state);
    test_modes(state);
    test_owners(state);
    test_links(state);
    test_changes(state);
    test_program(state);
    again = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(again, fd);
    close(again);
}

static int set_up(void **state)
{
    (void)state;
    scratch_make(&scratch);
    scratch_folder(&scratch, "in", 0755);
    scratch_write(&scratch, "in/file", "content");
    scratch_path(&scratch, "in/file", file);
    scratch_path(&scratch, "in", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),        cmocka_unit_test(test_folder_that_cannot_be_listed),
        cmocka_unit_test(test_paths),       cmocka_unit_test(test_modes),
        cmocka_unit_test(test_sticky),      cmocka_unit_test(test_owners),
        cmocka_unit_test(test_links),       cmocka_unit_test(test_other_kinds),
        cmocka_unit_test(test_sizes),       cmocka_unit_test(test_changes),
        cmocka_unit_test(test_read_at),     cmocka_unit_test(test_program),
        cmocka_unit_test(test_reasons),     cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_descriptors),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
