#!/usr/bin/env python3
"""What the built module and programs are linked to, export, import and may write: the module is loaded into
sshd and sudo, so it exports pam_sm_* only, needs four libraries, imports nothing that reads the
environment, ends the process or shares a static buffer, has no constructor, and no writable memory of its own.

SPDX-License-Identifier: Apache-2.0
"""
import glob
import os
import re
import subprocess
import sys

BUILD = os.environ.get("top_builddir") or os.getcwd()
MODULE = os.path.join(BUILD, ".libs", "pam_auth0jwt.so")
LOADED = ("base", "jwt", "host", "login", "module")

LIBC = r"libc\.so\.6|libc\.musl-.*|libc\.so|ld-linux.*|ld64\.so.*"
MODULE_NEEDS = rf"^(libpam\.so\.0|libcrypto\.so\.3|libjson-c\.so\.\d+|{LIBC})$"
PROGRAMS = {
    "auth0jwtctl": rf"^(libpam\.so\.0|libcrypto\.so\.3|libjson-c\.so\.\d+|{LIBC})$",
    "auth0jwt-refresh": rf"^(libcurl\.so\.4|libseccomp\.so\.2|libcrypto\.so\.3|libjson-c\.so\.\d+|{LIBC})$",
}
EXPORTS = {"pam_sm_authenticate", "pam_sm_setcred", "pam_sm_acct_mgmt", "pam_sm_open_session",
           "pam_sm_close_session", "pam_sm_chauthtok"}
READS_ENVIRONMENT = {"getenv", "secure_getenv", "__secure_getenv", "environ", "__environ", "_environ"}
FORBIDDEN = READS_ENVIRONMENT | set("""
    setenv putenv unsetenv clearenv
    exit atexit on_exit quick_exit abort __assert_fail __assert_rtn system popen raise kill
    getpwnam getpwuid getpwent getgrnam getgrgid getgrent getspnam getlogin cuserid
    localtime gmtime ctime asctime strtok strerror signal bsd_signal sysv_signal fork vfork
    sprintf vsprintf strcpy stpcpy strcat strncat gets scanf sscanf fscanf __isoc99_sscanf __isoc99_fscanf
    atoi atol atoll atof rand srand random srandom drand48 tmpnam tempnam mktemp setlocale
    setjmp _setjmp longjmp __sigsetjmp dlopen dlsym pthread_create pthread_key_create pthread_atfork
    __register_atfork __cxa_atexit __cxa_thread_atexit_impl openlog closelog syslog vsyslog setlogmask
    OPENSSL_cleanup OPENSSL_atexit OPENSSL_init_crypto ERR_clear_error CRYPTO_set_mem_functions
    EVP_set_default_properties CONF_modules_load ENGINE_by_id
    """.split())
# What the C runtime's own start files put into every shared object: crtbeginS.o's __dso_handle and completed flag,
# frame_dummy and __do_global_dtors_aux.
RUNTIME_DATA, RUNTIME_BSS, RUNTIME_ARRAY = 8, 8, 8

problems = []


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


def check(good, what):
    if not good:
        problems.append(what)
        print("not ok - " + what)


def dynamic(path):
    return run("readelf", "-dW", path)


def needed(path):
    return re.findall(r"\(NEEDED\).*\[(.+?)\]", dynamic(path))


def imports(path):
    """Names without version, and the name behind a _chk twin."""
    names = set()
    for line in run("nm", "-D", "--undefined-only", path).splitlines():
        name = line.split()[-1].split("@")[0]
        names |= {name, re.sub(r"^__(\w+)_chk$", r"\1", name)}
    return names


def sections(path):
    """Section name to size."""
    found = {}
    for line in run("readelf", "-SW", path).splitlines():
        match = re.match(r"\s*\[ *\d+\] (\S+)\s+\S+\s+[0-9a-f]+\s+[0-9a-f]+\s+([0-9a-f]+)", line)
        if match:
            found[match.group(1)] = found.get(match.group(1), 0) + int(match.group(2), 16)
    return found


