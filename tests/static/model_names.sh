#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: every C function that the model of the handover names is in the tree

set -eu
cd "$(dirname "$0")/../.."
model=migration/model/handover.pml

# "MODEL: name, name ..." up to the end of the line, a remark in brackets aside.
mapfile -t names < <(sed -n 's,^[[:space:]]*/\{0\,1\}\* MODEL: ,,p' "$model" |
	sed 's/(.*//; s,\*/.*,,' | tr -s ', \t' '\n' | grep . | sort -u)
[ "${#names[@]}" -ge 20 ] || { echo "$model: only ${#names[@]} names"; exit 1; }

status=0
for name in "${names[@]}"; do
	grep -rqE --include='*.c' --include='*.h' \
		"^[a-zA-Z_].*[ *]$name\(" guest host && continue
	echo "$model: there is no function $name"
	status=1
done
[ "$status" = 0 ] && echo "${#names[@]} functions"
exit "$status"
