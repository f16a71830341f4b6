# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# traced.sh - a lab whose hosts have IVRing and whose guests are traced
#
#	. tests/lib/test.sh traced
#	traced_up
#	traced_vm vm			# defined and booted on A
#	load_start A vm
#	lab_migrate vm A B
#	load_stop B vm			# ground truth in $LAB_DIR/vm.truth
#	traced_end B vm			# the guest ends its stream and its life
#	judge vm			# ivring verify and the tests' own checker

# shellcheck source-path=SCRIPTDIR source=../lab/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab/lab.sh"

TOP=$LAB_TOP
B=${B:-$TOP/build}
KERNELS=${KERNELS:-$TOP/build/kernels}
LAB_PATH=$B/bin
LAB_HOOKS=$TOP/migration/hook
SERIES=${SERIES:-6.1}

fail() {
	echo "FAIL: $*"
	[ -z "$LAB_DIR" ] || traced_logs
	exit 1
}

traced_logs() {
	local host

	lab_logs
	# shellcheck disable=SC2016 # for the inner shell
	for host in $LAB_HOSTS; do
		lab_in "$host" sh -c 'for log in /var/log/ivring/*.log; do
			[ ! -s "$log" ] || { echo "--- $0 $log"; tail -n 20 "$log"; }
		done' "$host"
	done >&2
}

traced_up() {
	local need

	lab_require
	for need in bin/ivring bin/ivring-server bin/ivring-reader "tests/initrd-$SERIES.gz"; do
		[ -e "$B/$need" ] || { echo "$B/$need is missing: make check builds it"; exit 1; }
	done
	trap lab_down EXIT
	lab_up "${1:-2}"
}

# json [OPTION]… PATH <JSON: values out of it, see jsonpath.py
json() { "$TOP/tests/lib/jsonpath.py" "$@"; }

store_of() { echo "$LAB_DIR/$1/var/lib/ivring/$2"; }

# All stores of a VM, on whichever hosts
stores_of() {
	local host

	for host in $LAB_HOSTS; do
		[ ! -d "$(store_of "$host" "$1")" ] || store_of "$host" "$1"
	done
}

# traced_xml VM [size=16M] [KEY=VALUE of lab_domain_xml]…: $LAB_DIR/VM.xml
traced_xml() {
	local vm=$1 size=16M xml=$LAB_DIR/$1.xml arg args=() options=()

	for arg in "${@:2}"; do
		case $arg in
		size=*)		size=${arg#size=} ;;
		role=*)		options+=(--role "${arg#role=}") ;;
		*)		args+=("$arg") ;;
		esac
	done
	lab_domain_xml name="$vm" kernel="$KERNELS/$SERIES/vmlinuz" \
		initrd="$B/tests/initrd-$SERIES.gz" "${args[@]}" >"$xml.plain"
	"$B/bin/ivring" xml --vm "$vm" --size "$size" "${options[@]}" \
		--domain "$xml.plain" >"$xml"
}

# traced_define VM [ARGUMENT OF traced_xml]…: on all hosts, so that it can be
# started on any
traced_define() {
	local host

	traced_xml "$@"
	for host in $LAB_HOSTS; do
		lab_define "$host" "$LAB_DIR/$1.xml" >/dev/null
	done
}

# traced_vm VM [HOST] [ARGUMENT OF traced_xml]…: defined and booted there
traced_vm() {
	local host=A arg args=()

	for arg in "${@:2}"; do
		case $arg in
		?)	host=$arg ;;
		*)	args+=("$arg") ;;
		esac
	done
	traced_xml "$1" "${args[@]}"
	lab_define "$host" "$LAB_DIR/$1.xml" >/dev/null
	lab_boot "$host" "$1"
}

# flush_tlbs HOST VM: QEMU flushes its TLBs all the time; see lab_domain_xml: the
# ivshmem memory cannot have another length
flush_tlbs() {
	guest_exec "$1" "$2" '[ -d /sys/module/tlbflush ] || insmod /tlbflush.ko' ||
		fail "tlbflush"
}

