# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# lab.sh - libvirt hosts on one machine; to be sourced by a bash script
#
#	. tests/lab/lab.sh
#	lab_require			# or exit 77 with the reason
#	trap lab_down EXIT
#	lab_up				# hosts A and B
#	lab_domain_xml name=vm initrd=build/… >"$LAB_DIR/vm.xml"
#	lab_define A "$LAB_DIR/vm.xml"
#	lab_boot A vm
#	lab_migrate vm A B
#	guest_exec B vm 'dmesg | tail'
#
# A host is a set of namespaces (mount, network, UTS, PID) around one process,
# its keeper, which is PID 1 there. When the keeper dies, so does everything in
# the host, and mounts and interfaces go with it; the keeper dies with the
# shell that called lab_up, even if that is killed. Nothing is visible outside
# but one directory under /tmp and the processes.
#
# Private to a host: /run, /dev/shm, {/etc,/var/lib,/var/log,/var/cache}/libvirt,
# /etc/ivring, /var/lib/ivring. The rest of /etc and /var/{lib,log,cache} can be
# written to, and what is written is forgotten. Everything else is the
# machine's own. From outside, the private directories are in $LAB_DIR/HOST/.
# Hosts are on one switch as 10.77.0.1, .2, … and know each other by the names
# host-a, host-b, … All labs use the same addresses; they cannot see each other.
#
# Set before lab_up:
#   LAB_PATH	directory (or a:b) to put in front of PATH in every host
#   LAB_HOOKS	directory whose files become /etc/libvirt/hooks/qemu.d/ (libvirtd
#		looks only once, when it starts)
#   LAB_ENV	array of NAME=VALUE for libvirtd (hooks get little more than its
#		PATH; what they need otherwise goes into /etc/ivring)
#   LAB_KEEP	not empty: lab_down leaves $LAB_DIR (logs, stores) for you to read
#   LAB_SETUP	function called with each host's name before its libvirtd starts

LAB_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB_DIR=			# set by lab_up
LAB_PATH=${LAB_PATH:-}
LAB_HOOKS=${LAB_HOOKS:-}
LAB_SETUP=${LAB_SETUP:-}
declare -p LAB_ENV >/dev/null 2>&1 || LAB_ENV=()

# Where a VM's ivshmem device should be: a slot that is sized at boot and that
# nothing else gets.
# shellcheck disable=SC2034 # for callers
LAB_SHMEM_ADDRESS="<address type='pci' domain='0x0000' bus='0x00' slot='0x10' function='0x0'/>"
LAB_CMDLINE=${LAB_CMDLINE:-console=ttyS0 loglevel=5 panic=-1 tsc=reliable}

declare -A lab_keeper=()	# host -> PID of its PID 1
declare -A lab_holder=()	# host or "switch" -> PID that we wait for in the end

# wait_for SECONDS COMMAND…: until it succeeds; 1 and a line when it does not
wait_for() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))

	until "${@:2}" >/dev/null 2>&1; do
		if ((${EPOCHREALTIME/[.,]/} > end)); then
			echo "wait_for: not within $1 s: ${*:2}" >&2
			return 1
		fi
		sleep 0.05
	done
}

# lab_require: exit 77 with a reason where a lab cannot be
lab_require() {
	local need

	[ "$(id -u)" = 0 ] || { echo "the lab needs root"; exit 77; }
	for need in unshare nsenter setpriv ip pgrep virsh libvirtd \
			qemu-system-x86_64 cpio python3 busybox; do
		command -v "$need" >/dev/null ||
			{ echo "the lab needs $need (packaging/deps.sh)"; exit 77; }
	done
	# Module autoloading does the rest
	modprobe -qa overlay bridge veth 2>/dev/null || true
	unshare -m -n -u -p --fork sh -c 'mount -t tmpfs lab /mnt && cd /mnt &&
		mkdir l u w m && mount -t overlay lab -o lowerdir=l,upperdir=u,workdir=w m &&
		ip link add lab type bridge' >/dev/null 2>&1 ||
		{ echo "the lab needs namespaces, overlayfs and a bridge"; exit 77; }
}

