#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: quiesce, drain, resume under load: the guest's side, word by word, and never stuck
#
# tests/tools/hostwords.py speaks for the reader. It keeps leases, lets them run
# out, dies, shows old host pages and words without a seal.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" words

# What a stale host page must not change
state_sum() {
	say show
	echo "$(json answer <<<"$words_answer") $(json --sum "rings.*.mirror" <<<"$words_answer")"
}

traced_up 1
traced_vm vm
# Our words, not the reader's
wait_for 20 lab_in A test -e /run/ivring/vm/reader.pid || fail "no reader"
reader_kill A vm
words_begin vm --socket /run/ivring/vm/reader.sock
say attach
has state '"attached"'
say clock
has ok true
load_start A vm 2000

say epoch_unsealed
has ok true
say pos_unsealed
has ok true
echo "ok 1 - words that are not sealed for the stream are not obeyed"

# round MS WINDOW: take, freeze
round() {
	say put quiesce "$@"
	say accepted
	has ok true
	say take off
	say catch
	say answered
	has status 0
	has state '"quiesced"'
}
round 20000 32
say window 32 1
has ok true
full() {
	say show
	paste <(json "rings.*.head" <<<"$words_answer") <(json "rings.*.mirror" <<<"$words_answer") |
		awk 'NR <= 2 && $1 != $2 + 32 { bad = 1 } END { exit bad || NR < 2 }'
}
wait_for 30 full || fail "the window does not fill, or is not kept"
round 20000 32
round 20000 64
say window 64 1
has ok true
echo "ok 2 - rounds: drained, a window that is kept to, renewed, resized"

say put resume
say answered
has status 0
has state '"attached"'
say take on
say window 0
has ok true
echo "ok 3 - resume is answered at once, the rings are whole again"

round 1000 0
say wait attached
has ok true
say take on
say window 0
has ok true
echo "ok 4 - a lease that is not renewed ends"

say take off
say put quiesce 600 16
say accepted
has ok true
say answered
has status -62
has state '"attached"'
say take on
echo "ok 5 - a round that is not drained is answered when its lease is over"

say take off
say put quiesce 20000 16
say accepted
say put flush
say answered
has status 0
has state '"attached"'
say put quiesce 20000 16
say accepted
say put quiesce 0 16
say answered
has status -22
has state '"attached"'
say put 77
say answered
has status -38
say take on
echo "ok 6 - another request ends a round; no lease, no such request"

round 20000 16
say beat off
say wait calling
has ok true
say take on
say window 0
has ok true
say beat on
say wait attached
has ok true
echo "ok 7 - a reader that died: the guest calls, the rings are whole again"

round 20000 16
words_end
words_begin vm --socket /run/ivring/vm/reader.sock
say attach
has state '"attached"'
has accepted 0
say window 0
has ok true
echo "ok 8 - the next reader ends it"

say stale
round 20000 16
say restore
sum=$(state_sum)
say clock
has ok true
[ "$(state_sum)" = "$sum" ] ||
	fail "an old host page was obeyed: $words_answer"
say beat off
say wait calling
has ok true
say take on
say window 0
has ok true
words_end
words_begin vm --socket /run/ivring/vm/reader.sock
say attach
echo "ok 9 - an old host page repeats nothing"

load_stop A vm
words_judge vm
echo "ok 10 - the account of every ring is exact"

# The ring of a CPU that is off, and one that comes back in between
guest_exec A vm 'echo 1 >/sys/kernel/tracing/events/sched/enable
	echo 0 >/sys/devices/system/cpu/cpu1/online' || fail "offline"
round 20000 16
say window 16 1
has ok true
guest_exec A vm 'echo 1 >/sys/devices/system/cpu/cpu1/online' || fail "online"
say put resume
say answered
has status 0
say take on
say window 0
has ok true
guest_exec A vm 'echo 0 >/sys/kernel/tracing/events/sched/enable'
words_judge vm
echo "ok 11 - CPU hotplug"

round 20000 16
guest_exec A vm 'rmmod ivring' || fail "rmmod"
say wait gone
has ok true
! lab_oops vm || fail "the guest's kernel complained"
echo "ok 12 - the module goes in the quiesced state"
words_end
vm_off A vm
