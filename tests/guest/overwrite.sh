#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: flight recorder: the ring turns without a reader, what it overwrote is declared exactly

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

traced_up 1
traced_vm vm size=4M cmdline="ivring.policy=overwrite"
wait_for 20 attached A vm || fail "no reader"
pid=$(pid_of A vm reader)
guest_exec A vm 'ramp -c 0 -n 3000' >/dev/null
lab_in A ivring drain vm >/dev/null || fail "drain"
lab_in A kill -KILL "$pid"
wait_for 10 gone A "$pid"

# More than the ring holds, several times over, while nobody reads.
guest_exec A vm 'ramp -c 1 -r 0 -n 200000' >"$LAB_DIR/vm.truth" || fail "ramp"
grep -q 'refused 0$' "$LAB_DIR/vm.truth" || fail "a flight recorder refused something"
lab_in A ivring-reader --vm vm --daemonize || fail "second reader"
wait_for 20 attached A vm || fail "second reader did not attach"
traced_end A vm

verify vm || fail "verify"
lost=$(lost vm)
[ "$lost" -gt 100000 ] || fail "only $lost declared lost"
echo "ramp 0 tried 3000 refused 0" >>"$LAB_DIR/vm.truth"
check_contents vm --declared "$lost" || fail "checker"
echo "ok 1 - $lost records overwritten, declared, and no other"
