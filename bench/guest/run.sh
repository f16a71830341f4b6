#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh 6.1|6.12 - boot a guest that counts instructions, print the counts
#
# One line a figure: NAME INSTRUCTIONS KERNEL. Wants the host programs and the
# module for that kernel to be built (`make bench` sees to it).

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../../tests/lib/help.sh"

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
series=${1:?run.sh 6.1|6.12}
kernel=build/kernels/$series
out=build/bench/guest-$series

die() { echo "bench/guest: $*" >&2; exit 1; }

work=$(mktemp -d)
server=
cleanup() {
	[ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

build_module() {
	rm -rf "$out"
	mkdir -p "$out"
	cp -r bench/guest "$out/src"
	mkdir "$out/module"
	cp guest/module/ivring.h "$out/module/"
	make -C "$kernel/headers" M="$top/$out/src" CONFIG_DEBUG_INFO_BTF_MODULES= \
		KBUILD_EXTRA_SYMBOLS="$top/build/lab-module/$series/Module.symvers" \
		modules >"$out/log" 2>&1 || { tail "$out/log" >&2; die "no module"; }
}

# Without erms and fsrm memcpy() is a loop of words; its one "rep movsb" on a CPU
# that has them is one instruction, but counts here as one for each byte.
boot() {
	tests/lab/initramfs.sh -o "$work/initrd" -k "$series" \
		-f bench/guest/init:/bench-init \
		-f "build/lab-module/$series/ivring.ko:/ivring.ko" \
		-f "$out/src/ivring_bench.ko:/ivring_bench.ko" >/dev/null

	build/bin/ivring-server --vm bench --qemu-socket "$work/qemu.sock" \
		--reader-socket "$work/reader.sock" --pid-file "$work/pid" \
		2>"$work/server.log" &
	server=$!
	for _ in $(seq 100); do
		[ ! -S "$work/qemu.sock" ] || break
		sleep 0.05
	done
	timeout 300 qemu-system-x86_64 -accel tcg,thread=single \
		-icount shift=0,sleep=off -cpu max,erms=off,fsrm=off -M q35 -m 512 -smp 1 \
		-nodefaults -no-user-config -display none -no-reboot \
		-kernel "$kernel/vmlinuz" -initrd "$work/initrd" \
		-append "console=ttyS0 loglevel=7 rdinit=/bench-init panic=-1" \
		-chardev "socket,path=$work/qemu.sock,id=ivr" \
		-device ivshmem-doorbell,chardev=ivr,vectors=2,master=on \
		-serial "file:$out/console" </dev/null
}

build_module
boot
grep -q 'ivring_bench: done' "$out/console" ||
	{ tail "$out/console" >&2; die "the guest did not finish"; }

# "ivring_bench: discard:ivring_write 123.4 0": the last is 0, or something failed
sed -n 's/\r//; s/.*ivring_bench: \([a-z]*:[a-z0-9_-]* [0-9.]* [0-9]*\)$/\1/p' \
	"$out/console" >"$out/figures"
awk '$3 != 0 { print "bench/guest: " $1 ": not every record found room" > "/dev/stderr" }' \
	"$out/figures"
awk -v kernel="$series" '
	$1 ~ /^export:/ && $1 != "export:ftrace-event"	{ next }
	$1 ~ /^overwrite:/ && $1 != "overwrite:ivring_write" { next }
	{ sub("^discard:", "", $1)
	  sub("^export:ftrace-event", "ftrace-event-exported-to-ivring", $1)
	  if (sub("^overwrite:", "", $1)) $1 = $1 "-overwrite"
	  print $1, $2, kernel }' "$out/figures"
