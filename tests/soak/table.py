#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""table.py SEED ROUNDS JUDGED - what a soak came to

ROUNDS has a line a round, tabs between: way, what, point or kill, kind of
fault, fired or "-", moved or stayed. JUDGED has a line an account: undeclared,
duplicates, out of order, lost, records. The last line printed is the sum.
"""
import collections
import sys


def table(title, rows):
    print(f"# {title:<34} rounds  fired  moved stayed")
    for name in sorted(rows):
        r = rows[name]
        print(f"#   {name:<32} {r['n']:6} {r['fired']:6} {r['moved']:6} {r['stayed']:6}")


def main():
    seed, rounds, judged = sys.argv[1:]
    by_way = collections.defaultdict(collections.Counter)
    by_what = collections.defaultdict(collections.Counter)
    total = collections.Counter()
    for line in open(rounds):
        way, what, name, kind, fired, end = line.rstrip("\n").split("\t")
        label = {"none": "nothing", "abort": "domjobabort", "kill": f"kill {name}",
                 "fault": f"{name} {kind}"}[what]
        for row in (by_way[way], by_what[label], total):
            row["n"] += 1
            row[end] += 1
            row["fired"] += fired == "fired"
    sums = [0] * 5
    for line in open(judged):
        sums = [a + int(b) for a, b in zip(sums, line.split())]
    undeclared, twice, order, lost, records = sums

    table("way", by_way)
    table("fault", by_what)
    print(f"# {records} records judged, {lost} declared lost")
    print(f"{total['n']} rounds, {total['moved']} migrated, {total['stayed']} aborted, "
          f"{undeclared} undeclared, {twice} duplicates, {order} out of order; seed {seed}")
    return 1 if undeclared or twice or order else 0


if __name__ == "__main__":
    sys.exit(main())
