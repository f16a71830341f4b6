// SPDX-License-Identifier: GPL-2.0
/* json.c - what json-c leaves to be written again at each use */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"

void json_put_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key,
			       text ? json_object_new_string(text) : NULL);
}

void json_put_clean(struct json_object *o, const char *key, const char *text)
{
	size_t len = strlen(text);
	char *clean = malloc(len + 1);

	if (clean)
		text_clean(clean, len + 1, text, len);
	json_put_text(o, key, clean);
	free(clean);
}

void json_put_u64(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

void json_put_hex(struct json_object *o, const char *key, uint64_t v)
{
	char text[17];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)v);
	json_put_text(o, key, text);
}

void json_put_bool(struct json_object *o, const char *key, bool v)
{
	json_object_object_add(o, key, json_object_new_boolean(v));
}

const char *json_line(struct json_object *o)
{
	return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
}

void json_print(struct json_object *o)
{
	puts(json_line(o));
}

struct json_object *json_child(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	if (json_object_is_type(o, json_type_object))
		json_object_object_get_ex(o, key, &v);
	return v;
}

const char *json_text(struct json_object *o, const char *key,
		      const char *otherwise)
{
	struct json_object *v = json_child(o, key);

	return json_object_is_type(v, json_type_string) ?
		       json_object_get_string(v) :
		       otherwise;
}

uint64_t json_u64(struct json_object *o, const char *key)
{
	return json_object_get_uint64(json_child(o, key));
}

bool json_true(struct json_object *o, const char *key)
{
	return json_object_get_boolean(json_child(o, key));
}

struct json_object *json_parse_object(const char *text)
{
	struct json_object *o = json_tokener_parse(text);

	if (json_object_is_type(o, json_type_object))
		return o;
	json_object_put(o);
	return NULL;
}
