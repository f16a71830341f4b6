# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# peer.sh - guests of role peer, moved by `ivring migrate`

# peer_vm VM [ARGUMENT OF traced_vm]…: on A, with the reader attached
peer_vm() {
	traced_vm "$1" role=peer "${@:2}"
	wait_for 20 attached A "$1" || fail "no reader on A for $1"
}

# peer_try VM FROM TO [OPTION OF virsh migrate]…: its status is that of ivring
# migrate; $PEER_OPTIONS are for the latter
peer_try() {
	# shellcheck disable=SC2086 # words are wanted
	lab_in "$2" ivring migrate ${PEER_OPTIONS:-} "$1" \
		"qemu+tcp://$(lab_address "$3")/system" \
		--migrateuri "tcp://$(lab_address "$3")" "${@:4}"
}

# peer_move VM FROM TO [OPTION OF virsh migrate]…
peer_move() {
	peer_try "$@" || fail "$1, $2 to $3: status $?"
	wait_for 20 attached "$3" "$1" || fail "no reader on $3 for $1"
}

# peer_has_device HOST VM
peer_has_device() { lab_virsh "$1" dumpxml "$2" | grep -q "<shmem"; }

# peer_status HOST VM KEY: a number that the module tells
peer_status() {
	guest_exec "$1" "$2" "sed -n 's/^$3:* *//p' /sys/kernel/debug/ivring/status"
}

# streams_of VM: how many streams its stores hold
streams_of() {
	verify "$1" --json | json --count "streams.*"
}

# order HOST VM ORDER: what the reader answers to a line
order() {
	lab_in "$1" "$TOP/tests/lib/ask.py" "$2" "$3"
}

# qemu_loop HOST VM: how long the main loop of its QEMU ran, or waited to run, in
# microseconds: on a busy machine the latter is where a loop that spins is seen
qemu_loop() {
	# shellcheck disable=SC2016 # for the inner shell
	lab_in "$1" sh -c 'p=$(cat "/run/libvirt/qemu/$0.pid"); cat "/proc/$p/task/$p/schedstat"' \
		"$2" | awk '{ print int(($1 + $2) / 1000) }'
}
