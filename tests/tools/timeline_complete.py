#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""timeline_complete.py <TIMELINE - of a quiesced move: is all known, and does it fit?

TIMELINE is `ivring status --last-migration --json` with the logs of both hosts.
"""
import json
import sys


def main():
    t = json.load(sys.stdin)
    assert t["outcome"] == "completed", t["outcome"]
    assert not t["unknown"], t["unknown"]
    assert t["rounds"] >= 1 and t["passes"] >= 1
    assert t["guest_out_ns"] > 0 and t["degraded_ns"] >= t["guest_out_ns"]
    assert t["ring_bytes"] >= 4 << 20 and t["final_ring_bytes"] > 0


if __name__ == "__main__":
    main()
