#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# soak.sh [--seed N] [--count N] [--every N] [--vms "one two"] [--ways "…"]
#
# Two hosts, VMs under load; in each round one of them moves in some way while a
# fault, a kill or an abort happens to it, as plan.py draws them from the seed.
# After each round the VM must run in one place, be traced there and its stream go
# on; after every N rounds of a VM (25), and whenever a fault has made its guest
# panic or a kill has hit the only QEMU it had, the VM is ended, its account judged
# by `ivring verify` and by checker.py, and it starts anew. Programs and guests are
# those of `make faults`.
#
# Prints a line a round, at the end a table and the sum. Logs of a round that went
# wrong stay in build/soak/SEED-ROUND, and the soak ends with it.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/help.sh"
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
# shellcheck source-path=SCRIPTDIR source=round.sh
. "$(dirname "$0")/round.sh"

HERE=$TOP/tests/soak
KEEP=$TOP/build/soak
RATE=${RATE:-1000}
seed=$((SRANDOM % 1000000)) count=300 every=25 vms='' ways=''
declare -A rounds_of=()		# VM -> rounds since its account was opened
declare -A streams_of=()	# VM -> streams that its account must have
repairs=0

while [ $# -gt 0 ]; do
	case $1 in
	--seed)		seed=$2 ;;
	--count)	count=$2 ;;
	--every)	every=$2 ;;
	--vms)		vms=$2 ;;
	--ways)		ways=$2 ;;
	*)		script_help >&2; exit 1 ;;
	esac
	shift 2
done

# ---- accounts

account_open() {
	local host=${2:-A}

	vm=$1
	: >"$LAB_DIR/console/$vm.log"
	rm -rf "$(store_of A "$vm")" "$(store_of B "$vm")"
	at[$vm]=$host
	rounds_of[$vm]=0
	streams_of[$vm]=1
	killed[$vm]=
	lab_boot "$host" "$vm" || fail "$vm does not boot"
	wait_for 20 attached "$host" "$vm" || fail "no reader for $vm"
	load "$host" "$vm"
}

# Numbered records only, so that the account of all is the account of these.
load() {
	unrest "$1" "$2"
	guest_exec "$1" "$2" "for c in \$(seq 0 \$((\$(nproc) - 1))); do
			ramp -c \$c -r $RATE >/tmp/ramp.\$c &
		done" || fail "the load did not start"
}

# account_close VM: 1 if something is wrong with it
account_close() {
	local host=${at[$1]} truth=whole options=()

	if dead "$1"; then
		truth='cut'
	else
		load_stop "$host" "$1"
		options=(--truth "$LAB_DIR/$1.truth")
		guest_exec "$host" "$1" 'rmmod ivring' || fail "rmmod"
		! lab_oops "$1" || fail "the guest's kernel complained"
	fi
	[ -n "${killed[$1]}" ] || vm_off "$host" "$1"
	verify "$1" --json >"$LAB_DIR/verify.json" 2>"$LAB_DIR/verify.log" || true
	export_trace "$1" || { cat "$LAB_DIR/$1.export.log"; return 1; }
	trace-cmd report "$LAB_DIR/$1.dat" 2>&1 |
		"$TOP/tests/tools/checker.py" --json "${options[@]}" >"$LAB_DIR/check.json" || true
	"$HERE/judge.py" "$LAB_DIR/verify.json" "$LAB_DIR/check.json" $truth "${streams_of[$1]}" \
		>"$LAB_DIR/judged" || { verify "$1" || true; cat "$LAB_DIR/check.json"; return 1; }
	cat "$LAB_DIR/judged" >>"$LAB_DIR/accounts"
	read -r _ _ _ lost records <"$LAB_DIR/judged"
	echo "# $1: account of ${rounds_of[$1]} rounds closed ($truth):" \
		"$records records, $lost declared lost"
}

