#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""attach_times.py VM COUNT EVENTS READER [EVENTS READER]…

For each host: EVENTS is what `virsh event --all --loop --timestamp` printed,
READER the reader's event log. For each arrival of VM by migration the time from
libvirt's "Resumed Migrated" to the reader's "attached"; both are wall clock
times of one machine. Prints a table line; exit 1 unless there are COUNT
arrivals and the median is within a second.
"""
import datetime
import json
import re
import statistics
import sys


def resumes(path, vm):
    wanted = re.compile(r"^(\S+ [\d:.]+)\+0000: event 'lifecycle' for domain '?"
                        + re.escape(vm) + r"'?: Resumed Migrated")
    for line in open(path):
        m = wanted.match(line)
        if m:
            t = datetime.datetime.strptime(m.group(1), "%Y-%m-%d %H:%M:%S.%f")
            yield t.replace(tzinfo=datetime.timezone.utc).timestamp()


def attached(path):
    for line in open(path):
        event = json.loads(line)
        if event["event"] == "attached":
            yield event["realtime_ns"] / 1e9


def main():
    vm, count, files = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    times = []
    for events, reader in zip(files[::2], files[1::2]):
        marks = sorted(attached(reader))
        for t in resumes(events, vm):
            # libvirt's event is sent just before the vCPUs run
            later = [m for m in marks if m >= t - 0.05]
            if later:
                times.append(max(0.0, later[0] - t) * 1000)
    if len(times) != count:
        print(f"{len(times)} arrivals found, not {count}")
        return 1
    median = statistics.median(times)
    print(f"# resume to attached: median {median:.0f} ms, "
          f"{min(times):.0f} to {max(times):.0f} ms, {count} arrivals")
    return 0 if median <= 1000 else 1


if __name__ == "__main__":
    sys.exit(main())
