/* SPDX-License-Identifier: GPL-2.0 */
/* device.h - what the parts of the module share: the stream and its device */
#ifndef IVR_DEVICE_H
#define IVR_DEVICE_H

#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/percpu.h>
#include <linux/wait.h>

#include "segment.h"

#define IVR_EPOCHS_KEPT	64

/**
 * struct ivr_sender - the sending of the metadata blob through its ring
 * @mem: the metadata ring
 * @origin: page number of its first slot
 * @head: next page to fill
 * @number: which sending this is
 * @gen: blob of which generation is being sent
 * @offset: first byte not yet in the ring
 * @len: length of the blob; @offset == @len: done
 */
struct ivr_sender {
	struct ivr_ring_mem mem;
	u64 origin;
	u64 head;
	u64 number;
	u64 gen;
	u64 offset;
	u64 len;
};

/**
 * struct ivr_lane - a ring, and the memories it may lie in
 * @ring: the writers' state
 * @cpu: whose ring it is
 * @home: its memory in the device
 * @spill: its memory in the guest; @data is NULL if there is none
 * @haul: the way from @spill to @home
 * @hauling: @haul is prepared
 * @target: the page that @home's mirror has to reach in this round
 * @window: slots that may be used after it
 * @open_page: the one that was open at the last look (flush)
 */
struct ivr_lane {
	struct ivr_ring *ring;
	int cpu;
	struct ivr_ring_mem home;
	struct ivr_ring_mem spill;
	struct ivr_haul haul;
	bool hauling;
	u64 target;
	u32 window;
	u64 open_page;
};

/**
 * struct ivr_stream - one life of the writers; outlives a device that is
 *	unplugged while it spills
 * @id: random
 * @tag: ivr_stream_tag() of it
 * @plugged: devices it has lived in
 * @nrings: rings: possible CPUs
 * @rings: one for each; the pointer in ivr_ring_here opens it
 * @lanes: the same in the order of the layout
 * @spilled: there is spill memory
 * @epoch_ack: while there is no device: the epoch acknowledged last
 * @answered: likewise: the last request of that epoch
 * @epochs: epochs acknowledged so far, a circular list
 * @epoch_next: where the next goes
 * @sender: metadata ring
 * @lock: held by the keeper in each step; for others that look at memory which
 *	a step may free
 */
struct ivr_stream {
	u8 id[16];
	u64 tag;
	u32 plugged;
	u32 nrings;
	struct ivr_ring __percpu *rings;
	struct ivr_lane *lanes;
	bool spilled;
	u64 epoch_ack;
	u64 answered;
	u64 epochs[IVR_EPOCHS_KEPT];
	unsigned int epoch_next;
	struct ivr_sender sender;
	struct mutex lock;
};

/**
 * struct ivr_round - the round in hand, and the lease; see quiesce.c
 * @request: the request being carried out; 0: none
 * @step: how far it is
 * @tries: how often its step could not be done
 * @window: slots of each ring that may be used
 * @lease: jiffies at which the lease ends, valid if @leased
 * @leased: there is a lease
 * @told: the quiesced state that people were told of; 0: none
 */
struct ivr_round {
	u64 request;
	unsigned int step;
	unsigned int tries;
	u32 window;
	unsigned long lease;
	bool leased;
	u32 told;
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
 * @beat_at: jiffies of the next beat of a polled device
 * @round: quiesce, drain, resume
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
	unsigned long beat_at;
	struct ivr_round round;
};

/**
 * struct ivr_device - one ivshmem device
 * @pdev: its PCI device
 * @regs: BAR 0
 * @memory: BAR 2
 * @polled: it has no interrupts (ivshmem-plain)
 * @was_read: a reader was acknowledged in this memory
 * @layout: geometry of BAR 2
 * @guest: page 0
 * @host: page 1
 * @stream: who writes
 * @keeper: thread
 */
