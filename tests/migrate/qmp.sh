#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: without libvirt: QEMU's own migrate over QMP; servers and readers started by hand
# timeout: 200

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
# serve HOST: what the hook does where there is libvirt
serve() {
	lab_start "$1" server ivring-server --vm vm --size 16M
	wait_for 10 lab_in "$1" test -S /run/ivring/vm/qemu.sock || fail "no server on $1"
	lab_start "$1" reader ivring-reader --vm vm
}

# start HOST [ARGUMENT]…
start() {
	# The length is no multiple of 64 pages: see lab_domain_xml.
	lab_start "$1" qemu qemu-system-x86_64 -name vm -machine q35,memory-backend=ram \
		-accel tcg -cpu max -smp 2 -m $((160 * 1024 + 8))k \
		-object "memory-backend-ram,id=ram,size=$((160 * 1048576 + 8192))" \
		-nodefaults -display none -no-reboot \
		-kernel "$KERNELS/$SERIES/vmlinuz" -initrd "$B/tests/initrd-$SERIES.gz" \
		-append "$LAB_CMDLINE" \
		-serial "file:$LAB_DIR/console/vm.$1.log" \
		-serial unix:/run/lab/vm.agent,server=on,wait=off \
		-qmp unix:/run/lab/qmp,server=on,wait=off \
		-chardev socket,path=/run/ivring/vm/qemu.sock,id=c \
		-device ivshmem-doorbell,chardev=c,vectors=2,master=on,id=ivring "${@:2}"
	wait_for 20 lab_in "$1" test -S /run/lab/qmp || fail "no QEMU on $1"
}

# go FROM TO: as a script of somebody who has no libvirt would
go() {
	serve "$2"
	start "$2" -incoming "tcp:0:4444"
	qmp "$1" migrate "{\"uri\": \"tcp:$(lab_address "$2"):4444\"}" >/dev/null ||
		fail "migrate"
	wait_for 60 migration "$1" completed || fail "$(qmp "$1" query-migrate)"
	wait_for 20 attached "$2" vm || fail "no reader on $2"
	qmp "$1" quit >/dev/null
	wait_for 20 lab__stopped "$1" qemu || fail "QEMU does not end"
	end "$1"
}

end() {
	lab_in "$1" ivring drain vm >/dev/null 2>&1 || true
	lab_stop "$1" reader
	lab_stop "$1" server
}

traced_up 2
serve A
start A
guest_exec A vm true 60 || fail "no guest"
wait_for 20 attached A vm || fail "no reader on A"
moves_load A vm
go A B
go B A
load_stop A vm
guest_exec A vm 'rmmod ivring' || fail "rmmod"
qmp A quit >/dev/null
wait_for 20 lab__stopped A qemu || fail "QEMU does not end"
end A
judge vm
[ "$(lost vm)" = 0 ] || fail "$(lost vm) lost"
echo "ok 1 - there and back with QEMU's migrate alone: nothing lost"
