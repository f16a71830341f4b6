#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""qmp.py SOCKET COMMAND [ARGUMENTS as JSON [COMMAND ARGUMENTS]...] - ask a QEMU

Several commands are sent without waiting between them. Prints the last answer as
JSON; exit 1 if it is an error. With COMMAND "events" it prints each event as a
line, until QEMU ends.
"""
import json
import socket
import sys


def send(stream, commands):
    for name, arguments in commands:
        json.dump({"execute": name, "arguments": arguments, "id": name}, stream)
    stream.flush()


def answer_to(stream, name):
    for line in stream:
        answer = json.loads(line)
        if answer.get("id") == name:
            return answer
    return {"error": "QEMU hung up"}


def main():
    path, *words = sys.argv[1:]
    arguments = [json.loads(w) for w in words[1::2]]
    commands = list(zip(words[::2], arguments + [{}]))
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(None if words == ["events"] else 30)
        sock.connect(path)
        stream = sock.makefile("rw")
        stream.readline()
        send(stream, [("qmp_capabilities", {})])
        answer_to(stream, "qmp_capabilities")
        if words == ["events"]:
            for line in stream:
                print(line.strip(), flush=True)
            return 0
        send(stream, commands)
        answer = answer_to(stream, commands[-1][0])
    print(json.dumps(answer.get("return", answer)))
    return 1 if "error" in answer else 0


sys.exit(main())
