/* SPDX-License-Identifier: GPL-2.0 */
/*
 * running.h - what runs for a VM already, and whether it can stay
 *
 * Server and reader may be left over from an earlier run of the VM, or of
 * another VM that had its name. Here they are looked at and waited for; nothing
 * is started or ended, that is what supervise.h is for.
 */
#ifndef IVR_SERVICE_RUNNING_H
#define IVR_SERVICE_RUNNING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct supervise;

/**
 * struct running_reader - what the reader that runs says of itself
 * @stopping: told to stop, it takes no VM any more
 * @waits: it has no VM
 */
struct running_reader {
	bool stopping;
	bool waits;
};

/**
 * running_server() - can the domain's QEMU use the server that runs?
 * @s: what is wanted; @vm, @size, @vectors and @socket are used
 * @pid: the server
 *
 * It can if size, number of vectors and socket are those it was started with.
 *
 * Return: 0 if so; 1: no, and no QEMU is connected to it, it can be replaced;
 * -EEXIST: no, but a QEMU is connected to it, or that cannot be told. The latter
 * two are logged here
 */
int running_server(const struct supervise *s, pid_t pid);

/**
 * running_ask_reader() - ask the reader that runs for its state
 * @s: @vm is used
 *
 * Waits for at most half a second.
 *
 * Return: the answer; all false if there is no reader or it does not answer
 */
struct running_reader running_ask_reader(const struct supervise *s);

/**
 * running_is_of_another() - was the reader started for a VM with another UUID?
 * @s: @uuid is used
 * @reader: its pid
 *
 * Return: true if so; false too if one of the two UUIDs is not known
 */
bool running_is_of_another(const struct supervise *s, pid_t reader);

/**
 * running_await_end_marks() - let the reader see that its VM is gone
 * @s: @vm is used
 * @deadline: of now_ms()
 *
 * QEMU is gone, but the news goes through the server, or is that the file has
 * gone. A reader that is told to stop before it came would end its leg with
 * "stopped" where "VM gone" is true. Returns early if the reader does not
 * answer.
 */
void running_await_end_marks(const struct supervise *s, uint64_t deadline);

/**
 * running_await_reader() - wait for a reader that was told to stop
 * @s: @vm and @deadline are used
 * @pid: the reader
 *
 * Return: 0 if it has ended; -ETIME; logged here, with what to do
 */
int running_await_reader(const struct supervise *s, pid_t pid);

#endif
