#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: every fault planted in the ring is found by the ring tests
# timeout: 300
#
# A fault is a sed script for ring.c and ring_fast.h. Each is compiled and linked with the ring
# tests, and one of them has to fail (or crash, or hang). The first line is no
# fault: with it all must pass, or the rest would prove nothing.

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"

tests='ring_format ring_policy ring_nest ring_step'
objects=build/tests/unit/ring
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# name : sed script
faults() {
	cat <<'LIST'
no-fault : s/XXXX//
publish-in-nested-writer : s/if (READ_ONCE(r->nest) ||/if (0 ||/
publish-while-nested : s/if (READ_ONCE(r->nest) ||/if (READ_ONCE(r->nest) > 1 ||/
exchange-is-a-store : /^#include "ring.h"/a #define ivr_local_cmpxchg_pair(p, o, n) ((void)(o), *(p) = (n), 1)
time-not-carried : s/new.ts = now;/new.ts = old.ts;/
mirror-not-clamped : /if (pos > head)/,+1d
mirror-goes-back : s/if (pos <= old)/if (pos == old)/
mirror-before-ack : s/if (!smp_load_acquire(&r->acked))/if (0)/
free-by-reader-not-mirror : s/floor = READ_ONCE(r->mem.ctl->mirror)/floor = READ_ONCE(r->mem.host->pos) + 1/
seal-skipped-on-drop : s/return sealed || seal(r, old, 0) ? -1 : 0;/return -1;/
limit-off-by-one : s/return page < floor + r->span;/return page <= floor + r->span;/
cached-limit-off-by-one : s/WRITE_ONCE(r->limit, floor + r->span)/WRITE_ONCE(r->limit, floor + r->span + 1)/
tail-not-raised : /raise_tail(r, page - r->span + 1)/s/.*/(void)raise_tail;/
tail-one-too-low : s/raise_tail(r, page - r->span + 1)/raise_tail(r, page - r->span)/
tail-one-too-high : s/raise_tail(r, page - r->span + 1)/raise_tail(r, page - r->span + 2)/
unpublished-given-up : s/if (page >= READ_ONCE(r->pub) + r->span)/if (0)/
pending-not-looked-at-again : s/while (!ivr_local_dec_and_test(&r->inside))/while ((ivr_local_dec_and_test(\&r->inside), 0))/
pending-cleared-too-late : /^	WRITE_ONCE(r->pending, 0);/d; s/^	publish_counters(r);/&\n	WRITE_ONCE(r->pending, 0);/
pending-not-set-by-close : s/^	WRITE_ONCE(r->pending, 1);$/(void)0;/
flush-does-not-publish : /^void ivr_ring_flush/,/^}/s/WRITE_ONCE(r->pending, 1);//
head-before-page : s/^	place = READ_ONCE(r->state.place);$/&\n	r->mem.ctl->head = PAGE(place) + (UNITS(place) == SEALED);/
head-includes-open-page : s/end = PAGE(place) + (UNITS(place) == SEALED)/end = PAGE(place) + 1/
sealed-page-not-published : s/end = PAGE(place) + (UNITS(place) == SEALED)/end = PAGE(place)/
wake-only-for-last-page : s/wake), end, old))/wake), end, end - 1))/
wake-always : s/if (ivr_wake_due(READ_ONCE(r->mem.host->wake), end, old))/(void)old;/
wake-never : s/^		r->bell(r);/;/
wake-before-head : /smp_store_release(&r->mem.ctl->head, end);/d; s/^		r->bell(r);/&\n	smp_store_release(\&r->mem.ctl->head, end);/
clock-may-go-back : /if (now < old.ts)/,+1d
extend-loses-upper-half : s/p\[1\] = (u32)(delta >> DELTA_BITS);/p[1] = 0;/
extend-too-late : s/delta > DELTA_MAX ? EXTEND/delta > DELTA_MAX + 1 ? EXTEND/; s/|| delta > DELTA_MAX ||/|| delta > DELTA_MAX + 1 ||/
extend-takes-no-room : s/used + extend + units > PAGE_UNITS/used + units > PAGE_UNITS/
extend-beyond-59-bits : s/ || delta > EXTEND_MAX//
empty-record-malformed : s/return words - 1 >= TYPE_LEN_MAX;/return words > TYPE_LEN_MAX;/
length-not-refused : s/if (len > IVR_MAX_RECORD)/if (0)/
length-word-off : s/p\[1\] = words \* 4 + 4;/p[1] = words * 4;/
page-one-unit-too-long : s/#define PAGE_UNITS	(IVR_PAGE_PAYLOAD \/ 4)/#define PAGE_UNITS	(IVR_PAGE_PAYLOAD \/ 4 + 1)/
commit-word-missing : s/\.commit = d->bytes;/.commit = 0;/
last-time-missing : s/d->ts_last = last.ts;/d->ts_last = d->ts_first;/
count-not-carried : s/old.place + ONE_RECORD + extend + units/old.place + extend + units/
slot-reciprocal-rounded-down : s/r->recip = ~0ull \/ mem->slots + 1;/r->recip = ~0ull \/ mem->slots;/
loss-sampled-late : s/d->lost = lost;/d->lost = READ_ONCE(r->lost);/
loss-overtaken : s/PAGE(now.place) != page &&/0 \&\&/
loss-counted-in-two-steps : s/ivr_local_inc(&r->lost);/WRITE_ONCE(r->lost, READ_ONCE(r->lost) + 1);/
loss-not-counted : s/ivr_local_inc(&r->lost);//
loss-uses-no-number : s/d->first = r->delivered + d->lost;/d->first = r->delivered;/
counters-not-published : s/WRITE_ONCE(r->mem.ctl->lost, lost);//
nest-not-given-up : s/ivr_local_inc(&r->refused);/&\n	if (1) return NULL;/
LIST
}

