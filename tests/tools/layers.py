#!/usr/bin/env python3
"""The layers, by what each file includes and calls: no include points upward, foreign libraries stay where they
belong, src/jwt is pure, code that is loaded into other people's processes calls nothing that could hurt
them, and every header compiles alone.

SPDX-License-Identifier: Apache-2.0
"""
import os
import re
import shlex
import subprocess
import sys

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SRC = os.path.join(TOP, "src")

# Which layers a file of the layer may include.
BELOW = {
    "base": {"base"},
    "jwt": {"base", "jwt"},
    "host": {"base", "jwt", "host"},
    "login": {"base", "jwt", "host", "login"},
    "module": {"base", "jwt", "host", "login", "module"},
    "ctl": {"base", "jwt", "host", "login", "ctl"},
    "refresh": {"base", "jwt", "host", "refresh"},
    "client": {"base", "jwt", "client"},
}
# What runs inside sshd and sudo.
LOADED = {"base", "jwt", "host", "login", "module"}
# Who may include the headers of a foreign library: layers, or single files.
LIBRARIES = {
    r"json-c/|json\.h$|json_": {"jwt/json.c"},
    r"curl/": {"refresh", "client"},
    r"security/": {"module"},
    r"openssl/": {"jwt", "host", "refresh", "client"},
    r"seccomp\.h|linux/(landlock|seccomp|filter|audit)\.h": {"refresh"},
    r"qrencode\.h|keyutils\.h": {"client"},
    r"cmocka\.h": set(),
}
# Headers of ours that the pure layer must not know although they are below it.
NOT_FOR_JWT = {"base/log.h", "base/safe_file.h"}
IMPURE_HEADERS = re.compile(r"^(unistd|time|fcntl|syslog|dirent|pwd|grp|signal|spawn|pthread|poll|locale|sys/.*)\.h$")
IMPURE_CALLS = ("time clock_gettime gettimeofday clock getenv secure_getenv open openat fopen fdopen freopen opendir stat "
                "lstat fstat read write close access syslog vsyslog openlog printf puts perror log_line safe_file_read "
                "getpid getuid geteuid random rand srand").split()
FORBIDDEN_CALLS = ("getenv secure_getenv setenv unsetenv putenv clearenv getpwnam getpwuid getpwent getgrnam getgrgid getgrent "
                   "getspnam getlogin exit atexit on_exit quick_exit abort assert system popen localtime gmtime ctime "
                   "asctime strtok strerror sprintf vsprintf strcpy stpcpy strcat strncpy gets scanf sscanf fscanf atoi "
                   "atol atoll atof signal fork vfork alloca setlocale rand srand random tmpnam tempnam mktemp "
                   "setjmp longjmp sleep usleep alarm dlopen pthread_create inet_ntoa gethostbyname "
                   "ENGINE_by_id OPENSSL_cleanup OPENSSL_config EVP_set_default_properties "
                   "CRYPTO_set_mem_functions OPENSSL_atexit ERR_clear_error").split()
# The child that becomes the refresh program may set the timer that survives its exec.
ALLOWED = {("host/refresh_launcher.c", "alarm")}
MAX_LINES = 500

problems = []


