#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: the module builds with W=1 and without warnings for 6.1 and 6.12, and sparse is content

set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number=0
for series in 6.1 6.12; do
	tests/lab/kernel.sh "$series" >/dev/null
	mkdir "$work/$series"
	cp -r guest/module guest/uapi "$work/$series/"
	cp VERSION "$work/"
	make -C "build/kernels/$series/headers" M="$work/$series/module" W=1 C=2 \
		CHECK="sparse -Wno-unknown-attribute" CONFIG_DEBUG_INFO_BTF_MODULES= \
		modules >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
	! grep -E "$work.*(warning|error):|^WARNING" "$work/log" || exit 1
	number=$((number + 1))
	echo "ok $number - $series: $(modinfo -F vermagic "$work/$series/module/ivring.ko" | cut -d' ' -f1)"
done
