#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: libvirtd of the source, of the destination, and virsh killed in pre-copy: one host runs the guest
# group: full

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
libvirtd_kill() {
	lab_stop "$1" libvirtd KILL || fail "libvirtd on $1 does not die"
	echo "# libvirtd on $1 killed"
}

libvirtd_back() {
	lab_start "$1" libvirtd env "${LAB_ENV[@]}" /run/lab/libvirtd --listen
	wait_for 60 lab_virsh "$1" uri || fail "libvirtd on $1 does not come back"
}

idle() { lab_virsh A domjobinfo vm | grep -q 'Job type: *None'; }
absent() { ! lab_virsh "$1" domstate vm 2>/dev/null | grep -Eq 'running|paused'; }

# stays WHAT: on A, nowhere else, with a reader, and it can move
stays() {
	wait_for 60 move_over || fail "$1: virsh does not come back"
	! wait "$job" || fail "$1: it moved"
	cat "$LAB_DIR/migrate.log"
	wait_for 60 runs A vm || fail "$1: $(lab_virsh A domstate vm --reason) on A"
	wait_for 60 absent B || fail "$1: $(lab_virsh B domstate vm --reason) on B"
	wait_for 30 idle || fail "$1: the job does not end"
	wait_for 30 cleared B vm || fail "$1: left over on B: $(lab_in B ls /run/ivring/vm)"
	wait_for 20 attached A vm || fail "$1: no reader on A"
	echo "# $1: runs on A, was in $epoch, is in $(epoch_of A vm)"
	moves vm A B
	moves vm B A
}

begin() {
	epoch=$(epoch_of A vm)
	move_begin vm A B --bandwidth 4
	wait_for 30 moving A vm || fail "migration did not begin"
}

traced_up 2
moves_vm vm
moves_load A vm

begin
libvirtd_kill A
libvirtd_back A
stays "source's libvirtd"

begin
libvirtd_kill B
libvirtd_back B
stays "destination's libvirtd"

begin
lab_in A kill -KILL "$(lab_in A pgrep -x virsh)"
stays "virsh"

moves_end A vm
echo "ok 1 - libvirtd killed on either side, virsh killed: on one host, moves again, nothing lost"
