/* SPDX-License-Identifier: GPL-2.0 */
/* ctl_client.h - ask the reader of a VM, see "People to reader" in ivr_msg.h */
#ifndef IVR_LIB_CTL_CLIENT_H
#define IVR_LIB_CTL_CLIENT_H

#include <json-c/json.h>
#include <stdint.h>

/**
 * ctl_ask() - send one line to the reader and parse the answer
 * @vm: name of the VM
 * @request: "status", "drain 500" or "stop", without newline
 * @deadline: of now_ms()
 * @reply: set to the answer, to be freed with json_object_put()
 *
 * Never blocks longer, whatever the other side does.
 *
 * Return: 0; -ENOENT or -ECONNREFUSED: no reader; -ETIME: none answered in
 * time; -EPROTO: the answer is no JSON object; negative errno
 */
int ctl_ask(const char *vm, const char *request, uint64_t deadline,
	    struct json_object **reply);

/**
 * ctl_fault() - a negative return of ctl_ask() in words
 * @rc: the return
 *
 * Return: a sentence about the reader, without full stop
 */
const char *ctl_fault(int rc);

/**
 * json_text() - string of a key in a JSON object, whatever else comes
 * @obj: object or NULL
 * @key: name
 * @otherwise: returned if it is not there or no string
 *
 * Return: text that lives as long as @obj
 */
const char *json_text(struct json_object *obj, const char *key,
		      const char *otherwise);

/**
 * json_child() - object or array of a key
 * @obj: object or NULL
 * @key: name
 *
 * Return: the value, still owned by @obj, or NULL
 */
struct json_object *json_child(struct json_object *obj, const char *key);

#endif
