#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: the device is unplugged under a running trace: one stream in three memories, exact
# timeout: 600
#
# An ivshmem-plain device, which QEMU can unplug, and tests/tools/hostwords.py for
# the reader: also the test of a device without interrupts.

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" words

# memory NAME MIB: XML of the device
memory() {
	cat <<-EOF2
	<shmem name='$1'>
	  <model type='ivshmem-plain'/>
	  <size unit='M'>$2</size>
	  <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
	</shmem>
	EOF2
}

# A port with room for 16 MiB wherever they have to lie
port="<controller type='pci' index='1' model='pcie-root-port'><alias name='ua-port'/></controller>"
room="<qemu:device alias='ua-port'><qemu:frontend><qemu:property name='pref64-reserve'
	type='unsigned' value='67108864'/></qemu:frontend></qemu:device>"

# boot NAME MIB [OPTION OF THE MODULE]…
boot() {
	lab_domain_xml name=vm kernel="$KERNELS/$SERIES/vmlinuz" \
		initrd="$B/tests/initrd-$SERIES.gz" devices="$port$(memory "$1" "$2")" \
		override="$room" cmdline="${*:3}" >"$LAB_DIR/vm.xml"
	lab_define A "$LAB_DIR/vm.xml" >/dev/null
	lab_boot A vm
	rm -f "$LAB_DIR/vm.taken"
	begin "$1"
}

begin() {
	words_begin vm --file "/dev/shm/$1"
	say attach
	has state '"attached"'
	has flags 1
}

guest_status() { guest_exec A vm 'cat /sys/kernel/debug/ivring/status'; }
guest_says() { guest_status | grep -qx "$1"; }
no_shmem() { ! lab_virsh A dumpxml vm | grep -q "<shmem"; }

# unplug NAME MIB
unplug() {
	memory "$@" >"$LAB_DIR/shmem.xml"
	lab_virsh A detach-device vm "$LAB_DIR/shmem.xml" --live >/dev/null || fail "detach $1"
	wait_for 30 no_shmem || fail "$1 stays"
	wait_for 10 guest_says "device none" || fail "$1 is still there in the guest"
}

plug() {
	memory "$@" >"$LAB_DIR/shmem.xml"
	lab_virsh A attach-device vm "$LAB_DIR/shmem.xml" --live >/dev/null || fail "attach $1"
}

at_home() { ! guest_status | grep -q spilled; }

# spill LEASE: accepted, answered, all in guest memory
spill() {
	say put spill "$1"
	say accepted
	has ok true
	say answered 30
	has status 0
	has state '"spilling"'
}

resume() {
	say put resume
	say answered
	has status 0
	has state '"attached"'
	wait_for 30 at_home || { guest_status; fail "the spill does not empty"; }
}

param() { guest_exec A vm "echo $2 >/sys/module/ivring/parameters/$1" || fail "$1"; }

settle() {
	load_stop A vm
	words_judge vm
}

leave() {
	! lab_oops vm || fail "the guest's kernel complained"
	words_end
	lab_virsh A destroy vm >/dev/null
	lab_virsh A undefine vm >/dev/null
}

traced_up 1
boot one 16
say clock
has ok true
load_start A vm 2000

spill 20000
resume
say put spill 20000
say put resume
say answered
has status 0
wait_for 30 at_home || fail "a cancelled spill does not empty"
spill 1000
say wait attached
has ok true
wait_for 30 at_home || fail "the lease ends, and the spill does not empty"
spill 20000
say put quiesce 20000 32
say accepted
has ok true
say answered
has status 0
has state '"quiesced"'
spill 20000
resume
say window 0
has ok true
spill 3000
say beat off
say wait calling
has ok true
! at_home || fail "brought home where nobody reads"
say beat on
say wait attached
has ok true
wait_for 30 at_home || fail "a heartbeat again, and the spill does not empty"
echo "ok 1 - spilled and brought home: by request, cancelled, lease, quiesce, reader dead"

param spill_mib 0
say put spill 20000
say answered
has status -95
has state '"attached"'
param spill_mib 9000000
say put spill 20000
say answered 30
has status -12
has state '"attached"'
param spill_mib 32
echo "ok 2 - no memory to spill into: refused, and nothing has happened"

stream=$(reply stream show)
spill 60000
unplug one 16
words_end
guest_says "state parked" || { guest_status; fail "not parked"; }
guest_exec A vm 'insmod /kwriter.ko burst=32; usleep 2000000; rmmod kwriter' || fail "kwriter"
plug two 8
begin two
has plugged 2
has stream "\"$stream\""
wait_for 60 at_home || { guest_status; fail "the parked stream does not come home"; }
echo "ok 3 - unplugged, written on in all contexts, plugged into another memory: the same stream"

