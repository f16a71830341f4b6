#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""qcow2.py FILE [MIB] - an empty image, for savevm to put snapshots into

docs/interop/qcow2.txt of QEMU: header, table and block of reference counts, L1
table, one cluster each.
"""
import struct
import sys

CLUSTER = 65536


def main():
    size = int(sys.argv[2] if len(sys.argv) > 2 else 64) << 20
    # magic, version, backing file offset and length, cluster bits, size, crypt,
    # L1 entries, L1 offset, refcount table offset and clusters, snapshots and where
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, size, 0,
                         (size >> 29) or 1, 3 * CLUSTER, CLUSTER, 1, 0, 0)
    table = struct.pack(">Q", 2 * CLUSTER)
    counts = struct.pack(">4H", 1, 1, 1, 1)
    with open(sys.argv[1], "wb") as f:
        for part in (header, table, counts, b""):
            f.write(part.ljust(CLUSTER, b"\0"))


main()
