#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: two VMs move in opposite directions at once

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
traced_up 2
moves_vm east
moves_vm west B vcpus=1 size=4M
moves_load A east
moves_load B west
e=A w=B
for _ in 1 2 3; do
	move_begin east "$e" "$w" --bandwidth 64
	eastbound=$job
	lab_migrate west "$w" "$e" --bandwidth 64 >"$LAB_DIR/west.log" 2>&1 ||
		{ cat "$LAB_DIR/west.log"; fail "west did not move"; }
	job=$eastbound
	move_succeeds east "$w"
	read -r e w <<<"$w $e"
	wait_for 20 attached "$w" west || fail "no reader on $w for west"
done
moves_end "$e" east
moves_end "$w" west
echo "ok 1 - crossed three times: nothing lost of either"
