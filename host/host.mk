# SPDX-License-Identifier: GPL-2.0
# Host programs: explicit object lists, one line for each program.

PROGRAMS := ivring-server ivring-reader ivring-watch ivring

LIB_OBJS := lib/log lib/opts lib/ready lib/sock lib/paths lib/fault
LIB_LIBS := -lsystemd

SERVER_OBJS := server/main server/access server/memory server/qemu server/keep \
	       server/refusals server/readers server/server

READER_OBJS := reader/main reader/conf reader/loop reader/shm reader/store \
	       reader/leg reader/pages reader/drain reader/targets reader/clock \
	       reader/request reader/waiters reader/flush reader/quiesce reader/ctl \
	       reader/command reader/events reader/server_link reader/doorbell \
	       reader/plain reader/session reader/vm reader/attach \
	       reader/handover reader/status
LIBS_ivring-reader := -ljson-c

WATCH_OBJS := watch/main watch/virt watch/ask watch/clerk watch/qmp watch/phase watch/vm \
	      watch/vm_events watch/vm_orders watch/machine watch/order \
	      watch/bound watch/record ivring/conf ivring/dirs ivring/domain_xml
LIBS_ivring-watch := -lvirt-qemu -lvirt -ljson-c -lxml2

# ivring, 1: the store on disk, and what is made of it
STORE_OBJS := ivring/store_read ivring/leg_file ivring/tail ivring/findings \
	      ivring/merge ivring/legs ivring/page ivring/account ivring/spans \
	      ivring/clocks ivring/meta ivring/comms ivring/pick ivring/trace_dat \
	      ivring/report ivring/report_text ivring/report_json ivring/table \
	      ivring/text ivring/feed ivring/decode ivring/cat_print
# ivring, 2: libvirt's side: the domain's XML, the hook, what runs
VIRT_OBJS := ivring/cmd_xml ivring/cmd_hook ivring/cmd_status ivring/cmd_drain \
	     ivring/cmd_doctor ivring/doctor_host ivring/doctor_vm \
	     ivring/domain_xml ivring/domain_edit ivring/domain_port \
	     ivring/xml_put ivring/conf ivring/ctl ivring/running \
	     ivring/dirs ivring/process ivring/shm_file ivring/supervise \
	     ivring/cmd_migrate ivring/migrate_steps ivring/migrate_domain \
	     ivring/migrate_check ivring/migrate_move ivring/migrate_report \
	     ivring/virsh ivring/stop_signal \
	     ivring/moves ivring/timeline ivring/timeline_print ivring/text
IVRING_OBJS := ivring/main ivring/cmd_verify ivring/cmd_export ivring/cmd_cat \
	       $(STORE_OBJS) $(VIRT_OBJS)
LIBS_ivring := -ljson-c -ltraceevent -lxml2
XML_CFLAGS  ?= -I/usr/include/libxml2

host: $(PROGRAMS:%=$(B)/bin/%)

$(B)/host/ivring/%.o: CPPFLAGS += $(XML_CFLAGS)
$(B)/host/watch/%.o: CPPFLAGS += $(XML_CFLAGS) -Ihost/ivring

$(B)/host/%.o: host/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

objs = $(patsubst %,$(B)/host/%.o,$(1))

$(B)/bin/ivring-server: $(call objs,$(SERVER_OBJS) $(LIB_OBJS))
$(B)/bin/ivring-reader: $(call objs,$(READER_OBJS) $(LIB_OBJS))
$(B)/bin/ivring-watch: $(call objs,$(WATCH_OBJS) $(LIB_OBJS))
$(B)/bin/ivring: $(call objs,$(IVRING_OBJS) $(LIB_OBJS))

$(PROGRAMS:%=$(B)/bin/%):
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_$(@F)) $(LIB_LIBS)

-include $(wildcard $(B)/host/*/*.d)
