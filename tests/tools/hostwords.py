#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""hostwords.py: speak for the reader, word by word, with a guest of IVRing.

usage: hostwords.py (--socket READER_SOCK | --file MEMORY) [--state FILE] < COMMANDS

A second reading of ivr_wire.h that shares no line with the reader and, unlike
it, can be told to misbehave. It takes pages all the time and judges each: page
numbers without a gap, each record number once or in a declared gap, the records
of ramp.c in order (one of 16 byte by byte). Commands, one a line, answered with one line of JSON:

  attach             HELLO twice, an epoch, the acknowledgement
  put OP [MS [WINDOW]]  write a request and ring; OP is a name or a number
  accepted [S]       wait until the guest has accepted it
  answered [S]       wait for its answer, "status"
  wait STATE [S]     wait for a state of the guest
  window N [S]       wait until each ring uses N slots (0: all of them)
  take on|off        take pages (on at first), or be frozen
  catch              take all pages below the heads of now, and freeze
  beat on|off        heartbeat
  stale, restore     keep the host pages of now; put them back (an old host page)
  clock              ask for the clock
  epoch_unsealed     is an epoch without seal ignored?
  pos_unsealed       is a position without seal?
  judge              what was found in all rings
  show               words
  quit

With --state what was taken is kept from one memory of a stream to the next.
"""
import argparse
import json
import mmap
import os
import random
import re
import select
import socket
import struct
import sys
import time

PAGE = 4096
MASK = (1 << 64) - 1
STATES = ["off", "calling", "attached", "draining", "quiesced", "spilling", "gone"]
OPS = {"none": 0, "flush": 1, "quiesce": 2, "spill": 3, "resume": 4}
RAMP = re.compile(rb"ramp (\d+) (\d+) ([0-9a-f]{16}) ([a-z]{24,96})\0")
GUEST = {  # offset, format
    "magic": (0, "Q"), "nrings": (12, "I"), "size": (16, "Q"), "stream": (24, "16s"),
    "state": (56, "I"), "end_reason": (60, "I"), "hellos": (68, "I"),
    "epoch_ack": (72, "Q"), "epoch_prev": (80, "Q"), "accepted": (88, "Q"),
    "answer": (96, "Q"), "answer_status": (104, "q"), "clock_seq": (112, "Q"),
    "clock_ns": (120, "Q"), "flags": (144, "I"), "plugged": (148, "I"),
    "heartbeat": (152, "Q"), "lease_ms": (160, "Q"),
}
HOST = {"epoch": 0, "epoch_seal": 8, "heartbeat": 16, "request": 24, "req_arg": 32,
        "clock_seq": 40, "frozen": 48}
CTL = {"head": (0, "Q"), "tail": (8, "Q"), "mirror": (16, "Q"), "ack_pos": (24, "Q"),
       "produced": (32, "Q"), "lost": (40, "Q"), "refused": (48, "Q"), "seg_page": (56, "Q"),
       "seg_slot": (64, "I"), "seg_span": (68, "I"), "seg_seq": (80, "Q")}


def mix(w, n):
    z = (n * 0x9E3779B97F4A7C15 + w * 0xD1342543DE82EF95) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def contents(w, n):
    x = mix(w, n)
    pad = "".join(chr(97 + (x >> (i % 56)) % 26) for i in range(24 + x % 73))
    return b"%016x" % x, pad.encode()


class Bells:
    """The server's socket: memory, eventfds from the guest and to it."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.connect(path)
        msg, fds, _, _ = socket.recv_fds(self.sock, 4096, 17)
        kind = struct.unpack_from("<H", msg, 6)[0]
        if kind != 1 or len(fds) != 5:
            sys.exit(f"hostwords.py: message {kind} with {len(fds)} descriptors")
        self.memory, self.hello, self.data, self.control = fds[:4]

    def ring(self):
        os.write(self.control, struct.pack("<Q", 1))

    def heard(self, fd, seconds):
        if not select.select([fd], [], [], seconds)[0]:
            return False
        os.read(fd, 8)
        return True


