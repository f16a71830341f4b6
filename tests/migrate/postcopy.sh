#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: post-copy: the waiting reader touches nothing too early, the VM lives, all records once
# timeout: 600
#
# The memory of the destination has holes while the guest runs there already.
# One read of a hole from outside QEMU would lose the VM.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

ROUNDS=${ROUNDS:-2}

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

# by the destination's event log: how often did a guest start there without all
# of its memory?
postcopies() { cat "$LAB_DIR"/?/events.log | grep -c "Resumed Post-copy"; }

traced_up 2
for host in A B; do
	lab_start "$host" events virsh -c qemu:///system event --all --loop --timestamp
done
# A vCPU waits for its pages as long as the link takes.
traced_vm vm cmdline=rcupdate.rcu_cpu_stall_timeout=120
wait_for 20 attached A vm || fail "no reader on A"
load_start A vm 3000
from=A to=B
for ((round = 1; round <= ROUNDS; round++)); do
	postcopy "$from" "$to"
	echo "# round $round of $ROUNDS"
	read -r from to <<<"$to $from"
done
[ "$(postcopies)" = "$ROUNDS" ] || fail "only $(postcopies) of $ROUNDS were post-copy"
load_stop "$from" vm
traced_end "$from" vm
judge vm
echo "ok 1 - $ROUNDS of $ROUNDS post-copy migrations, $(lost vm) lost"
