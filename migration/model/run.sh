#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [-q] - search the models, then show that every seeded fault is found
#
# A full search (no bit-state hashing, no cut of the depth) of each model for
# each of the sizes below, two at a time. Prints a table; the last line says how
# many searches came out as they should. Exits with 1 if not all did, with 77 if
# spin is not there. -q: the faults only at the sizes that show them, no
# searches without a fault.

set -eu
here=$(cd "$(dirname "$0")" && pwd)

command -v spin >/dev/null || {
	echo "spin is missing: apt-get install spin"
	exit 77
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

small="-DPATIENCE=0"
declare -A size=()

# name and flags; the part of the name before the colon is the model's.
sizes() {
	local name flags

	while read -r name flags; do
		[ -z "$name" ] || size[$name]=$flags
	done
}

# Sizes: migrations, kills of a reader, new streams, records, slots.
sizes <<END
handover:stay		-DMIGRATIONS=0 -DCRASHES=2 -DNREC=4
handover:there		-DMIGRATIONS=1 -DCRASHES=1 -DNREC=3 $small
handover:back		-DMIGRATIONS=2 -DCRASHES=0 -DNREC=2 -DSLOTS=1 $small
handover:back+kill	-DMIGRATIONS=2 -DCRASHES=1 -DNREC=1 -DSLOTS=1 $small
handover:request	-DMIGRATIONS=2 -DCRASHES=0 -DNREC=1 -DSLOTS=1 -DREQUESTS $small
handover:patience	-DMIGRATIONS=1 -DCRASHES=0 -DNREC=3 -DREQUESTS
handover:reload		-DMIGRATIONS=1 -DCRASHES=0 -DRELOADS=1 -DNREC=2 -DSLOTS=1 $small
handover:hostile	-DMIGRATIONS=0 -DCRASHES=1 -DNREC=4 -DHOSTILE
handover:live		-DMIGRATIONS=1 -DCRASHES=0 -DNREC=1 -DSLOTS=1 -DLIVE $small
handover:live+kill	-DMIGRATIONS=0 -DCRASHES=2 -DNREC=2 -DSLOTS=1 -DLIVE
handover:alone		-DMIGRATIONS=0 -DCRASHES=0 -DNREC=4 -DLIVE -DNO_READER
handover:request+kill	-DMIGRATIONS=0 -DCRASHES=1 -DNREC=1 -DSLOTS=1 -DREQUESTS $small
END

# Records, orders, rounds, kills; the window's changes, nested writers.
sizes <<END
quiesce:round		-DNREC=3
quiesce:vm-dies		-DNREC=2 -DVM_DIES
quiesce:kill		-DNREC=1 -DCRASHES=1
quiesce:live		-DNREC=1 -DROUNDS=1 -DCALLS=0 -DLIVE
quiesce:live+stay	-DNREC=1 -DCALLS=1 -DCRASHES=1 -DMIGRATIONS=0 -DLIVE
segment:irq		-DNREC=4 -DSLOTS=3 -DNESTED=1 -DRESTARTS=1
segment:twice		-DNREC=5 -DSLOTS=4 -DNESTED=0 -DCHANGES=2
segment:live		-DNREC=3 -DRESTARTS=0 -DLIVE
peer:replug		-DNREC=4
peer:three		-DNREC=3 -DMEMS=3
peer:kill		-DNREC=4 -DCRASHES=1
peer:surprise		-DNREC=2 -DORDERS=1 -DSURPRISE -DCRASHES=1
peer:again		-DNREC=2 -DORDERS=1 -DSURPRISE -DMEMS=3 -DLEASES=0
peer:live		-DNREC=2 -DORDERS=1 -DLIVE
END

# What is searched without a fault; the slow ones first.
order=(handover:{back+kill,live,there,back} quiesce:{live,kill} handover:reload
	quiesce:{round,vm-dies} peer:{kill,again,live} handover:{request,patience}
	segment:{irq,twice,live} peer:{replug,three,surprise} quiesce:live+stay
	handover:{stay,hostile,alone,live+kill})
[ "${1:-}" != -q ] || order=()

# fault	size	what is to find it	in words
faults() {
	sed 's/#.*//; /^$/d' <<-'END'
	NO_MIRROR	handover:there	S1	the mirror is not taken over (test_no_mirror)
	NO_CLAMP	handover:hostile	S6	the mirror is not clamped to the head
	MIRROR_BACK	handover:stay	S3	the mirror may go back
	ACK_FROM_POS	handover:there	S	ack_pos comes from the host's word
	START_EARLY	handover:there	S3	the reader starts at a mirror read before the acknowledgement
	NO_SYNC	handover:stay	S3	acknowledged while a writer holds an earlier pos
	POS_FIRST	handover:there	S6	pos is published before the page is stored
	NO_IDENTITY	handover:there	S2	the merge does not look at the identity
	ONE_HELLO	handover:there	S4	one HELLO is enough
	WALK_ONCE	handover:there	S4	the walk counts for later HELLOs too
	BELL_TWICE	handover:there	S4	the hypervisor counts one HELLO twice
	KEEP_COUNTS	handover:back	S4	eventfd counts are kept from an earlier QEMU
	NOT_FRESH	handover:back	S4	the destination's memory is not fresh
	REACK	handover:back	S5	an old epoch is acknowledged again
	REQ_ANY	handover:request	S5	a request is obeyed without a look at the epoch
	NO_RESET	handover:request+kill	S5	host words are not zeroed before the epoch
	NO_TAG	handover:reload	S	host words do not say for which stream they are
	GUEST_WAITS	handover:alone	L1	a writer waits for room
	HELLO_ONCE	handover:live	L1	HELLO is said once
	NO_LEASE	quiesce:live	L1	a quiesced guest has no lease
	CALL_UNANSWERED	quiesce:live+stay	L1	a guest that calls leaves its round unanswered
	ANSWER_EARLY	quiesce:round	Q1	DRAINED before the mirror is there
	NOT_FROZEN	quiesce:round	Q2	the reader takes on after DRAINED
	UNSAID		quiesce:round	Q2	the guest does not wait until the reader has frozen
	THAW_BY_TIME	quiesce:round	Q2	a frozen reader takes again without the guest's word
	MOVED_TAKES	quiesce:round	Q2	the source takes on although it was told "moved"
	ACCEPTED_KEPT	quiesce:kill	Q3	accepted is not reset at a new epoch
	MOVED_EARLY	quiesce:vm-dies	Q4	"moved" is said at the stop
	OLD_ORDER	quiesce:kill	S5	a request of an old epoch is obeyed
	SEG_MOVES	segment:irq	G	the segment changes although untaken pages move
	SEG_FIRST	segment:irq	G1	the segment is read before head
	NO_SEG_SEQ	segment:irq	G1	seg_seq is not looked at
	HEAD_FIRST	segment:irq	G1	head is published before the segment
	NEST_IGNORED	segment:irq	G1	the segment changes under an interrupted writer
	NO_LIMIT	segment:irq	G2	the writer asks the whole ring for room, not the segment
	NO_GROW	segment:live	L1	the ring stays small after RESUME
	MIRROR_LEFT	peer:replug	P1	the new memory does not get the mirror
	BEGIN_AT_NEXT	peer:replug	S1	the new memory begins behind the spilled pages
	SPILL_LAPS	peer:replug	P2	a full spill is written over
	RETURN_EARLY	peer:replug	P3	writers return before all pages were brought
	RETURN_RACE	peer:replug	P3	... or with one that came in between
	MOVE_LATE	peer:replug	P4	writers go to the spill after the answer
	UNSPILL_TOO_SOON	peer:replug	P4	pages are brought home while SPILLING
	UNSPILL_UNREAD	peer:again	S1	pages are brought into a memory that nobody reads
	END
}

# What looks like a fault and is none: see the models.
none=(HELLO_FIRST=handover:there NO_REDIRTY=quiesce:round)

# Build and search: name, size, flags
search() {
	local name=$1 model=$here/${2%%:*}.pml flags="${size[$2]} ${3:-}"
	local dir=$work/$name cc="-O2 -DSAFETY" args=""

	mkdir "$dir"
	case $flags in
	*LIVE*)	cc="-O2 -DNOREDUCE -DNFAIR=3" args="-a -f" ;;
	esac
	# A fault is found sooner than the compiler makes its best.
	[ -z "${3:-}" ] || cc=${cc/-O2/-O1}
	(
		cd "$dir"
		# shellcheck disable=SC2086
		spin -a $flags "$model" >spin.log 2>&1 &&
			gcc -w -DVECTORSZ=512 -DMEMLIM=16000 $cc -o pan pan.c
		# shellcheck disable=SC2086
		./pan -m1000000 -w24 $args >out 2>&1
		rm -f pan pan.?
	) || echo "search broke" >>"$dir/out"
}

