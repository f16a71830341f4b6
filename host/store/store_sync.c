// SPDX-License-Identifier: GPL-2.0
/* store_sync.c - what was stored reaches the disk, and nobody waits for it */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/array.h"
#include "store/store_sync.h"

void store_sync_init(struct store_sync *s)
{
	memset(s, 0, sizeof(*s));
	s->done = -1;
}

/* Syncs and closes; the first error counts. */
static int sync_all(struct sync_list *l)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (fsync(l->fd[i]) && !ret)
			ret = -errno;
		close(l->fd[i]);
	}
	l->n = 0;
	return ret;
}

static int sync_lists(struct sync_list *lists)
{
	int ret = 0, one;
	int i;

	for (i = 0; i < SYNC_ORDERS; i++) {
		one = sync_all(&lists[i]);
		if (!ret)
			ret = one;
	}
	return ret;
}

static void *work(void *arg)
{
	struct store_sync *s = arg;
	const uint64_t one = 1;
	int ret;

	pthread_mutex_lock(&s->lock);
	while (!s->quit || s->busy) {
		if (!s->busy) {
			pthread_cond_wait(&s->wake, &s->lock);
			continue;
		}
		pthread_mutex_unlock(&s->lock);
		ret = sync_lists(s->round);
		pthread_mutex_lock(&s->lock);
		s->busy = false;
		if (ret && !s->error)
			s->error = ret;
		/* A full counter is one that was not read; it wakes as well. */
		if (write(s->done, &one, sizeof(one)) < 0)
			continue;
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

int store_sync_start(struct store_sync *s)
{
	sigset_t all, before;
	int ret;

	s->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->done < 0)
		return -errno;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	/* Signals are the reader's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = -pthread_create(&s->thread, NULL, work, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	s->running = !ret;
	if (ret) {
		close(s->done);
		s->done = -1;
	}
	return ret;
}

void store_sync_stop(struct store_sync *s)
{
	int i;

	if (s->running) {
		pthread_mutex_lock(&s->lock);
		s->quit = true;
		pthread_cond_signal(&s->wake);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
		sync_lists(s->lists);
		close(s->done);
		pthread_cond_destroy(&s->wake);
		pthread_mutex_destroy(&s->lock);
	}
	for (i = 0; i < SYNC_ORDERS; i++) {
		free(s->lists[i].fd);
		free(s->round[i].fd);
	}
	store_sync_init(s);
}

static int add(struct sync_list *l, int fd)
{
	if (array_room(&l->fd, &l->cap, l->n + 1, sizeof(*l->fd)))
		return -ENOMEM;
	l->fd[l->n++] = fd;
	return 0;
}

int store_sync_add(struct store_sync *s, enum sync_order order, int fd)
{
	int copy, ret;

	if (!s->running || fd < 0)
		return 0;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return -errno;
	ret = add(&s->lists[order], copy);
	if (ret)
		close(copy);
	return ret;
}

void store_sync_give(struct store_sync *s, enum sync_order order, int fd)
{
	if (fd >= 0 && (!s->running || add(&s->lists[order], fd)))
		close(fd);
}

bool store_sync_round(struct store_sync *s)
{
	size_t n = 0;
	bool busy;
	int i;

	if (!s->running)
		return false;
	pthread_mutex_lock(&s->lock);
	for (i = 0; i < SYNC_ORDERS && !s->busy; i++) {
		struct sync_list empty = s->round[i];

		n += s->lists[i].n;
		s->round[i] = s->lists[i];
		s->lists[i] = empty;
	}
	if (n) {
		s->busy = true;
		pthread_cond_signal(&s->wake);
	}
	busy = s->busy;
	pthread_mutex_unlock(&s->lock);
	return busy;
}

bool store_sync_busy(struct store_sync *s)
{
	bool busy;

	if (!s->running)
		return false;
	pthread_mutex_lock(&s->lock);
	busy = s->busy;
	pthread_mutex_unlock(&s->lock);
	return busy;
}

int store_sync_error(struct store_sync *s)
{
	int error;

	if (!s->running)
		return 0;
	pthread_mutex_lock(&s->lock);
	error = s->error;
	s->error = 0;
	pthread_mutex_unlock(&s->lock);
	return error;
}
