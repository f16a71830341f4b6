#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# final_pass.sh - what the rings add to the last pass of a migration
#
# For memories of 4, 16 and 64 MiB, with ivring-watch on the source and without,
# ROUNDS (3) migrations under load each: what the last pass had to carry of the
# memory, from the last dirty sync but one to the stop ("late": from the last); how
# many pages both stores have, how many records were lost (declared). pass_pages.py
# compares the source's memory as it was at each MIGRATION_PASS of QEMU and after
# its STOP.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../tests/lib/help.sh"
# shellcheck source=/dev/null
. "$(dirname "$0")/../tests/lib/test.sh" moves

ROUNDS=${ROUNDS:-3}
RATE=${RATE:-15000}
SIZES=${SIZES:-4M 16M 64M}

overlap() {
	verify "$1" --json | json --sum "streams.*.total.copies_dropped_pages"
}

# watch_pages HOST VM: in the background, until QEMU has stopped
watch_pages() {
	rm -f "$LAB_DIR/pages"
	lab_in "$1" "$TOP/bench/pass_pages.py" "$(pid_of "$1" "$2" server)" /run/lab/qmp \
		>"$LAB_DIR/pages" 2>&1 &
	pages=$!
	wait_for 10 grep -q ready "$LAB_DIR/pages" || fail "$(cat "$LAB_DIR/pages")"
}

# row SIZE WATCH(0|1)
row() {
	local vm=vm$1-$2 from=A to=B round

	moves_vm "$vm" size="$1" "$MOVES_QMP"
	moves_load A "$vm" "$RATE"
	for ((round = 0; round < ROUNDS; round++)); do
		[ "$2" = 0 ] || lab_start "$from" watch ivring-watch
		watch_pages "$from" "$vm"
		moves "$vm" "$from" "$to"
		[ "$2" = 0 ] || lab_stop "$from" watch
		wait "$pages" || fail "$(cat "$LAB_DIR/pages")"
		grep final "$LAB_DIR/pages" >>"$LAB_DIR/$vm.final"
		read -r from to <<<"$to $from"
	done
	load_stop "$from" "$vm"
	traced_end "$from" "$vm"
	# A small memory that is full while nobody reads declares what it drops.
	if ! { verify "$vm" && check_contents "$vm"; } >"$LAB_DIR/judge"; then
		cat "$LAB_DIR/judge"
		fail "the account of $vm"
	fi
	"$TOP/bench/final_pass.py" "$1" "$2" "$(overlap "$vm")" "$(lost "$vm")" \
		<"$LAB_DIR/$vm.final"
}

watchers=0
[ ! -x "$B/bin/ivring-watch" ] || watchers="0 1"
traced_up 2
printf '%-8s%-10s%4s%12s%12s%12s%10s%10s%8s\n' size quiesced n passes 'final KiB' 'max KiB' \
	'late KiB' overlap lost
for size in $SIZES; do
	for watch in $watchers; do
		row "$size" "$watch"
	done
done
