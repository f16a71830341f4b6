#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: a full store is declared as loss, and tracing goes on when there is room

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

small_store() {
	lab_in "$1" sh -c 'mkdir -p /var/lib/ivring/vm
		mount -t tmpfs -o size=6m small /var/lib/ivring/vm'
}
# shellcheck disable=SC2034 # of lab.sh
LAB_SETUP=small_store

is_full() { lab_in A grep -q 'No space left' /var/log/ivring/vm-reader.log; }
guest_lost() { [ "$(guest_exec A vm "awk '/^ring/ { n += \$13 } END { print n }' /sys/kernel/debug/ivring/status")" -gt 0 ]; }

traced_up 1
traced_vm vm size=4M
wait_for 20 attached A vm || fail "no reader"
load_start A vm 15000
wait_for 30 is_full || fail "6 MiB are not full, or the reader does not say so"
wait_for 30 guest_lost || fail "the guest lost nothing"
lab_in A mount -o remount,size=400m /var/lib/ivring/vm
before=$(lab_in A du -s /var/lib/ivring/vm | cut -f1)
grows() { [ "$(lab_in A du -s /var/lib/ivring/vm | cut -f1)" -gt $((before + 1000)) ]; }
wait_for 20 grows || fail "tracing did not go on"
load_stop A vm
guest_exec A vm 'rmmod ivring'
lab_virsh A destroy vm >/dev/null
lab_in A cp -r /var/lib/ivring/vm "$LAB_DIR/copy"
# The store was a file system of its own, which has gone with the host's view.
cp -r "$LAB_DIR/copy/." "$(store_of A vm)/"
judge vm
[ "$(lost vm)" -gt 0 ] || fail "no loss declared"
echo "ok 1 - $(lost vm) records declared lost, all others there"
