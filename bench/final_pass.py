#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""final_pass.py SIZE WATCH OVERLAP LOST <LINES of pass_pages.py - one row of the table"""
import statistics
import sys


def main():
    size, watch, overlap, lost = sys.argv[1:]
    rows = [line.split() for line in sys.stdin]
    passes = statistics.median(int(r[1]) for r in rows)
    kib = [int(r[2]) * 4 for r in rows]
    late = max(int(r[3]) * 4 for r in rows)
    print(f"{size:<8}{'yes' if watch == '1' else 'no':<10}{len(rows):>4}{passes:>12.0f}"
          f"{statistics.median(kib):>12.0f}{max(kib):>12}{late:>10}{overlap:>10}{lost:>8}",
          flush=True)


main()
