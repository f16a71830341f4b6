#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: role peer: more than the spill holds is written meanwhile: what is lost is declared, exactly

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" peer

traced_up 2
# 1 MiB is full after 0.7 s
peer_vm vm cmdline=ivring.spill_mib=1
moves_load A vm 15000
peer_move vm A B
load_stop B vm
traced_end B vm
judge vm
lost=$(lost vm)
[ "$lost" -gt 0 ] || fail "it was to overflow"
# What the guest itself counted, writer by writer: the records that it was refused
# are none of them, so nothing but what the stores declare may be missing.
[ "$(streams_of vm)" = 1 ] || fail "$(streams_of vm) streams"
echo "ok 1 - $lost records did not fit: declared, and nothing else is missing"
