#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: aborts at random moments: nothing lost, and the reader stays
# timeout: 200

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves

ROUNDS=${ROUNDS:-4}
SEED=${SEED:-$RANDOM}

# The progress at which to abort: MiB that were sent
far_enough() { move_over || sent "$1" vm "$2"; }

traced_up 2
moves_vm vm
moves_load A vm
RANDOM=$SEED
echo "# SEED=$SEED"
from=A to=B moved=0 cancelled=0
for ((round = 1; round <= ROUNDS; round++)); do
	epoch=$(epoch_of "$from" vm)
	lab_migrate vm "$from" "$to" --bandwidth 100 >"$LAB_DIR/migrate.log" 2>&1 &
	job=$!
	mib=$((RANDOM % 120))
	wait_for 60 far_enough "$from" "$mib" || fail "round $round: no progress"
	lab_virsh "$from" domjobabort vm >/dev/null 2>&1 || true
	if wait "$job"; then
		moved=$((moved + 1))
		read -r from to <<<"$to $from"
		wait_for 20 attached "$from" vm || fail "round $round: no reader on $from"
		continue
	fi
	cancelled=$((cancelled + 1))
	[ "$(epoch_of "$from" vm)" = "$epoch" ] || fail "round $round: attached anew"
	attached "$from" vm || fail "round $round: no reader after the abort"
done
moves_end "$from" vm
echo "ok 1 - seed $SEED: $moved moved, $cancelled cancelled, nothing lost"
