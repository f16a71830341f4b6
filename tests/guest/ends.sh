#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: a stream ends with the guest's reboot, panic or QEMU's death: the account closes

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

# ends VM: how each stream of the store ended, oldest first
ends() {
	verify "$1" --json | "$TOP/tests/tools/stream_ends.py"
}

streams() { [ "$(find "$(store_of A vm)" -name leg -exec sed -n 's/^stream //p' {} + | sort -u | wc -l)" -ge "$1" ]; }

traced_up 1
traced_vm vm
wait_for 20 attached A vm || fail "no reader"

guest_exec A vm 'ramp -c 0 -n 777; reboot' >/dev/null || true
wait_for 60 booted vm 2 || fail "no reboot"
wait_for 20 streams 2 || fail "no stream after the reboot"
wait_for 20 attached A vm || fail "no reader after the reboot"

guest_exec A vm 'ramp -c 0 -n 888; echo c >/proc/sysrq-trigger' >/dev/null || true
wait_for 60 booted vm 3 || fail "no boot after the panic"
wait_for 20 streams 3 || fail "no stream after the panic"
wait_for 20 attached A vm || fail "no reader after the panic"

guest_exec A vm 'ramp -c 0 -n 999' >/dev/null
lab_in A ivring drain vm >/dev/null || fail "drain"
vm_off A vm

[ "$(ends vm)" = "shutdown panic vm-gone" ] || { verify vm; fail "ends: $(ends vm)"; }
verify vm >/dev/null || { verify vm; fail "verify"; }
for n in 777 888 999; do
	"$B/bin/ivring" cat "$(store_of A vm)" | grep -q "ramp 0 $((n - 1)) " ||
		fail "record $((n - 1)), the last before the end, is missing"
done
echo "ok 1 - reboot, panic, QEMU killed: all that was written before is there"
