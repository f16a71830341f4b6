#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: both QEMUs run after a migration, each writes into another ring: verify reports the conflict
# group: full
#
# The source's libvirtd is stopped, and with it everything that fences: after
# "completed" the source's QEMU is told to go on, and the destination's as well.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
running() { qmp "$1" query-status | grep -q '"status": "running"'; }

traced_up 2
moves_vm vm "$MOVES_QMP"
unrest A vm
guest_exec A vm 'ramp -c 0 -n 3000; ramp -c 1 -n 3000' >/dev/null

move_begin vm A B --bandwidth 32
wait_for 30 moving A vm || fail "migration did not begin"
libvirtd=$(lab_pid A libvirtd)
lab_in A kill -STOP "$libvirtd"
wait_for 60 held A || fail "not held before the switch-over"
qmp A migrate-continue '{"state": "pre-switchover"}' >/dev/null
wait_for 30 migration A completed || fail "not completed"
qmp A cont >/dev/null || fail "cont on A"
qmp B cont >/dev/null || fail "cont on B"
wait_for 10 running A || fail "A does not run"
wait_for 10 running B || fail "B does not run"
wait_for 20 attached B vm || fail "no reader on B"
echo "# both run"

guest_exec A vm 'ramp -c 0 -n 4000' >/dev/null || fail "A does not write"
guest_exec B vm 'ramp -c 1 -n 4000' >/dev/null || fail "B does not write"
lab_in A ivring drain vm || fail "drain on A"
lab_in B ivring drain vm || fail "drain on B"

! verify vm >"$LAB_DIR/verify" 2>&1 || { cat "$LAB_DIR/verify"; fail "verify saw nothing"; }
grep conflict "$LAB_DIR/verify" || { cat "$LAB_DIR/verify"; fail "verify names no conflict"; }
echo "ok 1 - split brain, each half in a ring of its own: a conflict"

kill_qemu A vm
lab_in A kill -CONT "$libvirtd"
wait "$job" || true
