/* SPDX-License-Identifier: GPL-2.0 */
/* findings.h - what was found wrong in a store, for people and for --json */
#ifndef IVR_STORE_FINDINGS_H
#define IVR_STORE_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More lines than this help nobody, and the guest can cause any number. */
#define FINDINGS_MAX 64

/**
 * struct finding - one line
 * @text: what, where, what to do; owned by the list
 * @bad: an error; otherwise only good to know
 */
struct finding {
	char *text;
	bool bad;
};

/**
 * struct findings - the list; all zero is an empty one
 * @list: the first FINDINGS_MAX
 * @n: how many are in @list
 * @bad: how many errors there were, those not in @list too
 * @unlisted: how many lines were not kept
 * @said: how many of @list findings_say() has printed
 */
struct findings {
	struct finding list[FINDINGS_MAX];
	size_t n;
	uint64_t bad;
	uint64_t unlisted;
	size_t said;
};

/** found_bad() - add an error */
void found_bad(struct findings *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** found_note() - add a remark */
void found_note(struct findings *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** findings_say() - print, as warnings, what was not printed before */
void findings_say(struct findings *f);

/** findings_free() - forget everything */
void findings_free(struct findings *f);

#endif
