#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: the lab boots a guest, moves it there and back and leaves nothing behind
#
# The lab without anything of IVRing in it. Run this first when a test of the
# guest or of a migration fails on a machine on which none has been run yet.

set -eu
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

series=${1:-6.1}

now() { echo "${EPOCHREALTIME/[.,]/}"; }
since() { echo "$((($(now) - $1) / 1000)) ms"; }
fail() { echo "FAIL: $*"; lab_logs; exit 1; }

# expect WANTED COMMAND…
expect() {
	local got

	got=$("${@:2}") || fail "${*:2}: status $?"
	[ "$got" = "$1" ] || fail "${*:2}: '$got', not '$1'"
}

lab_require
"$LAB_TOP/tests/lab/kernel.sh" "$series" >/dev/null
trap lab_down EXIT

t=$(now)
lab_up 2
dir=$LAB_DIR
holders=("${lab_holder[@]}" "${lab_keeper[@]}")
echo "hosts up: $(since "$t")"

"$LAB_TOP/tests/lab/initramfs.sh" -o "$LAB_DIR/initrd" -k "$series"
lab_domain_xml name=self kernel="$LAB_TOP/build/kernels/$series/vmlinuz" \
	initrd="$LAB_DIR/initrd" >"$LAB_DIR/self.xml"
lab_define A "$LAB_DIR/self.xml" >/dev/null
t=$(now)
lab_boot A self
echo "guest up: $(since "$t")"

t=$(now)
expect 2 guest_exec A self nproc
echo "one command: $(since "$t")"
expect 'no newline' guest_exec A self 'printf "no newline"'
status=0
guest_exec A self 'exit 42' || status=$?
[ "$status" = 42 ] || fail "exit 42 gave $status"
boot=$(guest_exec A self 'cat /proc/sys/kernel/random/boot_id')

# A command that is under way while the guest moves is run once and answered.
guest_exec AB self 'echo . >>/tmp/once; sleep 3; echo late' >"$LAB_DIR/late" &
late=$!
wait_for 10 guest_exec A self 'test -s /tmp/once'
t=$(now)
lab_migrate self A B >/dev/null
echo "A to B: $(since "$t")"
expect "$boot" guest_exec B self 'cat /proc/sys/kernel/random/boot_id'
wait "$late" || fail "the command under way: status $?"
expect late cat "$LAB_DIR/late"
expect . guest_exec B self 'cat /tmp/once'
t=$(now)
guest_exec B self 'head -c 300000 /dev/urandom' >"$LAB_DIR/much"
expect 300000 stat -c %s "$LAB_DIR/much"
echo "300 kB of output: $(since "$t")"

t=$(now)
lab_migrate self B A >/dev/null
echo "B to A: $(since "$t")"
expect "$boot" guest_exec A self 'cat /proc/sys/kernel/random/boot_id'
! lab_oops self || fail "the guest's kernel complained"

t=$(now)
lab_down
echo "lab down: $(since "$t")"
[ ! -e "$dir" ] || fail "$dir is still there"
for pid in "${holders[@]}"; do
	[ ! -e "/proc/$pid" ] || fail "process $pid is still there"
done
# QEMU and libvirtd would name the lab's directory or hold one of its files.
! pgrep -f "$dir" || fail "processes left"
! grep -q "$dir" /proc/[0-9]*/mountinfo 2>/dev/null || fail "mounts left"
echo "nothing left"
