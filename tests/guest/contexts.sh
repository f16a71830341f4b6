#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: ivring_write from thread, softirq and hard interrupt at once, on every vCPU

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

run() {
	traced_vm "$1" "${@:2}"
	wait_for 20 attached A "$1" || fail "$1: no reader"
	guest_exec A "$1" 'insmod /kwriter.ko burst=16; usleep 2000000; rmmod kwriter
		dmesg | grep "kwriter .* tried"' >"$LAB_DIR/$1.truth" || fail "kwriter"
	traced_end A "$1"
	judge "$1"
}

traced_up 1
run contexts
echo "ok 1 - nested writers, discard policy"
