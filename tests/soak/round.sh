# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# round.sh - one round of a soak: a VM moves, something happens to it on the way,
# and afterwards it must run in one place and be traced there
#
# Set for each round from its line of the plan: vm way what where detail after
# from to, and as it goes: fired end. Its caller, soak.sh, has the rest.
# shellcheck disable=SC2154,SC2034

SETTLE=${SETTLE:-40}		# seconds after which all has to be well again
# Somebody who spilled a guest and died leaves it so for the lease of that, 55 s.
SPILL_LEASE=60
declare -A at=()		# VM -> host
declare -A killed=()		# VM -> yes: its QEMU was killed when it was the only one

state_of() { lab_virsh "$1" domstate "$2" 2>/dev/null | head -n 1 || true; }

# panicked VM: has its guest died by a fault since its last boot?
panicked() { lab_console "$1" | grep -q 'Kernel panic - not syncing: ivring: fault'; }

dead() { [ -n "${killed[$1]}" ] || panicked "$1"; }

# the QEMU of a VM, as the host sees it
qemu_pid() { lab_in "$1" cat "/run/libvirt/qemu/$2.pid" 2>/dev/null; }

kill_pid() { [ -z "$2" ] || lab_in "$1" kill -KILL "$2" 2>/dev/null || true; }

# ---- the fault

run_dir() { echo "/proc/${lab_keeper[$1]}/root/run/ivring/$vm"; }

# Host faults are a file on one of the hosts, the guest's travels in the guest.
fault_set() {
	local host=$from

	if [[ $detail = guest-* ]]; then
		guest_exec "$from" "$vm" \
			"echo '$detail' >/sys/module/ivring/parameters/fault" 10 ||
			echo "#   the guest does not take the fault"
		return
	fi
	[ "$where" = src ] || host=$to
	mkdir -p "$(run_dir "$host")"
	echo "$detail" >"$(run_dir "$host")/faults"
}

# Sets fired; leaves nothing behind for the next round.
fault_clear() {
	local host dir

	if [[ $detail = guest-* ]]; then
		if panicked "$vm"; then
			fired=fired
		elif [ "$(guest_exec "${at[$vm]}" "$vm" 'cat /sys/module/ivring/parameters/fault
				echo none >/sys/module/ivring/parameters/fault' 20)" = none ]; then
			fired=fired
		fi
		return
	fi
	for host in "$from" "$to"; do
		dir=$(run_dir "$host")
		[ ! -e "$dir/faults.fired" ] || fired=fired
		rm -f "$dir/faults" "$dir/faults.fired"
		rmdir "$dir" 2>/dev/null || true
	done
}

# ---- the move

# what virsh is told beside --live; slow enough for something to happen meanwhile
way_options() {
	case ${1%+watch} in
	plain)		echo --bandwidth 64 ;;
	postcopy)	echo --postcopy --bandwidth 32 --postcopy-bandwidth 64 ;;
	parallel)	echo --parallel --parallel-connections 2 --bandwidth 64 ;;
	autoconverge)	echo --auto-converge --auto-converge-initial 20 --bandwidth 64 ;;
	suspend)	echo --suspend --bandwidth 64 ;;
	slow)		echo --bandwidth 16 ;;
	esac
}

move_start() {
	local options

	read -ra options <<<"$(way_options "$way")"
	if [[ $way = peer* ]]; then
		lab_in "$from" ivring migrate "$vm" \
			"qemu+tcp://$(lab_address "$to")/system" \
			--migrateuri "tcp://$(lab_address "$to")"
	else
		lab_migrate "$vm" "$from" "$to" "${options[@]}"
	fi >"$LAB_DIR/migrate.log" 2>&1 &
	job=$!
}

has_begun() { move_over || moving "$from" "$vm"; }

# The moment is drawn, so here it is time that counts and nothing else.
let_pass() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }

kill_one() {
	local host=$from

	[[ $where != *-dst ]] || host=$to
	fired=fired
	case $where in
	reader-*)	kill_pid "$host" "$(pid_of "$host" "$vm" reader 2>/dev/null)" ;;
	server-*)	kill_pid "$host" "$(pid_of "$host" "$vm" server 2>/dev/null)" ;;
	watch-*)	kill_pid "$host" "$(lab_pid "$host" watch)" ;;
	qemu-dst)	if move_over; then
				fired=-
			else
				kill_pid "$host" "$(qemu_pid "$host" "$vm")"
			fi ;;
	virsh)		kill -TERM "$job" 2>/dev/null || true ;;
	esac
}

# A QEMU whose server dies inside the handshake waits for ever, and libvirt for
# it (docs/design.md, "Server identity"): somebody has to kill it.
await_end() {
	wait_for 15 move_over 2>/dev/null && return
	if ! served "$to" && [ -n "$(qemu_pid "$to" "$vm")" ]; then
		echo "#   QEMU on $to waits for a dead server: killed"
		kill_pid "$to" "$(qemu_pid "$to" "$vm")"
	fi
	wait_for 60 move_over
}

