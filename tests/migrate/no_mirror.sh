#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: negative control: without the guest's mirror the same test fails
#
# The module is told to forget the reader's position, so at each attachment the
# reader starts at the head. Then records are missing, and both judges must see
# it. A test that cannot fail proves nothing.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

traced_up 2
traced_vm vm cmdline="ivring.test_no_mirror=1"
wait_for 20 attached A vm || fail "no reader on A"
load_start A vm
lab_migrate vm A B >/dev/null || fail "A to B"
wait_for 20 attached B vm || fail "no reader on B"
load_stop B vm
traced_end B vm

! verify vm >"$LAB_DIR/verify.log" || fail "ivring verify saw nothing"
grep -qi undeclared "$LAB_DIR/verify.log" || fail "verify failed for another reason"
echo "ok 1 - ivring verify reports undeclared loss"
! check_contents vm >"$LAB_DIR/check.log" || fail "the checker saw nothing"
grep -q "ok=False" "$LAB_DIR/check.log" || fail "the checker failed for another reason"
echo "ok 2 - the checker reports missing records"
