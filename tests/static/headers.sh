#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: each contract header compiles alone, and nothing in it is defined elsewhere
#
# Where fields lie is asserted beside each struct (IVR_AT).

set -eu
cd "$(dirname "$0")/../.."

for header in guest/uapi/*.h host/lib/ivr_*.h; do
	for std in gnu11 gnu17; do
		echo "#include \"$header\"" |
			gcc -std=$std -Wall -Wextra -Werror -Iguest/uapi -I. \
				-x c -fsyntax-only - || { echo "$header alone ($std)"; exit 1; }
	done
done

# One meaning, one place: no second definition of what the headers define.
! git grep -nE '#define[[:space:]]+IVR_(MAGIC|VERSION|PAGE_SIZE|VECTORS|BELL_|HEARTBEAT_MS)' \
	-- '*.[ch]' ':!guest/uapi' ':!tests/unit/compat' || exit 1
