#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: 20 post-copy migrations with the reader waiting on the destination
# timeout: 900
# group: full

ROUNDS=20 exec "$(dirname "$0")/postcopy.sh"
