#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: migrated while the reader attaches, while drains run

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
drains() {
	while :; do
		lab_in "$1" ivring drain vm || true
	done >"$LAB_DIR/drains" 2>&1
}

traced_up 2
moves_vm vm
moves_load A vm

from=A to=B
for _ in 1 2 3 4; do
	reader_kill "$from" vm
	reader_start "$from" vm
	# Now it calls, maps or takes what there is; which, the machine decides.
	moves vm "$from" "$to"
	read -r from to <<<"$to $from"
done
echo "ok 1 - moved while the reader attached"

for _ in 1 2; do
	drains "$from" &
	drainer=$!
	moves vm "$from" "$to" --bandwidth 64
	kill $drainer
	wait $drainer 2>/dev/null || true
	[ -s "$LAB_DIR/drains" ] || fail "no drain ran"
	read -r from to <<<"$to $from"
done
moves_end "$from" vm
echo "ok 2 - moved while drains ran: nothing lost"
