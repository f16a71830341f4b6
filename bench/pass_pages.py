#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""pass_pages.py PID QMP - ivshmem pages that change between two passes of pre-copy

PID is the source's ivring-server, whose memory is looked at, never written; QMP a
monitor's socket of the source's QEMU. Ends when the guest stops, with the line
"final PASSES PAGES LATE".

QEMU stops the guest when a dirty sync has found little enough. What it then has
to send is what that sync found, changed since the sync before, and what
changed up to the stop: PAGES is all that, LATE the second part alone. (Some of
the first part may be sent before the stop, so PAGES is an upper bound.)

A page that is written while it is being hashed counts for the next pass or for
this one; a sync is one moment, the hashing of 64 MiB some 50 ms.
"""
import json
import mmap
import os
import socket
import sys
import zlib

PAGE = 4096


def memory(pid):
    for fd in os.listdir(f"/proc/{pid}/fd"):
        path = f"/proc/{pid}/fd/{fd}"
        if os.readlink(path).startswith("/memfd:"):
            return os.open(path, os.O_RDWR)
    sys.exit(f"process {pid} has no memory")


def hashes(m):
    view = memoryview(m)
    return [zlib.crc32(view[at:at + PAGE]) for at in range(0, len(m), PAGE)]


def changed(a, b):
    return sum(x != y for x, y in zip(a, b))


def main():
    pid, qmp = sys.argv[1:]
    fd = memory(pid)
    m = mmap.mmap(fd, os.fstat(fd).st_size, prot=mmap.PROT_READ)
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(qmp)
    stream = sock.makefile("rw")
    stream.readline()
    stream.write('{"execute": "qmp_capabilities"}\n')
    stream.flush()
    stream.readline()
    print("ready", flush=True)

    passes, before, last = 0, None, None
    for line in stream:
        event = json.loads(line).get("event")
        if event == "MIGRATION_PASS":
            now = hashes(m)
            if last:
                print(f"pass {passes} {changed(last, now)}", flush=True)
            passes, before, last = passes + 1, last, now
        elif event == "STOP" and last:
            now = hashes(m)
            print(f"final {passes} {changed(before or last, now)} {changed(last, now)}")
            return 0
    sys.exit("QEMU ended before the guest was stopped by a migration")


if __name__ == "__main__":
    sys.exit(main())
