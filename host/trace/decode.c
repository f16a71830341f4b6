// SPDX-License-Identifier: GPL-2.0
/* decode.c - what a record says, by the formats of the guest's own kernel */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>

#include "lib/text.h"
#include "trace/decode.h"

/* 64 KiB of fields, and behind any of them 16 bits of offset and of length. */
#define FIELDS_MAX   65536
#define BUFFER_BYTES (4 * 65536)

/**
 * struct decoder - formats and the record at hand
 * @tep: libtraceevent
 * @plugins: loaded, or NULL
 * @seq: text at hand
 * @refused: bit per event id: do not decode
 * @any: there is at least one event format
 * @event: format of the record at hand, NULL if not known
 * @used: bytes of @data that may be other than zero
 * @data: the record, and zeros
 */
struct decoder {
	struct tep_handle *tep;
	struct tep_plugin_list *plugins;
	struct trace_seq seq;
	unsigned char refused[65536 / 8];
	bool any;
	struct tep_event *event;
	uint32_t used;
	unsigned char data[BUFFER_BYTES];
};

static char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

struct decoder *decoder_new(bool plugins)
{
	struct decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	tep_set_loglevel(TEP_LOG_NONE);
	d->tep = tep_alloc();
	if (!d->tep) {
		free(d);
		return NULL;
	}
	trace_seq_init(&d->seq);
	if (plugins)
		d->plugins = tep_load_plugins(d->tep);
	tep_set_page_size(d->tep, IVR_PAGE_SIZE);
	tep_set_long_size(d->tep, 8);
	tep_set_file_bigendian(d->tep, TEP_LITTLE_ENDIAN);
	tep_parse_header_page(d->tep, header_page, sizeof(header_page) - 1, 8);
	return d;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	trace_seq_destroy(&d->seq);
	if (d->plugins)
		tep_unload_plugins(d->plugins, d->tep);
	tep_free(d->tep);
	free(d);
}

/* libtraceevent wants texts that end with a NUL and have none inside. */
static char *text_of(const struct meta_item *it)
{
	return strndup(it->data, it->len);
}

static int learn_format(struct decoder *d, const struct meta_item *it,
			unsigned int *failed)
{
	char system[64] = "ftrace";
	char *text;
	size_t len;

	if (it->kind == IVR_META_EVENT) {
		if (meta_event_name(it, &len) || len >= sizeof(system))
			return 0;
		memcpy(system, it->name, len);
		system[len] = 0;
	}
	text = text_of(it);
	if (!text)
		return -ENOMEM;
	if (tep_parse_event(d->tep, text, strlen(text), system))
		++*failed;
	free(text);
	return 0;
}

/*
 * Lines `0xffffffff828195af : "text"`. libtraceevent's own parser reads beyond
 * lines that end early, and what takes single formats steps back from the end
 * of texts shorter than `"\n"`.
 */
static void learn_printk_line(struct decoder *d, char *line)
{
	unsigned long long address;
	char *text;

	address = strtoull(line, &text, 16);
	if (strncmp(text, " : \"", 4))
		return;
	text += 3;
	if (strlen(text) > 4)
		tep_register_print_string(d->tep, text, address);
}

static int learn_printk(struct decoder *d, const struct meta_item *it)
{
	char *text = text_of(it), *save = NULL, *line;

	if (!text)
		return -ENOMEM;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		learn_printk_line(d, line);
	free(text);
	return 0;
}

static int learn_symbols(struct decoder *d, const struct meta_item *it)
{
	char *text = text_of(it);

	if (!text)
		return -ENOMEM;
	tep_parse_kallsyms(d->tep, text);
	free(text);
	return 0;
}

static bool field_fits(const struct tep_format_field *f)
{
	return f->offset >= 0 && f->size >= 0 && f->offset < FIELDS_MAX &&
	       f->size <= FIELDS_MAX - f->offset;
}

static void refuse_wild_formats(struct decoder *d)
{
	struct tep_event *e;
	int i;

	for (i = 0; (e = tep_get_event(d->tep, i)); i++) {
		const struct tep_format_field *f;
		bool fits = true;

		for (f = e->format.common_fields; f; f = f->next)
			fits &= field_fits(f);
		for (f = e->format.fields; f; f = f->next)
			fits &= field_fits(f);
		d->any |= fits;
		if (!fits)
			d->refused[(e->id & 0xffff) / 8] |= 1u << (e->id % 8);
	}
}

int decoder_learn(struct decoder *d, const struct meta *m, uint32_t cpus,
		  struct findings *found)
{
	unsigned int failed = 0;
	int ret = 0;
	size_t i;

