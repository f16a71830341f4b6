#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: who may include whom: no folder reaches upwards, and every include says its folder
#
# A folder may include its own headers, the contracts of guest/uapi, and the
# folders behind its colon. Each line may name folders of lines above it only,
# so there can be no cycle.

set -eu
cd "$(dirname "$0")/../.."

edges() {
	cat <<'END'
host/lib:
host/domain: host/lib
host/store: host/lib
host/trace: host/lib host/store
host/service: host/lib
host/server: host/lib
host/reader: host/lib host/store
migration/log: host/lib
migration/watch: host/lib host/domain migration/log
migration/move: host/lib host/domain host/service migration/log
host/cli: host/lib host/domain host/store host/trace host/service migration/log migration/move
END
}

status=0 seen=' '
declare -A allowed
bad() { echo "$*"; status=1; }

while IFS=: read -r folder below; do
	for to in $below; do
		[[ $seen = *" $to "* ]] || bad "layers.sh: $folder: $to does not stand above it"
	done
	seen+="$folder " allowed[$folder]=" $folder $below "
done < <(edges)

for folder in host/*/ migration/*/; do
	folder=${folder%/}
	[ -z "$(find "$folder" -name '*.[ch]' -print -quit)" ] || [ -n "${allowed[$folder]:-}" ] ||
		bad "$folder has no line in tests/static/layers.sh"
done

# target FILE INCLUDED: the folder of a quoted include
target() {
	local dir=${2%/*}

	case $2 in
	ivr_wire.h|ivr_meta.h|ivr_version.h)	echo contract ;;
	migration/*/*)		echo "$dir" ;;
	*/*)			echo "host/$dir" ;;
	*)			echo none ;;
	esac
}

number=0
while IFS=: read -r file line text; do
	included=${text#*\"} included=${included%%\"*}
	to=$(target "$file" "$included")
	number=$((number + 1))
	[ "$to" != contract ] || continue
	[ "$to" != none ] || { bad "$file:$line: \"$included\" does not say its folder"; continue; }
	[[ ${allowed[${file%/*}]:-} = *" $to "* ]] ||
		bad "$file:$line: ${file%/*} may not include \"$included\""
done < <(grep -n '^#include "' host/*/*.[ch] migration/*/*.[ch])

[ "$status" != 0 ] || echo "$number includes"
exit "$status"
