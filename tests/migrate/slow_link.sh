#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: --auto-converge over a link of 4 MiB/s, speed set while it runs
# timeout: 600
# group: full

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
traced_up 2
moves_vm vm size=4M memory=128
moves_load A vm
move_begin vm A B --auto-converge --auto-converge-initial 30 --bandwidth 100
wait_for 30 moving A vm || fail "migration did not begin"
lab_virsh A migrate-setspeed vm 4 >/dev/null || fail "setspeed"
wait_for 400 move_over || fail "no end in 400 s"
move_succeeds vm B
# Throttled for minutes, the writers make up for it at full speed when they have
# arrived and nobody reads yet: what 4 MiB do not hold is dropped, and counted.
load_stop B vm
traced_end B vm
judge vm
echo "ok 1 - 4 MiB/s: every record is there or counted, $(lost vm) were dropped"
