#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""stream_ends.py <VERIFY - how each stream of `ivring verify --json` ended, oldest first"""
import json
import sys


def main():
    streams = json.load(sys.stdin)["streams"]
    streams.sort(key=lambda s: s["legs"][0]["realtime_ns"])
    print(" ".join((s["guest_end"] if s["end"] == "guest-gone" else s["end"]) or "-"
                   for s in streams))


if __name__ == "__main__":
    main()