class Polled:
    """A file, and no bells."""

    def __init__(self, path):
        self.memory = os.open(path, os.O_RDWR)

    def ring(self):
        pass


class Ring:
    def __init__(self, host, number):
        self.host, self.number = host, number
        self.slots = host.slots(number)
        first = host.base + host.ring_pages * number
        self.ctl = first * PAGE
        self.desc = self.ctl + PAGE
        self.data = self.desc + (self.slots + 63) // 64 * PAGE
        self.words = 2 * PAGE + 64 * number
        self.pos = 0
        self.found = {"page": 0, "record": 0, "lost": 0, "records": 0, "gaps": 0,
                      "declared": 0, "faults": [], "writers": {}}

    def __getitem__(self, name):
        at, form = CTL[name]
        return self.host.load(self.ctl + at, form)

    def segment(self):
        while True:
            seq = self["seg_seq"]
            seg = self["seg_page"], self["seg_slot"], self["seg_span"]
            if not seq & 1 and seq == self["seg_seq"]:
                return seg

    def take(self, limit=None):
        head = self["head"] if limit is None else limit
        page, slot, span = self.segment()
        while self.pos < head:
            at = slot + (self.pos - page) % span
            self.look(self.host.read(self.desc + 64 * at, 64),
                      self.host.read(self.data + PAGE * at, PAGE))
            self.pos += 1
        self.host.store(self.words + 8, self.pos ^ self.host.seal)
        self.host.store(self.words, self.pos)

    def fault(self, text):
        if len(self.found["faults"]) < 20:
            self.found["faults"].append(text)

    def look(self, desc, data):
        if self.number == self.host.nrings:
            return
        f = self.found
        page, first, lost, ts, _, count, size = struct.unpack_from("<5QII", desc)
        if page != self.pos:
            self.fault(f"page {self.pos} says it is {page}")
        if f["page"] and page <= f["page"]:
            self.fault(f"page {page} after {f['page']}")
        if struct.unpack_from("<Q", data)[0] != ts:
            self.fault(f"page {page}: time stamps differ")
        gap = first - f["record"]
        if gap < 0 or gap != lost - f["lost"]:
            self.fault(f"page {page}: begins with record {first} after {f['record']}, "
                       f"lost {lost} after {f['lost']}")
        f["gaps"] += 1 if gap else 0
        f["declared"] += gap
        f.update(page=page, record=first + count, lost=lost, records=f["records"] + count)
        for m in RAMP.finditer(data, 16, 16 + size):
            w, n = int(m.group(1)), int(m.group(2))
            last, number = f["writers"].get(str(w), (-1, 0))
            whole = n % 16 or (m.group(3), m.group(4)) == contents(w, n)
            if w != self.number or not whole:
                self.fault(f"page {page}: ramp {w} {n} is torn or in the wrong ring")
            if n <= last:
                self.fault(f"page {page}: ramp {w} {n} after {last}")
            f["writers"][str(w)] = n, number + 1


