// SPDX-License-Identifier: GPL-2.0
/* store_write.c - the directory of one VM's trace on this host */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lib/text.h"
#include "store/host_down.h"
#include "store/leg_text.h"
#include "store/names.h"
#include "store/store_write.h"

#define STORE_MODE 0750
#define LOCK_FILE  ".lock"

int store_init(struct store *s, const char *path)
{
	*s = (struct store) { .fd = -1, .lock = -1 };
	store_sync_init(&s->sync);
	if (strlen(path) >= sizeof(s->path))
		return -ENAMETOOLONG;
	strcpy(s->path, path);
	return 0;
}

int write_at(int fd, const void *buf, size_t len, uint64_t at)
{
	const char *p = buf;
	ssize_t n;

	while (len) {
		n = pwrite(fd, p, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -ENOSPC;
		p += n;
		at += n;
		len -= n;
	}
	return 0;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n > k && !strcmp(name + n - k, suffix);
}

static uint64_t file_size(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : (uint64_t)st.st_size;
}

/* Cut a file to whole entries, and to at most @limit of them */
static int cut_file(int dirfd, const char *name, uint64_t entry, uint64_t limit,
		    uint64_t *entries)
{
	int fd = openat(dirfd, name,
			O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint64_t size, keep;
	int ret = 0;

	*entries = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	size = file_size(fd);
	keep = size / entry < limit ? size / entry : limit;
	if (size != keep * entry) {
		if (ftruncate(fd, keep * entry))
			ret = -errno;
		else
			info("%s: cut from %llu to %llu bytes", name,
			     (unsigned long long)size,
			     (unsigned long long)(keep * entry));
	}
	*entries = keep;
	close(fd);
	return ret;
}

static int tidy_ring_file(int leg, const char *desc)
{
	char pages[NAME_MAX + 8];
	uint64_t ndesc, npages;
	size_t base = strlen(desc) - strlen(".desc");
	int ret;

	snprintf(pages, sizeof(pages), "%.*s.pages", (int)base, desc);
	ret = cut_file(leg, desc, sizeof(struct ivr_desc), UINT64_MAX, &ndesc);
	if (!ret)
		ret = cut_file(leg, pages, IVR_PAGE_SIZE, ndesc, &npages);
	if (!ret && npages < ndesc)
		ret = cut_file(leg, desc, sizeof(struct ivr_desc), npages,
			       &ndesc);
	return ret;
}

static int tidy_leg(const struct store *s)
{
	int leg = openat(s->fd, s->newest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *e;
	uint64_t n;
	DIR *list;
	int ret;

	if (leg < 0)
		return -errno;
	ret = cut_file(leg, IVR_STORE_MARKS_FILE, sizeof(struct ivr_store_mark),
		       UINT64_MAX, &n);
	if (!ret)
		ret = cut_file(leg, IVR_STORE_CLOCK_FILE,
			       sizeof(struct ivr_store_clock), UINT64_MAX, &n);
	list = ret ? NULL : file_list(leg, ".");
	while (list && !ret && (e = readdir(list)))
		if (has_suffix(e->d_name, ".desc"))
			ret = tidy_ring_file(leg, e->d_name);
	if (list)
		closedir(list);
	close(leg);
	return ret;
}

void store_discard(const struct store *s, const char *draft)
{
	static const char *const files[] = {
		IVR_STORE_LEG_FILE,
		IVR_STORE_MARKS_FILE,
		IVR_STORE_CLOCK_FILE,
	};
	int dir = openat(s->fd, draft, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t i;

	if (dir < 0)
		return;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlinkat(dir, files[i], 0);
	close(dir);
	if (unlinkat(s->fd, draft, AT_REMOVEDIR))
		warn("%s: cannot remove the rest of a leg: %s", draft,
		     strerror(errno));
}

void store_added(struct store *s, uint32_t number, const char *name)
{
	s->legs++;
	if (number < s->number)
		return;
	s->number = number;
	snprintf(s->newest, sizeof(s->newest), "%s", name);
}

static int scan_legs(struct store *s)
{
	struct dirent *e;
	uint32_t number;
	DIR *list;

	s->legs = 0;
	s->number = 0;
	s->newest[0] = 0;
	list = file_list(s->fd, ".");
	if (!list)
		return -errno;
	while ((e = readdir(list))) {
		if (name_is_leg(e->d_name, &number))
			store_added(s, number, e->d_name);
		else if (name_is_draft(e->d_name))
			store_discard(s, e->d_name);
	}
	closedir(list);
	return 0;
}

/* -ESTALE: others might have had the file open; it was removed */
static int lock_file(struct store *s)
{
	const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
			  O_NONBLOCK;
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat st, dir;

	s->lock = openat(s->fd, LOCK_FILE, flags, 0600);
	if (s->lock < 0)
		return -errno;
	if (fstat(s->lock, &st))
		return -errno;
	if (st.st_mode & 077 || fstat(s->fd, &dir) ||
	    (st.st_uid != dir.st_uid && st.st_uid != geteuid())) {
		close(s->lock);
		s->lock = -1;
		return unlinkat(s->fd, LOCK_FILE, 0) ? -errno : -ESTALE;
	}
	if (!fcntl(s->lock, F_OFD_SETLK, &l))
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

/* A lock on the directory could be taken by anybody who may read it. */
static int lock_store(struct store *s)
{
	int ret = lock_file(s);

	return ret == -ESTALE ? lock_file(s) : ret;
}

int store_open(struct store *s)
{
	int ret = path_make_dir(s->path, STORE_MODE);

	if (ret)
		return ret;
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0)
		return -errno;
	ret = lock_store(s);
	if (!ret)
		ret = scan_legs(s);
	if (!ret && s->newest[0])
		ret = tidy_leg(s);
	if (!ret && s->newest[0])
		ret = host_down_end_leg(s);
	if (!ret)
		quota_count(&s->quota, s->fd);
	if (ret)
		store_close(s);
	return ret;
}

void store_close(struct store *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->lock >= 0)
		close(s->lock);
	s->fd = -1;
	s->lock = -1;
}

static int give_leg(int dir, const char *name, uid_t uid, gid_t gid)
{
	int leg = openat(dir, name,
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *list = leg < 0 ? NULL : file_list(leg, ".");
	int ret = list ? 0 : -errno;
	struct dirent *e;

	while (list && !ret && (e = readdir(list)))
		if (e->d_name[0] != '.' &&
		    fchownat(leg, e->d_name, uid, gid, AT_SYMLINK_NOFOLLOW))
			ret = -errno;
	if (!ret && fchown(leg, uid, gid))
		ret = -errno;
	if (list)
		closedir(list);
	if (leg >= 0)
		close(leg);
	return ret;
}

int store_give(const struct store *s, uid_t uid, gid_t gid)
{
	if (s->fd < 0)
		return 0;
	if (fchown(s->fd, uid, gid) || fchown(s->lock, uid, gid))
		return -errno;
	return s->newest[0] ? give_leg(s->fd, s->newest, uid, gid) : 0;
}

bool store_is_there(const struct store *s)
{
	struct stat st;

	return s->fd >= 0 && !fstat(s->fd, &st) && st.st_nlink > 0;
}

/* The newest file of each ring that holds a descriptor */
static int find_last_files(int leg, struct store_last *last, uint32_t nrings)
{
	uint32_t ring, file;
	struct dirent *e;
	struct stat st;
	DIR *list = file_list(leg, ".");

	if (!list)
		return -errno;
	while ((e = readdir(list))) {
		if (!name_is_desc(e->d_name, nrings, &ring, &file))
			continue;
		if (ring > nrings || fstatat(leg, e->d_name, &st, 0) ||
		    st.st_size < (off_t)sizeof(struct ivr_desc))
			continue;
		if (last[ring].found && last[ring].file > file)
			continue;
		last[ring].found = true;
		last[ring].file = file;
	}
	closedir(list);
	return 0;
}

static int read_last(int leg, struct store_last *last, uint32_t ring,
		     uint32_t nrings)
{
	char name[FILE_NAME_MAX];
	ssize_t n;
	int fd;

	name_ring_file(name, ring, nrings, last->file, ".desc");
	fd = openat(leg, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = pread(fd, &last->desc, sizeof(last->desc),
		  file_size(fd) / sizeof(last->desc) * sizeof(last->desc) -
			  sizeof(last->desc));
	close(fd);
	return n == sizeof(last->desc) ? 0 : -EIO;
}

int store_last(const struct store *s, const uint8_t stream[16],
	       struct store_last *last, uint32_t nrings)
{
	char fault[LEG_TEXT_FAULT], hex[STORE_STREAM_HEX];
	struct leg_text was;
	uint32_t ring;
	int leg, ret;

	memset(last, 0, (nrings + 1) * sizeof(*last));
	if (!s->newest[0])
		return -ENOENT;
	leg = openat(s->fd, s->newest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (leg < 0)
		return -errno;
	ret = leg_text_read(&was, leg, fault);
	text_hex(hex, stream, 16);
	if (!ret && strcmp(was.stream, hex))
		ret = -ENOENT;
	if (!ret)
		ret = find_last_files(leg, last, nrings);
	for (ring = 0; !ret && ring <= nrings; ring++)
		if (last[ring].found)
			ret = read_last(leg, &last[ring], ring, nrings);
	close(leg);
	if (ret)
		memset(last, 0, (nrings + 1) * sizeof(*last));
	return ret;
}
