/* SPDX-License-Identifier: GPL-2.0 */
/* sock.h - unix sockets: listen, accept, and descriptors in messages */
#ifndef IVR_LIB_SOCK_H
#define IVR_LIB_SOCK_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/**
 * struct listener - a listening socket and its file
 * @fd: non-blocking, close-on-exec; -1 if closed
 * @path: the file
 * @dev: device of the file as it was made
 * @ino: inode of the file as it was made
 */
struct listener {
	int fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	dev_t dev;
	ino_t ino;
};

/**
 * listener_open() - listen on a path
 * @l: filled in; @l->fd is -1 on error
 * @path: file; a socket file on which nobody answers is replaced
 * @type: SOCK_STREAM or SOCK_SEQPACKET
 * @mode: mode of the file, whatever the umask says
 * @owner: user who owns the file; (uid_t)-1: the one we run as
 *
 * Return: 0; -EADDRINUSE if somebody answers there; -EEXIST if the file is no
 * socket; -ENAMETOOLONG; negative errno of the system calls
 */
int listener_open(struct listener *l, const char *path, int type, mode_t mode,
		  uid_t owner);

/**
 * listener_accept() - take one waiting connection
 * @l: listener
 * @peer: who connected, as the kernel knows
 *
 * Return: the connection, non-blocking and close-on-exec; -EAGAIN if none
 * waits; negative errno
 */
int listener_accept(const struct listener *l, struct ucred *peer);

/** listener_close() - close, and remove the file if it is still the one made */
void listener_close(struct listener *l);

/**
 * sock_connect() - connect to a listening path
 * @path: file
 * @type: SOCK_STREAM or SOCK_SEQPACKET; with SOCK_NONBLOCK it does not wait for a
 *	place among the connections that nobody has accepted yet
 *
 * Return: the connection, close-on-exec; -EAGAIN: there was no place; negative
 * errno
 */
int sock_connect(const char *path, int type);

/**
 * sock_send() - send one message with descriptors, without blocking
 * @fd: socket
 * @buf: message
 * @len: its length, at least 1
 * @fds: descriptors; they stay the caller's
 * @nfds: how many, at most IVR_MSG_MAX_FDS
 *
 * Return: 0 if all of it was taken; -EAGAIN; -EMSGSIZE if only a part was
 * taken (a stream is broken then); negative errno
 */
int sock_send(int fd, const void *buf, size_t len, const int *fds, int nfds);

/**
 * sock_recv() - receive one message with descriptors
 * @fd: socket
 * @buf: room for the message
 * @len: that room
 * @fds: room for descriptors; those received are the caller's to close and
 *	are close-on-exec
 * @nfds: in: that room, at most IVR_MSG_MAX_FDS; out: how many came
 *
 * On an error no descriptor is left open and *@nfds is 0.
 *
 * Return: bytes; 0 at the end of the stream; -EMSGSIZE if the message or its
 * descriptors did not fit (or this process is out of descriptors); -EAGAIN;
 * negative errno
 */
ssize_t sock_recv(int fd, void *buf, size_t len, int *fds, int *nfds);

/**
 * sock_probe() - is a peer that has nothing to say still there?
 * @fd: socket; what stands in it is thrown away
 *
 * Return: 0; -EPIPE if the peer has hung up; -EPROTO if it wrote something;
 * negative errno
 */
int sock_probe(int fd);

#endif
