#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [native] [guest] - run the benchmarks, print a table
#
# Native: ring.c and LTTng-UST take turns, $ROUNDS times, so that what else the
# machine does hits both alike; look at the ratios, not at the nanoseconds.
# Guest: instructions per event, counted by QEMU, exact. Figures are kept in
# build/bench.json.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../tests/lib/help.sh"

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
rounds=${ROUNDS:-7}
bin=build/bench
out=build/bench.json
session=ivring-bench-$$

die() { echo "bench: $*" >&2; exit 1; }

work=$(mktemp -d /dev/shm/ivring-bench.XXXXXX)
sessiond=

cleanup() {
	lttng -n destroy "$session" >/dev/null 2>&1 || true
	if [ -n "$sessiond" ]; then
		kill "$sessiond" 2>/dev/null || true
		wait "$sessiond" 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap cleanup EXIT

# Ours if there is none. Its consumer inherits the CPU: the readers' one.
start_sessiond() {
	lttng -n list >/dev/null 2>&1 && return
	LTTNG_HOME=$work taskset -c 1 lttng-sessiond --no-kernel \
		>"$work/sessiond.log" 2>&1 &
	sessiond=$!
	for _ in $(seq 100); do
		lttng -n list >/dev/null 2>&1 && return
		kill -0 "$sessiond" 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/sessiond.log" >&2
	die "lttng-sessiond does not start"
}

# 16 sub-buffers of 512 KiB: as many bytes as native.c's ring.
lttng_round() {
	local name ns written lost

	{
		lttng -n create "$session" --output="$work/trace"
		lttng -n enable-channel -u -s "$session" "--$1" \
			--subbuf-size=512K --num-subbuf=16 channel
		lttng -n enable-event -u -s "$session" -c channel \
			ivring_bench:record
		lttng -n start "$session"
	} >"$work/lttng.log" 2>&1 || { cat "$work/lttng.log" >&2; die lttng; }
	LTTNG_UST_REGISTER_TIMEOUT=-1 "$bin/bench-lttng" "$1" >"$work/line"
	read -r name ns written _ <"$work/line"
	lttng -n stop "$session" >"$work/lttng.log" 2>&1
	# A flight recorder drops nothing; what it overwrites is no loss here.
	lost=0
	[ "$1" = overwrite ] || lost=$(lttng -n list "$session" |
		sed -n 's/^ *Discarded events: *//p' | head -n 1)
	lttng -n destroy "$session" >"$work/lttng.log" 2>&1
	rm -rf "$work/trace"
	[ -n "$lost" ] || die "LTTng does not tell how much it discarded"
	echo "$name $ns $written $lost"
}

native_round() {
	"$bin/bench-ring-rdtsc" memcpy
	"$bin/bench-ring-rdtsc" discard
	"$bin/bench-ring-rdtsc" overwrite
	"$bin/bench-ring-mono" discard
	"$bin/bench-ring-mono" overwrite
	lttng_round discard
	lttng_round overwrite
}

# name ns written lost -> name min median max written lost, in order of arrival
summarise() {
	awk '
	!($1 in n)	{ order[++names] = $1 }
			{ v[$1, ++n[$1]] = $2; written[$1] += $3; lost[$1] += $4 }
	END {
		for (k = 1; k <= names; k++) {
			name = order[k]
			m = n[name]
			for (i = 2; i <= m; i++) {
				x = v[name, i]
				for (j = i - 1; j > 0 && v[name, j] > x; j--)
					v[name, j + 1] = v[name, j]
				v[name, j + 1] = x
			}
			med = (v[name, int((m + 1) / 2)] + v[name, int(m / 2) + 1]) / 2
			print name, v[name, 1], med, v[name, m], written[name],
			      lost[name]
		}
	}'
}

native_table() {
	awk '
		{ name[NR] = $1; min[NR] = $2; med[NR] = $3; max[NR] = $4
		  written[NR] = $5; lost[NR] = $6; by[$1] = $3 }
	END {
		printf "\n%-22s %8s %8s %8s %9s %9s\n", "native, 64 bytes",
		       "min ns", "median", "max", "of LTTng", "lost"
		for (i = 1; i <= NR; i++) {
			rival = name[i] ~ /overwrite/ ? "lttng-overwrite" : "lttng-discard"
			printf "%-22s %8.1f %8.1f %8.1f %8.2fx %8.3f%%\n", name[i],
			       min[i], med[i], max[i], med[i] / by[rival],
			       100 * lost[i] / (written[i] + lost[i])
		}
	}'
}

native_json() {
	awk '{ printf "%s    { \"name\": \"%s\", ", (NR > 1 ? ",\n" : ""), $1
	       printf "\"min_ns\": %s, \"median_ns\": %s, \"max_ns\": %s, ", $2, $3, $4
	       printf "\"written\": %s, \"lost\": %s }", $5, $6 }'
}

guest_table() {
	awk '{ if (NR == 1) printf "\n%-36s %12s\n", "guest " $3, "instructions"
	       printf "%-36s %12.1f\n", $1, $2 }'
}

guest_json() {
	awk '{ printf "%s    { \"name\": \"%s\", \"instructions\": %s, \"kernel\": \"%s\" }",
	       (NR > 1 ? ",\n" : ""), $1, $2, $3 }'
}

run_native() {
	local i

	[ "$(nproc)" -ge 2 ] || die "two CPUs are needed"
	start_sessiond
	for i in $(seq "$rounds"); do
		echo "bench: native round $i of $rounds" >&2
		native_round >>"$work/native.raw"
	done
	summarise <"$work/native.raw" >"$work/native"
}

run_guest() {
	local series

	for series in ${BENCH_SERIES:-6.1 6.12}; do
		echo "bench: guest $series" >&2
		bench/guest/run.sh "$series" >>"$work/guest"
	done
}

touch "$work/native" "$work/guest"
[ $# -gt 0 ] || set -- native guest
for part in "$@"; do
	case $part in
	native)	run_native ;;
	guest)	run_guest ;;
	*)	die "$part? run.sh [native] [guest]" ;;
	esac
done

{
	echo '{'
	echo "  \"machine\": \"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)\","
	echo "  \"rounds\": $rounds,"
	printf '  "native": [\n%s\n  ],\n' "$(native_json <"$work/native")"
	printf '  "guest": [\n%s\n  ]\n' "$(guest_json <"$work/guest")"
	echo '}'
} >"$out"

[ ! -s "$work/native" ] || native_table <"$work/native"
awk '{ print $3 }' "$work/guest" | sort -uV | while read -r series; do
	awk -v s="$series" '$3 == s' "$work/guest" | guest_table
done
echo
echo "kept in $out"
