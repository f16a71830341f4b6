#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: the destination's QEMU killed in set-up, first pass, later pass, before the switch-over, in post-copy
# timeout: 400
# group: full

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
started() { lab_in B test -s /run/libvirt/qemu/vm.pid; }

killed() {
	kill_qemu B vm
	move_fails vm A "$epoch"
	wait_for 20 cleared B vm || fail "$1: left over on B: $(lab_in B ls /run/ivring/vm)"
	echo "# killed: $1"
}

traced_up 2
moves_vm vm "$MOVES_QMP"
moves_load A vm 12000
epoch=$(epoch_of A vm)

move_begin vm A B --bandwidth 8
wait_for 30 started || fail "no QEMU on B"
killed "set-up"

move_begin vm A B --bandwidth 8
wait_for 30 moving A vm || fail "migration did not begin"
killed "first pass"

move_begin vm A B --bandwidth 24
never_done A vm
wait_for 60 pass A vm 3 || fail "no third pass"
killed "later pass"

lab_virsh A migrate-setmaxdowntime vm 300 >/dev/null
move_begin vm A B --bandwidth 32
wait_for 30 moving A vm || fail "migration did not begin"
libvirtd=$(lab_pid A libvirtd)
lab_in A kill -STOP "$libvirtd"
wait_for 60 held A || { lab_in A kill -CONT "$libvirtd"; fail "not held before the switch-over"; }
kill_qemu B vm
lab_in A kill -CONT "$libvirtd"
move_fails vm A "$epoch"
echo "# killed: pre-switchover, guest stopped"
moves vm A B
moves vm B A
moves_end A vm
echo "ok 1 - killed in four phases of pre-copy: same reader, same epoch, nothing lost"

# In post-copy the guest runs there, and its memory is in two places: it is lost.
# What its readers have must still be a closed account.
lab_boot A vm || fail "it does not boot again"
wait_for 20 attached A vm || fail "no reader for the second stream"
guest_exec A vm 'ramp -c 0 -n 5000' >/dev/null
lab_in A ivring drain vm >/dev/null || fail "drain"
move_begin vm A B --postcopy --bandwidth 16 --postcopy-bandwidth 4
wait_for 30 moving A vm || fail "migration did not begin"
wait_for 10 lab_virsh A migrate-postcopy vm || fail "no switch to post-copy"
wait_for 10 migration A postcopy-active || fail "no post-copy"
kill_qemu B vm
! wait "$job" || fail "it moved"
lab_virsh A destroy vm >/dev/null || fail "destroy"
wait_for 20 cleared A vm || fail "left over on A"
verify vm || fail "verify"
whole vm 0 5000
echo "ok 2 - killed in post-copy: the VM is lost, the account is closed"
