#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""docs_names.py FILE.md... - is what they name in `backticks` still there?

Called at the root of the tree. Looked for are paths below the folders of the
tree (a test may be named without "tests/", a unit test as "unit/x/y: case,
case"), and functions ("name()"), also in a link's target.
"""

import glob
import os
import re
import sys

FOLDERS = "guest|host|migration|tests|docs|bench|packaging|unit|static|migrate"
PATH = re.compile(r"(?:%s)/[\w./*{},-]*[\w*}]" % FOLDERS)
CASES = re.compile(r"(unit/[\w/]+): (.*)")


def braces(path):
    """a/{b,c} as a shell has it: a/b, a/c"""
    m = re.match(r"(.*)\{(.*)\}(.*)", path)
    return [m[1] + x + m[3] for x in m[2].split(",")] if m else [path]


def there(path):
    return any(glob.glob(p + end) for p in (path, "tests/" + path)
               for end in ("", ".c", ".sh", ".[ch]"))


def functions():
    names = set()
    for top in ("guest", "host", "migration", "tests"):
        for folder, _, files in os.walk(top):
            for name in files:
                if name.endswith((".c", ".h", ".py")):
                    with open(os.path.join(folder, name)) as f:
                        names.update(re.findall(r"\b(\w+)\(", f.read()))
    return names


def missing(text, known):
    m = CASES.fullmatch(text)
    if m and there(m[1]):
        with open(f"tests/{m[1]}.c") as f:
            have = set(re.findall(r"\w+", f.read()))
        for case in re.split(r", | to ", m[2]):
            if "*" not in case and case not in have:
                yield f"no case {case} in {m[1]}"
    for path in PATH.findall(text):
        for p in braces(path):
            if not there(p.rstrip("*") if p.endswith("*") and there(p) else p):
                yield f"no file {p}"
    for name in re.findall(r"\b([a-z_]\w+)\(\)", text):
        if name not in known:
            yield f"no function {name}()"


def main():
    known, status = functions(), 0
    for name in sys.argv[1:]:
        with open(name) as f:
            for number, line in enumerate(f, 1):
                named = re.findall(r"`([^`]+)`", line)
                named += re.findall(r"\]\(([^)#]+)[^)]*\)", line)
                for text in named:
                    if "unit/x" in text or text.startswith(("http", "git ")):
                        continue
                    for what in missing(text, known):
                        print(f"{name}:{number}: {what}")
                        status = 1
    return status


sys.exit(main())
