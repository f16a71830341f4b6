#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: an image is saved and restored on the same host and on another: attached again, nothing lost
# group: full

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
traced_up 2
moves_vm vm
moves_load A vm
lab_virsh A save vm "$LAB_DIR/image" >/dev/null || fail "save"
lab_virsh A restore "$LAB_DIR/image" >/dev/null || fail "restore on A"
wait_for 20 attached A vm || fail "no reader on A"
lab_virsh A save vm "$LAB_DIR/image" >/dev/null || fail "save again"
lab_virsh B restore "$LAB_DIR/image" >/dev/null || fail "restore on B"
wait_for 20 attached B vm || fail "no reader on B"
moves_end B vm
echo "ok 1 - restored here and there: nothing lost"
