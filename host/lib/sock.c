// SPDX-License-Identifier: GPL-2.0
/* sock.c - unix sockets: listen, accept, and descriptors in messages */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ivr_msg.h"
#include "lib/sock.h"

/* Both sockets serve one peer; the rest are mistakes waiting for an answer. */
#define BACKLOG 16

static int set_address(struct sockaddr_un *addr, const char *path)
{
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(addr->sun_path))
		return -ENAMETOOLONG;
	strcpy(addr->sun_path, path);
	return 0;
}

int sock_connect(const char *path, int type)
{
	struct sockaddr_un addr;
	int ret = set_address(&addr, path);
	int fd;

	if (ret)
		return ret;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

/* Remove what an earlier process left at @path, if it is surely dead. */
static int remove_stale(const char *path, int type)
{
	struct stat st;
	int fd;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = sock_connect(path, type | SOCK_NONBLOCK);
	if (fd >= 0)
		close(fd);
	if (fd != -ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(path) ? -errno : 0;
}

static int bind_file(struct listener *l, mode_t mode, uid_t owner)
{
	struct sockaddr_un addr;
	struct stat st;

	set_address(&addr, l->path);
	/* bind() gives the file the mode of the socket, less the umask. */
	if (fchmod(l->fd, mode) ||
	    bind(l->fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	if (lstat(l->path, &st))
		return -errno;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	if (owner != (uid_t)-1 && owner != st.st_uid &&
	    lchown(l->path, owner, -1))
		return -errno;
	if (chmod(l->path, mode) || listen(l->fd, BACKLOG))
		return -errno;
	return 0;
}

int listener_open(struct listener *l, const char *path, int type, mode_t mode,
		  uid_t owner)
{
	int ret;

	*l = (struct listener) { .fd = -1 };
	if (strlen(path) >= sizeof(l->path))
		return -ENAMETOOLONG;
	strcpy(l->path, path);
	ret = remove_stale(path, type);
	if (ret)
		return ret;
	l->fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return -errno;
	ret = bind_file(l, mode, owner);
	if (ret)
		listener_close(l);
	return ret;
}

int listener_accept(const struct listener *l, struct ucred *peer)
{
	socklen_t len = sizeof(*peer);
	int fd, ret;

	do {
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	} while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &len)) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

void listener_close(struct listener *l)
{
	struct stat st;

	if (l->fd < 0)
		return;
	if (!lstat(l->path, &st) && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->path);
	close(l->fd);
	l->fd = -1;
}

int sock_send(int fd, const void *buf, size_t len, const int *fds, int nfds)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(IVR_MSG_MAX_FDS * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t n;

	if (nfds < 0 || nfds > IVR_MSG_MAX_FDS || !len)
		return -EINVAL;
	if (nfds) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.room;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	do {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EMSGSIZE;
}

/* Take the descriptors of one control message; those above @max are closed. */
static int take_fds(struct cmsghdr *c, int *fds, int count, int max)
{
	size_t i, n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (i = 0; i < n; i++) {
		memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
		if (count < max)
			fds[count++] = fd;
		else
			close(fd);
	}
	return count;
}

ssize_t sock_recv(int fd, void *buf, size_t len, int *fds, int *nfds)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(IVR_MSG_MAX_FDS * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int max = *nfds, count = 0;
	struct cmsghdr *c;
	ssize_t n;

	*nfds = 0;
	if (max < 0 || max > IVR_MSG_MAX_FDS)
		return -EINVAL;
	/*
	 * CMSG_LEN, not CMSG_SPACE: the kernel would use the padding for one
	 * more descriptor. With no room at all it closes them and says CTRUNC.
	 */
	msg.msg_control = max ? control.room : NULL;
	msg.msg_controllen = max ? CMSG_LEN(max * sizeof(int)) : 0;
	do {
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			count = take_fds(c, fds, count, max);
	if (msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) {
		while (count)
			close(fds[--count]);
		return -EMSGSIZE;
	}
	*nfds = count;
	return n;
}

int sock_probe(int fd)
{
	char waste[64];
	ssize_t n;

	do {
		n = recv(fd, waste, sizeof(waste), MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return -EPROTO;
	if (!n)
		return -EPIPE;
	return errno == EAGAIN ? 0 : -errno;
}
