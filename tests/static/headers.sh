#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: each contract header compiles alone, and its layout is what it was
#
# The offsets below are the promise of IVR_VERSION 1 and IVR_STORE_FORMAT 1:
# guests and stores of this version exist. Change them together with the number.

set -eu
cd "$(dirname "$0")/../.."

for header in guest/uapi/*.h host/lib/ivr_*.h; do
	for std in gnu11 gnu17; do
		echo "#include \"$header\"" |
			gcc -std=$std -Wall -Wextra -Werror -Iguest/uapi -I. \
				-x c -fsyntax-only - || { echo "$header alone ($std)"; exit 1; }
	done
done

gcc -std=gnu11 -Iguest/uapi -Ihost/lib -x c -fsyntax-only - <<'END'
#include <stddef.h>
#include "ivr_wire.h"
#include "ivr_store.h"
#include "ivr_msg.h"
#include "ivr_meta.h"
#define AT(s, f, o) _Static_assert(offsetof(struct s, f) == o, #s "." #f)
_Static_assert(IVR_VERSION == 1 && IVR_STORE_FORMAT == 1, "then review this file");
AT(ivr_guest_page, stream, 24); AT(ivr_guest_page, state, 56);
AT(ivr_guest_page, epoch_ack, 72); AT(ivr_guest_page, meta_bytes, 136);
AT(ivr_guest_page, accepted, 88); AT(ivr_guest_page, flags, 144); AT(ivr_guest_page, lease_ms, 160);
AT(ivr_host_page, epoch_seal, 8); AT(ivr_host_page, clock_seq, 40);
AT(ivr_host_ring, pos_seal, 8); AT(ivr_host_ring, wake, 16); AT(ivr_ring_ctl, seg_seq, 80);
AT(ivr_ring_ctl, ack_pos, 24); AT(ivr_ring_ctl, seg_page, 56); AT(ivr_ring_ctl, cpu, 76);
AT(ivr_desc, lost, 16); AT(ivr_desc, count, 40); AT(ivr_desc, flags, 48);
AT(ivr_store_mark, realtime_ns, 56); AT(ivr_store_clock, error_ns, 24);
AT(ivr_meta_item, data_len, 8); AT(ivr_msg, vm, 32);
END

# One meaning, one place: no second definition of what the headers define.
! git grep -nE '#define[[:space:]]+IVR_(MAGIC|VERSION|PAGE_SIZE|VECTORS|BELL_|HEARTBEAT_MS)' \
	-- '*.c' ':!guest/uapi' || exit 1
