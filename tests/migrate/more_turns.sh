#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: moves while all contexts write, of a suspended guest, of a peer device that is plugged; memory dump
# group: full

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
state() { lab_virsh "$1" domstate vm | head -n 1; }

traced_up 2
moves_vm vm
moves_load A vm

guest_exec A vm 'insmod /kwriter.ko burst=8 period_us=5000' || fail "kwriter"
moves vm A B
moves vm B A
guest_exec A vm 'rmmod kwriter; dmesg | grep "kwriter .* tried"' >"$LAB_DIR/kwriter" ||
	fail "kwriter does not end"
echo "# thread, softirq and hard interrupt write: there and back"

lab_virsh A suspend vm >/dev/null || fail "suspend"
lab_migrate vm A B >/dev/null || fail "the suspended guest does not move"
[ "$(state B)" = paused ] || fail "it arrived $(state B)"
! attached B vm || fail "attached to a VM that does not run"
lab_virsh B resume vm >/dev/null || fail "resume"
wait_for 20 attached B vm || fail "no reader after the resume"
echo "# suspended before: arrives so, attached when resumed"

epoch=$(epoch_of B vm)
lab_virsh B dump vm "$LAB_DIR/dump" --memory-only >/dev/null || fail "dump"
[ -s "$LAB_DIR/dump" ] || fail "the dump is empty"
rm "$LAB_DIR/dump"
wait_for 20 runs B vm || fail "it does not run after the dump: $(state B)"
attached B vm || fail "no reader after the dump"
[ "$(epoch_of B vm)" = "$epoch" ] || fail "attached anew after the dump"
echo "# dumped: same epoch"

# What the module refused while its ring was full is declared, and no more.
load_stop B vm
cat "$LAB_DIR/kwriter" >>"$LAB_DIR/vm.truth"
traced_end B vm
judge vm
refused=$(awk '/ tried / { n += $NF } END { print n }' "$LAB_DIR/vm.truth")
[ "$(lost vm)" = "$refused" ] || fail "$(lost vm) lost, $refused refused"
echo "ok 1 - three turns: all records once, $refused refused"

moves_vm peer role=peer
moves_load A peer
epoch=$(epoch_of A peer)
! lab_migrate peer A B >"$LAB_DIR/migrate.log" 2>&1 || fail "moved with its device plugged"
cat "$LAB_DIR/migrate.log"
wait_for 20 runs A peer || fail "it does not run after the refusal"
attached A peer || fail "no reader after the refusal"
[ "$(epoch_of A peer)" = "$epoch" ] || fail "attached anew after the refusal"
lab_virsh A dumpxml peer | grep -q '<shmem' || fail "its device has gone"
wait_for 20 cleared B peer || fail "left over on B: $(lab_in B ls /run/ivring/peer)"
moves_end A peer
echo "ok 2 - a peer device that is plugged: plain virsh migrate is refused, nothing changed"
