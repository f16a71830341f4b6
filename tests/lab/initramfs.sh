#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# initramfs.sh -o OUT -k SERIES [-m MODULE]… [-f HOSTFILE:GUESTPATH]…
#
# Makes the lab guest's initramfs (cpio newc, gzip): busybox, tests/lab/init as
# PID 1, the files asked for with -f, and the modules asked for with -m (and
# what they depend on) out of kernel SERIES; init loads those at boot. A
# dynamically linked program gets its libraries. HOSTFILE keeps its mode.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
kernels=${KERNELS:-$(cd "$here/../.." && pwd)/build/kernels}

die() { echo "initramfs.sh: $*" >&2; exit 1; }

usage() { die "usage: -o OUT -k SERIES [-m MODULE]… [-f HOSTFILE:GUESTPATH]…"; }

# add HOSTFILE GUESTPATH
add() {
	local lib

	[ -f "$1" ] || die "$1: no such file"
	mkdir -p "$root$(dirname "$2")"
	cp -L --preserve=mode "$1" "$root$2"
	# The loader and the libraries go where the program looks for them.
	for lib in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
		mkdir -p "$root$(dirname "$lib")"
		[ -e "$root$lib" ] || cp -L "$lib" "$root$lib"
	done
}

# add_module NAME: and its dependencies, in the order in which to load them
add_module() {
	local line path base

	/sbin/modprobe -d "$kernels/$series/root" -S "$release" \
		--ignore-install --show-depends "$1" >"$work/depends" ||
		die "kernel $release has no module $1"
	while read -r line; do
		case $line in
		insmod*)	path=${line#insmod }; path=${path%% *} ;;
		*)		continue ;;	# builtin
		esac
		base=$(basename "${path%.xz}")
		[ ! -e "$root/lib/modules/lab/$base" ] || continue
		case $path in
		*.xz)	xz -dc "$path" >"$root/lib/modules/lab/$base" ;;
		*)	cp "$path" "$root/lib/modules/lab/$base" ;;
		esac
		echo "$base" >>"$root/lib/modules/lab/order"
	done <"$work/depends"
}

out='' series=''
files=() modules=()
while getopts o:k:m:f: opt; do
	case $opt in
	o)	out=$OPTARG ;;
	k)	series=$OPTARG ;;
	m)	modules+=("$OPTARG") ;;
	f)	files+=("$OPTARG") ;;
	*)	usage ;;
	esac
done
if [ -z "$out" ] || [ -z "$series" ]; then usage; fi
release=$(KERNELS=$kernels "$here/kernel.sh" "$series")

work=$(mktemp -d "${TMPDIR:-/tmp}/ivring-initramfs.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,etc,lib/modules/lab,proc,run,sbin,sys,tmp,usr/bin,usr/sbin,var}
: >"$root/lib/modules/lab/order"

add "$(command -v busybox)" /bin/busybox
[ ! -e "$root/lib64" ] || die "$(command -v busybox) is not busybox-static"
for applet in $(busybox --list); do
	[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
add "$here/init" /init
for module in "${modules[@]}"; do
	add_module "$module"
done
for file in "${files[@]}"; do
	add "${file%%:*}" "${file#*:}"
done

# Under another name first: a test may be booting the old one.
mkdir -p "$(dirname "$out")"
(cd "$root" && find . -print0 | cpio --null --quiet -o -H newc -R 0:0) |
	gzip -1 >"$out.$$"
mv "$out.$$" "$out"
