/* SPDX-License-Identifier: GPL-2.0 */
/* leg_text.h - the file `leg`: who, where, when; written and read by one table */
#ifndef IVR_STORE_LEG_TEXT_H
#define IVR_STORE_LEG_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define STORE_TEXT_MAX	 128
#define STORE_STREAM_HEX 33

/* A longer file was not written by us. */
#define LEG_TEXT_MAX 4096
/* A sentence about what is wrong with one */
#define LEG_TEXT_FAULT 160

/**
 * struct leg_text - its keys, see ivr_store.h
 * @format: IVR_STORE_FORMAT of the writer
 * @needs: IVR_STORE_NEEDS of the writer; 0: @format
 * @vm: name of the VM
 * @host: name of the host
 * @boot: boot id of the host
 * @stream: 32 hex digits
 * @epoch: of the attachment
 * @prev: the epoch before it, as the guest says
 * @rings: data rings
 * @size: bytes of the region
 * @policy: name of the data rings' policy
 * @realtime: host CLOCK_REALTIME at the attachment, ns
 * @generation: which QEMU of the server
 *
 * Of keys that no account needs, and that are missing, the text is "?" and the
 * number 0.
 */
struct leg_text {
	uint64_t format;
	uint64_t needs;
	char vm[STORE_TEXT_MAX];
	char host[STORE_TEXT_MAX];
	char boot[STORE_TEXT_MAX];
	char stream[STORE_STREAM_HEX];
	uint64_t epoch;
	uint64_t prev;
	uint64_t rings;
	uint64_t size;
	char policy[STORE_TEXT_MAX];
	uint64_t realtime;
	uint64_t generation;
};

/** leg_text_write() - as text; its length, or -EOVERFLOW */
int leg_text_write(const struct leg_text *t, char *buf, size_t len);

/**
 * leg_text_parse() - from text
 * @t: filled in
 * @buf: text; it is taken apart
 * @fault: set to what is wrong and what to do, if anything is
 *
 * Keys that are not known are skipped.
 *
 * Return: 0 or -EINVAL
 */
int leg_text_parse(struct leg_text *t, char *buf, char fault[LEG_TEXT_FAULT]);

/**
 * leg_text_read() - from the file of a leg
 * @t: filled in
 * @dir: directory of the leg
 * @fault: as for leg_text_parse()
 *
 * Return: 0; -ENOENT: there is none; -EINVAL; other negative errno
 */
int leg_text_read(struct leg_text *t, int dir, char fault[LEG_TEXT_FAULT]);

#endif
