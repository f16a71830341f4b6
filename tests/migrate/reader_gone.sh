#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: readers killed before, during and after a migration: what they had not read moves along
#
# Nothing starts the source's reader again, so its unread pages have to arrive
# on the destination in the guest's own memory.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves

# unread HOST PAGES: are there so many pages that no reader has taken?
unread() {
	guest_exec "$1" vm 'cat /sys/kernel/debug/ivring/status' |
		awk -v least="$2" '$1 == "ring" { n += $7 - $9 }
			END { exit !(n >= least) }'
}

traced_up 2
moves_vm vm
moves_load A vm

reader_kill A vm
wait_for 30 unread A 50 || fail "no unread pages on A"
moves vm A B
echo "# killed before: moved"

lab_migrate vm B A --bandwidth 32 >/dev/null 2>"$LAB_DIR/migrate.log" &
job=$!
wait_for 30 moving B vm || fail "migration did not begin"
reader_kill B vm
wait "$job" || { cat "$LAB_DIR/migrate.log"; fail "B to A"; }
wait_for 20 attached A vm || fail "no reader on A again"
echo "# killed during: moved"

moves vm A B
reader_kill B vm
wait_for 30 unread B 20 || fail "no unread pages on B"
lab_in B ivring-reader --vm vm --daemonize || fail "reader on B"
wait_for 20 attached B vm || fail "the second reader on B"

moves_end B vm
echo "ok 1 - source's reader dead before, dead during, destination's dead after: nothing lost"
