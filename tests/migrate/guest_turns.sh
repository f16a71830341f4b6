#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: reboot, module unloaded and loaded, CPU off and on, while and between the guest's moves

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves


traced_up 2
moves_vm vm

# A CPU that goes leaves an open page in its ring; the ring has to be read on.
unrest A vm
guest_exec A vm '
	ramp -c 1 -n 3000 >/tmp/ramp.1
	ramp -c 0 -r 2000 >/tmp/ramp.0 &
	while [ ! -e /tmp/enough ]; do
		echo 0 >/sys/devices/system/cpu/cpu1/online
		usleep 20000
		echo 1 >/sys/devices/system/cpu/cpu1/online
		usleep 20000
	done &
	true' || fail "no load"
moves vm A B
guest_exec B vm 'touch /tmp/enough; echo 0 >/sys/devices/system/cpu/cpu1/online'
moves vm B A
guest_exec A vm 'echo 1 >/sys/devices/system/cpu/cpu1/online'
load_stop A vm
guest_exec A vm 'rmmod ivring' || fail "rmmod"
judge vm
[ "$(lost vm)" = 0 ] || fail "$(lost vm) lost"
echo "ok 1 - CPU 1 off and on during a move, off during another: nothing lost"

guest_exec A vm 'insmod /ivring.ko && ivring-meta' || fail "insmod"
wait_for 20 attached A vm || fail "no reader for the second stream"
guest_exec A vm 'ramp -c 0 -n 777' >/dev/null
moves vm A B

lab_migrate vm B A --bandwidth 16 >"$LAB_DIR/migrate.log" 2>&1 &
job=$!
wait_for 30 moving B vm || fail "migration did not begin"
guest_exec B vm 'ramp -c 0 -n 888; reboot' >/dev/null || true
wait "$job" || { cat "$LAB_DIR/migrate.log"; fail "it did not move while it booted"; }
wait_for 60 booted vm 2 || fail "no reboot"
wait_for 20 attached A vm || fail "no reader after the reboot"
guest_exec A vm 'ramp -c 0 -n 999' >/dev/null
traced_end A vm
verify vm || fail "verify"
[ "$(lost vm)" = 0 ] || fail "$(lost vm) lost"
# shellcheck disable=SC2046 # one word a store
"$B/bin/ivring" cat $(stores_of vm) >"$LAB_DIR/text"
for n in 887 998; do
	[ "$(grep -c "ramp 0 $n " "$LAB_DIR/text")" -ge 1 ] || fail "record $n is missing"
done
echo "ok 2 - module loaded again, moved; rebooted while it moved: three streams, nothing lost"
