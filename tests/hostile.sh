#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hostile.sh - no harm from a guest, a local user or a power cut: a line for each
#
# Runs the tests that show it, of those that `make check` runs, and says for each
# promise of docs/security.md whether they passed. Exit status 1 if any failed.

set -u
cd "$(dirname "$0")/.." || exit
: "${B:=build}"

# promise | tests, a name without a directory being a unit test
rows() {
	cat <<'END'
A guest's event formats end a process without rights | trace/decode_box trace/decode_box_asan
A pid file names and holds back nobody but our own | lib/pid_file lib/ready move/migrate
The memory of role peer is made by us | cli/hook reader/plain
What a guest makes the host write is bounded | reader/bounds reader/bounds_asan reader/hostile_asan
Server and reader have no rights | reader/confine
What is acknowledged is on the disk, or declared | store/sync store/sync_asan store/account store/store_write
Stores of any size, in linear time and little memory | store/merge store/store_read store/fuzz_asan trace/meta
Output, sockets, clocks, full disks | lib/output reader/ctl log/log_write lib/sock server/cli
Lies of a guest, at any time | reader/hostile reader/hostile_asan reader/session_asan
A reader killed at any moment loses nothing | reader/kill
A server killed at any moment but in a handshake | server/fdstore server/life
END
}

status=0
while IFS='|' read -r promise tests; do
	files=()
	for test in $tests; do
		files+=("$B/tests/unit/$test")
	done
	last=$(tests/run "${files[@]}" 2>&1 | tail -n 1)
	if [[ $last = *" 0 failed"* ]]; then
		echo "holds: ${promise% } ($last)"
	else
		echo "FAILS: ${promise% } ($last)"
		status=1
	fi
done < <(rows)
exit $status
