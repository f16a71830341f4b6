/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cmds.h - the subcommands of ivring
 *
 * Each is called with argv[0] = its own name, as a main() would be, and
 * returns the exit status of the program: 0 fine, 1 what it found or did is
 * not fine, 2 it could not begin (usage, no such store).
 */
#ifndef IVR_CLI_CMDS_H
#define IVR_CLI_CMDS_H

/** cmd_xml() - print the domain XML that a VM needs */
int cmd_xml(int argc, char **argv);

/** cmd_status() - ask the reader of a VM how it is */
int cmd_status(int argc, char **argv);

/** cmd_drain() - have the reader of a VM take everything, with a deadline */
int cmd_drain(int argc, char **argv);

/** cmd_verify() - account for every record of the stores given */
int cmd_verify(int argc, char **argv);

/** cmd_export() - merge stores into one trace.dat */
int cmd_export(int argc, char **argv);

/** cmd_cat() - merge stores and print the events */
int cmd_cat(int argc, char **argv);

/** cmd_migrate() - move a VM of role peer; 3: it runs without its device */
int cmd_migrate(int argc, char **argv);

/** cmd_doctor() - look for what keeps this host from tracing */
int cmd_doctor(int argc, char **argv);

/** cmd_hook() - what libvirt's QEMU hook calls */
int cmd_hook(int argc, char **argv);

#endif
