#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: virsh managedsave and start: attached again, nothing lost
# group: full

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
traced_up 1
moves_vm vm
moves_load A vm
for round in 1 2; do
	lab_virsh A managedsave vm >/dev/null || fail "managedsave"
	wait_for 20 cleared A vm || fail "left over: $(lab_in A ls /run/ivring/vm)"
	lab_virsh A start vm >/dev/null || fail "start"
	wait_for 20 attached A vm || fail "no reader after start $round"
done
moves_end A vm
echo "ok 1 - managed save, twice: nothing lost"
