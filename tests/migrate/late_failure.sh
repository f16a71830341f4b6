#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: the destination's QEMU killed between the source's "completed" and Finish: the source goes on
# group: full
#
# For the source's QEMU it has moved, and for its libvirtd it has not: who takes
# the word of the former for the end gives up a guest that still runs here.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" watch


late() {
	local libvirtd

	lab_virsh A migrate-setmaxdowntime vm 300 >/dev/null
	move_begin vm A B --bandwidth 32
	wait_for 30 moving A vm || fail "migration did not begin"
	libvirtd=$(lab_pid B libvirtd)
	lab_in B kill -STOP "$libvirtd"
	wait_for 60 migration A completed || { lab_in B kill -CONT "$libvirtd"; fail "not completed"; }
	kill_qemu B vm
	lab_in B kill -CONT "$libvirtd"
	move_fails vm A "$epoch"
	cat "$LAB_DIR/migrate.log"
	wait_for 20 cleared B vm || fail "left over on B: $(lab_in B ls /run/ivring/vm)"
}

traced_up 2
moves_vm vm "$MOVES_QMP"
moves_load A vm
epoch=$(epoch_of A vm)

late
echo "ok 1 - failed after completed: resumed on the source, same epoch"

watch_up A
late
wait_for 30 watch_saw A vm returned || { watch_events A vm; fail "the watcher saw no end"; }
wait_for 20 watch_saw A vm released || { watch_events A vm; fail "the guest was not released"; }
! watch_saw A vm told || { watch_events A vm; fail "the reader was told that the VM moved"; }
watch_order A vm sent returned released || fail "not so late a failure"
lab_in A ivring status --last-migration vm --json | grep -q '"outcome": *"returned"' ||
	fail "the time line ends with another outcome"
wait_for 20 guest_is A vm attached || fail "guest: $(guest_state A vm)"
echo "ok 2 - the same with a watcher: it does not say that the VM moved"

moves vm A B
wait_for 30 watch_saw A vm told || { watch_events A vm; fail "it does not tell when it moved"; }
moves_end B vm
echo "ok 3 - the next move: nothing lost"
