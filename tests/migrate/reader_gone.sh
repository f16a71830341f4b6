#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: readers killed before, during and after a migration: what they had not read moves along
#
# Nothing starts the source's reader again, so its unread pages have to arrive
# on the destination in the guest's own memory.

set -eu
# shellcheck source-path=SCRIPTDIR source=../lib/traced.sh
. "$(dirname "$0")/../lib/traced.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/moves.sh
. "$(dirname "$0")/../lib/moves.sh"

gone() { ! lab_in "$1" kill -0 "$2" 2>/dev/null; }

kill_reader() {
	local pid

	pid=$(pid_of "$1" vm reader)
	lab_in "$1" kill -KILL "$pid"
	wait_for 10 gone "$1" "$pid" || fail "the reader on $1 does not die"
}

# unread HOST PAGES: are there so many pages that no reader has taken?
unread() {
	guest_exec "$1" vm 'cat /sys/kernel/debug/ivring/status' |
		awk -v least="$2" '$1 == "ring" { n += $7 - $9 }
			END { exit !(n >= least) }'
}

traced_up 2
moves_vm vm
moves_load A vm

kill_reader A
wait_for 30 unread A 50 || fail "no unread pages on A"
moves vm A B
echo "# killed before: moved"

lab_migrate vm B A --bandwidth 32 >/dev/null 2>"$LAB_DIR/migrate.log" &
job=$!
wait_for 30 moving B vm || fail "migration did not begin"
kill_reader B
wait "$job" || { cat "$LAB_DIR/migrate.log"; fail "B to A"; }
wait_for 20 attached A vm || fail "no reader on A again"
echo "# killed during: moved"

moves vm A B
kill_reader B
wait_for 30 unread B 20 || fail "no unread pages on B"
lab_in B ivring-reader --vm vm --daemonize || fail "reader on B"
wait_for 20 attached B vm || fail "the second reader on B"

moves_end B vm
echo "ok 1 - source's reader dead before, dead during, destination's dead after: nothing lost"
