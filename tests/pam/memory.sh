#!/bin/sh
# Wiping, failing allocations, leaks: tests/pam/memory.c on the built module.
#
# SPDX-License-Identifier: Apache-2.0
set -eu

built=${top_builddir:?run by make check}
exec "$built/tests/pam/memory" "$built/.libs/pam_auth0jwt.so" "$built/tests/pam/.libs/pam_probe.so"
