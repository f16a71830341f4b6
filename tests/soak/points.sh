#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# points.sh - the named points of host/lib/fault.h and guest/module/fault.h, one a
# line, as they stand in the sources

set -eu
cd "$(dirname "$0")/../.."
cat host/*/*.c migration/*/*.c guest/module/*.c | tr -s '\n\t ' ' ' |
	grep -oE '\b(fault_point|ivr_fault)\( ?"[^"]*"' | sed 's/.*"\(.*\)"/\1/' | sort
