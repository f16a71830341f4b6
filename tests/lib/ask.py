#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""ask.py VM LINE - say one line to the reader of a VM on this host, print its answer

Exits with 1 if the answer is an error. See "People to reader" in ivr_msg.h.
"""
import json
import socket
import sys


def main():
    vm, line = sys.argv[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.settimeout(30)
        s.connect(f"/run/ivring/{vm}/ctl.sock")
        s.sendall(line.encode() + b"\n")
        answer = s.makefile().readline()
    print(answer, end="")
    return 1 if "error" in json.loads(answer) else 0


if __name__ == "__main__":
    sys.exit(main())
