// SPDX-License-Identifier: GPL-2.0
/* status.c - /sys/kernel/debug/ivring/status, "key value" lines for people */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "device.h"
#include "init.h"
#include "params.h"
#include "park.h"
#include "quiesce.h"

static const char *const state_names[] = IVR_GUEST_STATE_NAMES;
static const char *const policy_names[] = IVR_POLICY_NAMES;

static struct dentry *dir;

/* Positions are those of the device's memory, if there is one. */
static void show_cpu_ring(struct seq_file *m, const struct ivr_cpu_ring *cr)
{
	const struct ivr_ring_mem *mem = cr->home.ctl ? &cr->home : &cr->spill;
	const struct ivr_ring *r = cr->ring;
	bool away = ivr_cpu_ring_is_away(cr);
	const struct ivr_ring_ctl *c = mem->ctl;

	seq_printf(
		m,
		"ring cpu %d slots %u head %llu mirror %llu produced %llu lost %llu refused %llu window %u",
		cr->cpu, mem->slots, c->head, c->mirror, r->delivered + r->lost,
		r->lost, r->refused, away ? c->seg_span : ivr_ring_span(r));
	if (away)
		seq_printf(m, " spilled %llu of %u",
			   cr->spill.ctl->head - cr->spill.ctl->mirror,
			   cr->spill.slots);
	seq_putc(m, '\n');
}

static void show_stream(struct seq_file *m, struct ivr_stream *s)
{
	struct ivr_cpu_ring *cr;

	seq_printf(m, "stream %*phN\n", 16, s->id);
	seq_printf(m, "plugged %u\n", s->plugged);
	seq_printf(m, "policy %s\n", policy_names[ivr_policy]);
	/* A step of the host link may free a spill. */
	mutex_lock(&s->lock);
	ivr_for_each_cpu_ring(cr, s)
		show_cpu_ring(m, cr);
	mutex_unlock(&s->lock);
}

static void show_device(struct seq_file *m, const struct ivr_device *dev)
{
	const struct ivr_guest_page *g = dev->guest;

	seq_printf(m, "device %s%s\n", pci_name(dev->pdev),
		   dev->polled ? " polled" : "");
	seq_printf(m, "state %s\n", state_names[dev->state]);
	seq_printf(m, "lease %u ms\n", ivr_quiesce_lease_ms(dev));
	seq_printf(m, "size %llu\n", dev->layout.size);
	seq_printf(m, "epoch %016llx\n", g->epoch_ack);
	seq_printf(m, "hellos %u\n", g->hellos);
	seq_printf(m, "metadata generation %llu bytes %llu sent %llu\n",
		   g->meta_gen, g->meta_bytes, dev->stream->sender.offset);
	show_stream(m, dev->stream);
}

static int status_show(struct seq_file *m, void *unused)
{
	mutex_lock(&ivr_device_lock);
	if (ivr_device) {
		show_device(m, ivr_device);
	} else {
		seq_puts(m, "device none\n");
		if (ivr_parked()) {
			seq_puts(m, "state parked\n");
			show_stream(m, ivr_parked());
		}
	}
	mutex_unlock(&ivr_device_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

void ivr_status_init(void)
{
	dir = debugfs_create_dir("ivring", NULL);
	debugfs_create_file("status", 0444, dir, NULL, &status_fops);
}

void ivr_status_exit(void)
{
	debugfs_remove(dir);
}
