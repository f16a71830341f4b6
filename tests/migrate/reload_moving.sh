#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: guest reboots, or loads its module again, while pre-copy runs: no stream takes another's words for its own
# timeout: 500
#
# The host's pages are copied in the first pass and never sent again, so a stream
# that begins later arrives with words for the one before: with a high position
# that says its pages are read. For this the old stream is given many pages, and
# the new one is written to without a pause across the switch-over.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves

PASSES=${PASSES:-2}	# begin in which of them
from=A to=B up=1

reload() {
	guest_exec "$from" vm 'rmmod ivring; insmod /ivring.ko && ivring-meta' >/dev/null ||
		fail "the module was not loaded again"
}
restart() {
	guest_exec "$from" vm reboot >/dev/null 2>&1 || true
	up=$((up + 1))
	wait_for 90 booted vm $up || fail "no reboot"
	guest_exec "$from" vm true 90 || fail "no guest after the reboot"
	unrest "$from" vm
}

# written HOST: the load's closing line
written() {
	guest_exec "$1" vm 'killall ramp; while pidof ramp >/dev/null; do usleep 10000; done
		cat /tmp/ramp' | awk '/^ramp 0/ { print $4 - $6 }'
}

traced_up 2
moves_vm vm memory=160
unrest A vm
want=()
for pass in $PASSES; do
	for turn in reload restart; do
		guest_exec "$from" vm 'ramp -c 0 -r 0 -n 30000 >/tmp/ramp' || fail "no load"
		lab_in "$from" ivring drain vm >/dev/null || fail "drain"
		move_begin vm "$from" "$to" --bandwidth 24
		never_done "$from" vm
		wait_for 90 pass "$from" vm "$pass" || fail "no pass $pass"
		# A guest that boots changes little, for a while.
		lab_virsh "$from" migrate-setspeed vm 1 >/dev/null
		$turn
		guest_exec "$from" vm 'ramp -c 0 -r 15000 >/tmp/ramp &' || fail "no load"
		! move_over || fail "it has moved before"
		lab_virsh "$from" migrate-setmaxdowntime vm 300 >/dev/null
		lab_virsh "$from" migrate-setspeed vm 200 >/dev/null
		move_succeeds vm "$to"
		want+=("$(written "$to")")
		read -r from to <<<"$to $from"
		echo "# $turn in pass $pass, moved; ${want[-1]} records in the new stream"
	done
done
traced_end "$from" vm
verify vm || fail "verify"
[ "$(lost vm)" = 0 ] || fail "$(lost vm) lost"
for n in "${want[@]}"; do
	whole vm 0 "$n"
done
echo "ok 1 - ${#want[@]} streams began while they moved: nothing lost"
