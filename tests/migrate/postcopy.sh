#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: post-copy: the waiting reader touches nothing too early, the VM lives, all records once
# timeout: 300
#
# The memory of the destination has holes while the guest runs there already.
# One read of a hole from outside QEMU would lose the VM.

set -eu
# shellcheck source-path=SCRIPTDIR source=../lib/traced.sh
. "$(dirname "$0")/../lib/traced.sh"

# Slow enough that the switch finds most of the memory still on the source.
postcopy() {
	local job

	lab_migrate vm "$1" "$2" --postcopy --bandwidth 16 --postcopy-bandwidth 16 \
		>"$LAB_DIR/migrate.log" 2>&1 &
	job=$!
	wait_for 30 moving "$1" vm || fail "migration did not begin"
	wait_for 10 lab_virsh "$1" migrate-postcopy vm || fail "no switch to post-copy"
	wait "$job" || { cat "$LAB_DIR/migrate.log"; fail "post-copy $1 to $2"; }
	wait_for 30 attached "$2" vm || fail "no reader on $2"
}

was_postcopy() { grep -q "Resumed Post-copy" "$LAB_DIR/$1/events.log"; }

traced_up 2
for host in A B; do
	lab_start "$host" events virsh -c qemu:///system event --all --loop --timestamp
done
traced_vm vm
wait_for 20 attached A vm || fail "no reader on A"
load_start A vm 3000
postcopy A B
was_postcopy B || fail "it was no post-copy"
postcopy B A
load_stop A vm
traced_end A vm
judge vm
echo "ok 1 - there and back by post-copy, $(lost vm) lost"
