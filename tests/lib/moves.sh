# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# moves.sh - guests that move in every way; source it after traced.sh

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
