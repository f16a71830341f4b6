#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""jsonpath.py [--sum|--count|--any VALUE|--lines] PATH <JSON - a value, for scripts

PATH is names and numbers with dots between them, empty for the whole; "*" is each member, "**" is this
and everything below. Prints each value that there is on a line of its own; with
--sum the sum of the numbers, with --count how many there are. --any prints nothing
and exits with 0 if one of them is VALUE (as text), else with 1. --lines reads an
object a line, as a list of them. Exits with 1 if there is no such value.
"""
import argparse
import json
import sys


def below(x):
    yield x
    members = x.values() if isinstance(x, dict) else x if isinstance(x, list) else []
    for m in members:
        yield from below(m)


def find(x, path):
    if not path:
        return [x]
    name, rest = path[0], path[1:]
    if name == "**":
        return [v for m in below(x) for v in find(m, rest)]
    if name == "*":
        members = x.values() if isinstance(x, dict) else x if isinstance(x, list) else []
        return [v for m in members for v in find(m, rest)]
    if isinstance(x, dict):
        return find(x[name], rest) if name in x else []
    if isinstance(x, list) and name.lstrip("-").isdigit():
        return find(x[int(name)], rest) if -len(x) <= int(name) < len(x) else []
    return []


def text(v):
    return v if isinstance(v, str) else json.dumps(v)


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--sum", action="store_true")
    ap.add_argument("--count", action="store_true")
    ap.add_argument("--any")
    ap.add_argument("--lines", action="store_true")
    ap.add_argument("path")
    args = ap.parse_args()
    data = [json.loads(line) for line in sys.stdin] if args.lines else json.load(sys.stdin)
    found = find(data, args.path.split(".") if args.path else [])
    if args.any is not None:
        return 0 if args.any in map(text, found) else 1
    if args.count:
        print(len(found))
    elif args.sum:
        print(sum(v for v in found if isinstance(v, (int, float))))
    else:
        for v in found:
            print(text(v))
        return 0 if found else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
