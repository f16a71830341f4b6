#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: ivring-server serves a real QEMU and refuses a second one, started and hot-plugged
# timeout: 120
#
# No guest runs here: QEMU does the whole handshake when it makes the device.

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
server=$top/build/bin/ivring-server
[ -x "$server" ] || { echo "needs $server"; exit 77; }
command -v qemu-system-x86_64 >/dev/null || { echo "needs QEMU"; exit 77; }

dir=$(mktemp -d)
pids=

clean()
{
	# A QEMU that hangs takes no SIGTERM.
	# shellcheck disable=SC2086 # one word a process
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
	wait 2>/dev/null
	rm -rf "$dir"
}
trap clean EXIT

fail()
{
	echo "$*"
	cat "$dir/log" "$dir"/*.err 2>/dev/null || true
	exit 1
}

qemu()
{
	exec qemu-system-x86_64 -accel tcg -m 64 -nodefaults -S -display none \
		"$@"
}

# shellcheck disable=SC2054 # QEMU's commas
device=(-chardev "socket,path=$dir/q,id=c"
	-device ivshmem-doorbell,chardev=c,vectors=2,master=on,id=ivring)

# QMP on the descriptors of a coprocess: send one command, print its answer.
qmp()
{
	local in=$1 out=$2 line

	echo "$3" >&"$out"
	while read -r -t 30 line <&"$in"; do
		case $line in
		*'"return"'*|*'"error"'*)
			echo "$line"
			return
			;;
		esac
	done
	echo "no answer"
}

wait_log()
{
	timeout 30 tail -n +1 -F --pid="$spid" "$dir/log" 2>/dev/null |
		grep -q -m1 -- "$1" || fail "the server never said '$1'"
}

"$server" --vm t -q "$dir/q" -r "$dir/r" --size 3M 2>"$dir/size.err" &&
	fail "a size of 3M was taken"
grep -q "use 2M or 4M" "$dir/size.err" || fail "no advice for 3M"

"$server" --vm t -q "$dir/q" -r "$dir/r" --size 2M --log-file "$dir/log" \
	--daemonize --pid-file "$dir/pid" || fail "the server did not start"
spid=$(cat "$dir/pid")
pids=$spid

coproc FIRST { qemu -M q35 -qmp stdio "${device[@]}" 2>"$dir/first.err"; }
# A coprocess' own descriptors are closed in subshells; copies are not.
exec {first_in}<&"${FIRST[0]}" {first_out}>&"${FIRST[1]}"
# shellcheck disable=SC2153 # set by the line above
first_pid=$FIRST_PID
pids="$pids $first_pid"
qmp "$first_in" "$first_out" '{"execute":"qmp_capabilities"}' | grep -q return ||
	fail "the first QEMU did not start"
qmp "$first_in" "$first_out" '{"execute":"human-monitor-command",
	"arguments":{"command-line":"info ramblock"}}' |
	grep -q "ivshmem.bar2.* 0x0*200000 " || fail "no BAR of 2M"
echo "ok 1 - the first QEMU has the memory"

rc=0
(qemu -M q35 "${device[@]}") >"$dir/second.err" 2>&1 || rc=$?
[ "$rc" = 1 ] || fail "the second QEMU ended with $rc"
grep -q "server sent version 1, expecting 0" "$dir/second.err" ||
	fail "the second QEMU did not say why"
echo "ok 2 - a second QEMU ends with a clear error"

# The realize of a hot-plug reads with the big lock held: it must not hang.
# q35 has no slot for a hot-plug without a port.
{ coproc THIRD { qemu -M pc -qmp stdio 2>"$dir/third.err"; }; } 2>/dev/null
exec {third_in}<&"${THIRD[0]}" {third_out}>&"${THIRD[1]}"
pids="$pids $THIRD_PID"
qmp "$third_in" "$third_out" '{"execute":"qmp_capabilities"}' | grep -q return ||
	fail "the third QEMU did not start"
qmp "$third_in" "$third_out" '{"execute":"chardev-add","arguments":{"id":"c",
	"backend":{"type":"socket","data":{"server":false,"addr":{"type":"unix",
	"data":{"path":"'"$dir"'/q"}}}}}}' | grep -q return || fail "no chardev"
# Its main loop turns in between.
qmp "$third_in" "$third_out" '{"execute":"query-status"}' | grep -q return ||
	fail "the third QEMU hangs"
qmp "$third_in" "$third_out" '{"execute":"device_add","arguments":{
	"driver":"ivshmem-doorbell","chardev":"c","vectors":2}}' \
	>"$dir/plug.err"
grep -q "server sent version 1, expecting 0" "$dir/plug.err" ||
	fail "the hot-plug was not refused with the reason"
qmp "$third_in" "$third_out" '{"execute":"query-status"}' | grep -q prelaunch ||
	fail "the third QEMU did not survive its refused hot-plug"
qmp "$third_in" "$third_out" '{"execute":"quit"}' >/dev/null
echo "ok 3 - a refused QEMU that hot-plugs lives on"

qmp "$first_in" "$first_out" '{"execute":"query-status"}' | grep -q prelaunch ||
	fail "the first QEMU was harmed"
qmp "$first_in" "$first_out" '{"execute":"quit"}' >/dev/null
wait "$first_pid" || fail "the first QEMU ended badly"
wait_log "generation 1) has gone"
{ coproc FOURTH { qemu -M q35 -qmp stdio "${device[@]}" 2>"$dir/fourth.err"; }; } 2>/dev/null
# shellcheck disable=SC2153 # set by the line above
fourth_pid=$FOURTH_PID
pids="$pids $fourth_pid"
exec {fourth_in}<&"${FOURTH[0]}" {fourth_out}>&"${FOURTH[1]}"
qmp "$fourth_in" "$fourth_out" '{"execute":"qmp_capabilities"}' |
	grep -q return || fail "no QEMU after the first"
wait_log "generation 2) connected"
qmp "$fourth_in" "$fourth_out" '{"execute":"quit"}' >/dev/null
wait "$fourth_pid" || fail "the last QEMU ended badly"
echo "ok 4 - the next QEMU gets in when the first has gone"
echo "1..4"
