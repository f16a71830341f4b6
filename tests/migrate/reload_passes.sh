#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: reload_moving.sh in the first pass and in later ones
# timeout: 900
# group: full

PASSES="1 2 5" exec "$(dirname "$0")/reload_moving.sh"
