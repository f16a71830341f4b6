#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: the destination's QEMU is killed in pre-copy, the second attempt succeeds

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves

traced_up 2
moves_vm vm
moves_load A vm
first=$(epoch_of A vm)

lab_migrate vm A B --bandwidth 8 >/dev/null 2>"$LAB_DIR/migrate.log" &
job=$!
wait_for 30 moving A vm || fail "migration did not begin"
lab_in B kill -KILL "$(lab_in B cat /run/libvirt/qemu/vm.pid)"
! wait "$job" || fail "it moved although its QEMU was killed"
[ "$(epoch_of A vm)" = "$first" ] || fail "attached anew after the failure"
attached A vm || fail "no reader after the failure"
wait_for 20 cleared B vm || fail "server or reader left over on B: $(lab_in B ls /run/ivring/vm)"
echo "ok 1 - destination's QEMU killed: same reader, same epoch, nothing left on B"

moves vm A B
moves_end B vm
echo "ok 2 - the second attempt: nothing lost"
