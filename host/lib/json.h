/* SPDX-License-Identifier: GPL-2.0 */
/* json.h - what json-c leaves to be written again at each use */
#ifndef IVR_LIB_JSON_H
#define IVR_LIB_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/** json_put_text() - @text NULL: null */
void json_put_text(struct json_object *o, const char *key, const char *text);

/** json_put_clean() - the same, of text from a guest, see text_clean() */
void json_put_clean(struct json_object *o, const char *key, const char *text);

/** json_put_u64() - a number */
void json_put_u64(struct json_object *o, const char *key, uint64_t v);

/** json_put_hex() - 16 hex digits, as text */
void json_put_hex(struct json_object *o, const char *key, uint64_t v);

/** json_put_bool() - true or false */
void json_put_bool(struct json_object *o, const char *key, bool v);

/** json_line() - without a line break in it; lives as long as @o */
const char *json_line(struct json_object *o);

/** json_print() - json_line() to standard output, and a line break */
void json_print(struct json_object *o);

/**
 * json_child() - value of a key
 * @o: object, anything else, or NULL
 * @key: name
 *
 * Return: the value, still owned by @o, or NULL
 */
struct json_object *json_child(struct json_object *o, const char *key);

/**
 * json_text() - string of a key, whatever else comes
 * @o: as for json_child()
 * @key: name
 * @otherwise: returned if it is not there or no string
 *
 * Return: text that lives as long as @o
 */
const char *json_text(struct json_object *o, const char *key,
		      const char *otherwise);

/** json_u64() - number of a key; 0 if it is not there or none */
uint64_t json_u64(struct json_object *o, const char *key);

/** json_true() - is it there, and true? */
bool json_true(struct json_object *o, const char *key);

/**
 * json_parse_object() - one JSON object
 * @text: text
 *
 * Return: the object, the caller's; NULL if the text is anything else
 */
struct json_object *json_parse_object(const char *text);

#endif
