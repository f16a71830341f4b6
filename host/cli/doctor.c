// SPDX-License-Identifier: GPL-2.0
/* doctor.c - a finding of `ivring doctor`, as text or JSON */
#include <stdarg.h>
#include <stdio.h>

#include "cli/doctor.h"
#include "lib/json.h"

static const char *const level_names[] = DOCTOR_LEVEL_NAMES;

_Static_assert(sizeof(level_names) / sizeof(level_names[0]) == DOCTOR_LEVELS,
	       "a name for each level");

void doctor_say(struct doctor *d, enum doctor_level level, const char *vm,
		const char *todo, const char *fmt, ...)
{
	struct json_object *o;
	char what[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	d->failed += level == DOCTOR_FAIL;
	if (!d->list) {
		printf("%-4s  %s%s%s%s%s%s\n", level_names[level],
		       vm ? "VM " : "", vm ? vm : "", vm ? ": " : "", what,
		       todo ? " \342\200\224 " : "", todo ? todo : "");
		return;
	}
	o = json_object_new_object();
	json_put_text(o, "level", level_names[level]);
	json_put_text(o, "vm", vm);
	json_put_text(o, "what", what);
	json_put_text(o, "todo", todo);
	json_object_array_add(d->list, o);
}
