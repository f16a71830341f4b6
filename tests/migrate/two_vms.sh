#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: two VMs on one host are traced, one moves, the other does not notice
# group: full

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

traced_up 2
traced_vm mover
traced_vm stayer vcpus=1
wait_for 20 attached A mover || fail "no reader for mover"
wait_for 20 attached A stayer || fail "no reader for stayer"
epoch=$(epoch_of A stayer)
load_start A mover 5000
load_start A stayer 5000

lab_migrate mover A B >/dev/null || fail "mover, A to B"
wait_for 20 attached B mover || fail "no reader on B"

load_stop B mover
load_stop A stayer
[ "$(epoch_of A stayer)" = "$epoch" ] ||
	fail "stayer was attached anew"
traced_end B mover
traced_end A stayer
judge mover
echo "ok 1 - the one that moved is complete"
judge stayer
[ "$(lost stayer)" = 0 ] || fail "stayer lost $(lost stayer)"
echo "ok 2 - the one that stayed is complete, under one epoch, without loss"
