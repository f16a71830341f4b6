#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: shell tests: no name is defined twice, no program in another language stands inside

set -eu
cd "$(dirname "$0")/../.."
status=0
bad() { echo "$*"; status=1; }

mapfile -t shared < <(git ls-files --cached --others --exclude-standard \
	'tests/lib/*.sh' tests/lab/lab.sh)
# shellcheck disable=SC2046 # names without blanks
mapfile -t scripts < <(grep -lE '/test\.sh"' $(git ls-files --cached --others --exclude-standard \
	'tests/guest/*.sh' 'tests/migrate/*.sh' 'tests/soak/*.sh' 'tests/*.sh' 'bench/*.sh'))

functions() { sed -nE 's/^([a-zA-Z_][a-zA-Z0-9_]*)\(\).*/\1/p' "$@"; }

while read -r name; do
	bad "$name is defined more than once in: ${shared[*]}"
done < <(functions "${shared[@]}" | sort | uniq -d)

for script in "${scripts[@]}"; do
	while read -r name; do
		bad "$script: $name is one of tests/lib's"
	done < <(comm -12 <(functions "$script" | sort -u) <(functions "${shared[@]}" | sort -u))
done

# The same one-liner in two scripts belongs into tests/lib.
while read -r line; do
	bad "in more than one script: $line"
done < <(cat "${scripts[@]}" | grep -E '^[a-z_]+\(\) \{ .* \}$' | sort | uniq -d)

! git grep -nE 'python3? (-c|- )' -- '*.sh' ':!tests/static' || bad "a program inside a script: give it a file"
! git grep -nE '\bname=.*-.*\(\)' -- 'tests/*.sh' ':!tests/static' || bad "a verb with a hyphen"

[ "$status" != 0 ] || echo "$(functions "${shared[@]}" | wc -l) names, ${#scripts[@]} scripts"
exit "$status"
