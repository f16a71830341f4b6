#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: ivring-watch follows, quiesces, tells and records; cancel, its own death, libvirtd's restart
# timeout: 400

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" watch

quiesced() { watch_saw "$1" vm quiesced; }

# slowly FROM TO: in the background, and so slow that there is time to act
slowly() {
	lab_migrate vm "$1" "$2" --bandwidth 8 >"$LAB_DIR/migrate.log" 2>&1 &
	job=$!
	wait_for 60 quiesced "$1" || { watch_events "$1" vm; fail "not quiesced on $1"; }
}

# both_sides FROM TO: the phases of a plain migration
both_sides() {
	wait_for 30 watch_saw "$1" vm job || fail "no end on $1"
	wait_for 30 watch_saw "$2" vm drained || fail "no end on $2"
	watch_order "$1" vm setup pass quiesced stop sent completed job || fail "phases on $1"
	watch_order "$2" vm incoming resume hello attached drained || fail "phases on $2"
	watch_saw "$1" vm told || fail "the reader on $1 was not told that the VM moved"
	timeline vm "$1" "$2" || fail "no time line"
	timeline vm "$2" "$1" --json | "$TOP/tests/tools/timeline_complete.py" || fail "time line of $1 to $2"
}

traced_up 2
watch_up A
watch_up B
moves_vm vm size=4M
moves_load A vm

moves vm A B
both_sides A B
moves vm B A
both_sides B A
echo "ok 1 - there and back: phases in order on both hosts, quiesced, told, time line"

slowly A B
lab_virsh A domjobabort vm || fail "domjobabort"
wait "$job" && fail "it was to be cancelled"
wait_for 20 watch_saw A vm released || fail "not released after the cancel"
wait_for 20 guest_is A vm attached || fail "guest: $(guest_state A vm)"
watch_order A vm setup quiesced cancelled released || fail "phases of a cancel"
wait_for 20 watch_saw B vm failed || fail "no end on B"
attached A vm || fail "no reader after the cancel"
echo "ok 2 - domjobabort: resumed at once"

slowly A B
pid=$(watch_pid A)
wait_for 10 guest_is A vm quiesced || fail "guest: $(guest_state A vm)"
watch_down A KILL
wait_for 30 guest_is A vm attached || fail "watcher $pid killed, guest: $(guest_state A vm)"
# There must have been no other end than that of the lease.
kill -0 "$job" || fail "the migration ended too early to tell"
lab_virsh A migrate-setspeed vm 1000 || fail "migrate-setspeed"
wait "$job" || { cat "$LAB_DIR/migrate.log"; fail "the migration failed"; }
wait_for 20 attached B vm || fail "no reader on B"
echo "ok 3 - watcher killed: resumed by the lease, the migration completes"

# Left quiesced by somebody, with a long lease: to be found by reconciling.
lab_in B "$TOP/tests/lib/ask.py" vm "quiesce 600000" || fail "quiesce by hand"
guest_is B vm quiesced || fail "guest: $(guest_state B vm)"
lab_stop B libvirtd TERM 60
lab_start B libvirtd env "${LAB_ENV[@]}" /run/lab/libvirtd --listen
wait_for 60 guest_is B vm attached || fail "after libvirtd's restart, guest: $(guest_state B vm)"
watch_says B 'libvirt has closed the connection' || fail "it did not see libvirtd go"
watch_says B 'its guest is quiesced: resume' || fail "it did not reconcile"
# And it follows again.
watch_up A
moves vm B A
both_sides B A
echo "ok 4 - libvirtd restarted: reconciled, and follows again"

moves_end A vm
echo "ok 5 - nothing lost"