spill 60000
unplug two 8
words_end
plug small 1
begin small
has plugged 3
wait_for 120 at_home || { guest_status; fail "does not come home to a small memory"; }
settle
echo "ok 4 - a third memory, smaller than what was spilled"

# What is too small for the rings is refused, and the stream waits for the next.
hmp() { lab_virsh A qemu-monitor-command vm --hmp "$*" >/dev/null || fail "$*"; }
says() { guest_exec A vm "dmesg | grep -q '$1'"; }
left() { ! lab_virsh A qemu-monitor-command vm --hmp info pci | grep -q 1af4:1110; }

spill 60000
unplug small 1
words_end
hmp object_add memory-backend-file,id=tiny,mem-path=/dev/shm/tiny,size=64K,share=on
hmp device_add ivshmem-plain,id=tiny0,memdev=tiny,bus=ua-port
wait_for 20 says "too small.*stays parked" || fail "64 KiB are not refused"
guest_says "state parked" || { guest_status; fail "not parked any more"; }
hmp device_del tiny0
wait_for 20 left || fail "64 KiB do not go"
guest_exec A vm 'ramp -c 0 -n 500 >/dev/null' || fail "a write into the parked stream"
guest_exec A vm 'rmmod ivring' || fail "rmmod, parked"
says "ends without a device" || fail "nothing is said of what is lost"
! lab_oops vm || fail "the guest's kernel complained"
lab_virsh A destroy vm >/dev/null
lab_virsh A undefine vm >/dev/null
echo "ok 5 - a device too small is refused; the module goes while parked"

# Spill and memory of 1 MiB, and more than both hold
boot four 1 ivring.spill_mib=1
load_start A vm 0
spill 60000
unplug four 1
words_end
plug five 1
begin five
has plugged 2
wait_for 120 at_home || { guest_status; fail "full speed: does not come home"; }
settle
[ "$(reply declared judge)" -gt 0 ] || fail "nothing was lost: the spill did not overflow"
echo "ok 6 - full speed, the spill overflows: what is lost is declared, exactly"

# Not drained: nobody was told that the device may go. More than the memory holds
# has been spilled, and nobody writes any more: all is there or declared.
account() {
	say judge
	echo $(($(json records <<<"$words_answer") + $(json declared <<<"$words_answer")))
}
declared() { reply declared judge; }
sum() { awk -v w="$1" '{ for (i = 1; i < NF; i++) if ($i == w) n += $(i + 1) } END { print n }'; }

say catch
account=$(account)
declared=$(declared)
guest_exec A vm 'insmod /kwriter.ko burst=32' || fail "kwriter"
say take off
say put spill 60000
say accepted
has ok true
guest_exec A vm 'usleep 2000000; rmmod kwriter; dmesg | grep "kwriter .* tried"' \
	>"$LAB_DIR/kwriter" || fail "kwriter"
unplug five 1
say show
has state '"gone"'
has end_reason 1
say catch
say judge
has faults '[]'
[ $(($(account) - account)) = "$(sum tried <"$LAB_DIR/kwriter")" ] ||
	fail "$(($(account) - account)) accounted for, not $(sum tried <"$LAB_DIR/kwriter")"
[ $(($(declared) - declared)) -gt "$(sum refused <"$LAB_DIR/kwriter")" ] ||
	fail "nothing was left behind"
echo "ok 7 - unplugged before it was drained: the stream ends, what did not fit is declared"
words_end
plug six 4
rm "$LAB_DIR/vm.taken"
begin six
has plugged 1
say put spill 60000
say answered 30
has status 0
guest_exec A vm 'rmmod ivring' || fail "rmmod, spilling"
say show
has state '"gone"'
say catch
say judge
has faults '[]'
echo "ok 8 - the next device has a new stream; the module goes while it spills"
leave

boot seven 4
spill 60000
# Asked before: the guest will be up again before we are told that it went.
tell wait gone 80
tell catch
tell judge
guest_exec A vm 'ramp -c 0 -n 3000; echo c >/proc/sysrq-trigger' >/dev/null || true
hear
has ok true
hear
hear
has faults '[]'
has end_reason 3
has declared 0
has writers '{"0": {"last": 2999, "number": 3000}}'
echo "ok 9 - panic while it spills: what was written is there"
words_end
lab_virsh A destroy vm >/dev/null
