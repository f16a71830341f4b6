// SPDX-License-Identifier: GPL-2.0
/* attachment.c - one attachment to one stream */
#include "reader/attachment.h"

void attachment_init(struct attachment *a, const char *vm, struct ctl *ctl,
		     struct event_log *events)
{
	*a = (struct attachment) {
		.leg = LEG_WRITER_INIT,
		.quiesce = {
			.vm = vm, .drain = &a->drain, .req = &a->request,
			.flush = &a->flush, .ctl = ctl, .events = events,
		},
	};
}

void attachment_undo(struct attachment *a)
{
	struct quiesce *q = &a->quiesce;

	flush_fail(&a->flush, q->ctl, "the attachment to the guest ended");
	drain_close(&a->drain);
	leg_writer_close(&a->leg);
	shm_unmap(&a->shm);
	attachment_init(a, q->vm, q->ctl, q->events);
}
