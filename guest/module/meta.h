/* SPDX-License-Identifier: GPL-2.0 */
/* meta.h - the metadata blob, and its way to each reader */
#ifndef IVR_MODULE_META_H
#define IVR_MODULE_META_H

#include <linux/types.h>

struct ivr_device;
struct ivr_stream;

/**
 * ivr_meta_set() - take a new blob from user space
 * @from: user address
 * @len: bytes
 *
 * Return: 0, -EINVAL (not a blob), -EFBIG, -ENOMEM, -EFAULT
 */
int ivr_meta_set(const void __user *from, size_t len);

/** ivr_meta_free() - forget the blob, when nobody can send it any more */
void ivr_meta_free(void);

/** ivr_meta_gen() - generation of the blob, 0 if there is none */
u64 ivr_meta_gen(void);

/** ivr_meta_bytes() - its length */
u64 ivr_meta_bytes(void);

/**
 * ivr_sender_restart() - a reader has come: send everything from the start
 * @s: stream with a device; the host link's thread only
 */
void ivr_sender_restart(struct ivr_stream *s);

/**
 * ivr_sender_take_pos() - have the mirror of the metadata ring follow the reader
 * @s: stream with a device; the host link's thread only
 *
 * Return: the mirror
 */
u64 ivr_sender_take_pos(struct ivr_stream *s);

/**
 * ivr_sender_step() - put as much of the blob into its ring as there is room
 * @dev: device; the host link's thread only
 *
 * Return: true if there is more to send
 */
bool ivr_sender_step(struct ivr_device *dev);

#endif
