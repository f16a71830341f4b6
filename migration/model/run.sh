#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [-q] - search handover.pml, then show that every seeded fault is found
#
# A full search (no bit-state hashing, no cut of the depth) for each of the
# sizes below, two at a time. Prints a table; the last line says how many
# searches came out as they should. Exits with 1 if not all did, with 77 if
# spin is not there. -q: the faults only at the sizes that show them, no
# searches without a fault.

set -eu
cd "$(dirname "$0")"
model=$PWD/handover.pml

command -v spin >/dev/null || {
	echo "spin is missing: apt-get install spin"
	exit 77
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Sizes: migrations, kills of a reader, new streams, records, slots.
small="-DPATIENCE=0"
declare -A size=(
	[stay]="-DMIGRATIONS=0 -DCRASHES=2 -DNREC=4"
	[there]="-DMIGRATIONS=1 -DCRASHES=1 -DNREC=3 $small"
	[back]="-DMIGRATIONS=2 -DCRASHES=0 -DNREC=2 -DSLOTS=1 $small"
	[back+kill]="-DMIGRATIONS=2 -DCRASHES=1 -DNREC=1 -DSLOTS=1 $small"
	[request]="-DMIGRATIONS=2 -DCRASHES=0 -DNREC=1 -DSLOTS=1 -DREQUESTS $small"
	[patience]="-DMIGRATIONS=1 -DCRASHES=0 -DNREC=3 -DREQUESTS"
	[reload]="-DMIGRATIONS=1 -DCRASHES=0 -DRELOADS=1 -DNREC=2 -DSLOTS=1 $small"
	[hostile]="-DMIGRATIONS=0 -DCRASHES=1 -DNREC=4 -DHOSTILE"
	[live]="-DMIGRATIONS=1 -DCRASHES=0 -DNREC=1 -DSLOTS=1 -DLIVE $small"
	[live+kill]="-DMIGRATIONS=0 -DCRASHES=2 -DNREC=2 -DSLOTS=1 -DLIVE"
	[alone]="-DMIGRATIONS=0 -DCRASHES=0 -DNREC=4 -DLIVE -DNO_READER"
)

# fault	size	what is to find it	in words
faults() {
	sed 's/#.*//; /^$/d' <<-'END'
	NO_MIRROR	there	S1	the mirror is not taken over (test_no_mirror)
	NO_CLAMP	hostile	S6	the mirror is not clamped to the head
	MIRROR_BACK	stay	S3	the mirror may go back
	ACK_FROM_POS	there	S	ack_pos comes from the host's word
	START_EARLY	there	S3	the reader starts at a mirror read before the acknowledgement
	NO_SYNC	stay	S3	acknowledged while a writer holds an earlier pos
	POS_FIRST	there	S6	pos is published before the page is stored
	NO_IDENTITY	there	S2	the merge does not look at the identity
	ONE_HELLO	there	S4	one HELLO is enough
	WALK_ONCE	there	S4	the walk counts for later HELLOs too
	BELL_TWICE	there	S4	the hypervisor counts one HELLO twice
	KEEP_COUNTS	back	S4	eventfd counts are kept from an earlier QEMU
	NOT_FRESH	back	S4	the destination's memory is not fresh
	REACK	back	S5	an old epoch is acknowledged again
	REQ_ANY	request	S5	a request is obeyed without a look at the epoch
	NO_RESET	requestkill	S5	host words are not zeroed before the epoch
	NO_TAG	reload	S	host words do not say for which stream they are
	GUEST_WAITS	alone	L1	a writer waits for room
	HELLO_ONCE	live	L1	HELLO is said once
	END
}
size[requestkill]="-DMIGRATIONS=0 -DCRASHES=1 -DNREC=1 -DSLOTS=1 -DREQUESTS $small"

# Build and search: name, flags
search() {
	local name=$1 flags=$2 dir=$work/$1 cc="-DSAFETY" args=""

	mkdir "$dir"
	case $flags in
	*LIVE*)	cc="-DNOREDUCE -DNFAIR=3" args="-a -f" ;;
	esac
	(
		cd "$dir"
		# shellcheck disable=SC2086
		spin -a $flags "$model" >spin.log 2>&1 &&
			gcc -O3 -w -DVECTORSZ=512 -DMEMLIM=16000 $cc -o pan pan.c
		# shellcheck disable=SC2086
		./pan -m1000000 -w26 $args >out 2>&1
	) || echo "search broke" >>"$dir/out"
}

errors_of() { sed -n 's/.*errors: \([0-9]*\)$/\1/p' "$work/$1/out" 2>/dev/null; }
states_of() { sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$work/$1/out"; }
whole() { ! grep -qE 'max search depth too small|not completed|broke|out of memory' "$work/$1/out"; }

# Which property failed: the label stands behind the assertion in the model.
property() {
	local text

	grep -q 'acceptance cycle' "$work/$1/out" && { echo L1; return; }
	text=$(sed -n 's/^pan:1: assertion violated \(.*\) (at depth.*/\1/p' "$work/$1/out")
	case $text in
	*miss*)			echo S4 ;;
	*ever*|*req*)		echo S5 ;;
	*SLOTS*|*newest*|*'].head<='*)	echo S3 ;;
	*"mirror<="*|*"<<pos"*)	echo S6 ;;
	*'!((('*)		echo S2 ;;
	*store*)		echo S1 ;;
	*)			echo "${text:-none}" ;;
	esac
}

pairs() {
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
		wait -n || true
	done
}

start=$SECONDS good=0 total=0 sum=0
sizes=(back+kill live there back reload request patience stay hostile alone live+kill)
[ "${1:-}" != -q ] || sizes=()

for name in "${sizes[@]}"; do
	pairs
	search "$name" "${size[$name]}" &
done
while IFS=$'\t' read -r fault where _; do
	pairs
	search "$fault" "${size[$where]} -D$fault" &
done < <(faults)
pairs
search HELLO_FIRST "${size[there]} -DHELLO_FIRST" &
wait

for name in "${sizes[@]}" HELLO_FIRST; do
	errors=$(errors_of "$name")
	states=$(states_of "$name")
	verdict="not ok"
	total=$((total + 1))
	if [ "$errors" = 0 ] && whole "$name"; then
		verdict=ok
		good=$((good + 1))
		sum=$((sum + $(printf '%.0f' "$states")))
	fi
	printf '%-6s %-12s %10s states, %s errors %s\n' "$verdict" "$name" \
		"$states" "${errors:-?}" "$(property "$name" | sed '/none/d; s/^/: /')"
done
while IFS=$'\t' read -r fault where want words; do
	found=$(property "$fault")
	verdict="not ok"
	total=$((total + 1))
	if [[ $found == "$want"* && $found != none ]]; then
		verdict=ok
		good=$((good + 1))
	fi
	printf '%-6s %-12s caught by %-4s (%s): %s\n' "$verdict" "$fault" \
		"$found" "$where" "$words"
done < <(faults)

echo "$sum states without an error in $((SECONDS - start)) s; $good of $total as they should"
[ "$good" = "$total" ]