struct ivr_device {
	struct pci_dev *pdev;
	void __iomem *regs;
	void *memory;
	bool polled;
	bool was_read;
	struct ivr_layout layout;
	struct ivr_guest_page *guest;
	struct ivr_host_page *host;
	struct ivr_stream *stream;
	struct ivr_keeper keeper;
};

/* This CPU's ring, NULL while there is none: the gate of all writers. */
DECLARE_PER_CPU(struct ivr_ring *, ivr_ring_here);

/* Guards ivr_device and the parked stream; never taken by a writer. */
extern struct mutex ivr_device_lock;
extern struct ivr_device *ivr_device;

/* Parameters, see main.c */
extern unsigned int ivr_policy;
extern unsigned int ivr_flush_ms;
extern unsigned int ivr_spill_mib;
extern bool ivr_trace;
extern bool ivr_test_no_mirror;

#define ivr_for_each_lane(lane, stream) \
	for ((lane) = (stream)->lanes; \
	     (lane) < (stream)->lanes + (stream)->nrings; (lane)++)

/* pci.c */
void ivr_ring_bell(struct ivr_device *dev, enum ivr_bell bell);
void ivr_msix_toggle(struct ivr_device *dev);
bool ivr_answer_clock(struct ivr_device *dev);
int ivr_pci_init(void);
void ivr_pci_exit(void);

/* stream.c */
struct ivr_stream *ivr_stream_new(void);
void ivr_stream_open(struct ivr_stream *s);
void ivr_stream_shut(struct ivr_stream *s, bool panic);
void ivr_stream_free(struct ivr_stream *s);
int ivr_lane_call(struct ivr_lane *lane, int (*fn)(struct ivr_lane *lane));
bool ivr_lane_away(const struct ivr_lane *lane);

/* region.c */
int ivr_region_open(struct ivr_device *dev, u64 size);
void ivr_region_end(struct ivr_device *dev, enum ivr_end_reason reason);
void ivr_region_close(struct ivr_device *dev);
void ivr_region_walk(const struct ivr_device *dev);
void ivr_region_touch(struct ivr_device *dev);
void ivr_region_flush(struct ivr_device *dev, bool only_stale);

/* spill.c */
int ivr_spill_alloc(struct ivr_stream *s);
void ivr_spill_free(struct ivr_stream *s);
int ivr_spill_move(struct ivr_stream *s);
bool ivr_spill_return(struct ivr_stream *s, bool *progress);
void ivr_spill_end(struct ivr_lane *lane, bool may_haul);
u64 ivr_spill_pages(const struct ivr_stream *s);

/* quiesce.c */
int ivr_quiesce_begin(struct ivr_device *dev, u64 request, u64 arg);
void ivr_quiesce_cut(struct ivr_device *dev);
void ivr_quiesce_leave(struct ivr_device *dev, enum ivr_guest_state to,
		       s64 status, const char *why);
bool ivr_quiesce_step(struct ivr_device *dev);
unsigned int ivr_quiesce_lease_ms(const struct ivr_device *dev);

/* park.c */
void ivr_park(struct ivr_device *dev);
struct ivr_stream *ivr_unpark(void);
struct ivr_stream *ivr_parked(void);
void ivr_park_exit(void);

/* keeper.c */
void ivr_set_state(struct ivr_device *dev, enum ivr_guest_state state);
void ivr_answer(struct ivr_device *dev, u64 request, s64 status);
bool ivr_is_read(const struct ivr_device *dev);
bool ivr_epoch_is_ours(const struct ivr_device *dev);
void ivr_keeper_init(struct ivr_device *dev);
int ivr_keeper_start(struct ivr_device *dev);
void ivr_keeper_stop(struct ivr_device *dev);
void ivr_keeper_knock(struct ivr_device *dev);

/* meta.c */
int ivr_meta_set(const void __user *blob, size_t len);
void ivr_meta_free(void);
u64 ivr_meta_gen(void);
u64 ivr_meta_bytes(void);
void ivr_sender_restart(struct ivr_stream *s);
u64 ivr_sender_take_pos(struct ivr_stream *s);
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
