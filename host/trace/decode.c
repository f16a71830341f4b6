// SPDX-License-Identifier: GPL-2.0
/* decode.c - what a record says, by the formats of the guest's own kernel */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>

#include "trace/decode.h"

/* 64 KiB of fields, and behind any of them 16 bits of offset and of length. */
#define FIELDS_MAX   65536
#define BUFFER_BYTES (4 * 65536)

/**
 * enum known - what is known of an event id
 * @KNOWN_NOT: no record had it yet
 * @KNOWN_WHOLE: parsed
 * @KNOWN_PARTLY: parsed, but for its print format
 * @KNOWN_REFUSED: no format, or one that cannot be
 */
enum known { KNOWN_NOT, KNOWN_WHOLE, KNOWN_PARTLY, KNOWN_REFUSED };

/**
 * struct decoder - formats and the record at hand
 * @tep: libtraceevent
 * @meta: where formats come from
 * @formats: its index
 * @seq: text at hand
 * @known: enum known of each event id
 * @used: bytes of @data that may be other than zero
 * @data: the record, and zeros
 */
struct decoder {
	struct tep_handle *tep;
	const struct meta *meta;
	const struct formats *formats;
	struct trace_seq seq;
	unsigned char known[FORMAT_IDS];
	uint32_t used;
	unsigned char data[BUFFER_BYTES];
};

static char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

/*
 * struct trace_entry of the kernel. libtraceevent takes the places of these
 * fields from the event with the lowest id, once; so that event is ours.
 */
static const char common_format[] =
	"name: ivring_common\nID: 0\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"print fmt: \"\"\n";

static void fix_common_fields(struct decoder *d)
{
	struct tep_record none = { .data = d->data, .size = 8 };

	tep_parse_event(d->tep, common_format, sizeof(common_format) - 1,
			"ivring");
	tep_data_type(d->tep, &none);
	tep_data_pid(d->tep, &none);
	tep_data_flags(d->tep, &none);
	tep_data_preempt_count(d->tep, &none);
}

struct decoder *decoder_new(const struct meta *m, const struct formats *f,
			    uint32_t cpus)
{
	struct decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->meta = m;
	d->formats = f;
	tep_set_loglevel(TEP_LOG_NONE);
	d->tep = tep_alloc();
	if (!d->tep) {
		free(d);
		return NULL;
	}
	trace_seq_init(&d->seq);
	tep_set_cpus(d->tep, cpus);
	tep_set_page_size(d->tep, IVR_PAGE_SIZE);
	tep_set_long_size(d->tep, 8);
	tep_set_file_bigendian(d->tep, TEP_LITTLE_ENDIAN);
	tep_parse_header_page(d->tep, header_page, sizeof(header_page) - 1, 8);
	fix_common_fields(d);
	return d;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	trace_seq_destroy(&d->seq);
	tep_free(d->tep);
	free(d);
}

/* libtraceevent wants texts that end with a NUL and have none inside. */
static char *text_of(const struct meta_item *it)
{
	return strndup(it->data, it->len);
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

static int learn_kallsyms(struct decoder *d, const struct meta_item *it)
{
	char *text = text_of(it);

	if (!text)
		return -ENOMEM;
	tep_parse_kallsyms(d->tep, text);
	free(text);
	return 0;
}

int decoder_learn_symbols(struct decoder *d)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < d->meta->n && !ret; i++) {
		const struct meta_item *it = &d->meta->items[i];

		if (it->kind == IVR_META_PRINTK)
			ret = learn_printk(d, it);
		else if (it->kind == IVR_META_KALLSYMS)
			ret = learn_kallsyms(d, it);
	}
	return ret;
}

void decoder_learn_comms(struct decoder *d)
{
	if (d->meta->comms_len)
		tep_parse_saved_cmdlines(d->tep, d->meta->comms);
}

static bool field_fits(const struct tep_format_field *f)
{
	return f->offset >= 0 && f->size >= 0 && f->offset < FIELDS_MAX &&
	       f->size <= FIELDS_MAX - f->offset;
}

static bool fields_fit(const struct tep_event *e)
{
	const struct tep_format_field *f;

	for (f = e->format.common_fields; f; f = f->next)
		if (!field_fits(f))
			return false;
	for (f = e->format.fields; f; f = f->next)
		if (!field_fits(f))
			return false;
	return true;
}

static enum known parse_format(struct decoder *d, uint16_t id)
{
	const struct meta_item *it = formats_find(d->formats, d->meta, id);
	char system[64] = "ftrace";
	struct tep_event *e;
	char *text;
	size_t len;
	int ret;

