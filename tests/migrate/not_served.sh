#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: destination whose server, or whose reader, does not start

set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib/test.sh" moves
# A host's mounts are its own.
broken() { lab_in "$1" mount --bind /bin/false "$B/bin/$2"; }
mended() { lab_in "$1" umount "$B/bin/$2"; }

traced_up 2
moves_vm vm
moves_load A vm
epoch=$(epoch_of A vm)

broken B ivring-server
move_begin vm A B
move_fails vm A "$epoch"
mended B ivring-server
wait_for 20 cleared B vm || fail "left over on B: $(lab_in B ls /run/ivring/vm)"
echo "ok 1 - no server: refused, nothing happened on the source"

broken B ivring-reader
lab_migrate vm A B >"$LAB_DIR/migrate.log" 2>&1 ||
	{ cat "$LAB_DIR/migrate.log"; fail "no reader is no reason not to move"; }
! attached B vm || fail "who is attached there?"
mended B ivring-reader
reader_start B vm || fail "the reader does not start later"
wait_for 20 attached B vm || fail "no reader on B"
moves_end B vm
echo "ok 2 - no reader: it moved, and one that came later has it all"
