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

# What each module needs is before it.
for test_module in traced moves peer watch words; do
	case " $* " in
	*" $test_module "*)	;;
	*\ moves\ *|*\ peer\ *|*\ watch\ *)
		[ $test_module = traced ] || [ $test_module = moves ] || continue ;;
	*)	[ $test_module = traced ] || continue ;;
	esac
	# Here, not in a function: what they declare is the test's.
	# shellcheck source=/dev/null # each is checked by itself
	. "$test_lib/$test_module.sh"
done
