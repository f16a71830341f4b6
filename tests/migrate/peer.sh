#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: role peer: ivring migrate there and back under full load, spilled meanwhile: nothing lost, one stream
# timeout: 400

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" peer

ROUNDS=${ROUNDS:-2}
RATE=${RATE:-15000}

traced_up 2
# Room for the seconds for which a busy machine may leave the reader without a CPU;
# the spill has its default size.
peer_vm vm size=64M
! lab_migrate vm A B >/dev/null 2>&1 || fail "virsh migrate took the device along"
moves_load A vm "$RATE"
for ((round = 1; round <= ROUNDS; round++)); do
	peer_move vm A B
	peer_move vm B A --persistent
	echo "# round $round of $ROUNDS"
done
moves_end A vm
echo "ok 1 - $((2 * ROUNDS)) migrations at $RATE records of 100 bytes per second and vCPU: none lost"

[ "$(streams_of vm)" = 1 ] || fail "$(streams_of vm) streams; it was to go on in each device"
echo "ok 2 - one stream in $((2 * ROUNDS + 1)) devices"
