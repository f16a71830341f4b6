#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: reader killed and started again under load: nothing lost, nothing twice

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

traced_up 1
traced_vm vm
wait_for 20 attached A vm || fail "no reader"
load_start A vm 10000
for n in 1 2 3 4 5; do
	pid=$(pid_of A vm reader)
	lab_in A kill -KILL "$pid"
	wait_for 10 gone A "$pid"
	lab_in A ivring-reader --vm vm --daemonize || fail "reader $n"
	wait_for 20 attached A vm || fail "reader $n did not attach"
done
load_stop A vm
traced_end A vm
judge vm
[ "$(lost vm)" = 0 ] || fail "$(lost vm) lost"
echo "ok 1 - five readers, one trace"
