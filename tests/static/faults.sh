#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: fault points: each name once, well formed, none in the product
#
# tests/soak/points.sh prints them; the soak draws from the same list.

set -eu
cd "$(dirname "$0")/../.."
status=0
bad() { echo "$*"; status=1; }

mapfile -t points < <(tests/soak/points.sh)
[ "${#points[@]}" -ge 8 ] || bad "only ${#points[@]} fault points"

while read -r name; do
	bad "$name stands at more than one place"
done < <(printf '%s\n' "${points[@]}" | sort | uniq -d)
for name in "${points[@]}"; do
	[[ $name =~ ^(guest|reader|server|watch|migrate|hook)(-[a-z0-9]+)+$ ]] ||
		bad "$name: should be PROGRAM-STEP-WHAT, where PROGRAM is guest, reader, server, watch, migrate or hook"
done

# A call whose name is put together or kept elsewhere would not be on the list.
calls=$(grep -hoE --exclude=fault.c '\b(fault_point|ivr_fault)\(' \
	host/*/*.c migration/*/*.c guest/module/*.c | wc -l)
[ "$calls" = "${#points[@]}" ] || bad "$calls calls, ${#points[@]} names"

for program in build/bin/ivring*; do
	[ -x "$program" ] || continue
	for name in "${points[@]}"; do
		! grep -qaF -e "$name" "$program" || bad "$program knows $name"
	done
done
[ "$status" != 0 ] || echo "${#points[@]} points"
exit "$status"
