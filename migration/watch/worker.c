// SPDX-License-Identifier: GPL-2.0
/* worker.c - the thread that may wait */
#include <errno.h>
#include <libvirt/libvirt.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "migration/watch/worker.h"

/**
 * struct queue - work, first in first out
 * @first: the oldest
 * @last: where the next one is hung on
 */
struct queue {
	struct work *first;
	struct work **last;
};

static struct queue todo = { NULL, &todo.first };
static struct queue done = { NULL, &done.first };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake;
static pthread_t thread;
static bool ends;
static int bell = -1;

static void put(struct queue *q, struct work *e)
{
	e->next = NULL;
	*q->last = e;
	q->last = &e->next;
}

static struct work *take(struct queue *q)
{
	struct work *e = q->first;

	if (!e)
		return NULL;
	q->first = e->next;
	if (!q->first)
		q->last = &q->first;
	return e;
}

void worker_give(struct work *e)
{
	pthread_mutex_lock(&lock);
	put(&todo, e);
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
}

void worker_report(struct work *e)
{
	pthread_mutex_lock(&lock);
	put(&done, e);
	pthread_mutex_unlock(&lock);
	eventfd_write(bell, 1);
}

bool worker_pause(uint32_t ms)
{
	struct timespec until;
	bool go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&lock);
	while (!ends &&
	       pthread_cond_timedwait(&wake, &lock, &until) != ETIMEDOUT)
		;
	go_on = !ends;
	pthread_mutex_unlock(&lock);
	return go_on;
}

static void *serve(void *arg)
{
	struct work *e;

	pthread_mutex_lock(&lock);
	while (!ends) {
		e = take(&todo);
		if (!e) {
			pthread_cond_wait(&wake, &lock);
			continue;
		}
		pthread_mutex_unlock(&lock);
		e->work(e);
		worker_report(e);
		pthread_mutex_lock(&lock);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void report(int watch, int fd, int events, void *opaque)
{
	struct work *e;
	eventfd_t count;

	eventfd_read(fd, &count);
	for (;;) {
		pthread_mutex_lock(&lock);
		e = take(&done);
		pthread_mutex_unlock(&lock);
		if (!e)
			return;
		e->report(e);
	}
}

int worker_start(void)
{
	pthread_condattr_t attr;

	bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bell < 0)
		return -errno;
	if (virEventAddHandle(bell, VIR_EVENT_HANDLE_READABLE, report, NULL,
			      NULL) < 0)
		return -ENOMEM;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&wake, &attr);
	pthread_condattr_destroy(&attr);
	return -pthread_create(&thread, NULL, serve, NULL);
}

bool worker_stop(uint32_t patience_ms)
{
	struct timespec until;

	pthread_mutex_lock(&lock);
	ends = true;
	pthread_cond_broadcast(&wake);
	pthread_mutex_unlock(&lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += patience_ms / 1000;
	return !pthread_timedjoin_np(thread, NULL, &until);
}