def check_hardening(path, name):
    flags = dynamic(path)
    segments = run("readelf", "-lW", path)
    check(re.search(r"BIND_NOW|\bNOW\b", flags), f"{name}: symbols are bound at once (-z now)")
    check("GNU_RELRO" in segments, f"{name}: has a RELRO segment")
    stack = re.search(r"GNU_STACK.*", segments)
    check(stack and re.search(r"\bRW\b", stack.group(0)) and "RWE" not in stack.group(0), f"{name}: stack is not executable")
    check(not re.search(r"LOAD.*\bRWE\b", segments), f"{name}: no segment is writable and executable")
    check("TEXTREL" not in flags, f"{name}: no text relocations")
    check(not re.search(r"\((RPATH|RUNPATH)\)", flags), f"{name}: no path to libraries of its own")
    check("__stack_chk_fail" in imports(path), f"{name}: stack protector")


def check_module():
    exported = {line.split()[-1].split("@")[0] for line in run("nm", "-D", "--defined-only", MODULE).splitlines()}
    check(exported == EXPORTS, f"the module exports pam_sm_* and nothing else: {sorted(exported ^ EXPORTS)}")
    for library in needed(MODULE):
        check(re.match(MODULE_NEEDS, library), f"the module must not need {library}")
    for name in sorted(imports(MODULE) & FORBIDDEN):
        check(False, f"the module must not import {name}")
    for name in sorted(imports(MODULE)):
        check(not name.startswith(("curl_", "seccomp_", "EVP_PKEY_CTX_ctrl")), f"the module must not import {name}")
    size = sections(MODULE)
    check(size.get(".data", 0) <= RUNTIME_DATA, "the module has no writable data but the runtime's")
    check(size.get(".bss", 0) <= RUNTIME_BSS, "the module has no zeroed data but the runtime's")
    for section in (".init_array", ".fini_array"):
        check(size.get(section, 0) <= RUNTIME_ARRAY, f"the module's {section} holds the runtime's entry only")
    for section in (".ctors", ".dtors", ".preinit_array", ".tdata", ".tbss"):
        check(section not in size, f"the module has no {section}")
    check_hardening(MODULE, "module")


def check_objects():
    """Every object that goes into the module, by itself: here nothing of the runtime is in the way."""
    count = 0
    for layer in LOADED:
        for path in sorted(glob.glob(os.path.join(BUILD, "src", layer, ".libs", "*.o"))):
            name = os.path.relpath(path, BUILD)
            count += 1
            for section, size in sections(path).items():
                writable = re.match(r"\.(data|bss|tdata|tbss|ctors|dtors|init_array|fini_array|preinit_array)(\.|$)", section)
                if writable and not section.startswith(".data.rel.ro"):
                    check(size == 0, f"{name}: {size} bytes in {section}: no writable data, no constructors")
            check(not re.search(r" C \w+$", run("nm", path), re.M), f"{name}: no common symbols")
    check(count >= 20, f"objects found in {BUILD}/src: {count}")
    return count


def check_program(name, allowed):
    path = os.path.join(BUILD, ".libs", name)
    if not os.path.exists(path):
        path = os.path.join(BUILD, name)
    for library in needed(path):
        check(re.match(allowed, library), f"{name} must not need {library}")
    check(re.search(r"Type:\s+DYN", run("readelf", "-hW", path)) and re.search(r"\bPIE\b", dynamic(path)),
          f"{name} is position independent")
    check_hardening(path, name)
    return path


def main():
    check_module()
    count = check_objects()
    paths = {name: check_program(name, allowed) for name, allowed in PROGRAMS.items()}
    for name in sorted(imports(paths["auth0jwt-refresh"]) & READS_ENVIRONMENT):
        check(False, f"auth0jwt-refresh must not import {name}")
    if not problems:
        print(f"ok - module, {count} objects and {len(paths)} programs: exports, libraries, imports, memory, hardening")
    return 1 if problems else 0


sys.exit(main())
