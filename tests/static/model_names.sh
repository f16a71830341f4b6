#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: every C function that the models of the handover name is in the tree

set -eu
cd "$(dirname "$0")/../.."

# "MODEL: name, name ..." up to the end of the line, a remark in brackets aside.
names_of() {
	sed -n 's,^.*/\{0\,1\}\* MODEL: ,,p' "$1" |
		sed 's/(.*//; s,\*/.*,,' | tr -s ', \t' '\n' | grep . | sort -u
}

status=0 total=0
for model in migration/model/*.pml; do
	mapfile -t names < <(grep -v '"MODEL: ' "$model" | names_of /dev/stdin)
	[ "${#names[@]}" -ge 5 ] || {
		echo "$model: only ${#names[@]} names"
		status=1
	}
	total=$((total + ${#names[@]}))
	for name in "${names[@]}"; do
		grep -rqE --include='*.c' --include='*.h' \
			"^[a-zA-Z_].*[ *]$name\(" guest host migration && continue
		echo "$model: there is no function $name"
		status=1
	done
done
[ "$status" = 0 ] && echo "$total names of functions"
exit "$status"
