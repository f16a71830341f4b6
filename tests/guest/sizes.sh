#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: 3 and 8 vCPUs, 4, 16 and 64 MiB, kernels 6.1 and 6.12: traced and complete
# timeout: 300

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

number=0

one() {
	local vcpus=$1 size=$2 vm

	SERIES=$3
	vm=v$vcpus-$size
	traced_vm "$vm" size="$size" vcpus="$vcpus" memory=512
	wait_for 30 attached A "$vm" || fail "$vm: no reader"
	load_start A "$vm" "$4"
	guest_exec A "$vm" 'usleep 1500000'
	load_stop A "$vm"
	traced_end A "$vm"
	judge "$vm"
	number=$((number + 1))
	echo "ok $number - $vcpus vCPUs, $size, kernel $SERIES"
}

traced_up 1
one 3 4M 6.1 4000
one 8 16M 6.12 1000
one 2 64M 6.12 5000
one 8 4M 6.1 500
