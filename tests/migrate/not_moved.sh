#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: a cancelled migration, a destination without a server, save and restore: the trace goes on

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced


traced_up 2
traced_vm vm
wait_for 20 attached A vm || fail "no reader on A"
load_start A vm 3000
first=$(epoch_of A vm)

lab_migrate vm A B --bandwidth 8 >/dev/null 2>&1 &
job=$!
wait_for 30 moving A vm || fail "migration did not begin"
lab_virsh A domjobabort vm || fail "abort"
! wait "$job" || fail "it was not aborted"
[ "$(epoch_of A vm)" = "$first" ] || fail "attached anew after a cancelled migration"
attached A vm || fail "no reader after a cancelled migration"
echo "ok 1 - cancelled: same reader, same epoch"

lab_in B mv /etc/libvirt/hooks/qemu.d/ivring /tmp/
! lab_migrate vm A B >/dev/null 2>&1 || fail "it moved to a host without a server"
lab_in B mv /tmp/ivring /etc/libvirt/hooks/qemu.d/
[ "$(epoch_of A vm)" = "$first" ] || fail "attached anew after a refused migration"
echo "ok 2 - destination without a server: refused, nothing happened on the source"

lab_virsh A save vm "$LAB_DIR/saved" >/dev/null || fail "save"
lab_virsh A restore "$LAB_DIR/saved" >/dev/null || fail "restore"
wait_for 20 attached A vm || fail "no reader after the restore"
echo "ok 3 - saved and restored: attached again"

load_stop A vm
traced_end A vm
judge vm
echo "ok 4 - all records once, $(lost vm) lost"
