#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: trace_marker, functions by name (kallsyms) and events reach the merged trace, decoded

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

# The symbols are 12 MB, and on their way when the records are in the store already.
named() {
	export_trace "$vm" || true
	trace-cmd report "$LAB_DIR/$vm.dat" 2>/dev/null | grep -Eq 'function: +vfs_'
}

shows() { grep -Eq "$1" "$LAB_DIR/report" || fail "the trace has no '$1'"; }

traced_up 1
for SERIES in 6.1 6.12; do
	vm=f-$SERIES
	traced_vm "$vm"
	wait_for 20 attached A "$vm" || fail "no reader"
	guest_exec A "$vm" '
		cd /sys/kernel/tracing
		ivring-meta --kallsyms
		echo "vfs_*" >set_ftrace_filter
		echo 1 >events/sched/sched_switch/enable
		echo function >current_tracer
		echo "marker 4711" >trace_marker
		read -r version </proc/version
		echo nop >current_tracer
		echo 0 >events/sched/sched_switch/enable' || fail "ftrace"
	lab_in A ivring drain "$vm" >/dev/null || fail "drain"
	wait_for 60 named || fail "functions have no names"
	traced_end A "$vm"
	verify "$vm" >/dev/null || fail "verify"
	export_trace "$vm" || fail "export"
	trace-cmd report "$LAB_DIR/$vm.dat" >"$LAB_DIR/report" 2>"$LAB_DIR/err"
	[ ! -s "$LAB_DIR/err" ] || { cat "$LAB_DIR/err"; fail "trace-cmd warns"; }
	shows 'function: +vfs_'
	shows 'print: .*marker 4711'
	shows 'sched_switch: .*==>'
	echo "ok $((${number:-0} + 1)) - kernel $SERIES"
	number=1
done
