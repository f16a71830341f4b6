#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: the tree is as clang-format 14 would write it; one dialect: declarations first, no -1 for an error

set -eu
cd "$(dirname "$0")/../.."
status=0
bad() { echo "$*"; status=1; }

# Theirs are macros that define functions, as the kernel and LTTng want them.
mapfile -t files < <(git ls-files '*.c' '*.h' | grep -vE 'compat/0.1|lttng_tp\.h|bench_event\.h|tests/tools/')

! grep -nE '^\s+(for|while) \((const |struct |unsigned |u?int|size_t|ssize_t|char|bool|u[0-9]+ )[^=]* = ' "${files[@]}" ||
	bad "a declaration in a loop: declarations come first, as in the kernel"
! grep -nE '\b(int )?rc\b( =|;)' "${files[@]}" || bad "rc: a return value is called ret"
! git grep -nE '^[^*]*return -1;' -- 'host/*.[ch]' 'migration/*.[ch]' 'guest/*.[ch]' || bad "return -1: an error is a negative errno"

format=
for program in clang-format-14 clang-format; do
	case $("$program" --version 2>/dev/null) in
	*version\ 14.*)	format=$program; break ;;
	esac
done
if [ -z "$format" ]; then
	[ "$status" = 0 ] || exit 1
	echo "clang-format 14 is not here: later ones differ"
	exit 77
fi
"$format" --dry-run -Werror "${files[@]}" || bad "run: $format -i FILE"
exit "$status"
