#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: shellcheck, man pages, SPDX lines, no kernel version test outside compat.h

set -eu
cd "$(dirname "$0")/../.."
status=0 scripts=()
bad() { echo "$*"; status=1; }

mapfile -t files < <(git ls-files --cached --others --exclude-standard)
for file in "${files[@]}"; do
	[ -f "$file" ] || continue
	case $file in
	*.c|*.h|*.sh|*.py|*.mk|Makefile|*/Kbuild)
		head -n 3 "$file" | grep -q SPDX-License-Identifier || bad "$file: no SPDX line" ;;
	*.1|*.8)
		mandoc -T lint -W warning "$file" || bad "$file: man page" ;;
	esac
	case $file in
	*.sh)	scripts+=("$file") ;;
	esac
done
# What a script has of tests/lib, each of which is checked by itself, is not followed:
# SC2154 would be its lower-case variables.
printf '%s\0' "${scripts[@]}" | xargs -0 -n 8 -P "$(nproc)" timeout 120 shellcheck -x -e SC2154 ||
	bad "shellcheck"

! git grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION\(' -- '*.c' '*.h' ':!guest/module/compat.h' ||
	bad "kernel version test outside compat.h"

# The mapping of guest memory stays behind one file.
! git grep -nE '\bmmap\(' -- 'host/reader/*.c' ':!host/reader/shm.c' ||
	bad "host/reader: mmap outside shm.c"
exit $status
