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
# shellcheck source-path=SCRIPTDIR source=../lib/traced.sh
. "$(dirname "$0")/../lib/traced.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/moves.sh
. "$(dirname "$0")/../lib/moves.sh"
traced_up 1
"$TOP/tests/tools/qcow2.py" "$LAB_DIR/disk"
moves_vm vm devices="<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
	<source file='$LAB_DIR/disk'/><target dev='vda' bus='virtio'/></disk>"

guest_exec A vm 'ramp -c 0 -n 3000' >/dev/null
lab_in A ivring drain vm >/dev/null || fail "drain"
lab_virsh A snapshot-create-as vm before || fail "snapshot"
attached A vm || fail "no reader after the snapshot"
verify vm >/dev/null || { verify vm; fail "a snapshot alone is no fault"; }
guest_exec A vm 'ramp -c 0 -n 2000; ramp -c 1 -n 4000' >/dev/null
lab_in A ivring drain vm >/dev/null || fail "drain"
echo "ok 1 - snapshot with the reader attached"

lab_virsh A snapshot-revert vm before || fail "revert"
wait_for 20 runs A vm || fail "the VM does not run"
wait_for 20 attached A vm || fail "no reader after the revert"
guest_exec A vm 'ramp -c 0 -n 6000' >/dev/null
wait_for 20 lab_in A ivring drain vm || fail "drain after the revert"
traced_end A vm
! verify vm >"$LAB_DIR/verify" 2>&1 || { cat "$LAB_DIR/verify"; fail "verify saw nothing"; }
grep -E 'conflict|went back|reset' "$LAB_DIR/verify" ||
	{ cat "$LAB_DIR/verify"; fail "verify does not say why"; }
whole vm 0 6000
echo "ok 2 - reverted: traced again, and verify tells of two pasts"
