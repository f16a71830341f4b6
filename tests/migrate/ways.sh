#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: virsh migrate with --suspend, --parallel, --auto-converge, --compressed, --p2p, tunnelled, slow, --postcopy not used

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves

paused() { lab_virsh "$1" domstate vm | grep -q paused; }

# tunnelled FROM TO: libvirt's own connection carries it, so there is no migrateuri
tunnelled() {
	lab_virsh "$1" migrate --live --p2p --tunnelled vm \
		"qemu+tcp://$(lab_address "$2")/system" >/dev/null || fail "--tunnelled"
	wait_for 20 attached "$2" vm || fail "no reader on $2 for vm"
}

traced_up 2
moves_vm vm size=4M
moves_load A vm

lab_migrate vm A B --suspend >/dev/null || fail "--suspend"
paused B || fail "it was to arrive paused"
! attached B vm || fail "attached to a VM that does not run"
lab_virsh B resume vm >/dev/null || fail "resume"
wait_for 20 attached B vm || fail "no reader after the resume"
echo "# suspended, resumed"

moves vm B A --parallel --parallel-connections 2
echo "# multifd"
moves vm A B --auto-converge --auto-converge-initial 20
echo "# auto-converge"
moves vm B A --bandwidth 48
echo "# slow"
moves vm A B --postcopy
echo "# post-copy allowed, not used"

moves vm B A --compressed --comp-methods xbzrle
echo "# xbzrle"
moves vm A B --p2p
echo "# peer to peer"
tunnelled B A
echo "# tunnelled"

moves_end A vm
echo "ok 1 - eight ways to move: nothing lost"
