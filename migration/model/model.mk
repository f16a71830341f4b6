# SPDX-License-Identifier: GPL-2.0

.PHONY: model

## model: search the Spin model of the handover and its seeded faults (needs spin)
model:
	@command -v spin >/dev/null || { echo "model: spin is missing: apt-get install spin" >&2; exit 1; }
	@migration/model/run.sh
