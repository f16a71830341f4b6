/* SPDX-License-Identifier: GPL-2.0 */
/* allowance.h - so many at once, and then one now and then */
#ifndef IVR_LIB_ALLOWANCE_H
#define IVR_LIB_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct allowance - a token bucket, for what a guest can cause
 * @most: at once
 * @every_ms: one more after this
 * @left: private: how many are left
 * @since_ms: private: when @left was true; 0: never, all are left
 */
struct allowance {
	uint32_t most;
	uint32_t every_ms;
	uint32_t left;
	uint64_t since_ms;
};

/**
 * allowance_take() - is there one more?
 * @a: allowance
 * @now_ms: of now_ms()
 *
 * Return: true, and it is used up; false
 */
static inline bool allowance_take(struct allowance *a, uint64_t now_ms)
{
	uint64_t more;

	if (!a->since_ms) {
		a->left = a->most;
		a->since_ms = now_ms;
	}
	more = (now_ms - a->since_ms) / a->every_ms;
	a->since_ms += more * a->every_ms;
	a->left = more < a->most - a->left ? a->left + (uint32_t)more : a->most;
	if (!a->left)
		return false;
	a->left--;
	return true;
}

/** allowance_ms() - until there is one more, after a refusal */
static inline uint64_t allowance_ms(const struct allowance *a, uint64_t now_ms)
{
	uint64_t at = a->since_ms + a->every_ms;

	return at > now_ms ? at - now_ms : 0;
}

#endif