# unrest HOST VM: for guests without a load, on every vCPU a process that forks all
# the time, so that pre-copy has something to copy; that flushes TLBs as well
unrest() {
	# shellcheck disable=SC2016 # for the guest
	guest_exec "$1" "$2" 'for c in $(seq 0 $(($(nproc) - 1))); do
			taskset $((1 << c)) sh -c "while usleep 2000; do :; done" &
		done; true' || fail "no unrest"
}

# load_start HOST VM [RATE per second and vCPU]: sched events, and a numbered
# writer on every vCPU
load_start() {
	flush_tlbs "$1" "$2"
	guest_exec "$1" "$2" "
		echo 1 >/sys/kernel/tracing/events/sched/enable
		for c in \$(seq 0 \$((\$(nproc) - 1))); do
			ramp -c \$c -r ${3:-15000} >/tmp/ramp.\$c &
		done" || fail "the load did not start"
}

# load_stop HOST VM: the writers end; what they say is the ground truth
load_stop() {
	guest_exec "$1" "$2" '
		killall ramp
		while pidof ramp >/dev/null; do usleep 10000; done
		echo 0 >/sys/kernel/tracing/events/sched/enable
		ivring-meta # the names of what has run since
		cat /tmp/ramp.*' 60 >"$LAB_DIR/$2.truth" || fail "the load did not stop"
}

# traced_end HOST VM: end the stream in the guest, then the guest
traced_end() {
	guest_exec "$1" "$2" 'rmmod ivring' || fail "rmmod"
	! lab_oops "$2" || fail "the guest's kernel complained"
	vm_off "$1" "$2"
}

# The hook takes server and reader down before destroy returns.
vm_off() {
	lab_virsh "$1" destroy "$2" >/dev/null || fail "destroy"
}

# pid_of HOST VM server|reader: as the host sees it
pid_of() { lab_in "$1" cat "/run/ivring/$2/$3.pid"; }

reader_state() { lab_in "$1" ivring status "$2" --json; }

# attached HOST VM: does the reader there have the guest?
attached() {
	reader_state "$1" "$2" | json --any attached "**.state"
}

# moving HOST VM: has pre-copy begun?
moving() { lab_virsh "$1" domjobinfo "$2" | grep -Eq 'Memory processed: +[1-9]'; }

# epoch_of HOST VM: the one that the guest has acknowledged
epoch_of() { guest_exec "$1" "$2" 'grep epoch /sys/kernel/debug/ivring/status'; }

# verify VM [OPTION]…: the product's own account
verify() {
	# shellcheck disable=SC2046 # one word a store
	"$B/bin/ivring" verify $(stores_of "$1") "${@:2}"
}

export_trace() {
	# shellcheck disable=SC2046 # one word a store
	"$B/bin/ivring" export $(stores_of "$1") -o "$LAB_DIR/$1.dat" \
		>"$LAB_DIR/$1.export.log" 2>&1
}

# check_contents VM [OPTION of checker.py]: the checker, on what trace-cmd makes of
# the merged trace
check_contents() {
	export_trace "$1" || { cat "$LAB_DIR/$1.export.log"; return 1; }
	trace-cmd report "$LAB_DIR/$1.dat" 2>"$LAB_DIR/$1.report.err" |
		"$TOP/tests/tools/checker.py" --truth "$LAB_DIR/$1.truth" "${@:2}" ||
		return 1
	# It opens without a warning, or it does not open.
	[ ! -s "$LAB_DIR/$1.report.err" ] || { cat "$LAB_DIR/$1.report.err"; return 1; }
}

# judge VM: both must agree that all is there once
judge() {
	verify "$1" || fail "ivring verify $1"
	check_contents "$1" || fail "checker $1"
}

# lost VM: records that the account declares lost
lost() {
	verify "$1" --json | json --sum "streams.*.total.declared_lost.*"
}

# gone HOST PID
gone() { ! lab_in "$1" kill -0 "$2" 2>/dev/null; }

# reader_kill HOST VM
reader_kill() {
	local pid

	pid=$(pid_of "$1" "$2" reader)
	lab_in "$1" kill -KILL "$pid"
	wait_for 10 gone "$1" "$pid" || fail "the reader on $1 does not die"
}

# boots VM: how often its guest has come up; booted VM N: so often?
boots() { lab_console "$1" | grep -c 'lab: up'; }
booted() { [ "$(boots "$1")" -ge "$2" ]; }
