#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""judge.py VERIFY CHECK whole|cut STREAMS - one account, as two judges see it

VERIFY is `ivring verify --json`, CHECK is `checker.py --json`. With "whole" the
checker had the guest's own account of what it wrote; with "cut" the guest died
before it could tell, and up to its last record nothing may be missing but what
is declared lost. STREAMS is how many there must be: one, and one more for each park
that a fault made fail, because then the guest begins anew in the next device; what is
written in between is refused, and belongs to no stream.

Prints: undeclared duplicates out-of-order lost records. Exit 0 if all is as it
should be.
"""
import json
import sys


def main():
    verify, check, truth, wanted = sys.argv[1:]
    streams = json.load(open(verify))["streams"]
    check = json.load(open(check))
    writers = check["writers"]
    totals = [s["total"] for s in streams]
    lost = sum(sum(t["declared_lost"].values()) for t in totals)
    # A write that was refused for want of room is in the account as lost.
    missing = sum(w["missing"] for w in writers)
    refused = sum(w["refused"] or 0 for w in writers)
    # Without a stream it is refused all the same, and in no account.
    accounted = lost if int(wanted) == 1 else max(lost, refused)
    undeclared = max(sum(t["undeclared"] for t in totals), missing - accounted, 0)
    twice = max(sum(t["duplicates_after_merge"] for t in totals),
                sum(w["twice"] for w in writers))
    order = max(sum(t["order_errors"] for t in totals),
                sum(w["reordered"] for w in writers))
    torn = sum(w["torn"] for w in writers)
    conflicts = sum(t["conflicts"] for t in totals)
    # No host loses power here, so nothing may be excused by that.
    undeclared += sum(t["declared_lost"].get("cut-off", 0) for t in totals)
    print(undeclared, twice, order, lost, sum(w["seen"] for w in writers))
    good = len(streams) == int(wanted) and writers and all(s["fine"] for s in streams)
    good = good and (truth == "cut" or refused <= lost or int(wanted) > 1)
    return 1 if not good or undeclared or twice or order or torn or conflicts else 0


if __name__ == "__main__":
    sys.exit(main())
