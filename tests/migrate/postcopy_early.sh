#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: negative control: a program that maps the memory early in post-copy kills the VM
# timeout: 300
# group: full
#
# What our reader must not do, done by early_map.py: it takes the memory's
# descriptor from the destination's server and reads each page while the guest
# has only part of them. QEMU then finds pages where it has holes.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
EARLY=${EARLY:-1}	# 0: the same without it; then the VM must live

traced_up 2
moves_vm vm
moves_load A vm
move_begin vm A B --postcopy --bandwidth 16 --postcopy-bandwidth 4
wait_for 30 moving A vm || fail "migration did not begin"
pid=$(pid_of B vm server)
wait_for 10 lab_virsh A migrate-postcopy vm || fail "no switch to post-copy"
if [ "$EARLY" = 1 ]; then
	lab_in B "$TOP/tests/tools/early_map.py" "$pid" >"$LAB_DIR/early" ||
		fail "the memory could not be mapped"
	cat "$LAB_DIR/early"
fi
wait_for 60 move_over || fail "virsh does not come back"
if [ "$EARLY" = 0 ]; then
	move_succeeds vm B
	echo "ok 1 - nobody mapped it: the VM lives"
	exit
fi
! wait "$job" || fail "the migration succeeded: there was no hole left to read"
log=$LAB_DIR/B/var/log/libvirt/qemu/vm.log
grep -E 'File exists|postcopy_place_page|load of migration failed' "$log" ||
	fail "it failed for another reason: $(tail -n 3 "$log" "$LAB_DIR/migrate.log")"
! guest_exec AB vm true 15 || fail "the guest answers"
echo "ok 1 - a reader that maps early kills the VM"
