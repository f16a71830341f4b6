#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: bad input gets one clear line and harms nothing
#
# 3 MiB, a second QEMU on one server, a reader on the wrong VM, the module
# loaded twice, no device.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" traced

# refused WORDS COMMAND…: on A; exit status not 0, and one line with these words
refused() {
	local words=$1 status=0 out=$LAB_DIR/out

	lab_in A timeout 20 "${@:2}" >"$out" 2>&1 || status=$?
	case $status in 0|124) fail "${*:2}: status $status" ;; esac
	[ "$(wc -l <"$out")" = 1 ] || { cat "$out"; fail "${*:2}: not one line"; }
	grep -q "$words" "$out" || { cat "$out"; fail "${*:2}: does not say '$words'"; }
}

traced_up 1
refused "power of two" ivring-server --vm odd --size 3M
echo "ok 1 - server of 3 MiB"

traced_vm vm
wait_for 20 attached A vm || fail "no reader"
load_start A vm 3000

status=0
lab_in A timeout 20 qemu-system-x86_64 -machine q35,accel=tcg -display none -nodefaults \
	-chardev socket,path=/run/ivring/vm/qemu.sock,id=c \
	-device ivshmem-doorbell,chardev=c,vectors=2,master=on >"$LAB_DIR/qemu2" 2>&1 || status=$?
[ "$status" = 1 ] || { cat "$LAB_DIR/qemu2"; fail "second QEMU: status $status"; }
grep -q "version" "$LAB_DIR/qemu2" || fail "second QEMU: $(cat "$LAB_DIR/qemu2")"
attached A vm || fail "the first suffered"
echo "ok 2 - second QEMU on one server fails at once, the first goes on"

refused "vm" ivring-reader --vm other --server /run/ivring/vm/reader.sock \
	--store /tmp/other
echo "ok 3 - reader on the wrong VM"

guest_exec A vm 'insmod /ivring.ko' >"$LAB_DIR/twice" && fail "loaded twice"
[ "$(wc -l <"$LAB_DIR/twice")" = 1 ] || fail "loaded twice: $(cat "$LAB_DIR/twice")"
echo "ok 4 - module loaded twice"

load_stop A vm
traced_end A vm
judge vm
echo "ok 5 - nothing was lost by any of it"

lab_domain_xml name=bare kernel="$B/kernels/$SERIES/vmlinuz" \
	initrd="$B/tests/initrd-$SERIES.gz" >"$LAB_DIR/bare.xml"
lab_define A "$LAB_DIR/bare.xml" >/dev/null
lab_boot A bare
[ "$(guest_exec A bare 'dmesg | grep -c "no ivshmem-doorbell device"')" = 1 ] ||
	fail "device absent: not one line"
! guest_exec A bare 'echo x >/dev/ivring' >/dev/null || fail "a write went nowhere"
guest_exec A bare 'rmmod ivring' || fail "rmmod"
lab_virsh A destroy bare >/dev/null
echo "ok 6 - device absent"
