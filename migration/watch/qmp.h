/* SPDX-License-Identifier: GPL-2.0 */
/* qmp.h - QEMU's own events, of which libvirt passes on name and details */
#ifndef IVR_WATCH_QMP_H
#define IVR_WATCH_QMP_H

#include <stdbool.h>
#include <stdint.h>

#include "migration/watch/migration_state.h"

/**
 * struct qmp_news - what an event tells us
 * @event: of the migration
 * @pass: its number (EV_PASS)
 */
struct qmp_news {
	enum migration_event event;
	uint64_t pass;
};

/**
 * qmp_news_of() - read an event
 * @news: filled in
 * @event: "MIGRATION"
 * @details: its JSON, or NULL
 *
 * States of a migration between those that we know ("pre-switchover",
 * "device", "cancelling", "postcopy-paused", ..) are no news.
 *
 * Return: true if it is news
 */
bool qmp_news_of(struct qmp_news *news, const char *event, const char *details);

#endif
