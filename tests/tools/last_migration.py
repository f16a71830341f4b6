#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""last_migration.py FILE - the events of the last migration in a log, in order of time"""
import json
import sys


def main():
    lines = [json.loads(line) for line in open(sys.argv[1])]
    last = lines[-1]["migration"] if lines else None
    for line in sorted((x for x in lines if x["migration"] == last),
                       key=lambda x: x["realtime_ns"]):
        print(line["event"])


if __name__ == "__main__":
    main()
