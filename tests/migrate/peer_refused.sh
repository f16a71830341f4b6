#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: role peer: a guest that does not give the device up keeps it, and its trace

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" peer

traced_up 2
peer_vm vm cmdline=acpiphp.disable=1
moves_load A vm 2000
rc=0
peer_try vm A B >"$LAB_DIR/migrate.log" 2>&1 || rc=$?
cat "$LAB_DIR/migrate.log"
[ "$rc" = 1 ] || fail "status $rc"
grep -q 'does not give the device up' "$LAB_DIR/migrate.log" || fail "it does not say why"
wait_for 20 attached A vm || fail "no reader after the roll-back"
echo "ok 1 - not unplugged in time: rolled back"

moves_end A vm
[ "$(streams_of vm)" = 1 ] || fail "$(streams_of vm) streams"
echo "ok 2 - one stream, nothing lost"
