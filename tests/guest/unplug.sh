#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: role peer: unplugged and plugged 20 times under load: QEMU lives and does not spin, the stream goes on
# timeout: 300
#
# In QEMU without an in-kernel interrupt controller (TCG) the descriptors of an
# ivshmem-doorbell stay in the main loop when it is unplugged: that spins from
# then on, or the process dies. This is why role peer takes ivshmem-plain. What
# the other does here is printed as evidence, and proves that a spin would be
# seen. Under KVM those descriptors do not exist; that cannot be shown here.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" peer

ROUNDS=${ROUNDS:-20}
WINDOW=1	# seconds for each look at the main loop

unplugged() { ! peer_has_device A "$1"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# How much of the time the main loop ran or wanted to, in %
busy() {
	local ran since=${EPOCHREALTIME/[.,]/}

	ran=$(qemu_loop A "$1")
	sleep "$WINDOW"
	echo $((($(qemu_loop A "$1") - ran) * 100 / (${EPOCHREALTIME/[.,]/} - since)))
}

light_load() {
	# shellcheck disable=SC2016 # for the guest
	guest_exec A "$1" 'for c in $(seq 0 $(($(nproc) - 1))); do
			ramp -c $c -r 500 >/tmp/ramp.$c &
		done; true' || fail "no load"
}

spill() {
	local answer

	answer=$(order A "$1" "spill 60000") || fail "spill: $answer"
	[[ $answer == *'"drained":true'* || $answer == *'"drained": true'* ]] ||
		fail "spill: $answer"
}

unplug() {
	lab_virsh A detach-device-alias "$1" ua-ivring --live >/dev/null || fail "detach"
	wait_for 30 unplugged "$1" || fail "it is still there"
	lab_in A rm -f "/dev/shm/ivring-$1"
}

traced_up 1
peer_vm vm
light_load vm
for ((round = 1; round <= ROUNDS; round++)); do
	busy vm >>"$LAB_DIR/plugged"
	spill vm
	unplug vm
	busy vm >>"$LAB_DIR/unplugged"
	runs A vm || fail "round $round: QEMU has died"
	lab_in A ivring migrate --plug vm >/dev/null || fail "round $round: plug"
	wait_for 20 attached A vm || fail "round $round: no reader"
done
moves_end A vm
[ "$(streams_of vm)" = 1 ] || fail "$(streams_of vm) streams"
echo "ok 1 - $ROUNDS times unplugged and plugged: QEMU lives, one stream, nothing lost"

plugged=$(median <"$LAB_DIR/plugged") unplugged=$(median <"$LAB_DIR/unplugged")
echo "# ivshmem-plain: QEMU's main loop is busy, median of $ROUNDS: plugged $plugged %, unplugged $unplugged %"
# One that spins always is.
[ "$unplugged" -le $((plugged + 40)) ] || fail "QEMU spins"
echo "ok 2 - QEMU uses no more CPU than before"

lab_virsh A undefine vm >/dev/null
traced_xml other role=master
# The same device as role master has, where it can be unplugged.
sed -i "s/role=\"master\"/role=\"peer\"/; s/bus=\"0x00\" slot=\"0x10\"/bus=\"0x01\" slot=\"0x00\"/
	s/<devices>/&<controller type='pci' index='1' model='pcie-root-port'\/>/
	/<qemu:property name=\"master\"/d" "$LAB_DIR/other.xml"
lab_define A "$LAB_DIR/other.xml" >/dev/null
lab_boot A other
before=$(busy other)
lab_virsh A detach-device-alias other ua-ivring --live >/dev/null || fail "detach"
wait_for 30 unplugged other || fail "it is still there"
if runs A other; then
	echo "# ivshmem-doorbell: $before % before, $(busy other) % after it was unplugged"
else
	echo "# ivshmem-doorbell: QEMU died when it was unplugged"
fi
vm_off A other
