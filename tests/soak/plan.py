#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""plan.py --seed N --count N --vms "one two" [--ways "plain ..."] [--watch] <POINTS

Draw the rounds of a soak. POINTS are names of fault points, one a line. The same
arguments and points give the same rounds, whatever happens in them.

Prints a line a round, fields separated by tabs:

  round  vm  way  what  where  detail  after_ms

  way     how the VM moves: one of WAYS, "+watch" if with a watcher; "peer" for
          VMs of a name that begins so
  what    none | fault | kill | abort
  where   kill: what is killed; fault: src or dst, whose processes may reach it
  detail  fault: "POINT crash", "POINT error ERRNO" or "POINT delay MS"
  after_ms   kill, abort, and the switch of post-copy: so long after the start
"""
import argparse
import random
import sys

# Weights. A plain migration is what nearly everybody does.
WAYS = {"plain": 5, "postcopy": 3, "parallel": 2, "autoconverge": 2, "suspend": 2, "slow": 1}
WATCHED = 0.6		# of the rounds have a watcher on the source
WHAT = {"none": 3, "fault": 9, "kill": 4, "abort": 3}
KILLS = ["reader-src", "reader-dst", "server-src", "server-dst", "watch-src", "qemu-dst", "virsh"]
ERRNOS = [5, 11, 12, 28, 32, 110]	# EIO EAGAIN ENOMEM ENOSPC EPIPE ETIMEDOUT

# When the guest runs on the destination, and its memory is still here, nothing
# gets a VM back whose destination is killed: there is no such round.
FATAL = {("postcopy", "qemu-dst"), ("postcopy", "virsh")}


def pick(rng, weights):
    return rng.choices(list(weights), weights.values())[0]


def fault(rng, points):
    kind = rng.choice(["crash", "error", "delay"])
    if kind == "crash":
        arg = ""
    elif kind == "error":
        arg = f" {rng.choice(ERRNOS)}"
    else:
        arg = f" {rng.randrange(10, 1500)}"
    return f"{rng.choice(points)} {kind}{arg}"


def side(rng, detail):
    """On which host the step is likely to be taken"""
    if detail.startswith(("watch-", "migrate-")):
        return "src"
    if detail.startswith("server-") and "tell-down" not in detail:
        return "dst"
    return rng.choice(["src", "dst"])


def useless(peer, watched):
    """Points that are not on the way of such a round; none of them would fire"""
    if peer:
        return ("server-",)
    only_peers = ("migrate-", "guest-home-", "guest-park-", "guest-plug-")
    only_watched = ("watch-", "guest-round-", "reader-quiesce-", "reader-resume-")
    return only_peers if watched else only_peers + only_watched


def one_round(rng, vms, ways, watch, points):
    vm = rng.choice(vms)
    peer = vm.startswith("peer")
    way = "peer" if peer else pick(rng, {w: n for w, n in WAYS.items() if w in ways})
    watched = watch and rng.random() < WATCHED
    what = pick(rng, {w: n for w, n in WHAT.items() if points or w != "fault"})
    where, detail = "-", "-"
    if what == "kill":
        where = rng.choice([k for k in KILLS if (way, k) not in FATAL and
                            (watched or k != "watch-src")])
    elif what == "fault":
        detail = fault(rng, [p for p in points if not p.startswith(useless(peer, watched))])
        where = side(rng, detail)
    # Half of them early: there is most of the protocol.
    after = rng.randrange(0, rng.choice([600, 3000]))
    return [vm, way + "+watch" * watched, what, where, detail, after]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--seed", type=int, required=True)
    ap.add_argument("--count", type=int, required=True)
    ap.add_argument("--vms", default="one")
    ap.add_argument("--ways", default=" ".join(WAYS))
    ap.add_argument("--watch", action="store_true")
    args = ap.parse_args()
    points = sorted({line.strip() for line in sys.stdin if line.strip()})
    rng = random.Random(args.seed)
    for n in range(1, args.count + 1):
        fields = one_round(rng, args.vms.split(), args.ways.split(), args.watch, points)
        print("\t".join(map(str, [n] + fields)))


if __name__ == "__main__":
    main()