# build NAME SCRIPT: $work/NAME/ring_*
build() {
	local t

	mkdir "$work/$1"
	for t in ring.c ring_fast.h; do
		sed "$2" "guest/module/$t" >"$work/$1/$t"
	done
	if [ "$1" != no-fault ] &&
			cmp -s guest/module/ring.c "$work/$1/ring.c" &&
			cmp -s guest/module/ring_fast.h "$work/$1/ring_fast.h"
	then
		echo "not planted: the sed script matches nothing"
		return 1
	fi
	if ! "${CC:-gcc}" -std=gnu11 -O2 -w -D_GNU_SOURCE -fPIE \
			-Iguest/uapi -Iguest/module \
			-include tests/unit/ring_clock.h \
			-c -o "$work/$1/ring.o" "$work/$1/ring.c" 2>"$work/$1/cc"
	then
		echo "not planted: does not compile: $(grep -m1 error "$work/$1/cc")"
		return 1
	fi
	for t in $tests; do
		"${CC:-gcc}" -pie -o "$work/$1/$t" "$work/$1/ring.o" \
			$objects/"$t"-plain.o $objects/ring_rig-plain.o \
			$objects/ring_kit-plain.o -lcmocka -ltraceevent
	done
}

# try NAME SCRIPT: the first test that fails, or nothing
try() {
	local t

	build "$1" "$2" >"$work/$1.result" || return 0
	for t in $tests; do
		if ! RING_STEP_NESTED=50000 timeout -s KILL 20 \
				"$work/$1/$t" >"$work/$1/log" 2>&1
		then
			echo "found by $t: $(sed -n 's/^not ok [0-9]* - //p' \
				"$work/$1/log" | tr '\n' ' ')" >"$work/$1.result"
			return 0
		fi
	done
}

make -s unit-tests-ring >/dev/null
total=$(faults | wc -l)
echo "1..$total"

while IFS= read -r line; do
	try "${line%% : *}" "${line#* : }" 2>/dev/null &
	while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
		wait -n || true
	done
done < <(faults)
wait

number=0 bad=0
while IFS= read -r line; do
	name=${line%% : *}
	number=$((number + 1))
	result=$(cat "$work/$name.result" 2>/dev/null || echo "no result")
	case $name/$result in
	no-fault/?*)	ok=not ;;
	no-fault/)	ok='' result=passes ;;
	*/found*)	ok='' ;;
	*)		ok=not result=${result:-not found} ;;
	esac
	echo "${ok:+not }ok $number - $name: $result"
	[ -z "$ok" ] || bad=1
done < <(faults)
exit $bad
