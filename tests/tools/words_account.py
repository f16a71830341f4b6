#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""words_account.py TRUTH <ANSWER - what hostwords.py took, against what ramp.c wrote

ANSWER is what it answers to `judge`. Exits with 1 if a record is missing or more.
"""
import json
import sys


def main():
    d = json.load(sys.stdin)
    truth = {line.split()[1]: line.split() for line in open(sys.argv[1]) if "tried" in line}
    bad = list(d["faults"])
    for w, t in truth.items():
        got = d["writers"].get(w, {"number": 0})["number"]
        if got != int(t[3]) - int(t[5]):
            bad.append(f"writer {w}: tried {t[3]}, refused {t[5]}, found {got}")
    print("\n".join(bad) or "# %d records, %d declared lost in %d gaps" %
          (d["records"], d["declared"], d["gaps"]))
    return 1 if bad or not truth else 0


if __name__ == "__main__":
    sys.exit(main())
