#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh - two hosts, one traced guest, a plain `virsh migrate --live` to the
# other host and back, and the account of every record
#
# What is left afterwards: build/demo/ with both hosts' stores and trace.dat.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/lib/help.sh"
# shellcheck source=/dev/null
. "$(dirname "$0")/lib/test.sh" traced

bold='' plain=''
[ ! -t 1 ] || { bold=$(tput bold 2>/dev/null || :); plain=$(tput sgr0 2>/dev/null || :); }
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# Records that the readers on both hosts have, while something runs.
progress() {
	local host line

	line=
	for host in A B; do
		line+="  host $host: $(lab_in "$host" ivring status demo 2>/dev/null | one_line)"
	done
	if [ -t 1 ]; then printf '\r\033[K%s' "$line"; else echo "$line"; fi
}

one_line() {
	local state

	state=$(grep -oE '\b(attached|wait-[a-z0-9]+|no-server)\b' | head -n 1)
	printf '%s' "${state:--}"
}

migrate() {
	local pid start

	title "host-${1,,} \$ virsh migrate --live demo qemu+tcp://$(lab_address "$2")/system --migrateuri tcp://$(lab_address "$2")"
	start=${EPOCHREALTIME/[.,]/}
	lab_migrate demo "$1" "$2" >"$LAB_DIR/migrate.log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		progress
		sleep 0.3
	done
	wait "$pid" || { cat "$LAB_DIR/migrate.log"; fail "migration"; }
	wait_for 20 attached "$2" demo || fail "no reader on $2"
	progress
	printf '\nmoved in %d ms; the reader on %s took over by itself\n' \
		$(((${EPOCHREALTIME/[.,]/} - start) / 1000)) "$2"
}

out=$TOP/build/demo
title "Two libvirt hosts, A and B, on this machine (namespaces); IVRing's hook on both"
traced_up 2
title "A guest with 2 vCPUs, stock Debian kernel $(cat "$B/kernels/$SERIES/release"), 16 MiB of trace memory, on A"
traced_vm demo
wait_for 20 attached A demo || fail "no reader on A"
guest_exec A demo 'cat /sys/kernel/debug/ivring/status' | sed 's/^/    /'
title "In the guest: sched events on, and a writer on every vCPU"
load_start A demo 10000

migrate A B
migrate B A

load_stop A demo
sed 's/^/    guest: /' "$LAB_DIR/demo.truth"
traced_end A demo
rm -rf "$out"
mkdir -p "$out"
for host in A B; do
	cp -r "$(store_of "$host" demo)" "$out/store-$host"
done

title "\$ ivring verify store-A store-B"
"$B/bin/ivring" verify "$out"/store-A "$out"/store-B || fail "verify"

title "\$ ivring export store-A store-B -o trace.dat; trace-cmd report trace.dat | head"
"$B/bin/ivring" export "$out"/store-A "$out"/store-B -o "$out/trace.dat"
trace-cmd report "$out/trace.dat" >"$out/report.txt"
head -n 12 "$out/report.txt" | cut -c1-110

title "A checker that shares no code with IVRing, on trace-cmd's text and what the writers say they wrote"
"$TOP/tests/tools/checker.py" --truth "$LAB_DIR/demo.truth" <"$out/report.txt" || fail "checker"

title "Merged trace: $out/trace.dat ($(wc -l <"$out/report.txt") lines); open it with kernelshark or trace-cmd report"
