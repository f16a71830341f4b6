#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh 6.1|6.12 - one of Debian 12's kernels, unpacked for the lab
#
# Makes build/kernels/SERIES with
#
#   release   the release string
#   vmlinuz   the kernel image
#   modules   its modules, with modules.dep (kernel/… below)
#   headers   what `make -C` wants to build a module for it
#
# and prints the release. Packages are downloaded and unpacked, never
# installed: the headers of 6.12 depend on the 6.12 image, so installing them
# would give the user's machine another kernel to boot. For the same reason
# image and headers here are of one version, always. What is there already is
# used without asking the archive; remove the directory to get a newer one.
#
# KERNELS=DIR   keep everything in DIR instead of build/kernels

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
kernels=${KERNELS:-$top/build/kernels}

say() { echo "kernel.sh: $*" >&2; }
die() { say "$*"; exit 1; }

# The package that a meta package stands for at the moment.
behind() {
	apt-cache depends --no-recommends --no-suggests "$1" 2>/dev/null |
		sed -n "s/^ *Depends: \(linux-[a-z]*-$series\..*-amd64\)\$/\1/p" | head -n 1
}

candidate() {
	apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p'
}

# fetch PACKAGE [VERSION]: leaves PACKAGE_*.deb in $debs; without a network
# one that apt has kept will do.
fetch() {
	local have

	# apt's own user need not be able to write here
	if (cd "$debs" && apt-get -qq -o APT::Sandbox::User=root \
			download "$1${2:+=$2}" >&2); then
		return 0
	fi
	for have in /var/cache/apt/archives/"$1"_*.deb; do
		[ -s "$have" ] || continue
		say "no download of $1, using $have"
		cp "$have" "$debs/"
		return 0
	done
	die "cannot get $1 (is there a network? has 'apt-get update' been run?)"
}

# Newest release of the series of which an image was kept.
kept_release() {
	find /var/cache/apt/archives -name "linux-image-$series.*-amd64_*.deb" |
		sed 's,.*/linux-image-,,; s,_.*,,' | sort -V | tail -n 1
}

unpack() {
	local deb image release version headers

	case $series in
	6.1)	image=$(behind linux-image-amd64) ;;
	*)	image=$(behind "linux-image-$series-amd64") ;;
	esac
	release=${image#linux-image-}
	[ -n "$release" ] || release=$(kept_release)
	[ -n "$release" ] || die "the archive has no kernel $series (apt-get update?)"
	version=$(candidate "linux-image-$release")
	say "unpacking $release ${version:+($version)}"

	rm -rf "$new"
	mkdir -p "$debs" "$new/root"
	fetch "linux-image-$release" "$version"
	fetch "linux-headers-$release" "$version"
	headers=$(dpkg-deb -f "$debs/linux-headers-$release"_*.deb Depends |
		  tr ',|' '\n' | sed -n 's/^ *\(linux-\(headers\|kbuild\)-[^ ]*\).*/\1/p')
	for deb in $headers; do
		fetch "$deb"
	done

	for deb in "linux-image-$release" "linux-headers-$release" $headers; do
		dpkg-deb -x "$debs/$deb"_*.deb "$new/root"
	done

	# The links in the packages assume that / is where they were unpacked.
	cd "$new"
	rm -f "root/lib/modules/$release/build" "root/lib/modules/$release/source"
	ln -s "root/boot/vmlinuz-$release" vmlinuz
	ln -s "root/lib/modules/$release" modules
	ln -s "root/usr/src/linux-headers-$release" headers
	# shellcheck disable=SC2016 # for make to expand
	sed -i 's,/usr/src/,$(dir $(realpath $(lastword $(MAKEFILE_LIST))))../,' \
		headers/Makefile
	/sbin/depmod -b root "$release"
	grep -qx "override KERNELRELEASE = $release" headers/.kernelvariables ||
		die "linux-headers-$release is for another kernel than its name says"
	echo "$release" >release
	rm -rf "$debs" "${kernels:?}/$series"
	mv "$new" "$kernels/$series"
}

case ${1-} in
6.1|6.12)	series=$1 ;;
*)		die "usage: kernel.sh 6.1|6.12" ;;
esac

new=$kernels/$series.new
debs=$new/debs
mkdir -p "$kernels"

# Two tests may want the same kernel at once; the second one waits.
exec 9>"$kernels/.lock"
flock -w 900 9 || die "another kernel.sh has held $kernels/.lock for 15 minutes"
[ -s "$kernels/$series/release" ] || unpack
cat "$kernels/$series/release"
