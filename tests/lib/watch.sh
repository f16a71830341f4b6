# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# watch.sh - ivring-watch on the hosts of a lab
#
#	watch_up A			# [OPTION]… of ivring-watch; ready on return
#	wait_for 20 watch_saw A vm quiesced
#	timeline vm A B			# what ivring status says of the last migration
#	watch_down A

# watch_up HOST [OPTION]…
watch_up() {
	local host=$1

	# What it said before would be taken for what it says now.
	rm -f "$LAB_DIR/$host/watch.log"
	lab_start "$host" watch ivring-watch --verbose "${@:2}"
	wait_for 30 watch_says "$host" 'connected to libvirt' || fail "ivring-watch on $host"
}

# watch_down HOST [SIGNAL]
watch_down() { lab_stop "$1" watch "${2:-TERM}"; }

watch_pid() { lab_pid "$1" watch; }

# watch_says HOST PATTERN: a line of its log
watch_says() { grep -qE "$2" "$LAB_DIR/$1/watch.log"; }

watch_record() { echo "$(store_of "$1" "$2")/migrations.jsonl"; }

# watch_events HOST VM: "EVENT…" of the last move in that host's record, in order
# of time
watch_events() {
	[ -e "$(watch_record "$1" "$2")" ] || return 0
	"$TOP/tests/tools/last_migration.py" "$(watch_record "$1" "$2")"
}

# watch_saw HOST VM EVENT: is it in the last move?
watch_saw() { [[ " $(watch_events "$1" "$2" | tr '\n' ' ')" == *" $3 "* ]]; }

# watch_order HOST VM EVENT…: these in this order, others between them
watch_order() {
	local events

	events=$(watch_events "$1" "$2" | tr '\n' ' ')
	# shellcheck disable=SC2001 # any number of words
	grep -qE "^.*$(sed 's/ / .*/g' <<<"${*:3} ")" <<<" $events" ||
		{ echo "$1: wanted ${*:3}, got $events"; return 1; }
}

# timeline VM HOST OTHER [OPTION]…: of the last migration, by the records of both
timeline() {
	lab_in "$2" ivring status --last-migration "$1" "${@:4}" "$(watch_record "$3" "$1")"
}

# guest_state HOST VM: "quiesced", .. as the reader tells it
guest_state() {
	reader_state "$1" "$2" | json 0.reader.guest
}
guest_is() { [ "$(guest_state "$1" "$2")" = "$3" ]; }