errors_of() { sed -n 's/.*errors: \([0-9]*\)$/\1/p' "$work/$1/out" 2>/dev/null; }
states_of() { sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$work/$1/out"; }
whole() { ! grep -qE 'max search depth too small|not completed|broke|out of memory' "$work/$1/out"; }

# Which property failed: MUST() puts its number behind the condition, and in
# handover.pml the label stands behind the assertion.
property() {
	local text number names=([1]=S [2]=Q [3]=G [4]=P)

	grep -q 'acceptance cycle' "$work/$1/out" && { echo L1; return; }
	text=$(sed -n 's/^pan:1: assertion violated \(.*\) (at depth.*/\1/p' "$work/$1/out")
	number=$(sed -n 's/.*||(\([1-4][1-9]\)==0))$/\1/p' <<<"$text")
	[ -z "$number" ] || { echo "${names[${number:0:1}]}${number:1}"; return; }
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

clean() {
	local name=$1 what=$2 errors states verdict="not ok"

	errors=$(errors_of "$name")
	states=$(states_of "$name")
	total=$((total + 1))
	if [ "$errors" = 0 ] && whole "$name"; then
		verdict=ok
		good=$((good + 1))
		sum=$((sum + $(printf '%.0f' "$states")))
	fi
	printf '%-6s %-20s %10s states, %s errors %s\n' "$verdict" "$what" \
		"$states" "${errors:-?}" "$(property "$name" | sed '/none/d; s/^/: /')"
}

start=$SECONDS good=0 total=0 sum=0 caught=0 seeded=0

for name in "${order[@]}"; do
	pairs
	search "$name" "$name" &
done
while IFS=$'\t' read -r fault where _; do
	pairs
	search "$fault" "$where" "-D$fault" &
done < <(faults)
for pair in "${none[@]}"; do
	pairs
	search "${pair%=*}" "${pair#*=}" "-D${pair%=*}" &
done
wait

for name in "${order[@]}"; do
	clean "$name" "$name"
done
for pair in "${none[@]}"; do
	clean "${pair%=*}" "${pair%=*} (no fault)"
done
while IFS=$'\t' read -r fault where want words; do
	found=$(property "$fault")
	verdict="not ok"
	total=$((total + 1))
	seeded=$((seeded + 1))
	if [[ $found == "$want"* && $found != none ]]; then
		verdict=ok
		good=$((good + 1))
		caught=$((caught + 1))
	fi
	printf '%-6s %-16s caught by %-4s (%s): %s\n' "$verdict" "$fault" \
		"$found" "$where" "$words"
done < <(faults)

echo "$caught of $seeded mutants caught"
echo "$sum states without an error in $((SECONDS - start)) s; $good of $total as they should"
[ "$good" = "$total" ]
