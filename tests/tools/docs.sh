#!/bin/sh
# Do the documents say what the tables in the source say? Options, reasons, program options, the
# manual's mark-up, the examples. Runs in the build folder; AUTH0JWTCTL and AUTH0JWT_REFRESH name
# the programs where they are elsewhere, MANDOC names mandoc.
# SPDX-License-Identifier: Apache-2.0
set -u
LC_ALL=C
export LC_ALL
umask 022

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
man=$top/man
ctl=${AUTH0JWTCTL:-./auth0jwtctl}
refresh=${AUTH0JWT_REFRESH:-./auth0jwt-refresh}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# ok WORDS: says how the comparison in $work/diff came out.
verdict() {
    if [ "$1" -eq 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        sed 's/^/    /' "$work/diff"
        failed=1
    fi
}

# same WORDS WANTED GOT: two files with the same lines, and not none.
same() {
    diff "$2" "$3" >"$work/diff"
    status=$?
    if [ ! -s "$2" ]; then
        echo 'nothing was found to compare with' >"$work/diff"
        status=1
    fi
    verdict "$status" "$1"
}

# The rows of an X-macro file, one a line, cells split by tabs, string literals bare.
rows() {
    tr '\n' ' ' <"$2" | sed 's:/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/::g' | awk -v macro="$1" '
        {
            while ((at = index($0, macro "(")) > 0) {
                $0 = substr($0, at + length(macro) + 1)
                row = ""; quoted = 0; depth = 0
                for (i = 1; i <= length($0); i++) {
                    c = substr($0, i, 1)
                    if (c == "\\" && quoted) { i++; row = row substr($0, i, 1); continue }
                    if (c == "\"") { quoted = !quoted; continue }
                    if (!quoted && c == ")" && depth-- == 0) break
                    if (!quoted && c == "(") depth++
                    if (!quoted && c == ",") { row = row "\t"; continue }
                    if (c == " " && !quoted) continue
                    row = row c
                }
                print row
                $0 = substr($0, i)
            }
        }'
}

# The options: every one of options.def in its section of auth0jwt.conf(5), in order, and nothing
# else.
rows OPTION "$top/src/host/options.def" >"$work/options"
cut -f 1,2 "$work/options" >"$work/wanted"
awk '
    /^\.Sh / { section = $2; known = ($3 == "OPTIONS") }
    known && /^\.It Cm / { for (i = 3; i <= NF; i++) print section "\t" $i }
' "$man/auth0jwt.conf.5" >"$work/got"
same 'auth0jwt.conf(5) has every option' "$work/wanted" "$work/got"

# Their defaults, where options.def writes one out, and what is not there yet.
awk -F '\t' '
    $4 ~ /LATER/ { print $2 "\tlater"; next }
    $4 ~ /REQUIRED/ { print $2 "\trequired"; next }
    $5 != "NULL" && $5 !~ /AUTH0JWT_/ { gsub(/"/, "", $5); print $2 "\t" $5 }
' "$work/options" >"$work/wanted"
awk '
    function flush() {
        if (name == "") return
        if (body ~ /not in this version/) print name "\tlater"
        else if (body ~ /^ Required\./) print name "\trequired"
        else if (match(body, /Default: [^\/].*/)) {
            text = substr(body, RSTART + 9)
            sub(/ \.$/, "", text); sub(/\.$/, "", text)
            if (text != "none" && text != "all" && text !~ /^those of/) print name "\t" text
        }
    }
    /^\.Sh / { flush(); name = ""; known = ($3 == "OPTIONS"); next }
    known && /^\.It Cm / { flush(); name = $3; body = ""; next }
    known && /^\.El/ { flush(); name = ""; next }
    known {
        line = $0
        if (line ~ /^\.Em [Nn]ot in this version/) line = "not in this version"
        else if (line ~ /^\./) { sub(/^\.[A-Za-z]+ /, "", line) }
        gsub(/"/, "", line)
        body = body " " line
    }
' "$man/auth0jwt.conf.5" | grep -v '^without_token	' >"$work/got"
same 'auth0jwt.conf(5) has the defaults, what is required, and what is not there yet' \
    "$work/wanted" "$work/got"

# The reasons with their PAM codes, in order; internal, which must be row 0, is last for a reader.
rows REASON "$top/src/base/reason.def" | awk -F '\t' '
    $2 == "internal" { last = $2 "\tPAM_" $4; next }
    { print $2 "\tPAM_" $4 }
    END { print last }
' >"$work/reasons"
awk '
    /^\.Sh / { known = ($2 == "REASONS") }
    known && /^\.It Li / { print $3 "\t" $NF }
' "$man/pam_auth0jwt.8" >"$work/got"
same 'pam_auth0jwt(8) has every reason, in order, with its PAM code' "$work/reasons" "$work/got"

# The README: each name once, at its first place or later, so that two of one name may share a row.
cut -f 1 "$work/reasons" | sort -u >"$work/wanted"
sed -n '/^## When it does not work/,/^## /s/^| \(`[^|]*\) |.*/\1/p' "$top/README.md" |
    tr -d '` ' | tr ',' '\n' | sort >"$work/got"
same 'README.md has a row for every reason' "$work/wanted" "$work/got"

# The options of the programs.
program_options() { # FOLDER: the long options in its tables
    cat "$top/src/$1"/*.c |
        grep -oE '\{"[a-z][a-z-]*", *(OPTION_[A-Z_]+|(no|required)_argument)' |
        cut -d '"' -f 2 | sort -u
}
for program in ctl:auth0jwtctl refresh:auth0jwt-refresh; do
    { program_options "${program%%:*}"; echo help; echo version; } | sort -u >"$work/wanted"
    {
        sed -n 's/^\.It Fl -\([a-z-]*\).*/\1/p' "$man/${program#*:}.8"
        grep -q '^\.Fl -help | Fl -version$' "$man/${program#*:}.8" && printf 'help\nversion\n'
    } | sort -u >"$work/got"
    if [ "$(wc -l <"$work/wanted")" -le 2 ]; then
        : >"$work/wanted"
    fi
    same "${program#*:}(8) has every option of the program" "$work/wanted" "$work/got"
done

# What --help says of each, against the synopsis in the manual.
help_options() {
    "$@" --help | grep -oE '(^ *|[[ ,])--[a-z-]+' | tr -d ' [,' | sort -u |
        grep -vxE -e '--(help|version)'
}
synopsis_options() { # PAGE FIRST LINE: the options of the entry that begins with it
    awk -v first="$2" '
        /^\.Sh / { known = ($2 == "SYNOPSIS") }
        known && /^\.Nm/ { if (getline <= 0) exit; entry = $0 }
        known && (entry == first || first == "") && /^\.Op Fl -/ { print "-" $3 }
    ' "$man/$1" | sort -u
}
for command in verify check 'keys show | refresh | clear'; do
    help_options "$ctl" "${command%% *}" >"$work/wanted"
    synopsis_options auth0jwtctl.8 ".Cm $command" >"$work/got"
    same "auth0jwtctl(8) and auth0jwtctl ${command%% *} --help agree" "$work/wanted" "$work/got"
done
help_options "$refresh" >"$work/wanted"
synopsis_options auth0jwt-refresh.8 '' >"$work/got"
same 'auth0jwt-refresh(8) and auth0jwt-refresh --help agree' "$work/wanted" "$work/got"

# The configurations and accounts files in the documents are good ones.
readme_block() { # FIRST WORDS: the indented block that begins with them
    awk -v first="$1" '
        !/^    / && !/^$/ { on = 0 }
        index($0, "    " first) == 1 { on = 1 }
        on { print substr($0, 5) }
    ' "$top/README.md"
}
page_block() { # FIRST WORDS: the literal display that begins with them
    awk -v first="$1" '
        /^\.Bd -literal/ { if (getline <= 0) exit; on = (index($0, first) == 1) }
        /^\.Ed/ { on = 0 }
        on { print }
    ' "$man/auth0jwt.conf.5"
}
example() { # WORDS LINES: of the accounts file
    mkdir -p "$work/auth0jwt.conf.d"
    : >"$work/revoked"
    printf '[global]\naccounts_file = %s\nrevoked_file = %s\nstate_dir = %s\n' "$work/accounts" \
        "$work/revoked" "$work" >"$work/auth0jwt.conf.d/paths.conf"
    "$ctl" check --config "$work/auth0jwt.conf" >"$work/found" 2>&1
    {
        grep -q '^ok *configuration .*: 1 tenant, 1 service section$' "$work/found" &&
            grep -q "^ok *accounts .*: $2\$" "$work/found" &&
            ! grep -q '^error *\(configuration\|accounts\)' "$work/found" &&
            echo 'no token' | "$ctl" verify --config "$work/auth0jwt.conf" --service sshd \
                --user alice | grep -q '^Verdict *reject: not_a_token$'
    } || {
        cat "$work/found"
        false
    } >"$work/diff"
    verdict $? "$1"
}
readme_block '[tenant main]' >"$work/auth0jwt.conf"
readme_block 'main  auth0' >"$work/accounts"
example 'the configuration in README.md is a good one' '1 line'
page_block '[tenant main]' >"$work/auth0jwt.conf"
page_block 'main  auth0' >"$work/accounts"
example 'the configuration in auth0jwt.conf(5) is a good one' '3 lines'

# The module's arguments.
grep -o '^    {"[a-z_]*=\?"' "$top/src/module/request.c" | tr -d ' {"=' | sort >"$work/wanted"
awk '
    /^\.Sh / { known = ($2 == "OPTIONS") }
    known && /^\.It Cm / { print $3 }
' "$man/pam_auth0jwt.8" | sort >"$work/got"
same 'pam_auth0jwt(8) has every argument of the module' "$work/wanted" "$work/got"

# Mark-up. Whether another page is installed here says nothing about these.
for page in "$man"/*.[1-8]; do
    "${MANDOC:-mandoc}" -T lint -W style "$page" 2>&1 |
        grep -v -e 'referenced manual not found' -e 'mandoc: outdated mandoc.db' >"$work/diff"
    [ ! -s "$work/diff" ] && "${MANDOC:-mandoc}" "$page" >/dev/null 2>"$work/diff"
    verdict $? "$(basename "$page") is clean"
done

# What the documents point to is there.
{
    grep -oh '](\([^)]*\))' "$top"/*.md | tr -d ']()' | grep -v '^https\?:'
    # shellcheck disable=SC2016
    grep -ohE '[`](docs|src|tests|man|pam\.d-examples)/[A-Za-z0-9_./-]*[`]' "$top"/*.md | tr -d '\`'
    grep -ohE '(docs|pam\.d-examples)/[A-Za-z0-9_./-]*[a-z0-9]' "$top"/README.md
} | sort -u | while read -r path; do
    [ -e "$top/$path" ] || echo "$path"
done >"$work/diff"
[ ! -s "$work/diff" ]
verdict $? 'every path that the documents name exists'

# The askpass script: the parts of a token, put together, are the token; other prompts get nothing.
token_parts() { # LENGTH
    head -c "$1" /dev/zero | tr '\0' 'x' | awk '
        {
            for (i = 1; i <= length($0); i++)
                printf "%s", substr("abcdefghij-_.KLMNOPQ", i % 19 + 1, 1)
        }
    ' >"$work/token"
    number=1
    : >"$work/joined"
    while :; do
        prompt='(alice@host) Access token: '
        [ "$number" -gt 1 ] && prompt="(alice@host) Access token (part $number): "
        part=$(AUTH0JWT_TOKEN_FILE=$work/token "$top/docs/token-askpass" "$prompt") || return 1
        printf '%s' "${part%\\}" >>"$work/joined"
        [ "${#part}" -eq 500 ] || break
        number=$((number + 1))
    done
    cmp "$work/token" "$work/joined"
}
for length in 1 498 499 500 900 998 999 4000; do
    token_parts "$length" >"$work/diff" 2>&1
    verdict $? "token-askpass: $length bytes"
done
printf 'secret' >"$work/token"
for prompt in '' 'Password: ' \
    'Are you sure you want to continue connecting (yes/no/[fingerprint])? ' \
    "Enter passphrase for key '/root/.ssh/id_ed25519': " 'Access token (part 1+1): ' \
    "Access token (part \$(id)): "; do
    ! AUTH0JWT_TOKEN_FILE=$work/token \
        "$top/docs/token-askpass" "$prompt" >"$work/diff" 2>/dev/null &&
        [ ! -s "$work/diff" ]
    verdict $? "token-askpass: nothing for the prompt \"$prompt\""
done

exit "$failed"
