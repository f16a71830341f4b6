#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# deps.sh [check|bench|model] - install what is needed
#
# For building and `make demo`; with "check" also for the tests, with "bench" for
# what bench/ compares against, with "model" for the model checker. For Debian
# 12, as root. Says what it is going to install; says nothing when all is there.
#
# The guests' kernels and their headers are not among it: tests/lab/kernel.sh
# unpacks them under build/. Installed headers of 6.12 would bring a 6.12
# kernel with them, and the next boot would be into that.
#
# A libvirtd that was not there before neither runs nor starts at boot
# afterwards, because the lab starts its own ones and only those.

set -eu

build=(gcc make pkg-config libc6-dev libtraceevent-dev libseccomp-dev
       libsystemd-dev libxml2-dev libjson-c-dev libvirt-dev)
kernel=(gcc-12 cpio kmod libelf1 libssl3 pahole xz-utils)
lab=(qemu-system-x86 seabios libvirt-daemon libvirt-daemon-system
     libvirt-daemon-driver-qemu libvirt-clients busybox-static iproute2 procps
     util-linux python3 trace-cmd)
check=(git libcmocka-dev sparse shellcheck mandoc clang libclang-rt-dev clang-format
       clang-tidy cppcheck)
bench=(liblttng-ust-dev lttng-tools valgrind)
model=(spin gcc)

die() { echo "deps.sh: $*" >&2; exit 1; }

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null)" = 'ii ' ]
}

# What these packages start belongs to whoever installed them: us, if anybody.
units() {
	dpkg -L "$@" 2>/dev/null | sed -n 's,^/lib/systemd/system/\(.*\.\(service\|socket\)\)$,\1,p'
}

# As invoke-rc.d and deb-systemd-invoke ask: 101 is "do not start anything".
forbid_starts() {
	[ ! -e /usr/sbin/policy-rc.d ] || return 0
	trap 'rm -f /usr/sbin/policy-rc.d' EXIT
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
}

wanted=("${build[@]}" "${kernel[@]}" "${lab[@]}")
case ${1-} in
'')	;;
check)	wanted+=("${check[@]}") ;;
bench)	wanted+=("${bench[@]}") ;;
model)	wanted=("${model[@]}") ;;
*)	die "usage: deps.sh [check|bench|model]" ;;
esac

missing=()
daemons=()
for package in "${wanted[@]}"; do
	installed "$package" && continue
	missing+=("$package")
	case $package in
	libvirt-daemon*|lttng-tools)	daemons+=("$package") ;;
	esac
done
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || die "needs Debian's apt-get to install: ${missing[*]}"
grep -q '^VERSION_ID="12"' /etc/os-release ||
	echo "deps.sh: written for Debian 12; trying its package names here" >&2
[ "$(id -u)" = 0 ] || die "not root; to be installed: ${missing[*]}"

echo "deps.sh: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
forbid_starts
why=$({ apt-get -qq update && apt-get -qq -y install --no-install-recommends \
	"${missing[@]}"; } 2>&1) ||
	die "apt-get failed: $(grep -m 1 '^E:' <<<"$why" || tail -n 1 <<<"$why")"

if [ ${#daemons[@]} -gt 0 ] && command -v systemctl >/dev/null; then
	mapfile -t unit < <(units "${daemons[@]}")
	systemctl --quiet disable "${unit[@]}" 2>/dev/null || true
	echo "deps.sh: the daemons of ${daemons[*]} are left disabled"
fi
