#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: an image restored twice: verify says that two guests continued one stream
#
# Both lives go on at the same page of the same stream with other contents. To
# merge them in silence would make up a history that no guest has had.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves

# life TEXT CPU: restore, write there, lose power
life() {
	lab_virsh A restore "$LAB_DIR/saved" >/dev/null || fail "restore for $1"
	wait_for 20 attached A vm || fail "no reader for $1"
	guest_exec A vm "taskset $((1 << $2)) sh -c 'for n in \$(seq 200); do
		echo $1 \$n >/dev/ivring; done'" ||
		fail "the guest does not write $1"
	lab_in A ivring drain vm >/dev/null || fail "drain for $1"
	vm_off A vm
}

# forked WHAT: verify must refuse, for that reason
forked() {
	! verify vm >"$LAB_DIR/verify" 2>&1 ||
		{ cat "$LAB_DIR/verify"; fail "verify sees no conflict"; }
	grep -q "conflict: .*$1.*two guests continued the same stream" "$LAB_DIR/verify" ||
		{ cat "$LAB_DIR/verify"; fail "verify does not say that: $1"; }
}

traced_up 1
moves_vm vm
# shellcheck disable=SC2016 # for the guest
guest_exec A vm 'for n in $(seq 200); do echo root $n >/dev/ivring; done'
lab_virsh A save vm "$LAB_DIR/saved" >/dev/null || fail "save"

life first 0
verify vm >/dev/null || { verify vm; fail "one life is no conflict"; }
echo "ok 1 - restored once: one stream, complete"

life second 1
forked 'follow the same leg'
echo "ok 2 - restored again, to write into another ring: told by the legs"

life third 0
forked 'page [0-9]* differs'
echo "ok 3 - and again, to write into the same ring: told by the pages too"
