# SPDX-License-Identifier: GPL-2.0
# Host programs. Each folder is an archive, of which a program takes what it
# needs; a folder may use those to its right only (tests/static/layers.sh).

PROGRAMS := ivring-server ivring-reader ivring-watch ivring

FOLDERS := host/cli host/server host/reader migration/watch migration/move \
	   migration/log host/service host/trace host/store host/domain host/lib

SRC_host/lib	:= boot ctl_client dirs fault file host_conf json log loop mem_size open_files opts output \
		   paths pid_file process ready sandbox sock stop_signal table text users
SRC_host/domain	:= domain_edit domain_port domain_xml xml_put
SRC_host/store	:= account clock_map cut findings host_down leg_order leg_read leg_text leg_write \
		   lives merge names page page_files pick quota report report_json report_text \
		   ring_pages spans store_file store_read store_sync store_write tail
SRC_host/trace	:= cat_print comms decode decode_box decode_child formats meta \
		   record_iter trace_dat
SRC_host/service := running shm_file supervise unit
SRC_host/server	:= confine fdstore memory qemu readers refusals server
SRC_host/reader	:= attach attached attachment command conf confine ctl_server doorbell \
		   drain drain_targets end_reason ending event_log flush \
		   guest_clock handover plain quiesce request server_link \
		   session shm status store_state sync vm waiters
SRC_host/cli	:= cmd_cat cmd_doctor cmd_drain cmd_export cmd_hook cmd_migrate \
		   cmd_status cmd_verify cmd_xml doctor doctor_host doctor_vm
SRC_migration/log := log_read log_write timeline timeline_print
SRC_migration/move := check domain move report steps virsh
SRC_migration/watch := bound ctl_request libvirt_conn libvirt_query libvirt_state \
		   migration_state qmp vm vm_events vm_log vm_requests worker

MAIN_ivring-server := host/server/main
MAIN_ivring-reader := host/reader/main
MAIN_ivring-watch  := migration/watch/main
MAIN_ivring	   := host/cli/main

LIBS_ivring-server := -lsystemd -lseccomp
LIBS_ivring-reader := -ljson-c -lsystemd -lseccomp
LIBS_ivring-watch  := -lvirt-qemu -lvirt -ljson-c -lxml2 -lsystemd
LIBS_ivring	   := -ltraceevent -ljson-c -lxml2 -lsystemd -lseccomp
XML_CFLAGS	   ?= -I/usr/include/libxml2

SAN := -fsanitize=address,undefined -fno-sanitize-recover=all

# A variant is all of this built with other flags, below a directory of its own.
# $(1): directory, $(2): flags
define HOST_VARIANT
$(1)/%.o: %.c
	@mkdir -p $$(@D)
	@$$(call say,CC)
	$(Q)$$(CC) $$(ALL_CFLAGS) $$(XML_CFLAGS) $(2) -MMD -MP -c -o $$@ $$<

$(foreach f,$(FOLDERS),$(call HOST_ARCHIVE,$(1),$(f)))
$(foreach p,$(PROGRAMS),$(call HOST_PROGRAM,$(1),$(2),$(p)))

-include $$(wildcard $(FOLDERS:%=$(1)/%/*.d))
endef

define HOST_ARCHIVE
$(1)/$(2).a: $(SRC_$(2):%=$(1)/$(2)/%.o)
	@rm -f $$@
	@$$(call say,AR)
	$(Q)ar rcs $$@ $$^

endef

define HOST_PROGRAM
$(1)/bin/$(3): $(1)/$(MAIN_$(3)).o $(FOLDERS:%=$(1)/%.a)
	@mkdir -p $$(@D)
	@$$(call say,LD)
	$(Q)$$(CC) $$(ALL_CFLAGS) $(2) $$(ALL_LDFLAGS) -o $$@ $$^ $(LIBS_$(3))

endef

$(eval $(call HOST_VARIANT,$(B),))

host: $(PROGRAMS:%=$(B)/bin/%)
