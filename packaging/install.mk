# SPDX-License-Identifier: GPL-2.0

MAN_PAGES = $(wildcard host/*/*.[18] guest/tools/*.8)
HOOK_DIR  = $(DESTDIR)/etc/libvirt/hooks/qemu.d
MAN_DIR	  = $(DESTDIR)$(PREFIX)/share/man

## install: host programs, man pages and the libvirt hook
install: host
	install -d $(DESTDIR)$(PREFIX)/bin $(HOOK_DIR) $(DESTDIR)/etc/ivring
	install $(PROGRAMS:%=$(B)/bin/%) $(DESTDIR)$(PREFIX)/bin/
	install migration/hook/ivring $(HOOK_DIR)/ivring
	[ -e $(DESTDIR)/etc/ivring/ivring.conf ] || \
		install -m 644 packaging/ivring.conf $(DESTDIR)/etc/ivring/
	install -D -m 644 packaging/ivring.logrotate $(DESTDIR)/etc/logrotate.d/ivring
	for page in $(MAN_PAGES); do \
		install -D -m 644 $$page $(MAN_DIR)/man$${page##*.}/$${page##*/}; \
	done
	@[ -n "$(DESTDIR)" ] || echo "libvirtd looks for hooks when it starts: restart it once"

## uninstall: take them away again
uninstall:
	rm -f $(PROGRAMS:%=$(DESTDIR)$(PREFIX)/bin/%) $(HOOK_DIR)/ivring \
		$(DESTDIR)/etc/logrotate.d/ivring
	for page in $(MAN_PAGES); do \
		rm -f $(MAN_DIR)/man$${page##*.}/$${page##*/}; \
	done
