#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: status, drain, doctor and cat on a VM that runs; the reader's two ways to wake up

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

poll_mode() {
	[ -z "${POLL:-}" ] || echo "wake = poll" >"$LAB_DIR/$1/etc/ivring/ivring.conf"
}
# shellcheck disable=SC2034 # of lab.sh
LAB_SETUP=poll_mode

count() { lab_in A ivring cat /var/lib/ivring/vm | grep -c 'ramp 0 '; }

round() {
	traced_up 1
	traced_vm vm
	wait_for 20 attached A vm || fail "no reader"

	# What was written when drain is called is in the store when it returns.
	guest_exec A vm 'ramp -c 0 -n 1234' >/dev/null
	lab_in A ivring drain vm >/dev/null || fail "drain"
	[ "$(count)" = 1234 ] || fail "after drain the store has $(count) of 1234"
	lab_in A ivring drain vm --json >"$LAB_DIR/drained"
	[ "$(json drained <"$LAB_DIR/drained")" = true ] || fail "drain --json"
	diff <(json "rings.*.pos" <"$LAB_DIR/drained") <(json "rings.*.head" <"$LAB_DIR/drained") ||
		fail "drained, and yet"

	lab_in A ivring status vm | grep -q attached || fail "status"
	lab_in A ivring doctor vm >"$LAB_DIR/doctor" || { cat "$LAB_DIR/doctor"; fail "doctor on a good host"; }
}

round
echo "ok 1 - drain, status, doctor"

lab_start A follow ivring cat /var/lib/ivring/vm --follow
follows() { grep -q 'user: .*live line' "$LAB_DIR/A/follow.log"; }
guest_exec A vm 'echo live line >/dev/ivring'
wait_for 20 follows || fail "cat --follow does not show what is new"
lab_stop A follow INT
echo "ok 2 - cat --follow is live"

lab_in A kill "$(pid_of A vm reader)"
wait_for 10 lab_in A test ! -e /run/ivring/vm/reader.pid
! lab_in A ivring doctor vm >"$LAB_DIR/doctor" || fail "doctor without a reader"
grep -q '^fail .*reader' "$LAB_DIR/doctor" || { cat "$LAB_DIR/doctor"; fail "doctor does not say why"; }
! lab_in A ivring drain vm >/dev/null 2>&1 || fail "drain without a reader"
echo "ok 3 - without a reader doctor and drain say so"
vm_off A vm
lab_down

POLL=1
round
lab_in A cat "/proc/$(pid_of A vm reader)/cmdline" | tr '\0' ' ' | grep -q -- '--wake poll' ||
	fail "the reader does not poll"
echo "ok 4 - the same in poll mode"
