#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: snapshot reverted under an attached reader: the trace goes on, and verify says that time went back
# group: full
#
# The guest's memory, ours included, jumps back in place under reader and server.
# What the guest had written since the snapshot has happened, and it is stored; what
# it writes now has the same numbers. Nothing can merge that, so verify has to
# tell, and the guest and its trace have to go on.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves

# before VM: traced, and a snapshot of it taken
before() {
	"$TOP/tests/tools/qcow2.py" "$LAB_DIR/$1.disk"
	moves_vm "$1" devices="<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
		<source file='$LAB_DIR/$1.disk'/><target dev='vda' bus='virtio'/></disk>"
	guest_exec A "$1" 'ramp -c 0 -n 3000' >/dev/null
	lab_in A ivring drain "$1" >/dev/null || fail "drain"
	lab_virsh A snapshot-create-as "$1" before || fail "snapshot"
	attached A "$1" || fail "no reader after the snapshot"
	verify "$1" >/dev/null || { verify "$1"; fail "a snapshot alone is no fault"; }
}

# life VM COMMAND: what the guest writes is stored
life() {
	guest_exec A "$1" "$2" >/dev/null || fail "$1 does not write"
	wait_for 20 lab_in A ivring drain "$1" || fail "drain"
}

revert() {
	lab_virsh A snapshot-revert "$1" before || fail "revert"
	wait_for 20 runs A "$1" || fail "$1 does not run"
	wait_for 20 attached A "$1" || fail "no reader after the revert"
}

# told VM: verify must refuse, and say why
told() {
	traced_end A "$1"
	! verify "$1" >"$LAB_DIR/verify" 2>&1 ||
		{ cat "$LAB_DIR/verify"; fail "verify saw nothing"; }
	grep -E "$2" "$LAB_DIR/verify" ||
		{ cat "$LAB_DIR/verify"; fail "verify does not say why"; }
}

traced_up 1
before vm
life vm 'ramp -c 0 -n 2000; ramp -c 1 -n 4000'
echo "ok 1 - snapshot with the reader attached"

revert vm
life vm 'ramp -c 0 -n 6000'
told vm 'conflict|went back|reset'
whole vm 0 6000
echo "ok 2 - reverted: traced again, and verify tells of two pasts"

# No page of one life has the number of a page of the other.
before apart
life apart 'ramp -c 0 -n 2000'
revert apart
life apart 'ramp -c 1 -n 4000'
told apart conflict
whole apart 1 4000
echo "ok 3 - reverted, each life in a ring of its own: a conflict all the same"