keep_logs() {
	local dir=$KEEP/$seed-$number host

	rm -rf "$dir"
	mkdir -p "$dir"
	cp -r "$LAB_DIR/plan" "$LAB_DIR/rounds" "$LAB_DIR/console" "$dir"
	cp "$LAB_DIR"/*.log "$LAB_DIR"/*.json "$LAB_DIR"/*.truth "$dir" 2>/dev/null || true
	for host in A B; do
		mkdir "$dir/$host"
		cp -r "$LAB_DIR/$host/var/log/libvirt" "$LAB_DIR/$host/var/lib/ivring" \
			"$dir/$host" 2>/dev/null || true
		cp -r "/proc/${lab_keeper[$host]}/root/var/log/ivring" "$dir/$host/logs" || true
		lab_in "$host" ps axfo pid,etimes,args >"$dir/$host/ps" || true
	done
	echo "# logs and stores: ${dir#"$TOP/"}"
}

broken() {
	echo "not ok $number - $line: $*"
	keep_logs
	"$HERE/table.py" "$seed" "$LAB_DIR/rounds" "$LAB_DIR/accounts" || true
	exit 1
}

# ---- the watcher, one a host

have_watcher() { [ -x "$B/bin/ivring-watch" ]; }

watcher() {
	if [[ $way = *+watch ]]; then
		lab_pid "$from" watch >/dev/null ||
			lab_start "$from" watch ivring-watch --log-file /var/log/ivring/watch.log
	elif have_watcher; then
		lab_stop A watch
		lab_stop B watch
	fi
}

# ---- what there is to draw from

have_peer() { "$B/bin/ivring" migrate --help >/dev/null 2>&1; }

# Those that these programs and this module have in them; not as lines of their own,
# because a compiler may lay two constants side by side
points() {
	{ cat "$B"/bin/ivring*; zcat "$B/tests/initrd-$SERIES.gz"; } | strings >"$LAB_DIR/strings"
	"$HERE/points.sh" | while read -r name; do
		! grep -qF -e "$name" "$LAB_DIR/strings" || echo "$name"
	done
}

draw() {
	local options=()

	[ -n "$vms" ] || { vms="one two"; ! have_peer || vms+=" peer"; }
	[ -z "$ways" ] || options+=(--ways "$ways")
	! have_watcher || options+=(--watch)
	points >"$LAB_DIR/points"
	"$HERE/plan.py" --seed "$seed" --count "$count" --vms "$vms" "${options[@]}" \
		<"$LAB_DIR/points" >"$LAB_DIR/plan"
	echo "# seed $seed: $count rounds, VMs $vms, $(wc -l <"$LAB_DIR/points") fault points"
}

define() {
	case $1 in
	one)	soak_vm one size=4M vcpus=2 memory=160 ;;
	two)	soak_vm two size=1M vcpus=1 memory=128 ;;
	peer)	soak_vm peer size=4M vcpus=1 memory=128 role=peer ;;
	esac
}

# A panicked guest stays, so that the stream's end is what there is to see.
soak_vm() { traced_define "$@" cmdline="panic=0 rcupdate.rcu_cpu_stall_timeout=120"; }

traced_up 2
: >"$LAB_DIR/rounds"
: >"$LAB_DIR/accounts"
number=0 line=-
draw
for vm in $vms; do
	define "$vm"
	account_open "$vm"
done

echo "1..$count"
while IFS=$'\t' read -r -u 9 number vm way what where detail after; do
	line="$vm $way $what $where $detail $after ms"
	begun=${EPOCHREALTIME/[.,]/}
	round || broken "$why"
	rounds_of[$vm]=$((rounds_of[$vm] + 1))
	# A park that fails ends the stream in good order; the next device gets a new one.
	case $fired:$detail in
	"fired:guest-park-stream error"*)	streams_of[$vm]=$((streams_of[$vm] + 1)) ;;
	esac
	case $what in
	kill)	name=$where kind=- ;;
	fault)	name=${detail%% *} kind=$(cut -d' ' -f2 <<<"$detail") ;;
	*)	name=- kind=- ;;
	esac
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$way" "$what" "$name" "$kind" "$fired" "$end" \
		>>"$LAB_DIR/rounds"
	begun=$(((${EPOCHREALTIME/[.,]/} - begun) / 100000))
	echo "ok $number - $line: $fired, $end, ${killed[$vm]:+killed }on ${at[$vm]} ($((begun / 10)).$((begun % 10)) s)"
	if dead "$vm" || [ "${rounds_of[$vm]}" -ge "$every" ]; then
		account_close "$vm" || broken "its account"
		account_open "$vm" "${at[$vm]}"
	fi
done 9<"$LAB_DIR/plan"
for vm in $vms; do
	account_close "$vm" || broken "its account"
done
"$HERE/table.py" "$seed" "$LAB_DIR/rounds" "$LAB_DIR/accounts"