	tep_set_cpus(d->tep, cpus);
	for (i = 0; i < m->n && !ret; i++) {
		const struct meta_item *it = &m->items[i];

		if (it->kind == IVR_META_FTRACE || it->kind == IVR_META_EVENT)
			ret = learn_format(d, it, &failed);
		else if (it->kind == IVR_META_PRINTK)
			ret = learn_printk(d, it);
		else if (it->kind == IVR_META_KALLSYMS)
			ret = learn_symbols(d, it);
	}
	if (!ret && m->comms_len)
		tep_parse_saved_cmdlines(d->tep, m->comms);
	if (failed)
		found_note(found,
			   "%u event formats cannot be fully parsed; "
			   "those events are shown by their fields",
			   failed);
	refuse_wild_formats(d);
	return ret;
}

static void set_record(struct decoder *d, const struct record *r)
{
	memset(d->data, 0, d->used);
	memcpy(d->data, r->data, r->size);
	d->used = r->size;
}

static const char *strip_newlines(const char *text, size_t *len)
{
	*len = strlen(text);
	while (*len && text[*len - 1] == '\n')
		--*len;
	return text;
}

static void decode_event(struct decoder *d, struct tep_record *rec,
			 struct decoded *out)
{
	const char *comm, *info;
	size_t len;

	out->pid = tep_data_pid(d->tep, rec);
	comm = tep_data_comm_from_pid(d->tep, out->pid);
	text_clean(out->comm, sizeof(out->comm), comm, strlen(comm));
	text_clean(out->system, sizeof(out->system), d->event->system,
		   strlen(d->event->system));
	text_clean(out->event, sizeof(out->event), d->event->name,
		   strlen(d->event->name));
	trace_seq_reset(&d->seq);
	tep_print_event(d->tep, &d->seq, rec, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&d->seq);
	info = strip_newlines(d->seq.buffer, &len);
	text_clean(out->info, sizeof(out->info), info, len);
}

void decode(struct decoder *d, const struct record *r, struct decoded *out)
{
	struct tep_record rec = {
		.ts = r->ts,
		.cpu = r->ring,
		.size = r->size,
		.record_size = r->size,
		.data = d->data,
	};
	uint16_t id;

	set_record(d, r);
	memcpy(&id, d->data, sizeof(id));
	d->event = d->any ? tep_find_event_by_record(d->tep, &rec) : NULL;
	if (d->event && d->refused[id / 8] & (1u << (id % 8)))
		d->event = NULL;
	if (d->event) {
		decode_event(d, &rec, out);
		return;
	}
	strcpy(out->comm, "<...>");
	out->pid = -1;
	*out->system = 0;
	strcpy(out->event, "unknown");
	snprintf(out->info, sizeof(out->info), "event id %u, %u bytes", id,
		 r->size);
}

static struct json_object *clean_string(const char *text, size_t len)
{
	char clean[DECODE_INFO_MAX];

	text_clean(clean, sizeof(clean), text, len);
	return json_object_new_string(clean);
}

static struct json_object *field_value(struct decoder *d,
				       struct tep_format_field *f)
{
	unsigned long long v;

	if (f->flags & TEP_FIELD_IS_STRING && f->flags & TEP_FIELD_IS_DYNAMIC) {
		if (f->size != 4)
			return NULL;
		v = tep_read_number(d->tep, d->data + f->offset, 4);
		if (f->flags & TEP_FIELD_IS_RELATIVE)
			v += f->offset + f->size;
		return clean_string((char *)d->data + (v & 0xffff),
				    v >> 16 & 0xffff);
	}
	if (f->flags & TEP_FIELD_IS_STRING)
		return clean_string((char *)d->data + f->offset, f->size);
	if (f->flags & TEP_FIELD_IS_ARRAY ||
	    tep_read_number_field(f, d->data, &v))
		return NULL;
	if (!(f->flags & TEP_FIELD_IS_SIGNED))
		return json_object_new_uint64(v);
	if (f->size < 8)
		v = (int64_t)(v << (64 - 8 * f->size)) >> (64 - 8 * f->size);
	return json_object_new_int64(v);
}

struct json_object *decode_fields(struct decoder *d)
{
	struct json_object *o = json_object_new_object();
	struct tep_format_field *f = d->event ? d->event->format.fields : NULL;

	for (; f; f = f->next) {
		struct json_object *v = field_value(d, f);
		char name[64];

		if (!v)
			continue;
		text_clean(name, sizeof(name), f->name, strlen(f->name));
		json_object_object_add(o, name, v);
	}
	return o;
}
