#!/usr/bin/env python3
"""The JSON wrapper against Python's parser: both must agree on which texts are JSON by the project's rules, and on
what they say, for a corpus of tricky texts and for thousands of texts made from it by mutation. The seed is
fixed, so that a failure can be repeated; json_differential.py SEED COUNT tries others.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import random
import re
import subprocess
import sys

BUILD = os.environ.get("top_builddir") or os.getcwd()
PROBE = os.environ.get("JSON_PROBE") or os.path.join(BUILD, "tests", "interop", "json_probe")
DEPTH, VALUES, DIGITS = 32, 65536, 31

SEEDS = [
    b'{}', b'[]', b'{"a":1}', b' {"a" : [1, 2.5, -3e4, true, false, null, "x"]} ',
    b'{"alg":"RS256","typ":"JWT","kid":"k-1"}',
    b'{"iss":"https://t.example/","sub":"auth0|1","aud":["a","b"],"exp":1800000000,"iat":1799999000.5}',
    b'{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"1"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}',
    b'{"s":"\\u00e4\\ud83d\\ude00\\"\\\\\\/\\b\\f\\n\\r\\t"}', '{"ä":"€😀","ﬀ":"퟿￿"}'.encode(),
    b'{"a":{"a":{"a":[[[{"a":1,"b":2}]]]}}}', b'{"a":1,"a":2}', b'{"sub":1,"s\\u0075b":2}',
    b'[{"a":1},{"a":1}]', b'{"a":"b\\u0000c"}', b'["\\ud800"]', b'["\\udc00\\ud800"]', b'["\\ud836\\ude00"]', b'{"a":NaN}', b"{'a':1}",
    b'{"a":01}', b'{"a":00}', b'{"a":-0}', b'{"a":0.0e-0}', b'{"a":1.}', b'{"a":.1}', b'[1e400,-1e400,1e-400]',
    b'[9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551616]',
    b'{"a":1}x', b'{"a":1}\x00', b'\xef\xbb\xbf{}', b'{"a":"\xc0\xaf"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xf4\x90\x80\x80"}',
    b'{"a":"\n"}', b'{"a":"\x7f"}', b'[1,]', b'{"a":1,}', b'/**/{}', b'[' * 32 + b']' * 32, b'[' * 33 + b']' * 33,
    b'{"a":' * 31 + b'{}' + b'}' * 31, b'{"a":' * 32 + b'{}' + b'}' * 32, b'"x"', b'1', b'null', b'true', b'',
    b'[' + b'1,' * 65534 + b'1]', b'[' + b'1,' * 65535 + b'1]', b'{"' + b'k' * 3000 + b'":"' + b'v' * 3000 + b'"}',
    b'[' + b'"\\u0041\\u00e4",' * 500 + b'0]', b'[1.' + b'0' * 400 + b'1]', b'[' + b'9' * 400 + b']',
]
PIECES = [b'"', b'\\', b'{', b'}', b'[', b']', b',', b':', b'0', b'1', b'-', b'+', b'.', b'e', b'E', b' ', b'\n', b'\t', b'\r',
          b'\x00', b'\x01', b'\x1f', b'\x7f', b'\x80', b'\xbf', b'\xc2', b'\xe2\x80\xa8', b'\xed\xa0\x80', b'\xf0\x9f\x98\x80',
          b'\xff', b'\\u0000', b'\\u0061', b'\\ud800', b'\\udc00', b'\\ud83d\\ude00', b'\\u', b'\\x', b"'", b'true', b'false',
          b'null', b'NaN', b'Infinity', b'//', b'/*', b'"a":', b'"a":1', b',"a":1', b'"a"', b'""', b'[]', b'{}', b'00', b'1e9',
          b'1e400', b'9223372036854775808', b'-0', b'\xef\xbb\xbf', b'\x0b', b'\x0c', b'\xc2\xa0']


class Number:
    """A number by its text: two parsers may round differently, but must read the same characters."""

    def __init__(self, text):
        if len(text) > DIGITS:
            raise ValueError("too long a number")
        self.text = text

    def __eq__(self, other):
        if not isinstance(other, Number):
            return False
        if self.text == other.text:
            return True
        whole = re.fullmatch(r"-?\d+", self.text) and re.fullmatch(r"-?\d+", other.text)
        if not whole:
            return False
        # json-c keeps whole numbers in 64 bits and clamps what is outside, where the getters find no number.
        limits = (-2**63, 2**63 - 1, 2**64 - 1)
        a, b = sorted((int(self.text), int(other.text)), key=abs)
        return a == b or (a in limits and abs(b) > abs(a))


def refuse(_):
    raise ValueError("no JSON")


def unique(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("duplicate")
    return dict(pairs)


def parse(text):
    return json.loads(text, object_pairs_hook=unique, parse_constant=refuse, parse_int=Number, parse_float=Number)


def plain(string):
    return "\x00" not in string and not any(0xd800 <= ord(c) <= 0xdfff for c in string)


def within_limits(root):
    count, level = 0, [root]
    for depth in range(1, DEPTH + 2):
        following = []
        for value in level:
            count += 1
            if isinstance(value, str) and not plain(value):
                return False
            if isinstance(value, dict):
                if not all(plain(name) for name in value):
                    return False
                following += value.values()
            elif isinstance(value, list):
                following += value
        if depth == DEPTH + 1 and any(isinstance(value, (dict, list)) for value in level):
            return False
        level = following
    return count <= VALUES and not level


def model(data):
    """What the text says by the project's rules, or None."""
    try:
        root = parse(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return root if isinstance(root, (dict, list)) and within_limits(root) else None


def generate(rng, depth):
    """A random text that is JSON, if no name comes twice."""
    space = rng.choice((b"", b"", b"", b" ", b"\n\t "))
    kind = rng.randrange(10) if depth < 6 else rng.randrange(2, 10)
    if kind == 0 or depth == 0:
        names = [rng.choice((b'"a"', b'"b"', b'"sub"', b'"s\\u0075b"', b'""', b'"\xc3\xa4"', b'"\\u00e4"', b'"%d"' % i))
                 for i in range(rng.randrange(4))]
        members = [space + name + space + b":" + generate(rng, depth + 1) for name in names]
        return b"{" + b",".join(members) + space + b"}"
    if kind == 1:
        return space + b"[" + b",".join(generate(rng, depth + 1) for _ in range(rng.randrange(4))) + space + b"]"
    if kind < 5:
        return space + b'"' + b"".join(rng.choice((b"a", b"\\n", b"\\u0001", b"\\ud83d\\ude00", b"\xe2\x82\xac", b":", b"{", b'\\"'))
                                      for _ in range(rng.randrange(6))) + b'"'
    if kind < 8:
        return space + rng.choice((b"0", b"-0", b"1", b"-17", b"1.50", b"1e5", b"-2.5E-3", b"0.0", b"123456789012345678"))
    return space + rng.choice((b"true", b"false", b"null"))


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            data[at:at] = rng.choice(PIECES)
        elif kind == 1:
            data[at:at + rng.choice((1, 1, 2, 4))] = b""
        elif kind == 2:
            data[at:at + 1] = rng.choice(PIECES)
        elif kind == 3 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 4:
            end = min(len(data), at + rng.randrange(1, 12))
            to = rng.randrange(len(data) + 1)
            data[to:to] = data[at:end]
        elif at < len(data):
            data[at] = rng.randrange(256)
    return bytes(data)


def has_odd_pair(text):
    """Does it hold an escaped pair that json-c 0.16 misreads (the character ends in D800 to DFFF)? It may be
    refused then."""
    for high, low in re.findall(rb"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})", text):
        code = 0x10000 + ((int(high, 16) - 0xd800) << 10) + int(low, 16) - 0xdc00
        if code & 0xf800 == 0xd800:
            return True
    return False


def corpus(seed, count):
    rng = random.Random(seed)
    texts = list(SEEDS)
    small = [text for text in SEEDS if len(text) < 500]
    while len(texts) < count:
        kind = rng.randrange(4)
        if kind == 0:
            texts.append(generate(rng, 0))
        elif kind == 1:
            texts.append(mutate(rng, generate(rng, 0)))
        elif kind == 2:
            texts.append(mutate(rng, rng.choice(small)))
        else:
            texts.append(mutate(rng, rng.choice(texts[-200:])[:600]))
    return texts


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 20261124
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40000
    texts = corpus(seed, count)
    stream = b"".join(len(text).to_bytes(4, "big") + text for text in texts)
    done = subprocess.run([PROBE], input=stream, capture_output=True)
    answers = done.stdout.decode("utf-8").split("\n")[:-1]
    if done.returncode != 0 or len(answers) != len(texts):
        print(f"not ok - the probe ended with {done.returncode} after {len(answers)} of {len(texts)} texts\n"
              + done.stderr.decode(errors="replace"))
        return 1
    failures = accepted = 0
    for text, answer in zip(texts, answers):
        expected = model(text)
        accepted += expected is not None
        if answer == "no" and has_odd_pair(text):
            continue
        if (answer != "no") != (expected is not None) or (expected is not None and parse(answer) != expected):
            failures += 1
            if failures <= 10:
                print(f"not ok - {text[:200]!r}: we say {answer[:200]}, Python says {str(expected)[:200]}")
    if accepted < len(texts) // 20:
        print(f"not ok - only {accepted} texts are JSON: the corpus proves nothing")
        return 1
    if failures == 0:
        print(f"ok - {len(texts)} texts, {accepted} of them JSON: both parsers agree (seed {seed})")
    else:
        print(f"not ok - {failures} of {len(texts)} texts differ (seed {seed})")
    return 1 if failures else 0


sys.exit(main())