class Host:
    def __init__(self, bells, state):
        self.bells, self.path = bells, state
        size = os.fstat(bells.memory).st_size
        self.mem = mmap.mmap(bells.memory, size)
        self.view = memoryview(self.mem)
        self.u64 = self.view.cast("Q")
        self.rings, self.taking, self.beating = [], True, True
        self.epoch = self.seq = self.tag = self.seal = self.request = 0
        self.copy = None

    def load(self, at, form="Q"):
        if form == "Q" and at % 8 == 0:
            return self.u64[at // 8]
        return struct.unpack_from("<" + form, self.view, at)[0]

    def store(self, at, value):
        self.u64[at // 8] = value & MASK

    def read(self, at, size):
        return bytes(self.view[at:at + size])

    def __getitem__(self, name):
        return self.load(*GUEST[name])

    def put(self, name, value):
        self.store(PAGE + HOST[name], value)

    def slots(self, number):
        pages = self.meta_pages if number == self.nrings else self.ring_pages
        rest = pages - 1
        slots, rest = rest // 65 * 64, rest % 65
        return slots + rest - 1 if rest > 1 else slots

    def lay_out(self):
        self.nrings = self["nrings"]
        pages = len(self.mem) // PAGE
        self.base = 2 + (self.nrings + 1 + 63) // 64
        meta = min(max(pages // 64, 6), 256)
        self.ring_pages = (pages - self.base - meta) // self.nrings
        self.meta_pages = pages - self.base - self.ring_pages * self.nrings

    def until(self, seconds, true):
        """Wait, and do what a reader does meanwhile."""
        end = time.monotonic() + float(seconds)
        while not true():
            if time.monotonic() > end:
                return False
            self.tick()
            time.sleep(0.002)
        return True

    def tick(self):
        if not self.epoch:
            return
        now = time.monotonic()
        if self.beating and now - self.beat_at > 0.05:
            self.beat_at = now
            self.put("heartbeat", self.load(PAGE + HOST["heartbeat"]) + 1)
        if self.taking:
            self.catch()

    def freeze(self):
        """Say that the positions stand, if a round asks for it."""
        if self["accepted"] == self.request != self.load(PAGE + HOST["frozen"]):
            for ring in self.rings:
                ring.take()
            self.put("frozen", self.request)

    def hello(self):
        if isinstance(self.bells, Polled):
            last = self["heartbeat"]
            return self.until(20, lambda: self["magic"] and self["heartbeat"] >= last + 2)
        for _ in range(400):
            self.bells.ring()
            if self.bells.heard(self.bells.hello, 0.05):
                return True
        return False

    def attach(self):
        polled = isinstance(self.bells, Polled)
        if not self.hello() or (not polled and not self.hello()):
            return {"error": "no HELLO"}
        self.lay_out()
        self.tag = self.seal = self.load(24)
        self.rings = [Ring(self, n) for n in range(self.nrings + 1)]
        self.recall()
        for at in range(PAGE, self.base * PAGE, 8):
            self.store(at, 0)
        for ring in self.rings:
            self.store(ring.words + 16, MASK)
        epoch = random.getrandbits(64) | 1
        self.seq = 0
        self.put("epoch_seal", epoch ^ self.seal)
        self.put("epoch", epoch)
        self.bells.ring()
        if not self.until(20, lambda: self["epoch_ack"] == epoch):
            return {"error": "no acknowledgement"}
        self.epoch, self.beat_at = epoch, 0
        for ring in self.rings:
            ring.pos = ring["ack_pos"]
            found = ring.found
            if ring.number < self.nrings and found["page"] and ring.pos != found["page"] + 1:
                ring.fault(f"starts at {ring.pos}, has up to {found['page']}")
        return self.show()

    def ask(self, op, ms="0", window="0"):
        self.seq += 1
        self.request = self.seq << 8 | OPS.get(op, 99 if not op.isdigit() else int(op))
        self.put("req_arg", int(window) << 32 | int(ms))
        self.put("request", self.request)
        self.bells.ring()
        return {"seq": self.seq}

    def answered(self, seconds="10"):
        if not self.until(seconds, lambda: self["answer"] >> 8 >= self.seq):
            return {"error": "no answer", **self.show()}
        return {"status": self["answer_status"], "state": STATES[self["state"]]}

    def catch(self):
        for ring in self.rings:
            ring.take()
        self.freeze()
        return {"pos": [r.pos for r in self.rings], "head": [r["head"] for r in self.rings]}

    def show(self):
        words = {n: self[n] for n in GUEST if n not in ("magic", "stream")}
        words["state"] = STATES[words["state"]]
        words["stream"] = self["stream"].hex()
        words["rings"] = [{n: r[n] for n in CTL} | {"slots": r.slots, "pos": r.pos}
                          for r in self.rings]
        return words

    def judge(self):
        out = {"faults": [], "records": 0, "declared": 0, "gaps": 0, "writers": {}, "state":
               STATES[self["state"]], "end_reason": self["end_reason"]}
        for ring in self.rings[:-1]:
            f = ring.found
            out["faults"] += [f"ring {ring.number}: {t}" for t in f["faults"]]
            out["records"] += f["records"]
            out["gaps"] += f["gaps"]
            # What is lost behind the last page is in the counters.
            tail = ring["produced"] - f["record"]
            if ring.pos == ring["head"] and tail != ring["lost"] - f["lost"]:
                out["faults"].append(f"ring {ring.number}: {tail} records behind the last "
                                     f"page, {ring['lost'] - f['lost']} declared")
            out["declared"] += f["declared"] + (tail if ring.pos == ring["head"] else 0)
            out["writers"] |= {w: {"last": n, "number": c} for w, (n, c) in f["writers"].items()}
        return out

    def window(self, number, seconds="10"):
        def there():
            return all(r["seg_span"] == (int(number) or r.slots) for r in self.rings[:-1])
        return {"ok": self.until(seconds, there), "span": [r["seg_span"] for r in self.rings]}

    def stale(self):
        self.copy = self.read(PAGE, (self.base - 1) * PAGE)
        return {}

    def restore(self):
        """The host page as it was at `stale`."""
        self.view[PAGE:self.base * PAGE] = self.copy
        self.bells.ring()
        return {}

    def clock(self, seconds="10"):
        seq = self["clock_seq"] + 1
        self.put("clock_seq", seq)
        self.bells.ring()
        return {"ok": self.until(seconds, lambda: self["clock_seq"] == seq)}

    def epoch_unsealed(self):
        """Another epoch, sealed for no stream; and the one we have again."""
        self.put("epoch", random.getrandbits(64) | 1)
        self.bells.ring()
        ok = not self.until(0.5, lambda: self["epoch_ack"] != self.epoch)
        self.put("epoch", self.epoch)
        return {"ok": ok}

    def pos_unsealed(self):
        """A position behind the head, sealed for no stream: is it taken?"""
        ring = self.rings[0]
        self.taking = False
        self.store(ring.words + 8, 0)
        self.store(ring.words, ring["head"])
        before = ring["mirror"]
        ok = not self.until(0.5, lambda: ring["mirror"] > max(before, ring.pos))
        self.taking = True
        return {"ok": ok}

    def remember(self):
        if self.path and self.rings:
            with open(self.path, "w") as out:
                json.dump({"stream": self["stream"].hex(),
                           "rings": [r.found for r in self.rings]}, out)

    def recall(self):
        if not self.path or not os.path.exists(self.path):
            return
        with open(self.path) as f:
            state = json.load(f)
        if state["stream"] != self["stream"].hex():
            self.rings[0].fault("another stream")
            return
        for ring, found in zip(self.rings, state["rings"]):
            ring.found = found


def obey(host, words):
    name, args = words[0], words[1:]
    if name == "put":
        return host.ask(*args)
    if name in ("attach", "answered", "catch", "show", "judge", "window", "stale", "restore",
                "clock", "epoch_unsealed", "pos_unsealed"):
        return getattr(host, name)(*args)
    if name == "accepted":
        ok = host.until(args[0] if args else 10, lambda: host["accepted"] == host.request)
        return {"ok": ok}
    if name == "wait":
        ok = host.until(args[1] if len(args) > 1 else 10,
                        lambda: STATES[host["state"]] == args[0])
        return {"ok": ok, "state": STATES[host["state"]]}
    if name in ("take", "beat"):
        setattr(host, {"take": "taking", "beat": "beating"}[name], args[0] == "on")
        return {}
    return {"error": f"what is {name}?"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--socket", help="the server's socket for readers")
    parser.add_argument("--file", help="the memory of an ivshmem-plain device")
    parser.add_argument("--state", help="what was taken, from one memory to the next")
    args = parser.parse_args()
    host = Host(Bells(args.socket) if args.socket else Polled(args.file), args.state)
    rest = b""
    while True:
        host.tick()
        if not select.select([0], [], [], 0.005)[0]:
            continue
        more = os.read(0, 65536)
        *lines, rest = (rest + more).split(b"\n")
        for line in lines:
            words = line.decode().split()
            if words == ["quit"]:
                more = b""
                break
            if words:
                print(json.dumps(obey(host, words)), flush=True)
        if not more:
            break
    host.remember()


if __name__ == "__main__":
    main()