move() {
	local status=0

	[ "$what" != fault ] || fault_set
	move_start
	case $way:$what in
	postcopy*)	wait_for 20 has_begun || true
			let_pass "$after"
			lab_virsh "$from" migrate-postcopy "$vm" >/dev/null 2>&1 || true ;;
	*:kill|*:abort)	let_pass "$after" ;;
	esac
	case $what in
	kill)	kill_one ;;
	abort)	fired=fired
		lab_virsh "$from" domjobabort "$vm" >/dev/null 2>&1 || true ;;
	esac
	await_end || { lab_virsh "$from" domjobabort "$vm"; return 1; }
	wait "$job" || status=$?
	[[ $way != suspend* ]] || [ "$status" != 0 ] ||
		lab_virsh "$to" resume "$vm" >/dev/null || return 1
}

# ---- afterwards

# The destination's QEMU may be hit when the source has let go of the VM already:
# then it is the VM that was killed.
was_killed() {
	[ "$what:$where" = kill:qemu-dst ] &&
		grep 'shutting down, reason=' "$LAB_DIR/$from/var/log/libvirt/qemu/$vm.log" |
			tail -n 1 | grep -q 'reason=migrated$' && killed[$vm]=yes
}

# It runs on one host and is unknown to the other, or waits in one place for an
# operator: virsh died and libvirt cannot tell whether the other side has it.
in_one_place() {
	local a b

	a=$(state_of "$from" "$vm") b=$(state_of "$to" "$vm")
	case ${a:-none}:${b:-none} in
	running:none|"running:shut off")	at[$vm]=$from ;;
	none:running|"shut off:running")	at[$vm]=$to ;;
	# virsh died before it could tell the source that all went well.
	paused:running)				lab_virsh "$from" destroy "$vm"; return 1 ;;
	paused:none|"paused:shut off")		lab_virsh "$from" resume "$vm"; return 1 ;;
	none:paused|"shut off:paused")		lab_virsh "$to" resume "$vm"; return 1 ;;
	"shut off:none"|"shut off:shut off")	was_killed && at[$vm]=$from ;;
	"none:shut off")			was_killed && at[$vm]=$to ;;
	*)	return 1 ;;
	esac
}

# A process that was killed is started again as libvirtd's own restart would.
reader_again() {
	lab_virsh "$1" dumpxml "$vm" |
		lab_in "$1" ivring hook -- "$vm" reconnect begin - || true
}

# A peer's memory is a file: it has no server.
served() {
	# shellcheck disable=SC2016 # for the inner shell
	[[ $way = peer* ]] || lab_in "$1" sh -c 'kill -0 "$(cat "/run/ivring/$0/server.pid")"' \
		"$vm" 2>/dev/null
}

# A device whose set-up failed is left without its driver, and the stream parked.
bind_again() {
	# shellcheck disable=SC2016 # for the guest
	guest_exec "$1" "$vm" 'for d in /sys/bus/pci/devices/*; do
			[ "$(cat "$d/vendor" "$d/device" | tr -d "\n")" != 0x1af40x1110 ] ||
				[ -e "$d/driver" ] || echo "${d##*/}" >/sys/bus/pci/drivers/ivring/bind
		done' || true
}

traced_again() {
	local host=${at[$vm]}

	attached "$host" "$vm" 2>/dev/null && return
	# What `ivring migrate` says to do when it could not undo all
	if [[ $way = peer* ]]; then
		lab_in "$host" ivring migrate --plug "$vm" || true
		bind_again "$host"
	fi
	! served "$host" || reader_again "$host"
	attached "$host" "$vm" 2>/dev/null
}

# Without its server a QEMU gets no new reader; docs/design.md: it has to move.
repair() {
	local host=${at[$vm]} other=A

	[ "$host" != A ] || other=B
	echo "#   no server on $host: moved once more"
	wait_for 60 lab_migrate "$vm" "$host" "$other" || return 1
	at[$vm]=$other
	repairs=$((repairs + 1))
}

settled() {
	local host patience=$SETTLE

	wait_for "$SETTLE" in_one_place || { why="not in one place"; return 1; }
	host=${at[$vm]}
	end=stayed
	[ "$host" = "$from" ] && [ -z "${killed[$vm]}" ] || end=moved
	! dead "$vm" || return 0
	if ! served "$host" && ! attached "$host" "$vm" 2>/dev/null; then
		repair || { why="cannot be moved again"; return 1; }
		host=${at[$vm]}
	fi
	wait_for "$SETTLE" traced_or_dead || { why="no reader on $host"; return 1; }
	[[ $way != peer* ]] || patience=$((SETTLE + SPILL_LEASE))
	wait_for "$patience" goes_on_or_dead || { why="its stream stands still"; return 1; }
}

# New pages have come to the reader since it was asked first.
taken() {
	reader_state "${at[$vm]}" "$vm" | json --sum "**.pos"
}
goes_on() {
	[ -n "$seen" ] || seen=$(taken)
	[ "$(taken)" -gt "$seen" ]
}

# A guest may also die by its fault now, when it is where it should be.
traced_or_dead() { dead "$vm" || traced_again; }
goes_on_or_dead() { dead "$vm" || goes_on; }

# round: as drawn; status 1 with why if all is not well afterwards
round() {
	from=${at[$vm]} to=A fired=- end=stayed why='' seen=''
	[ "$from" != A ] || to=B
	watcher
	move || { why="virsh did not come to an end"; return 1; }
	settled || return 1
	[ "$what" != fault ] || fault_clear
}
