// SPDX-License-Identifier: GPL-2.0
/* text.c - text from a guest, made harmless for terminals and JSON */
#include <stdio.h>

#include "lib/text.h"

/*
 * Bytes of the UTF-8 character at @s, 0 if there is none. By RFC 3629: no
 * overlong forms, no surrogates, nothing above U+10FFFF; and no C1 control
 * characters (U+0080 to U+009F), because terminals obey those too.
 */
static size_t utf8_len(const unsigned char *s, size_t left)
{
	unsigned int min = 0x80, max = 0xbf;
	size_t len;
	size_t i;

	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (len > left)
		return 0;
	if (s[0] == 0xc2 || s[0] == 0xe0)
		min = 0xa0;
	else if (s[0] == 0xf0)
		min = 0x90;
	if (s[0] == 0xed)
		max = 0x9f;
	else if (s[0] == 0xf4)
		max = 0x8f;
	if (s[1] < min || s[1] > max)
		return 0;
	for (i = 2; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

size_t text_clean(char *out, size_t size, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = 0, i = 0;

	while (i < len && s[i] && n + 1 < size) {
		size_t bytes = s[i] < 0x80 ? 1 : utf8_len(s + i, len - i);

		if (bytes > size - 1 - n)
			break;
		if (bytes <= 1) {
			out[n++] = s[i] == '\t' ? ' ' :
				   !bytes || s[i] < ' ' || s[i] == 0x7f ?
						  '?' :
						  (char)s[i];
			i++;
			continue;
		}
		while (bytes--)
			out[n++] = s[i++];
	}
	out[n] = 0;
	return n;
}

void text_hex(char *buf, const uint8_t *bytes, size_t n)
{
	size_t i;

	buf[0] = 0;
	for (i = 0; i < n; i++)
		sprintf(buf + 2 * i, "%02x", bytes[i]);
}
