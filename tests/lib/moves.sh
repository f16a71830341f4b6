# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# moves.sh - guests that move in every way

# moves_vm VM [ARGUMENT OF traced_vm]…: with the reader attached
moves_vm() {
	local arg host=A

	traced_vm "$@"
	for arg in "${@:2}"; do
		case $arg in ?) host=$arg ;; esac
	done
	wait_for 20 attached "$host" "$1" || fail "no reader on $host for $1"
}

# moves_load HOST VM [RATE]
moves_load() { load_start "$1" "$2" "${3:-2000}"; }

# moves_end HOST VM: stop the load, end the guest, judge; nothing may be lost
moves_end() {
	load_stop "$1" "$2"
	traced_end "$1" "$2"
	judge "$2"
	[ "$(lost "$2")" = 0 ] || fail "$2: $(lost "$2") lost"
}

# moves VM FROM TO [ARGUMENT OF virsh migrate]…
moves() {
	lab_migrate "$@" >"$LAB_DIR/migrate.log" 2>&1 ||
		{ cat "$LAB_DIR/migrate.log"; fail "$1, $2 to $3 ${*:4}"; }
	wait_for 20 attached "$3" "$1" || fail "no reader on $3 for $1"
}

# move_begin VM FROM TO [ARGUMENT OF virsh migrate]…: in the background; job
move_begin() {
	lab_migrate "$@" >"$LAB_DIR/migrate.log" 2>&1 &
	job=$!
}

move_over() { ! kill -0 "$job" 2>/dev/null; }

# move_succeeds VM HOST: the job does, and the reader there gets the guest
move_succeeds() {
	wait "$job" || { cat "$LAB_DIR/migrate.log"; fail "$1 did not move to $2"; }
	wait_for 20 attached "$2" "$1" || fail "no reader on $2 for $1"
}

# move_fails VM HOST EPOCH: it does not, and on HOST nothing has changed
move_fails() {
	! wait "$job" || fail "$1 moved"
	wait_for 20 runs "$2" "$1" || fail "$1 does not run on $2"
	attached "$2" "$1" || fail "no reader on $2 for $1"
	[ "$(epoch_of "$2" "$1")" = "$3" ] || fail "$1 was attached anew"
}

runs() { [ "$(lab_virsh "$1" domstate "$2" 2>/dev/null | head -n 1)" = running ]; }

# pass HOST VM N: has pre-copy begun its N-th pass?
pass() {
	lab_virsh "$1" domjobinfo "$2" |
		awk -v least="$3" '/^Iteration:/ { n = $2 } END { exit !(n >= least) }'
}

# never_done HOST VM: a stop of 1 ms is not enough for what a guest under load
# changes in a pass, so that pass follows pass
never_done() {
	wait_for 30 moving "$1" "$2" || fail "migration did not begin"
	lab_virsh "$1" migrate-setmaxdowntime "$2" 1 >/dev/null || fail "setmaxdowntime"
}

# sent HOST VM MIB: has so much been sent?
sent() {
	lab_virsh "$1" domjobinfo "$2" |
		awk -v least="$3" '/Memory processed/ { v = $3; if ($4 == "KiB") v /= 1024
			if ($4 == "GiB") v *= 1024; if ($4 == "B") v = 0 }
			END { exit !(v >= least) }'
}

# Each QEMU has a monitor for us beside libvirt's; give this to traced_vm.
# shellcheck disable=SC2034 # for callers
MOVES_QMP="extra=<qemu:commandline><qemu:arg value='-qmp'/>
	<qemu:arg value='unix:/run/lab/qmp,server=on,wait=off'/></qemu:commandline>"

# qmp HOST COMMAND [ARGUMENTS as JSON]
# shellcheck disable=SC2154 # lab_keeper is the lab's
qmp() {
	"$TOP/tests/tools/qmp.py" "/proc/${lab_keeper[$1]}/root/run/lab/${QMP:-qmp}" "${@:2}"
}

# migration HOST STATUS: is that what QEMU says of its migration?
migration() { qmp "$1" query-migrate | grep -q "\"status\": \"$2\""; }

# held HOST: does its QEMU wait before the switch-over?
held() { migration "$1" pre-switchover; }

# qemu_of HOST VM
qemu_of() { lab_in "$1" cat "/run/libvirt/qemu/$2.pid"; }

# kill_qemu HOST VM: the job fails by it
kill_qemu() { lab_in "$1" kill -KILL "$(qemu_of "$1" "$2")"; }

# cleared HOST VM: no server, no reader, nothing of it left there
cleared() { ! lab_in "$1" ls -A "/run/ivring/$2" 2>/dev/null | grep -q .; }

# reader_start HOST VM: as the hook does when libvirtd comes back
reader_start() {
	lab_virsh "$1" dumpxml "$2" | lab_in "$1" ivring hook -- "$2" reconnect begin -
}

# whole VM WRITER N: the last of N records of this writer is in the stores
whole() {
	# shellcheck disable=SC2046 # one word a store
	"$B/bin/ivring" cat $(stores_of "$1") >"$LAB_DIR/text"
	grep -q "ramp $2 $(($3 - 1)) " "$LAB_DIR/text" ||
		fail "record $(($3 - 1)) of writer $2 is missing"
}
