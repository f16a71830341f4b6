#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: guest panics while it moves: what it wrote before is there, the end is declared
# group: full

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
# ends: how each stream ended
ends() {
	verify vm --json | json "streams.*.guest_end" | sort | paste -sd " "
}

traced_up 2
moves_vm vm
unrest A vm
move_begin vm A B --bandwidth 16
wait_for 30 sent A vm 4 || fail "migration did not begin"
guest_exec A vm 'ramp -c 0 -n 7777; echo c >/proc/sysrq-trigger' >/dev/null || true
wait_for 60 booted vm 2 || fail "no boot after the panic"
move_succeeds vm B
guest_exec B vm 'ramp -c 0 -n 888' >/dev/null
guest_exec B vm 'rmmod ivring' || fail "rmmod"
vm_off B vm
verify vm || fail "verify"
[ "$(ends)" = "panic removed" ] || fail "ends: $(ends)"
[ "$(lost vm)" = 0 ] || fail "$(lost vm) lost"
whole vm 0 7777
whole vm 0 888
echo "ok 1 - panic, boot and move: two streams, nothing lost"
