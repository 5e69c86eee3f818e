#!/bin/sh
# Plays all case files against the built module, as this user and, where that is root, as nobody too; then
# compares what users who exist and users who do not are asked and told.
#
# SPDX-License-Identifier: Apache-2.0
set -eu

source=${top_srcdir:?run by make check}
built=${top_builddir:?run by make check}
folder=$(mktemp -d /tmp/auth0jwt-pam.XXXXXX)
trap 'rm -rf "$folder"' EXIT

# An ordinary user may not be able to look into the folder where this was built.
cp "$built/.libs/pam_auth0jwt.so" "$built/tests/pam/.libs/pam_probe.so" "$built/tests/pam/run_cases" \
    "$built/tests/pam/twins" "$folder/"
cp -R "$source/tests/pam/cases" "$folder/cases"
chmod -R u+w,a+rX "$folder"
cd "$folder"

play() {
    "$@" ./run_cases "$folder/pam_auth0jwt.so" "$folder/pam_probe.so" cases/*
    "$@" ./twins "$folder/pam_auth0jwt.so" "$folder/pam_probe.so"
}

play env
if [ "$(id -u)" = 0 ]; then
    play setpriv --reuid 65534 --regid 65534 --clear-groups
fi
