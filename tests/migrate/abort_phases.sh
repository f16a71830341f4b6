#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: domjobabort in set-up, first pass, later pass; cancelled before the switch-over; refused in post-copy
# timeout: 400
# group: full
#
# Between the last pass and the switch-over libvirt leaves no time for a second
# command. So libvirtd is stopped, QEMU waits for its migrate-continue, and the
# cancel comes through a monitor of our own.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
aborted() {
	wait_for 20 lab_virsh A domjobabort vm || fail "$1: no abort"
	move_fails vm A "$epoch"
	wait_for 20 cleared B vm || fail "$1: left over on B: $(lab_in B ls /run/ivring/vm)"
	echo "# aborted: $1"
}


traced_up 2
moves_vm vm "$MOVES_QMP"
moves_load A vm 12000
epoch=$(epoch_of A vm)

move_begin vm A B --bandwidth 8
aborted "set-up"

move_begin vm A B --bandwidth 8
wait_for 30 moving A vm || fail "migration did not begin"
pass A vm 2 && fail "the first pass is over already"
aborted "first pass"

move_begin vm A B --bandwidth 24
never_done A vm
wait_for 60 pass A vm 3 || fail "no third pass"
aborted "later pass"

for answer in cancel continue; do
	lab_virsh A migrate-setmaxdowntime vm 300 >/dev/null
	move_begin vm A B --bandwidth 32
	wait_for 30 moving A vm || fail "migration did not begin"
	libvirtd=$(lab_pid A libvirtd)
	lab_in A kill -STOP "$libvirtd"
	wait_for 60 held A || { lab_in A kill -CONT "$libvirtd"; fail "not held before the switch-over"; }
	case $answer in
	cancel)		qmp A migrate_cancel ;;
	continue)	qmp A migrate-continue '{"state": "pre-switchover"}' migrate_cancel '{}' ;;
	esac >/dev/null || true
	status=$(qmp A query-migrate | grep -o '"status": "[a-z-]*"')
	lab_in A kill -CONT "$libvirtd"
	wait_for 60 move_over || fail "virsh does not come back"
	if [ $answer = cancel ]; then
		move_fails vm A "$epoch"
		echo "# cancelled before the switch-over, guest stopped: $status"
		continue
	fi
	# In the last phase it may be too late: then it has moved.
	if runs A vm; then
		move_fails vm A "$epoch"
		at=A
	else
		move_succeeds vm B
		at=B
	fi
	echo "# told to continue and to cancel at once: $status, runs on $at"
done
[ "$at" = A ] || moves vm B A

epoch=$(epoch_of A vm)
move_begin vm A B --postcopy --bandwidth 16 --postcopy-bandwidth 16
wait_for 30 moving A vm || fail "migration did not begin"
wait_for 10 lab_virsh A migrate-postcopy vm || fail "no switch to post-copy"
wait_for 10 migration A postcopy-active || fail "no post-copy"
! lab_virsh A domjobabort vm 2>"$LAB_DIR/refusal" || fail "post-copy was aborted"
cat "$LAB_DIR/refusal"
move_succeeds vm B
echo "# refused in post-copy"

moves_end B vm
echo "ok 1 - aborts in five phases: same reader, same epoch, nothing lost"
