/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ivr_meta.h - the metadata blob: event formats, names, symbols
 *
 * A page of events means nothing without the formats of the kernel that wrote
 * it. ivring-meta (guest) makes the blob from tracefs and hands it to the
 * module with IVR_IOC_META; the module keeps it and sends it through the
 * metadata ring to every reader that attaches; the reader stores those pages
 * unread; the exporter parses them. The module and the reader never look
 * inside.
 *
 * The blob is a struct ivr_meta_head and then items, each a struct
 * ivr_meta_item, name_len bytes of name (no NUL), data_len bytes of data, and
 * zeros up to a multiple of 8. All numbers are little endian.
 */
#ifndef IVR_META_H
#define IVR_META_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "ivr_version.h"

#define IVR_META_MAGIC 0x4154454d52564900ULL /* "\0IVRMETA" */
/* Of this text; a parser of which version it needs; the oldest one that we read */
#define IVR_META_VERSION 1
#define IVR_META_PARSER	 1
#define IVR_META_OLDEST	 1
/* Formats of all events of a 6.12 kernel are about 2 MiB, kallsyms 12. */
#define IVR_META_MAX_BYTES (32u << 20)

/**
 * struct ivr_meta_head - start of the blob
 * @magic: IVR_META_MAGIC
 * @version: IVR_VERSION_WORD(IVR_META_VERSION, IVR_META_PARSER)
 * @items: number of items that follow
 */
struct ivr_meta_head {
	__u64 magic;
	__u32 version;
	__u32 items;
};

/**
 * enum ivr_meta_kind - what an item holds; files are those of tracefs
 * @IVR_META_HEADER_PAGE: events/header_page
 * @IVR_META_HEADER_EVENT: events/header_event
 * @IVR_META_FTRACE: events/ftrace/<name>/format, name is the event
 * @IVR_META_EVENT: events/<system>/<event>/format, name is "system/event"
 * @IVR_META_PRINTK: printk_formats
 * @IVR_META_CMDLINES: saved_cmdlines
 * @IVR_META_KALLSYMS: /proc/kallsyms, only on request
 * @IVR_META_UNAME: text, "key value" lines: sysname, release, version, machine
 * @IVR_META_CLOCK: name of the trace clock that stamps the records
 */
enum ivr_meta_kind {
	IVR_META_HEADER_PAGE = 1,
	IVR_META_HEADER_EVENT,
	IVR_META_FTRACE,
	IVR_META_EVENT,
	IVR_META_PRINTK,
	IVR_META_CMDLINES,
	IVR_META_KALLSYMS,
	IVR_META_UNAME,
	IVR_META_CLOCK,
};

/** struct ivr_meta_item - header of one item */
struct ivr_meta_item {
	__u32 kind;
	__u32 name_len;
	__u64 data_len;
};

IVR_AT(ivr_meta_item, data_len, 8);

/**
 * struct ivr_meta_push - argument of IVR_IOC_META on /dev/ivring
 * @addr: user address of the blob
 * @len: its length, at most IVR_META_MAX_BYTES
 *
 * Needs CAP_SYS_ADMIN. Replaces the blob the module holds. Errors: EPERM,
 * EFAULT, EINVAL (empty or not a blob), EFBIG, ENOMEM.
 */
struct ivr_meta_push {
	__u64 addr;
	__u64 len;
};

#define IVR_IOC_META _IOW('I', 0xf0, struct ivr_meta_push)

/** IVR_DEVICE - the character device: one write is one record */
#define IVR_DEVICE "ivring"

#endif /* IVR_META_H */
