#!/bin/sh
# All C of the project as clang-format writes it. For one's own use and for CI, where the program must be there: other
# versions than 14 may see it otherwise, so that this is no part of `make check`.
#
#   format.sh        prints what differs and fails
#   format.sh fix    rewrites it
#
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "${top_srcdir:-$(dirname "$0")/../..}"
program=${CLANG_FORMAT:-clang-format}
if ! command -v "$program" > /dev/null; then
    echo "not ok - $program is missing: install it, or set CLANG_FORMAT"
    exit 1
fi
mode="--dry-run --Werror"
test "${1:-}" != fix || mode=-i
# The mode is two words.
# shellcheck disable=SC2086
if find src tests -name '*.[ch]' -print0 | xargs -0 "$program" $mode; then
    echo "ok - formatted as .clang-format says ($("$program" --version | sed 's/.*version //'))"
else
    echo "not ok - run tests/tools/format.sh fix"
    exit 1
fi