def problem(path, line, text):
    problems.append(f"not ok - src/{path}:{line}: {text}")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def code_of(text):
    """The text without comments and without what stands in quotes; lines keep their numbers."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", blank, text, flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"|' r"'(?:\\.|[^'\\\n])*'", blank, text)


def check_includes(path, layer, text):
    for number, line in enumerate(text.split("\n"), 1):
        ours = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        foreign = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
        if ours:
            target = ours.group(1)
            if not os.path.isfile(os.path.join(SRC, target)):
                problem(path, number, f'"{target}" is not written from src/')
            elif target.split("/")[0] not in BELOW[layer]:
                problem(path, number, f"{layer} must not include {target}")
            elif layer == "jwt" and target in NOT_FOR_JWT:
                problem(path, number, f"the pure layer must not include {target}")
        if foreign:
            target = foreign.group(1)
            for pattern, places in LIBRARIES.items():
                if re.match(pattern, target) and layer not in places and path not in places:
                    problem(path, number, f"<{target}> does not belong here")
            if layer == "jwt" and IMPURE_HEADERS.match(target):
                problem(path, number, f"the pure layer must not include <{target}>")


def check_calls(path, layer, code):
    names = []
    if layer in LOADED:
        names += FORBIDDEN_CALLS
    if layer == "jwt":
        names += IMPURE_CALLS
    for match in re.finditer(r"(?<![\w.>])(" + "|".join(names or ["(?!)"]) + r")\s*\(", code):
        if (path, match.group(1)) not in ALLOWED:
            problem(path, code.count("\n", 0, match.start()) + 1, f"{match.group(1)}() must not be called here")
    if layer == "jwt":
        for match in re.finditer(r"\b(stdout|stderr|stdin|errno|environ)\b", code):
            problem(path, code.count("\n", 0, match.start()) + 1, f"the pure layer must not know {match.group(1)}")
    if layer in LOADED:
        for match in re.finditer(r"__attribute__\s*\(\(\s*(constructor|destructor)|_Thread_local|__thread\b", code):
            problem(path, code.count("\n", 0, match.start()) + 1, f"{match.group(0)} must not stand in loaded code")


def check_only_json_c(path, code):
    """json-c's own functions and types appear in one file, whatever is included."""
    if path == "jwt/json.c":
        return
    for match in re.finditer(r"\b(json_object\w*|json_tokener\w*|lh_\w+|array_list\w*|printbuf\w*)\b", code):
        problem(path, code.count("\n", 0, match.start()) + 1, f"{match.group(1)} is json-c's: only jwt/json.c may use it")


def check_form(path, text):
    if "SPDX-License-Identifier: Apache-2.0" not in text[:2000]:
        problem(path, 1, "no SPDX line in the comment at the beginning")
    if not text.startswith("/*"):
        problem(path, 1, "does not begin with a comment")
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        problem(path, len(lines), f"over {MAX_LINES} lines")
    for number, line in enumerate(lines, 1):
        if "\t" in line or line.endswith(" "):
            problem(path, number, "a tab, or white space at the end")


def check_header_alone(path):
    compiler = shlex.split(os.environ.get("CC") or "cc")
    command = compiler + ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Werror", "-fsyntax-only", "-I", SRC, "-x", "c", "-"]
    done = subprocess.run(command, input=f'#include "{path}"\n#include "{path}"\n', capture_output=True, text=True)
    if done.returncode != 0:
        problem(path, 1, "does not compile alone, twice: " + (done.stderr.strip().splitlines() or [""])[0])


def source_files():
    for folder, _, names in os.walk(SRC):
        for name in sorted(names):
            if name.endswith((".c", ".h", ".def")):
                yield os.path.relpath(os.path.join(folder, name), SRC)


def main():
    counts = {"files": 0, "headers": 0}
    for path in sorted(source_files()):
        layer = path.split("/")[0]
        with open(os.path.join(SRC, path), encoding="ascii") as file:
            text = file.read()
        counts["files"] += 1
        if layer not in BELOW:
            problem(path, 1, f"src/{layer} is no layer")
            continue
        check_form(path, text)
        if path.endswith((".c", ".h")):
            code = code_of(text)
            check_includes(path, layer, text)
            check_calls(path, layer, code)
            check_only_json_c(path, code)
        if path.endswith(".h"):
            counts["headers"] += 1
            check_header_alone(path)
    for line in problems:
        print(line)
    if counts["files"] < 20 or counts["headers"] < 10:
        print("not ok - hardly any sources found: is top_srcdir right?")
        return 1
    if not problems:
        print(f"ok - {counts['files']} files keep to their layers, {counts['headers']} headers compile alone")
    return 1 if problems else 0


sys.exit(main())