lab_address() { echo "10.77.0.$(($(printf %d "'$1") - 64))"; }

# lab__keeper HOST LAB_DIR LAB_HOSTS: PID 1 of a host, in a shell of its own
lab__keeper() {
	local dir=$2/$1 d

	set -eu
	mount --make-rprivate /
	mount -t tmpfs lab "$dir/forget"
	for d in etc var/lib var/log var/cache; do
		mkdir -p "$dir/forget/$d" "$dir/forget/work/$d"
		mount -t overlay lab "/$d" -o \
			"lowerdir=/$d,upperdir=$dir/forget/$d,workdir=$dir/forget/work/$d"
	done
	for d in {etc,var/lib,var/log,var/cache}/libvirt etc/ivring var/lib/ivring; do
		mkdir -p "/$d"
		mount --bind "$dir/$d" "/$d"
	done
	mount -t tmpfs -o mode=755 lab /run
	mount -t tmpfs lab /dev/shm
	mkdir -p /run/lab /run/lock
	# The network of this host, and no control groups: libvirt would make
	# some outside and leave them there.
	umount -l /sys
	mount -t sysfs sysfs /sys
	# Under another name the program is not subject to the AppArmor profile
	# of the machine's own libvirtd, which forbids hooks to run our programs.
	: >/run/lab/libvirtd
	mount --bind "$(command -v libvirtd)" /run/lab/libvirtd

	hostname "host-${1,,}"
	{
		echo 127.0.0.1 localhost
		for d in $3; do
			echo "$(lab_address "$d") host-${d,,}"
		done
	} >/etc/hosts
	ip link set lo up

	# Being bash it reaps orphans while it waits for what never comes.
	mkfifo /run/lab/never
	exec 3<>/run/lab/never
	touch "$dir/ready"
	read -r -u 3
}

lab__host_up() {
	local host=$1 dir=$LAB_DIR/$1 holder

	mkdir -p "$dir"/{forget,etc/ivring,var/lib/ivring,var/log/libvirt,var/cache/libvirt}
	mkdir -p "$dir"/{etc,var/lib}/libvirt "$dir/etc/libvirt/hooks/qemu.d"
	[ -z "$LAB_HOOKS" ] || cp -a "$LAB_HOOKS"/. "$dir/etc/libvirt/hooks/qemu.d/"

	# Two hosts with one UUID would be the same to libvirt
	cat >"$dir/etc/libvirt/libvirtd.conf" <<-EOF
	listen_tls = 0
	listen_tcp = 1
	auth_tcp = "none"
	auth_unix_rw = "none"
	unix_sock_group = "root"
	host_uuid = "$(cat /proc/sys/kernel/random/uuid)"
	EOF
	cat >"$dir/etc/libvirt/qemu.conf" <<-EOF
	user = "root"
	group = "root"
	security_driver = "none"
	cgroup_controllers = []
	stdio_handler = "file"
	namespaces = []
	remember_owner = 0
	EOF

	setpriv --pdeathsig KILL \
		unshare -m -n -u -p --fork --kill-child --mount-proc \
		bash "$LAB_TOP/tests/lab/lab.sh" keeper "$host" "$LAB_DIR" "$LAB_HOSTS" \
		</dev/null >"$dir/keeper.log" 2>&1 &
	holder=$!
	lab_holder[$host]=$holder
	wait_for 20 test -e "$dir/ready" || { cat "$dir/keeper.log" >&2; return 1; }
	lab_keeper[$host]=$(pgrep -P "$holder")

	nsenter -t "${lab_holder[switch]}" -n ip link add "port$host" type veth \
		peer name eth0 netns "${lab_keeper[$host]}"
	nsenter -t "${lab_holder[switch]}" -n ip link set "port$host" master switch up
	lab_in "$host" ip address add "$(lab_address "$host")/24" dev eth0
	lab_in "$host" ip link set eth0 up

	[ -z "$LAB_SETUP" ] || "$LAB_SETUP" "$host"
	lab_start "$host" libvirtd env "${LAB_ENV[@]}" /run/lab/libvirtd --listen
}

# lab_up [N]: N hosts (default 2), named A, B, …
lab_up() {
	local host

	[ -z "$LAB_DIR" ] || { echo "lab_up: it is up already" >&2; return 1; }
	lab_owner=$BASHPID
	LAB_DIR=$(mktemp -d /tmp/ivring-lab.XXXXXX)
	chmod 755 "$LAB_DIR"
	mkdir "$LAB_DIR/console"
	LAB_HOSTS=$(printf '%s\n' {A..Z} | head -n "${1:-2}" | xargs)

	setpriv --pdeathsig KILL unshare -n tail -f /dev/null </dev/null >/dev/null 2>&1 &
	lab_holder[switch]=$!
	wait_for 10 lab__is_apart $!
	nsenter -t "${lab_holder[switch]}" -n ip link add switch type bridge
	nsenter -t "${lab_holder[switch]}" -n ip link set switch up

	for host in $LAB_HOSTS; do
		lab__host_up "$host" || return 1
	done
	for host in $LAB_HOSTS; do
		wait_for 60 lab_virsh "$host" uri || { lab_logs; return 1; }
	done
}

lab__is_apart() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# lab_down: everything that lab_up and its users started is gone on return
lab_down() {
	local host

	# A subshell that a signal ends early may still have its parent's trap.
	[ -n "$LAB_DIR" ] && [ "$lab_owner" = "$BASHPID" ] || return 0
	# The kernel reaps a whole PID namespace before its PID 1 is gone.
	for host in "${!lab_holder[@]}"; do
		kill -KILL "${lab_keeper[$host]:-${lab_holder[$host]}}" 2>/dev/null || true
	done
	for host in "${!lab_holder[@]}"; do
		wait "${lab_holder[$host]}" 2>/dev/null || true
	done
	lab_keeper=()
	lab_holder=()
	if [ -n "${LAB_KEEP:-}" ]; then
		echo "lab_down: logs are in $LAB_DIR" >&2
	else
		rm -rf --one-file-system "$LAB_DIR"
	fi
	LAB_DIR=
}

# lab_logs: what there is to see when something went wrong, on stderr
lab_logs() {
	local log

	for log in "$LAB_DIR"/*/*.log "$LAB_DIR"/*/var/log/libvirt/qemu/*.log \
			"$LAB_DIR"/console/*.log; do
		[ -s "$log" ] || continue
		printf -- '--- %s\n' "$log"
		tail -n 70 "$log"
	done >&2
}

# lab_in HOST COMMAND…: in the current directory. In the background it is a
# shell, nsenter and the command; a signal that ends any of them is SIGTERM for
# the next.
lab_in() {
	setpriv --pdeathsig TERM \
		nsenter -t "${lab_keeper[$1]}" -m -n -u -p --wdns="$PWD" \
		env "PATH=${LAB_PATH:+$LAB_PATH:}$PATH" LC_ALL=C \
		setpriv --pdeathsig TERM "${@:2}"
}

# lab_start HOST NAME COMMAND…: in the background, output in
# $LAB_DIR/HOST/NAME.log, PID (as the host sees it) in /run/lab/NAME.pid
lab_start() {
	local host=$1 name=$2

	lab_in "$host" rm -f "/run/lab/$name.pid"
	# shellcheck disable=SC2016 # for the inner shell
	lab_in "$host" setsid -f sh -c \
		'echo $$ >"/run/lab/$0.new"; mv "/run/lab/$0.new" "/run/lab/$0.pid"; exec "$@"' \
		"$name" "${@:3}" </dev/null >>"$LAB_DIR/$host/$name.log" 2>&1
	wait_for 10 lab_in "$host" test -e "/run/lab/$name.pid"
}

# lab_pid HOST NAME: its PID; 1 when it does not run (any more)
lab_pid() {
	# shellcheck disable=SC2016 # for the inner shell
	lab_in "$1" sh -c 'read -r p <"/run/lab/$0.pid" && kill -0 "$p" && echo "$p"' \
		"$2" 2>/dev/null
}

# lab_stop HOST NAME [SIGNAL] [SECONDS]: and wait until it has gone
lab_stop() {
	local pid

	pid=$(lab_pid "$1" "$2") || return 0
	lab_in "$1" kill -s "${3:-TERM}" "$pid"
	wait_for "${4:-10}" lab__stopped "$1" "$2"
}

lab__stopped() { ! lab_pid "$1" "$2"; }

lab_virsh() { lab_in "$1" virsh -c qemu:///system "${@:2}"; }

# lab_define HOST XMLFILE
lab_define() { lab_virsh "$1" define "$(realpath "$2")"; }

# lab_boot HOST VM [SECONDS]: start, and wait until the guest answers
lab_boot() {
	lab_virsh "$1" start "$2" >/dev/null || return 1
	guest_exec "$1" "$2" true "${3:-60}" || { lab_logs; return 1; }
}

# lab_migrate VM FROM TO [ARGUMENT OF virsh migrate]…
lab_migrate() {
	lab_virsh "$2" migrate --live "$1" "qemu+tcp://$(lab_address "$3")/system" \
		--migrateuri "tcp://$(lab_address "$3")" "${@:4}"
}

# guest_exec HOST VM COMMAND [SECONDS]: output and status of a shell command in
# the guest; 124 when it took too long (default 30), 125 when the guest rebooted.
# HOST may be several (AB) for a command during which the guest may move.
guest_exec() {
	local socket=() host

	for ((host = 0; host < ${#1}; host++)); do
		socket+=("/proc/${lab_keeper[${1:host:1}]}/root/run/lab/$2.agent")
	done
	"$LAB_TOP/tests/lab/guest_exec" "${4:-30}" "$3" "${socket[@]}"
}

# lab_console VM: its console, one log wherever it has been
lab_console() { cat "$LAB_DIR/console/$1.log"; }

# lab_oops VM: succeeds, with the lines, when the guest's kernel complained
lab_oops() {
	lab_console "$1" | grep -E 'Kernel panic|BUG:|WARNING:|Oops|soft lockup|stall|kmemleak:|INFO: task'
}

# lab_domain_xml name=… initrd=… [KEY=VALUE]…: a domain for this lab
#
# QEMU before 9.0 loses writes when it migrates under TCG: clearing dirty bits
# of whole words it leaves the TLB entries that let the next store pass unseen
# (mended by "physmem: Fix migration dirty bitmap coherency with TCG memory
# access"). The guest arrives with stale pages, and panics or not. Memory of a
# length that is no multiple of 64 pages goes another way through QEMU; hence 8
# KiB more than libvirt knows of.
#
#   name uuid vcpus memory (MiB)
#   kernel initrd	files; kernel is Debian's 6.1 unless told
#   cmdline		appended to $LAB_CMDLINE
#   devices		XML for <devices>, e.g. the <shmem> with $LAB_SHMEM_ADDRESS
#   override		XML for <qemu:override>
#   extra		XML for the end of <domain>
lab_domain_xml() {
	local name=vm uuid='' vcpus=2 memory=256 kernel='' initrd='' cmdline=''
	local devices='' override='' extra='' arg

	for arg; do
		case ${arg%%=*} in
		name|uuid|vcpus|memory|kernel|initrd|cmdline|devices|override|extra)
			printf -v "${arg%%=*}" %s "${arg#*=}" ;;
		*)	echo "lab_domain_xml: what is '$arg'?" >&2; return 1 ;;
		esac
	done
	: "${uuid:=$(cat /proc/sys/kernel/random/uuid)}"
	: "${kernel:=${KERNELS:-$LAB_TOP/build/kernels}/6.1/vmlinuz}"

	cat <<-EOF
	<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
	  <name>$name</name>
	  <uuid>$uuid</uuid>
	  <memory unit='MiB'>$memory</memory>
	  <vcpu>$vcpus</vcpu>
	  <os>
	    <type arch='x86_64' machine='q35'>hvm</type>
	    <kernel>$(realpath "$kernel")</kernel>
	    <initrd>$(realpath "$initrd")</initrd>
	    <cmdline>$LAB_CMDLINE $cmdline</cmdline>
	  </os>
	  <features><acpi/><apic/></features>
	  <cpu mode='maximum'/>
	  <clock offset='utc'/>
	  <on_reboot>restart</on_reboot>
	  <on_crash>destroy</on_crash>
	  <devices>
	    <emulator>$(command -v qemu-system-x86_64)</emulator>
	    <controller type='usb' index='0' model='none'/>
	    <serial type='file'>
	      <source path='$LAB_DIR/console/$name.log' append='on'/>
	      <target port='0'/>
	    </serial>
	    <serial type='unix'>
	      <source mode='bind' path='/run/lab/$name.agent'/>
	      <target port='1'/>
	    </serial>
	    <memballoon model='none'/>
	    $devices
	  </devices>
	  <qemu:commandline>
	    <qemu:arg value='-object'/>
	    <qemu:arg value='memory-backend-ram,id=lab.ram,size=$((memory * 1048576 + 8192))'/>
	    <qemu:arg value='-machine'/><qemu:arg value='memory-backend=lab.ram'/>
	    <qemu:arg value='-m'/><qemu:arg value='size=$((memory * 1024 + 8))k'/>
	  </qemu:commandline>
	  $extra
	  ${override:+<qemu:override>$override</qemu:override>}
	</domain>
	EOF
}

if [ "${BASH_SOURCE[0]}" = "$0" ] && [ "${1-}" = keeper ]; then
	lab__keeper "${@:2}"
fi