	if (!it)
		return KNOWN_REFUSED;
	if (it->kind == IVR_META_EVENT) {
		if (meta_event_name(it, &len) || len >= sizeof(system))
			return KNOWN_REFUSED;
		memcpy(system, it->name, len);
		system[len] = 0;
	}
	text = text_of(it);
	if (!text)
		return KNOWN_REFUSED;
	ret = tep_parse_event(d->tep, text, strlen(text), system);
	free(text);
	e = tep_find_event(d->tep, id);
	if (!e || !fields_fit(e))
		return KNOWN_REFUSED;
	return ret ? KNOWN_PARTLY : KNOWN_WHOLE;
}

static struct tep_event *find_event(struct decoder *d, uint16_t id)
{
	if (d->known[id] == KNOWN_NOT)
		d->known[id] = id ? parse_format(d, id) : KNOWN_REFUSED;
	return d->known[id] == KNOWN_REFUSED ? NULL :
					       tep_find_event(d->tep, id);
}

static void set_record(struct decoder *d, const struct record *r)
{
	memset(d->data, 0, d->used);
	memcpy(d->data, r->data, r->size);
	d->used = r->size;
}

static void copy_text(char *to, size_t room, const char *text)
{
	snprintf(to, room, "%s", text ? text : "");
}

static void put_field(struct decoded *out, enum field_kind kind,
		      const char *name, const void *value, size_t len)
{
	struct field_head h = { .kind = kind };
	unsigned char *to = out->fields + out->fields_len;
	size_t name_len = strlen(name);

	h.name_len = name_len < UINT8_MAX ? name_len : UINT8_MAX;
	h.value_len = len < UINT16_MAX ? len : UINT16_MAX;
	if (sizeof(h) + h.name_len + h.value_len >
	    sizeof(out->fields) - out->fields_len)
		return;
	memcpy(to, &h, sizeof(h));
	memcpy(to + sizeof(h), name, h.name_len);
	memcpy(to + sizeof(h) + h.name_len, value, h.value_len);
	out->fields_len += sizeof(h) + h.name_len + h.value_len;
}

static void put_text(struct decoded *out, const char *name, const void *text,
		     size_t len)
{
	put_field(out, FIELD_TEXT, name, text, strnlen(text, len));
}

static void put_dynamic(struct decoder *d, const struct tep_format_field *f,
			struct decoded *out)
{
	unsigned long long v;

	if (f->size != 4)
		return;
	v = tep_read_number(d->tep, d->data + f->offset, 4);
	if (f->flags & TEP_FIELD_IS_RELATIVE)
		v += f->offset + f->size;
	put_text(out, f->name, d->data + (v & 0xffff), v >> 16 & 0xffff);
}

static void put_number(const struct decoder *d, struct tep_format_field *f,
		       struct decoded *out)
{
	bool is_signed = f->flags & TEP_FIELD_IS_SIGNED;
	unsigned long long v;
	int64_t s;

	if (f->flags & TEP_FIELD_IS_ARRAY ||
	    tep_read_number_field(f, d->data, &v))
		return;
	s = (int64_t)v;
	if (is_signed && f->size > 0 && f->size < 8)
		s = (int64_t)(v << (64 - 8 * f->size)) >> (64 - 8 * f->size);
	put_field(out, is_signed ? FIELD_SIGNED : FIELD_UNSIGNED, f->name, &s,
		  sizeof(s));
}

static void put_fields(struct decoder *d, const struct tep_event *e,
		       struct decoded *out)
{
	struct tep_format_field *f;

	for (f = e->format.fields; f; f = f->next) {
		bool text = f->flags & TEP_FIELD_IS_STRING;

		if (text && f->flags & TEP_FIELD_IS_DYNAMIC)
			put_dynamic(d, f, out);
		else if (text)
			put_text(out, f->name, d->data + f->offset, f->size);
		else
			put_number(d, f, out);
	}
}

static void decode_event(struct decoder *d, const struct tep_event *e,
			 struct tep_record *rec, struct decoded *out)
{
	out->pid = tep_data_pid(d->tep, rec);
	copy_text(out->comm, sizeof(out->comm),
		  tep_data_comm_from_pid(d->tep, out->pid));
	copy_text(out->system, sizeof(out->system), e->system);
	copy_text(out->event, sizeof(out->event), e->name);
	trace_seq_reset(&d->seq);
	tep_print_event(d->tep, &d->seq, rec, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&d->seq);
	copy_text(out->info, sizeof(out->info), d->seq.buffer);
	put_fields(d, e, out);
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
	const struct tep_event *e;
	uint16_t id;

	set_record(d, r);
	memcpy(&id, d->data, sizeof(id));
	out->fields_len = 0;
	e = find_event(d, id);
	out->result = !e			   ? DECODE_UNKNOWN :
		      d->known[id] == KNOWN_PARTLY ? DECODE_PARTLY :
						     DECODE_WHOLE;
	if (e)
		decode_event(d, e, &rec, out);
}
