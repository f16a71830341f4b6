#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""checker.py: judge a merged trace by its contents alone.

usage: trace-cmd report trace.dat | checker.py [--truth FILE] [--declared N] [--json]

Shares no code and no header with the product. Ground truth is ramp.c: record N
of writer W has contents that follow from (W, N), and W runs pinned to CPU W
(kwriter.c: to CPU W % 100). FILE holds their closing lines ("ramp W tried T refused R"). For each writer:

  torn       contents differ from what (W, N) says, or wrong CPU
  twice      a number that was there before
  reordered  a number lower than one before it
  missing    numbers 0 .. tried - 1 that are not there
  declared   what the trace itself declares lost ("[LOST n EVENTS]", total)

Fine is: nothing torn, twice or reordered, and missing == refused. Exit 0 or 1.
With --declared (a flight recorder refuses nothing) the sum of what is missing has
to be N, what the account declares lost.
"""
import argparse
import json
import re
import struct
import sys

MASK = (1 << 64) - 1
# comm-pid [cpu] flags? time: user: text
LINE = re.compile(r"\[(\d+)\].*?\s(\d+\.\d+):\s+(?:ivring:)?user:\s+ramp (\d+) (\d+) (.*)$")
# kwriter.c: writer, number, hash, five words, all little endian
NOTE = re.compile(r"\[(\d+)\].*?\s(\d+\.\d+):\s+(?:ivring:)?write:\s+data=([0-9a-f ]+)$")
LOST = re.compile(r"LOST (\d+) EVENTS")


def mix(w, n):
    z = (n * 0x9E3779B97F4A7C15 + w * 0xD1342543DE82EF95) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def contents(w, n):
    x = mix(w, n)
    pad = "".join(chr(97 + (x >> (i % 56)) % 26) for i in range(24 + x % 73))
    return f"{x:016x} {pad}"


def ramp(m):
    cpu, ts, w, n, text = m.groups()
    cpu, w, n = int(cpu), int(w), int(n)
    return w, n, cpu == w and text.rstrip() == contents(w, n), cpu, float(ts)


def note(m):
    cpu, ts, data = m.groups()
    data = bytes.fromhex(data.replace(" ", ""))
    words = struct.unpack("<8Q", data) if len(data) == 64 else (0,) * 8
    w, n, x = words[:3]
    whole = x == mix(w, n) and all(words[3 + j] == (x + j) & MASK for j in range(5))
    return w, n, whole and int(cpu) == w % 100, int(cpu), float(ts)


class Writer:
    def __init__(self):
        self.seen = 0
        self.last = -1
        self.torn = self.twice = self.reordered = self.missing = 0
        self.pages = {}
        self.ts = -1.0
        self.first_bad = None

    def bad(self, what):
        self.first_bad = self.first_bad or what

    def take(self, whole, cpu, n, ts):
        if not whole:
            self.torn += 1
            self.bad(f"torn: cpu {cpu} n {n}")
            return
        word, bit = n >> 10, 1 << (n & 1023)
        if self.pages.get(word, 0) & bit:
            self.twice += 1
            self.bad(f"twice: n {n}")
            return
        self.pages[word] = self.pages.get(word, 0) | bit
        self.seen += 1
        if n < self.last or ts < self.ts:
            self.reordered += 1
            self.bad(f"reordered: n {n} after {self.last}")
        self.last = max(self.last, n)
        self.ts = max(self.ts, ts)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--truth")
    ap.add_argument("--declared", type=int)
    ap.add_argument("--json", action="store_true")
    args = ap.parse_args()

    writers, lost = {}, 0
    for line in sys.stdin:
        m = LINE.search(line)
        record = ramp(m) if m else None
        if not record:
            m = NOTE.search(line)
            record = note(m) if m else None
        if record:
            w, n, whole, cpu, ts = record
            writers.setdefault(w, Writer()).take(whole, cpu, n, ts)
            continue
        m = LOST.search(line)
        if m:
            lost += int(m.group(1))

    truth = {}
    if args.truth:
        for line in open(args.truth):
            m = re.search(r"(?:ramp|kwriter) (\d+) tried (\d+) refused (\d+)", line)
            if m:
                truth[int(m.group(1))] = (int(m.group(2)), int(m.group(3)))

    ok = bool(writers) and (not args.truth or bool(truth))
    out = []
    for w in sorted(set(writers) | set(truth)):
        wr = writers.get(w, Writer())
        tried, refused = truth.get(w, (wr.last + 1, None))
        wr.missing = tried - wr.seen
        good = not (wr.torn or wr.twice or wr.reordered)
        good = good and wr.seen > 0
        good = good and (args.declared is not None or refused is None or wr.missing == refused)
        ok = ok and good
        out.append({"writer": w, "tried": tried, "seen": wr.seen, "refused": refused,
                    "missing": wr.missing, "twice": wr.twice, "torn": wr.torn,
                    "reordered": wr.reordered, "ok": good, "first_bad": wr.first_bad})
    if args.declared is not None:
        ok = ok and sum(r["missing"] for r in out) == args.declared
    if args.json:
        print(json.dumps({"ok": ok, "declared": lost, "writers": out}))
    else:
        for r in out:
            print(" ".join(f"{k}={v}" for k, v in r.items()))
        print(f"declared in the trace: {lost}; {'fine' if ok else 'BAD'}")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
