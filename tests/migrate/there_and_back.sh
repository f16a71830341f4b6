#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: ten plain virsh migrations there and back under full load: all records once, in order
# timeout: 600
#
# Typed by hand there is only `virsh migrate --live`. Judged by ivring verify
# and by checker.py, which knows every byte that the guest wrote. TCG cannot
# show what KVM does to interrupts at the switch-over (docs/performance.md).

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

ROUNDS=${ROUNDS:-10}
RATE=${RATE:-15000}

# How long after the VM ran on the destination was the reader attached? The VM's
# resume by libvirt's event, the reader by its own event log; same clock.
libvirt_events() {
	lab_start "$1" events virsh -c qemu:///system event --all --loop --timestamp
}

traced_up 2
libvirt_events A
libvirt_events B
traced_vm vm
wait_for 20 attached A vm || fail "no reader on A"
load_start A vm "$RATE"

for ((round = 1; round <= ROUNDS; round++)); do
	lab_migrate vm A B >/dev/null || fail "round $round, A to B"
	wait_for 20 attached B vm || fail "round $round: no reader on B"
	lab_migrate vm B A >/dev/null || fail "round $round, B to A"
	wait_for 20 attached A vm || fail "round $round: no reader on A"
	echo "# round $round of $ROUNDS"
done

load_stop A vm
traced_end A vm
judge vm
echo "ok 1 - $((2 * ROUNDS)) migrations: verify and checker agree"

[ "$(lost vm)" = 0 ] || fail "$(lost vm) records lost with the default ring size and the reader running"
echo "ok 2 - none lost at all"

for host in A B; do
	lab_in "$host" cat /var/log/ivring/vm-events.log >"$LAB_DIR/$host.attached"
done
"$TOP/tests/tools/attach_times.py" vm "$((2 * ROUNDS))" \
	"$LAB_DIR/A/events.log" "$LAB_DIR/A.attached" \
	"$LAB_DIR/B/events.log" "$LAB_DIR/B.attached" ||
	fail "reader attached too late"
echo "ok 3 - reader attached within 1 s of the VM's resume (median)"

# The file shows events before and after, names and fields decoded.
trace-cmd report "$LAB_DIR/vm.dat" >"$LAB_DIR/report"
grep -q 'sched_switch: .*==>' "$LAB_DIR/report" || fail "sched_switch is not decoded"
! grep -qi 'unknown event' "$LAB_DIR/report" || fail "an event is not known"
echo "ok 4 - trace-cmd report: $(wc -l <"$LAB_DIR/report") lines, decoded, without a warning"
