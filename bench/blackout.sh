#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# blackout.sh - how long a guest is out when it migrates, with tracing and without
#
# From QEMU's STOP on the source to QEMU's RESUME on the destination, by QEMU's
# own time stamps; both hosts have the clock of this machine. Guests of the same
# kind with the same load, ROUNDS (10) migrations each, in turn, in one run; the
# others are suspended meanwhile.
#
#   off	no device, no module; the load writes to /dev/null
#   idle	device, module, reader; the load writes to /dev/null
#   on		the load writes to the trace, RATE (15000) records/s of 100 bytes a vCPU
#   quiesced	the same with ivring-watch on the source
#
# Prints a table of milliseconds; figures go to build/bench-blackout.json.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../tests/lib/help.sh"
# shellcheck source=/dev/null
. "$(dirname "$0")/../tests/lib/test.sh" moves

ROUNDS=${ROUNDS:-10}
RATE=${RATE:-15000}
declare -A at=([off]=A [idle]=A [on]=A)

# load VM FILE
load() {
	flush_tlbs A "$1"
	guest_exec A "$1" "for c in \$(seq 0 \$((\$(nproc) - 1))); do
			ramp -c \$c -r $RATE -f $2 >/dev/null &
		done" || fail "no load in $1"
}

untraced_vm() {
	lab_domain_xml name="$1" kernel="$KERNELS/$SERIES/vmlinuz" cmdline=lab.noload \
		initrd="$B/tests/initrd-$SERIES.gz" >"$LAB_DIR/$1.xml"
	lab_define A "$LAB_DIR/$1.xml" >/dev/null
	lab_boot A "$1"
}

# measure ROW VM: one migration; appends "ROW FROM TO" to $LAB_DIR/moves
measure() {
	local from=${at[$2]} to=A

	[ "$from" != A ] || to=B
	lab_virsh "$from" resume "$2" >/dev/null || fail "resume"
	[ "$2" = off ] || wait_for 20 attached "$from" "$2" || fail "no reader on $from"
	[ "$1" != quiesced ] || lab_start "$from" watch ivring-watch
	lab_migrate "$2" "$from" "$to" >"$LAB_DIR/migrate.log" 2>&1 ||
		{ cat "$LAB_DIR/migrate.log"; fail "$1, $from to $to"; }
	[ "$2" = off ] || wait_for 20 attached "$to" "$2" || fail "no reader on $to"
	[ "$1" != quiesced ] || lab_stop "$from" watch
	lab_virsh "$to" suspend "$2" >/dev/null || fail "suspend"
	at[$2]=$to
	echo "$1 $2" >>"$LAB_DIR/moves"
}

traced_up 2
rows=(off idle on)
[ ! -x "$B/bin/ivring-watch" ] || rows+=(quiesced)
for host in A B; do
	lab_start "$host" qemu-events virsh -c qemu:///system qemu-monitor-event --loop
done
untraced_vm off
load off /dev/null
lab_virsh A suspend off >/dev/null
moves_vm idle
load idle /dev/null
lab_virsh A suspend idle >/dev/null
moves_vm on
load on /dev/ivring
lab_virsh A suspend on >/dev/null

for ((round = 1; round <= ROUNDS; round++)); do
	for row in "${rows[@]}"; do
		vm=$row
		[ "$row" != quiesced ] || vm=on
		measure "$row" "$vm"
	done
	echo "# round $round of $ROUNDS"
done
"$TOP/bench/blackout.py" "$LAB_DIR/moves" "$TOP/build/bench-blackout.json" \
	A="$LAB_DIR/A/qemu-events.log" B="$LAB_DIR/B/qemu-events.log"
