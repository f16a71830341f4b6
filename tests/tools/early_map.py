#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""early_map.py PID - map the ivshmem memory that ivring-server PID holds, read every page"""
import mmap
import os
import sys


def memory(pid):
    for fd in os.listdir(f"/proc/{pid}/fd"):
        path = f"/proc/{pid}/fd/{fd}"
        if os.readlink(path).startswith("/memfd:"):
            return path
    sys.exit(f"process {pid} has no memory")


def main():
    fd = os.open(memory(sys.argv[1]), os.O_RDWR)
    size = os.fstat(fd).st_size
    there = 0
    with mmap.mmap(fd, size, prot=mmap.PROT_READ) as m:
        for page in range(0, size, 4096):
            there += m[page] != 0
    print(f"mapped {size} bytes, read {size // 4096} pages, {there} not zero")


main()
