/* SPDX-License-Identifier: GPL-2.0 */
/* device.h - what the parts of the module share: the one ivshmem device */
#ifndef IVR_DEVICE_H
#define IVR_DEVICE_H

#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/percpu.h>
#include <linux/wait.h>

#include "ring.h"

#define IVR_EPOCHS_KEPT	64

/**
 * struct ivr_sender - the sending of the metadata blob through its ring
 * @mem: the metadata ring
 * @head: next page to fill
 * @number: which sending this is
 * @gen: blob of which generation is being sent
 * @offset: first byte not yet in the ring
 * @len: length of the blob; @offset == @len: done
 */
struct ivr_sender {
	struct ivr_ring_mem mem;
	u64 head;
	u64 number;
	u64 gen;
	u64 offset;
	u64 len;
};

/**
 * struct ivr_keeper - the thread that speaks with the host
 * @task: the thread
 * @wait: where it sleeps
 * @knocked: IVR_BELL_CONTROL rang
 * @state: enum ivr_guest_state, copied to the guest page by its setter
 * @heartbeat: last value seen
 * @heartbeat_at: jiffies when it last changed
 * @hello_at: jiffies of the next HELLO
 * @hello_ms: distance to the one after
 * @flush_at: jiffies of the next look at open pages
 * @epochs: epochs acknowledged so far, a circular list
 * @epoch_next: where the next goes
 */
struct ivr_keeper {
	struct task_struct *task;
	wait_queue_head_t wait;
	bool knocked;
	u32 state;
	u64 heartbeat;
	unsigned long heartbeat_at;
	unsigned long hello_at;
	unsigned int hello_ms;
	unsigned long flush_at;
	u64 epochs[IVR_EPOCHS_KEPT];
	unsigned int epoch_next;
};

/**
 * struct ivr_device - one ivshmem-doorbell device
 * @pdev: its PCI device
 * @regs: BAR 0
 * @memory: BAR 2
 * @layout: geometry of BAR 2
 * @guest: page 0
 * @host: page 1
 * @rings: one for each possible CPU; the pointer in ivr_ring_here opens it
 * @open_page: for each ring, the state word seen at the last look (flush)
 * @sender: metadata ring
 * @keeper: thread
 */
struct ivr_device {
	struct pci_dev *pdev;
	void __iomem *regs;
	void *memory;
	struct ivr_layout layout;
	struct ivr_guest_page *guest;
	struct ivr_host_page *host;
	struct ivr_ring __percpu *rings;
	u64 __percpu *open_page;
	struct ivr_sender sender;
	struct ivr_keeper keeper;
};

/* This CPU's ring, NULL while there is none: the gate of all writers. */
DECLARE_PER_CPU(struct ivr_ring *, ivr_ring_here);

/* Guards ivr_device (coming, going, status); never taken by a writer. */
extern struct mutex ivr_device_lock;
extern struct ivr_device *ivr_device;

/* Parameters, see main.c */
extern unsigned int ivr_policy;
extern unsigned int ivr_flush_ms;
extern bool ivr_trace;
extern bool ivr_test_no_mirror;

/* pci.c */
void ivr_ring_bell(struct ivr_device *dev, enum ivr_bell bell);
void ivr_msix_toggle(struct ivr_device *dev);
int ivr_pci_init(void);
void ivr_pci_exit(void);

/* region.c */
int ivr_region_open(struct ivr_device *dev, u64 size);
void ivr_region_end(struct ivr_device *dev, enum ivr_end_reason reason);
void ivr_region_close(struct ivr_device *dev);
void ivr_region_walk(const struct ivr_device *dev);
void ivr_region_flush(struct ivr_device *dev, bool only_stale);

/* keeper.c */
void ivr_keeper_init(struct ivr_device *dev);
int ivr_keeper_start(struct ivr_device *dev);
void ivr_keeper_stop(struct ivr_device *dev);
void ivr_keeper_knock(struct ivr_device *dev);

/* meta.c */
int ivr_meta_set(const void __user *blob, size_t len);
void ivr_meta_free(void);
u64 ivr_meta_gen(void);
void ivr_sender_restart(struct ivr_device *dev);
bool ivr_sender_step(struct ivr_device *dev);

/* export.c */
int ivr_export_start(void);
void ivr_export_stop(void);

/* write.c */
int ivr_write_text(const char __user *text, size_t len);

/* chardev.c */
int ivr_chardev_init(void);
void ivr_chardev_exit(void);

/* status.c */
void ivr_status_init(void);
void ivr_status_exit(void);

#endif
