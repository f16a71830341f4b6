#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: role peer: ivring migrate refused, cancelled, killed in each step: rolled back or gone on with, nothing lost
# timeout: 400

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" peer

log() { echo "$LAB_DIR/migrate.log"; }
said() { grep -Eq "$1" "$(log)"; }

# status EXPECTED COMMAND…
status() {
	local got=0

	"${@:2}" >"$(log)" 2>&1 || got=$?
	[ "$got" = "$1" ] || { cat "$(log)"; fail "${*:2}: status $got, expected $1"; }
}

# as_before: on A, with its device, traced
as_before() {
	runs A vm || fail "$1: it does not run"
	peer_has_device A vm || fail "$1: without its device"
	wait_for 20 attached A vm || fail "$1: no reader"
	echo "# $1"
}

# start [OPTION OF virsh migrate]…: A to B in the background; sets job, pid
start() {
	: >"$(log)"
	peer_try vm A B "$@" >>"$(log)" 2>&1 &
	job=$!
}

# signal_it SIGNAL PATTERN: when it has said that
signal_it() {
	wait_for 60 said "$2" || fail "it did not say $2"
	lab_in A pkill -x -"$1" ivring
	wait "$job" 2>/dev/null || true
}

# A run that was killed may have left virsh at work.
idle() { ! lab_virsh "$1" domjobinfo vm 2>/dev/null | grep -q bounded; }

# Wherever it stands, it is to be on B in the end; a kill may come too late.
again() {
	wait_for 60 idle A
	peer_try vm A B >"$(log)" 2>&1 || said 'at .* already, with its device' ||
		{ cat "$(log)"; fail "$1: run again"; }
	wait_for 20 attached B vm || fail "$1: no reader"
	echo "# $1: run again"
	peer_move vm B A >/dev/null
}

traced_up 2
peer_vm vm
moves_load A vm 2000

status 2 peer_try vm A Z
as_before "no libvirt there: nothing begun"
status 2 peer_try vm A B --dname other
as_before "an option that cannot be: nothing begun"
status 1 peer_try vm A B --migrateuri tcp://10.77.0.99
said 'unplug +undone' || fail "it was not plugged again"
as_before "refused by the destination: rolled back"
echo "ok 1 - refused"

start --bandwidth 8
wait_for 30 moving A vm || fail "it does not move"
signal_it TERM 'unplug +done'
said 'unplug +undone' || fail "it was not plugged again"
as_before "SIGTERM in the migration"
start --bandwidth 8
wait_for 30 moving A vm || fail "it does not move"
kill_qemu B vm
! wait "$job" || fail "moved without a QEMU?"
as_before "QEMU of the destination killed"
echo "ok 2 - cancelled"

start
signal_it KILL 'check +done'
again "killed in spill"
start
signal_it KILL 'spill +done'
again "killed in unplug"
start --bandwidth 8
signal_it KILL 'unplug +done'
again "killed in migrate"
start
signal_it KILL 'migrate +done'
again "killed in plug"
echo "ok 3 - killed in each step, and run again"

moves_end A vm
[ "$(streams_of vm)" = 1 ] || fail "$(streams_of vm) streams"
echo "ok 4 - one stream, nothing lost"
