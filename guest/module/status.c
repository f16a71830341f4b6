// SPDX-License-Identifier: GPL-2.0
/* status.c - /sys/kernel/debug/ivring/status, "key value" lines for people */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "device.h"

static const char * const state_names[] = IVR_GUEST_STATE_NAMES;
static const char * const policy_names[] = IVR_POLICY_NAMES;

static struct dentry *dir;

static void show_ring(struct seq_file *m, int cpu, const struct ivr_ring *r)
{
	const struct ivr_ring_ctl *c = r->mem.ctl;

	seq_printf(m, "ring cpu %d slots %u head %llu mirror %llu produced %llu lost %llu refused %llu\n",
		   cpu, r->mem.slots, c->head, c->mirror,
		   r->delivered + r->lost, r->lost, r->refused);
}

static void show_device(struct seq_file *m, const struct ivr_device *dev)
{
	const struct ivr_guest_page *g = dev->guest;
	int cpu;

	seq_printf(m, "device %s\n", pci_name(dev->pdev));
	seq_printf(m, "state %s\n", state_names[dev->keeper.state]);
	seq_printf(m, "stream %*phN\n", 16, g->stream);
	seq_printf(m, "size %llu\n", dev->layout.size);
	seq_printf(m, "policy %s\n", policy_names[g->policy]);
	seq_printf(m, "epoch %016llx\n", g->epoch_ack);
	seq_printf(m, "hellos %u\n", g->hellos);
	seq_printf(m, "metadata generation %llu bytes %llu sent %llu\n",
		   g->meta_gen, g->meta_bytes, dev->sender.offset);
	for_each_possible_cpu(cpu)
		show_ring(m, cpu, per_cpu_ptr(dev->rings, cpu));
}

static int status_show(struct seq_file *m, void *unused)
{
	mutex_lock(&ivr_device_lock);
	if (ivr_device)
		show_device(m, ivr_device);
	else
		seq_puts(m, "device none\n");
	mutex_unlock(&ivr_device_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

/** ivr_status_init() - make the file; without debugfs there is none */
void ivr_status_init(void)
{
	dir = debugfs_create_dir("ivring", NULL);
	debugfs_create_file("status", 0444, dir, NULL, &status_fops);
}

/** ivr_status_exit() - remove it */
void ivr_status_exit(void)
{
	debugfs_remove(dir);
}
