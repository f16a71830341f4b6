#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: a store cut in the middle is noticed, said where, and the rest is read

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

traced_up 1
traced_vm vm size=4M
wait_for 20 attached A vm || fail "no reader"
load_start A vm 5000
guest_exec A vm 'usleep 1000000'
load_stop A vm
traced_end A vm
judge vm

pages=$(ls "$(store_of A vm)"/leg-*/ring-001-0000.pages)
cp "$pages" "$LAB_DIR/whole"
truncate -s $(($(stat -c %s "$pages") / 2 + 100)) "$pages"
! verify vm >"$LAB_DIR/verify.log" 2>&1 || fail "not noticed"
grep -q ring-001 "$LAB_DIR/verify.log" || { cat "$LAB_DIR/verify.log"; fail "not said where"; }
export_trace vm || fail "the rest is not read"
cp "$LAB_DIR/whole" "$pages"
verify vm >/dev/null || fail "not restored"
echo "ok 1 - noticed, located, rest exported"
