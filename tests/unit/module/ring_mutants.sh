#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: every fault planted in the ring is found by the ring tests
# alone: yes
# timeout: 1200
#
# A fault is a sed script for the writer's sources. Each is compiled and linked
# with the ring tests, and one of them has to fail (or crash, or hang).
# The first line is no fault: with it all must pass, or the rest would prove
# nothing.

set -eu

top=$(cd "$(dirname "$0")/../../.." && pwd)
cd "$top"

tests='ring_format ring_policy ring_nest ring_segment ring_step'
objects=build/tests/ring
sources='ring.c segment.c ring_fast.h ring_internal.h'
# Not of the clock on the wall: that may stand still for seconds.
cpu_seconds=60
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
mirror-not-clamped : s/pos < head ? pos : head/pos/
mirror-goes-back : s/if (to <= old)/if (to == old)/
seal-not-checked : s/if ((pos ^ .*pos_seal)) == tag)/if (1)/
seal-of-any-stream : s/if ((pos ^ .*pos_seal)) == tag)/if (pos ^ mem->host->pos_seal)/
free-by-reader-not-mirror : s/floor = smp_load_acquire(&s->mem.ctl->mirror)/floor = s->mem.host ? READ_ONCE(s->mem.host->pos) + 1 : s->mem.ctl->mirror/
seal-skipped-on-drop : s/return sealed || seal(r, old, 0) ? -1 : 0;/return -1;/
limit-off-by-one : s/return page < floor + s->span;/return page <= floor + s->span;/
cached-limit-off-by-one : s/WRITE_ONCE(s->limit, floor + s->span)/WRITE_ONCE(s->limit, floor + s->span + 1)/
tail-not-raised : s/page >= s->span && raise(&s->mem.ctl->tail, floor)/0/
tail-one-too-low : s/raise(&s->mem.ctl->tail, floor)/raise(\&s->mem.ctl->tail, floor - 1)/
tail-one-too-high : s/raise(&s->mem.ctl->tail, floor)/raise(\&s->mem.ctl->tail, floor + 1)/
unpublished-given-up : s/if (page >= READ_ONCE(s->mem.ctl->head) + s->span)/if (0)/
pending-not-looked-at-again : s/while (!ivr_local_dec_and_test(&r->inside))/while ((ivr_local_dec_and_test(\&r->inside), 0))/
pending-cleared-too-late : /^	WRITE_ONCE(r->pending, 0);/d; s/^	ivr_ring_publish_until(r, segment_of(r, place), end/	WRITE_ONCE(r->pending, 0);\n&/
pending-not-set-by-close : /^void ivr_ring_close_page/,/^}/s/WRITE_ONCE(r->pending, 1);/(void)0;/
flush-does-not-publish : /^void ivr_ring_flush/,/^}/s/WRITE_ONCE(r->pending, 1);//
head-before-page : s/^	place = READ_ONCE(r->state.place);$/&\n	segment_of(r, place)->mem.ctl->head = PAGE(place) + (UNITS(place) == SEALED);/
head-includes-open-page : s/end = PAGE(place) + (UNITS(place) == SEALED)/end = PAGE(place) + 1/
sealed-page-not-published : s/end = PAGE(place) + (UNITS(place) == SEALED)/end = PAGE(place)/
wake-only-for-last-page : s/wake), end, old))/wake), end, end - 1))/
wake-always : s/if (ivr_wake_due(READ_ONCE(mem->host->wake), end, old))/(void)old;/
wake-never : s/^		r->bell(r);/;/
wake-before-head : s/^	smp_store_release(&mem->ctl->head, end);/	if (!mem->host)\n		mem->ctl->head = end;/; s/^		r->bell(r);/&\n	smp_store_release(\&mem->ctl->head, end);/
clock-may-go-back : /if (now < old.ts)/,+1d
extend-loses-upper-half : s/p\[1\] = (u32)(delta >> DELTA_BITS);/p[1] = 0;/
extend-too-late : s/delta > DELTA_MAX ? EXTEND/delta > DELTA_MAX + 1 ? EXTEND/; s/|| delta > DELTA_MAX ||/|| delta > DELTA_MAX + 1 ||/
extend-takes-no-room : s/used + extend + units > PAGE_UNITS/used + units > PAGE_UNITS/
extend-beyond-59-bits : s/ || delta > EXTEND_MAX//
empty-record-malformed : s/return words - 1 >= TYPE_LEN_MAX;/return words > TYPE_LEN_MAX;/
length-not-refused : s/if (len > IVR_MAX_RECORD)/if (0)/
length-word-off : s/p\[1\] = words \* 4 + 4;/p[1] = words * 4;/
page-one-unit-too-long : s/#define PAGE_UNITS (IVR_PAGE_PAYLOAD \/ 4)/#define PAGE_UNITS (IVR_PAGE_PAYLOAD \/ 4 + 1)/
commit-word-missing : s/\.commit = d->bytes;/.commit = 0;/
last-time-missing : s/d->ts_last = last.ts;/d->ts_last = d->ts_first;/
count-not-carried : s/old.place + ONE_RECORD + extend + units/old.place + extend + units/
slot-reciprocal-rounded-down : s/s->recip = ~0ull \/ span + 1;/s->recip = ~0ull \/ span;/
loss-sampled-late : s/open_page(s, next, now, lost);/open_page(s, next, now, READ_ONCE(r->lost));/
loss-overtaken : s/PAGE(now.place) != page &&/0 \&\&/
loss-counted-in-two-steps : s/ivr_local_inc(&r->lost);/WRITE_ONCE(r->lost, READ_ONCE(r->lost) + 1);/
loss-not-counted : s/ivr_local_inc(&r->lost);//
loss-uses-no-number : s/d->first = r->delivered + d->lost;/d->first = r->delivered;/
counters-not-published : s/WRITE_ONCE(ctl->lost, lost);//
nest-not-given-up : s/ivr_local_inc(&r->refused);/&\n	if (1) return NULL;/
ack-forgets-the-mirror : s/if (unlikely(forget))/if (1)/
window-moves-an-untaken-page : s/floor - (first - slot), slot, span/floor, slot, span/
window-over-the-edge : s/if (last < first || page - floor >= span)/if (page - floor >= span)/
window-without-its-pages : s/if (last < first || page - floor >= span)/if (last < first)/
window-one-page-short : s/page - floor >= span)/page - floor > span)/
window-not-clamped-at-the-end : s/u32 slot = first < room ? first : room;/u32 slot = first;/
window-not-laid-around-the-reader : s/first_untaken(s->mem.ctl),/PAGE(now.place) + 1,/
window-keeps-what-was-given-up : s/return mirror > tail ? mirror : tail;/return mirror;/
window-of-one-slot : s/#define MIN_SPAN 2u/#define MIN_SPAN 1u/
window-not-told : s/ivr_segment_publish(spare_of(r, old.place));/;/
window-told-is-the-old-one : s/ivr_segment_publish(spare_of(r, old.place));/ivr_segment_publish(segment_of(r, old.place));/
segment-words-without-seq : /^void ivr_segment_publish/,/^}/s/WRITE_ONCE(ctl->seg_seq, ctl->seg_seq + 1);//
segment-words-before-seq : /^void ivr_segment_publish/,/seg_page/s/WRITE_ONCE(ctl->seg_seq, ctl->seg_seq + 1);//; /seg_span, s->span/,/^}/s/seg_seq + 1/seg_seq + 2/
flip-does-not-seal : s/(old.place ^ SEGMENT_BIT) | SEALED/(old.place ^ SEGMENT_BIT)/
flip-does-not-close : /^static _Bool flip/,/^}/s/if (UNITS(old.place) != SEALED)/if (0)/
flip-closes-twice : /^static _Bool flip/,/^}/s/if (UNITS(old.place) != SEALED)/if (1)/
flip-is-a-store : /^static _Bool flip/,/^}/s/if (!ivr_local_cmpxchg_pair(&r->state, old, new))/r->state = new;\n	if (0)/
change-under-a-writer : s/if (READ_ONCE(r->nest) == 1)/if (1)/
failed-change-stays-inside : /^static int enter_alone/,/^}/s/ivr_ring_commit(r);//
limit-of-the-new-segment-kept : s/^	s->limit = 0;//
publish-to-the-wrong-memory : s/ivr_ring_publish_until(r, segment_of(r, place), end/ivr_ring_publish_until(r, \&r->segment[0], end/
pub-not-raised : s/^	*WRITE_ONCE(r->pub, PAGE(old.place) + 1);/;/
move-without-publishing : s/^	ivr_ring_publish_until(r, segment_of(r, old.place), next, lost);//
move-tells-later-losses : s/^	ivr_ring_publish_until(r, segment_of(r, old.place), next, lost);/ivr_ring_publish_until(r, segment_of(r, old.place), next, READ_ONCE(r->lost));/
move-loses-the-tail : s/to->ctl->tail = from->tail ? next : 0;//
move-formats-after-the-flip : s/^		ivr_segment_format(s, to, from->cpu, next);/		ivr_segment_init(s, to, next, 0, to->slots);/; s/^	WRITE_ONCE(r->pub, next);/	ivr_segment_format(s, to, from->cpu, next);\n&/
spill-overwrites : s/if (s->mem.host && r->policy == IVR_POLICY_OVERWRITE)/if (r->policy == IVR_POLICY_OVERWRITE)/
unspill-publishes-before-the-copy : /^u32 ivr_unspill_step/,/^}/s/^		unspill_page(h, from);/		ivr_ring_publish_head(r, \&h->to.mem, h->next + 1);\n&/
unspill-frees-before-the-copy : /^u32 ivr_unspill_step/,/^}/s/^		unspill_page(h, from);/		smp_store_release(\&from->mem.ctl->mirror, h->next + 1);\n&/
unspill-does-not-free : s/smp_store_release(&from->mem.ctl->mirror, h->next);//
unspill-without-room : s/if (!ivr_ring_make_room(r, &h->to, h->next))/if (0)/
unspill-without-counters : s/WRITE_ONCE(ctl->produced, d->first + d->count);//
unspill-without-descriptor : s/^	\*d = \*desc_of(from, h->next);//
unspill-gives-up-what-it-brought : s/if (page >= READ_ONCE(s->mem.ctl->head) + s->span)/if (page >= (s == segment_of(r, r->state.place) ? s->mem.ctl->head : page) + s->span)/
fresh-loses-the-tail : s/to->ctl->tail = ctl->tail ? h->next : 0;//
fresh-counts-from-zero : s/to->ctl->produced = d->first;//
fresh-begins-behind-the-spill : /^void ivr_unspill_fresh/,/^}/s/h->next = READ_ONCE(ctl->mirror);/h->next = READ_ONCE(ctl->head);/
abandon-counts-wrong : s/lost = produced - (d->first - d->lost);/lost = produced - d->first;/
abandon-forgets-the-spill : /^void ivr_unspill_abandon/,/^}/s/if (h->next < from->mem.ctl->head) {/if (0) {/
return-before-publishing : /^	ivr_ring_publish_until(r, from, PAGE(old.place) + 1,/,/;$/d
return-before-the-pages : s/^	while (h->next <= PAGE(old.place))/	while (0)/
return-without-room : s/^	       ivr_ring_make_room(r, &h->to, page);/	       1;/
return-with-any-number : s/page + 1 - h->next <= IVR_RETURN_PAGES/1/
return-stays-inside : /is_near(r, h, PAGE/,/return -EAGAIN/s/ivr_ring_commit(r);//
return-given-up-by-pub : s/READ_ONCE(s->mem.ctl->head) + s->span/READ_ONCE(r->pub) + s->span/
LIST
}

# build NAME SCRIPT: $work/NAME/ring_*
build() {
	local t planted=

	mkdir "$work/$1"
	for t in $sources; do
		sed "$2" "guest/module/$t" >"$work/$1/$t"
		cmp -s "guest/module/$t" "$work/$1/$t" || planted=1
	done
	if [ "$1" != no-fault ] && [ -z "$planted" ]; then
		echo "not planted: the sed script matches nothing"
		return 1
	fi
	if ! "${CC:-gcc}" -std=gnu11 -O2 -w -D_GNU_SOURCE -fPIE -fno-plt -r \
			-Iguest/uapi -Iguest/module \
			-include tests/unit/module/ring_clock.h -nostdlib \
			-o "$work/$1/ring.o" "$work/$1"/*.c 2>"$work/$1/cc"
	then
		echo "not planted: does not compile: $(grep -m1 error "$work/$1/cc")"
		return 1
	fi
	for t in $tests; do
		"${CC:-gcc}" -pie -o "$work/$1/$t" "$work/$1/ring.o" \
			$objects/"$t"-plain.o "$work/kit.a" -lcmocka -ltraceevent
	done
}

# try NAME SCRIPT: the first test that fails, or nothing
try() {
	local t

	build "$1" "$2" >"$work/$1.result" || return 0
	for t in $tests; do
		if ! (ulimit -t $cpu_seconds; RING_STEP_NESTED=50000 \
				exec "$work/$1/$t" >"$work/$1/log" 2>&1)
		then
			echo "found by $t: $(sed -n 's/^not ok [0-9]* - //p' \
				"$work/$1/log" | tr '\n' ' ')" >"$work/$1.result"
			return 0
		fi
	done
}

make -s unit-tests-ring >/dev/null
ar rc "$work/kit.a" $objects/ring_{rig,kit,act,trap}-plain.o
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
