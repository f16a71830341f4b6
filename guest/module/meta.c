// SPDX-License-Identifier: GPL-2.0
/*
 * meta.c - keeps the metadata blob and sends it to each reader that attaches
 *
 * The blob outlives the device: after an unplug and a plug it is still there.
 */
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "device.h"
#include "ivr_meta.h"
#include "doorbell.h"
#include "meta.h"

static DEFINE_MUTEX(lock);
static void *blob;
static size_t blob_len;
static u64 blob_gen;

static void announce(void)
{
	if (!ivr_device)
		return;
	WRITE_ONCE(ivr_device->guest->meta_bytes, blob_len);
	WRITE_ONCE(ivr_device->guest->meta_gen, blob_gen);
}

int ivr_meta_set(const void __user *from, size_t len)
{
	struct ivr_meta_head *new;
	int ret = 0;

	if (len < sizeof(*new))
		return -EINVAL;
	if (len > IVR_META_MAX_BYTES)
		return -EFBIG;
	new = vmalloc(len);
	if (!new)
		return -ENOMEM;
	if (copy_from_user(new, from, len))
		ret = -EFAULT;
	else if (new->magic != IVR_META_MAGIC ||
		 ivr_version_check(new->version, IVR_META_VERSION,
				   IVR_META_OLDEST))
		ret = -EINVAL;
	if (ret) {
		vfree(new);
		return ret;
	}

	mutex_lock(&ivr_device_lock);
	mutex_lock(&lock);
	vfree(blob);
	blob = new;
	blob_len = len;
	blob_gen++;
	announce();
	mutex_unlock(&lock);
	mutex_unlock(&ivr_device_lock);
	return 0;
}

void ivr_meta_free(void)
{
	vfree(blob);
	blob = NULL;
}

u64 ivr_meta_gen(void)
{
	return READ_ONCE(blob_gen);
}

u64 ivr_meta_bytes(void)
{
	return READ_ONCE(blob_len);
}

static void begin_sending(struct ivr_sender *s)
{
	s->number++;
	s->gen = blob_gen;
	s->len = blob_len;
	s->offset = 0;
}

void ivr_sender_restart(struct ivr_stream *s)
{
	struct ivr_ring_ctl *ctl = s->sender.mem.ctl;

	mutex_lock(&lock);
	begin_sending(&s->sender);
	mutex_unlock(&lock);
	WRITE_ONCE(ctl->ack_pos, ctl->mirror);
}

u64 ivr_sender_take_pos(struct ivr_stream *s)
{
	return ivr_ring_take_pos(&s->sender.mem, s->tag);
}

static void send_page(struct ivr_sender *s)
{
	u32 slot = (s->head - s->origin) % s->mem.slots;
	u32 bytes = min_t(u64, s->len - s->offset, IVR_PAGE_SIZE);
	u8 *page = (u8 *)&s->mem.data[slot];

	memcpy(page, blob + s->offset, bytes);
	memset(page + bytes, 0, IVR_PAGE_SIZE - bytes);
	s->mem.desc[slot] = (struct ivr_desc) {
		.page = s->head,
		.first = s->offset,
		.lost = s->gen,
		.ts_first = s->number,
		.ts_last = s->len,
		.count = bytes,
		.bytes = bytes,
	};
	s->offset += bytes;
	s->head++;
}

bool ivr_sender_step(struct ivr_device *dev)
{
	struct ivr_sender *s = &dev->stream->sender;
	struct ivr_ring_ctl *ctl = s->mem.ctl;
	u64 old = s->head;
	bool more;

	ivr_sender_take_pos(dev->stream);
	mutex_lock(&lock);
	if (s->gen != blob_gen)
		begin_sending(s);
	while (s->offset < s->len && s->head - ctl->mirror < s->mem.slots)
		send_page(s);
	more = s->offset < s->len;
	mutex_unlock(&lock);

	if (s->head == old)
		return more;
	smp_store_release(&ctl->head, s->head);
	smp_mb();
	if (ivr_wake_due(READ_ONCE(s->mem.host->wake), s->head, old))
		ivr_ring_bell(dev, IVR_BELL_DATA);
	return more;
}
