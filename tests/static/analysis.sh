#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: clang-tidy (checks of .clang-tidy) and cppcheck find nothing in the host's programs
# alone: yes
# timeout: 900

set -eu
cd "$(dirname "$0")/../.."
status=0
bad() { echo "$*"; status=1; }
flags=(-std=gnu11 -D_GNU_SOURCE -DIVR_VERSION_STRING=\"0\" -Iguest/uapi -Ihost -I. -I/usr/include/libxml2)

mapfile -t files < <(git ls-files 'host/*.c' 'migration/*.c')

if command -v clang-tidy >/dev/null; then
	# shellcheck disable=SC2016 # $1 and $flags are the inner shell's
	printf '%s\0' "${files[@]}" | xargs -0 -n 12 -P "$(nproc)" sh -c '
		flags=$1; shift
		clang-tidy --quiet --warnings-as-errors="*" "$@" -- $flags 2>/dev/null' \
		sh "${flags[*]}" || bad "clang-tidy"
else
	bad "clang-tidy is not here: make deps"
fi

if command -v cppcheck >/dev/null; then
	cppcheck --quiet --inline-suppr --error-exitcode=1 --std=c11 -j "$(nproc)" \
		--enable=warning,portability \
		-D_GNU_SOURCE -DIVR_VERSION_STRING=\"0\" -D__x86_64__ -Iguest/uapi -Ihost -I. host migration || bad "cppcheck"
else
	bad "cppcheck is not here: make deps"
fi
exit "$status"
