/* SPDX-License-Identifier: GPL-2.0 */
/* text.h - bytes as text; text from a guest, made harmless for terminals and JSON */
#ifndef IVR_LIB_TEXT_H
#define IVR_LIB_TEXT_H

#include <stddef.h>
#include <stdint.h>

/**
 * text_clean() - copy text so that it can be printed
 * @out: the copy, terminated
 * @size: room in @out, at least 1
 * @text: what the guest wrote
 * @len: its length; the copy ends at a NUL
 *
 * Control characters (a terminal obeys them) and what is not UTF-8 (JSON does
 * not allow it) become '?'; a tab becomes a blank.
 *
 * Return: length of the copy
 */
size_t text_clean(char *out, size_t size, const char *text, size_t len);

/** text_hex() - print bytes in hex; @buf has room for 2 * @n + 1 */
void text_hex(char *buf, const uint8_t *bytes, size_t n);

#endif
