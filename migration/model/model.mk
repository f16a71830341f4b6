# SPDX-License-Identifier: GPL-2.0

.PHONY: model

## model: search the Spin models of the handover, and their seeded faults
model:
	packaging/deps.sh model
	@migration/model/run.sh
