// SPDX-License-Identifier: GPL-2.0
/* command.c - what control clients say (ivr_msg.h) */
#include <errno.h>
#include <json-c/json.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "reader/command.h"
#include "reader/handover.h"
#include "reader/waiters.h"

static bool parse_u32(const char **text, uint32_t *value)
{
	unsigned long v;
	char *end;

	v = strtoul(*text, &end, 10);
	if (end == *text || **text == '-' || v > UINT32_MAX)
		return false;
	*text = end;
	*value = v;
	return true;
}

/* Refuse what only an attached reader can do; @key: of the answer */
static bool is_attached(struct session *s, struct ctl_client *c,
			const char *key)
{
	char why[64];

	if (s->state == SESSION_ATTACHED)
		return true;
	snprintf(why, sizeof(why), "not attached: %s",
		 session_state_name(s->state));
	waiters_reply(c, key, why);
	return false;
}

static void do_status(struct session *s, struct ctl_client *c, const char *arg)
{
	ctl_reply(c, session_status(s));
}

static void do_drain(struct session *s, struct ctl_client *c, const char *arg)
{
	uint32_t ms;

	if (!parse_u32(&arg, &ms) || *arg) {
		waiters_reply(c, "drained",
			      "drain needs a time in milliseconds");
	} else if (is_attached(s, c, "drained")) {
		flush_queue(c, ms, now_ms());
		s->att.work = true;
	}
}

static void do_order(struct session *s, struct ctl_client *c, const char *arg,
		     uint32_t op)
{
	uint32_t ms = 0, window = 0;
	bool good = parse_u32(&arg, &ms) && ms && ms <= IVR_LEASE_MAX_MS;

	if (good && op == IVR_OP_QUIESCE && *arg == ' ' && *++arg)
		good = parse_u32(&arg, &window);
	if (!good || *arg) {
		waiters_reply(c, "drained",
			      "needs a lease in milliseconds, at most an hour");
	} else if (is_attached(s, c, "drained")) {
		/* Whoever orders this knows that the VM is here. */
		s->att.moved_ms = 0;
		quiesce_order(&s->att.quiesce, c, op, ms, window, now_ms());
		s->att.work = true;
	}
}

static void do_quiesce(struct session *s, struct ctl_client *c, const char *arg)
{
	do_order(s, c, arg, IVR_OP_QUIESCE);
}

static void do_spill(struct session *s, struct ctl_client *c, const char *arg)
{
	do_order(s, c, arg, IVR_OP_SPILL);
}

static void do_resume(struct session *s, struct ctl_client *c, const char *arg)
{
	if (!is_attached(s, c, "resumed"))
		return;
	s->att.moved_ms = 0;
	quiesce_resume(&s->att.quiesce, c, now_ms());
	s->att.work = true;
}

static void do_moved(struct session *s, struct ctl_client *c, const char *arg)
{
	const char *why;

	session_set(s, handover_moved(s, &why));
	waiters_reply(c, "moved", why);
}

static void do_stop(struct session *s, struct ctl_client *c, const char *arg)
{
	struct json_object *o = json_object_new_object();

	json_put_bool(o, "stopping", true);
	ctl_reply(c, o);
	session_stop(s);
}

/**
 * struct command - one of them
 * @name: its word
 * @args: does it take any?
 * @run: do it; @c is answered, now or later
 */
struct command {
	const char *name;
	bool args;
	void (*run)(struct session *s, struct ctl_client *c, const char *arg);
};

static const struct command commands[] = {
	{ IVR_CTL_STATUS, false, do_status },
	{ IVR_CTL_DRAIN, true, do_drain },
	{ IVR_CTL_QUIESCE, true, do_quiesce },
	{ IVR_CTL_SPILL, true, do_spill },
	{ IVR_CTL_RESUME, false, do_resume },
	{ IVR_CTL_MOVED, false, do_moved },
	{ IVR_CTL_STOP, false, do_stop },
};

/* Return: what follows the word; NULL if the line is another command's */
static const char *arg_of(const struct command *cmd, const char *line)
{
	size_t n = strlen(cmd->name);

	if (strncmp(line, cmd->name, n))
		return NULL;
	if (cmd->args)
		return line[n] == ' ' ? line + n + 1 : NULL;
	return line[n] ? NULL : line + n;
}

static void command_line(struct ctl_client *c, const char *line)
{
	struct session *s = watch_owner(c->ctl, struct session, ctl);
	struct json_object *o;
	const char *arg;
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		arg = arg_of(&commands[i], line);
		if (arg) {
			commands[i].run(s, c, arg);
			return;
		}
	}
	o = json_object_new_object();
	json_put_text(
		o, "error",
		"unknown command: status, drain MS, quiesce MS, spill MS, resume, moved, stop");
	ctl_reply(c, o);
}

int command_listen(struct session *s)
{
	const char *path = s->conf->ctl;
	int ret = ctl_open(&s->ctl, path, command_line);

	if (ret == -EADDRINUSE)
		err("control socket %s: another reader answers there", path);
	else if (ret)
		err("control socket %s: %s: check --ctl", path, strerror(-ret));
	return ret;
}
