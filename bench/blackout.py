#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""blackout.py MOVES OUT.json HOST=EVENTS... - the table of blackout.sh

MOVES has "ROW VM" a line, in order. EVENTS is what `virsh qemu-monitor-event`
printed on that host. A black-out is from a VM's STOP on one host to its next
RESUME on another; a VM that is suspended and resumed stays where it is.
"""
import collections
import json
import re
import statistics
import sys

EVENT = re.compile(r"event (STOP|RESUME) at (\d+\.\d+) for domain '([^']+)'")


def blackouts(logs):
    """VM -> lengths in ms, in order"""
    events = collections.defaultdict(list)
    for log in logs:
        host, path = log.split("=", 1)
        for line in open(path):
            m = EVENT.search(line)
            if m:
                events[m.group(3)].append((float(m.group(2)), m.group(1), host))
    out = collections.defaultdict(list)
    for vm, seen in events.items():
        seen.sort()
        for a, b in zip(seen, seen[1:]):
            if a[1] == "STOP" and b[1] == "RESUME" and a[2] != b[2]:
                out[vm].append((b[0] - a[0]) * 1000)
    return out


def main():
    moves, out, *logs = sys.argv[1:]
    times = blackouts(logs)
    moves = [line.split() for line in open(moves)]
    rows = collections.defaultdict(list)
    for row, vm in moves:
        if not times[vm]:
            sys.exit(f"{vm}: a migration of which QEMU told no STOP or RESUME")
        rows[row].append(times[vm].pop(0))
    left = {vm: t for vm, t in times.items() if t}
    if left:
        sys.exit(f"black-outs that belong to no migration: {left}")

    print(f"{'black-out, ms':<14}{'n':>4}{'median':>9}{'min':>8}{'25 %':>8}{'75 %':>8}{'max':>8}"
          f"{'added':>8}")
    base = statistics.median(rows["off"])
    for row, values in rows.items():
        low, mid, high = statistics.quantiles(values, n=4, method="inclusive") \
            if len(values) > 1 else values * 3
        print(f"{row:<14}{len(values):>4}{mid:>9.1f}{min(values):>8.1f}{low:>8.1f}{high:>8.1f}"
              f"{max(values):>8.1f}{mid - base:>+8.1f}")
    with open(out, "w") as f:
        json.dump(rows, f)


main()
