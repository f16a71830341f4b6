# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# test.sh MODULE… - what a test in bash with `set -eu` sources, and nothing else
#
#	. tests/lib/test.sh traced moves
#
# Modules: traced (a lab whose hosts have IVRing and whose guests are traced),
# moves (guests that move in every way), peer (guests of role peer), watch
# (ivring-watch on the hosts), words (speak for the reader). Each brings what it
# needs. A test does not define a name that a module has (static/names).

test_lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
declare -A test_modules=()

# test_module NAME: once
test_module() {
	[ -z "${test_modules[$1]:-}" ] || return 0
	test_modules[$1]=1
	# shellcheck source=/dev/null # each is checked by itself
	case $1 in
	traced)
		. "$test_lib/traced.sh" ;;
	moves)
		test_module traced
		. "$test_lib/moves.sh" ;;
	peer)
		test_module moves
		. "$test_lib/peer.sh" ;;
	watch)
		test_module moves
		. "$test_lib/watch.sh" ;;
	words)
		test_module traced
		. "$test_lib/words.sh" ;;
	*)
		echo "test.sh: no module $1" >&2
		exit 1 ;;
	esac
}

for test_name; do
	test_module "$test_name"
done
