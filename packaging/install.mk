# SPDX-License-Identifier: GPL-2.0

MAN_PAGES = $(wildcard host/*/*.[18] migration/*/*.[18])
HOOK_DIR  = $(DESTDIR)/etc/libvirt/hooks/qemu.d
MAN_DIR	  = $(DESTDIR)$(PREFIX)/share/man
UNIT_DIR  = $(DESTDIR)/lib/systemd/system

## install: host programs, man pages, the libvirt hook, the unit of ivring-watch
install: host
	install -d $(DESTDIR)$(PREFIX)/bin $(HOOK_DIR) $(DESTDIR)/etc/ivring
	install $(PROGRAMS:%=$(B)/bin/%) $(DESTDIR)$(PREFIX)/bin/
	install migration/hook/ivring $(HOOK_DIR)/ivring
	[ -e $(DESTDIR)/etc/ivring/ivring.conf ] || \
		install -m 644 packaging/ivring.conf $(DESTDIR)/etc/ivring/
	install -D -m 644 packaging/ivring.logrotate $(DESTDIR)/etc/logrotate.d/ivring
	install -D -m 644 packaging/ivring.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/ivring.conf
	install -d $(UNIT_DIR)
	sed 's,/usr/bin/,$(PREFIX)/bin/,' packaging/ivring-watch.service \
		>$(UNIT_DIR)/ivring-watch.service
	for page in $(MAN_PAGES); do \
		install -D -m 644 $$page $(MAN_DIR)/man$${page##*.}/$${page##*/}; \
	done
	@[ -n "$(DESTDIR)" ] || ! command -v systemd-sysusers >/dev/null || \
		systemd-sysusers $(PREFIX)/lib/sysusers.d/ivring.conf
	@[ -n "$(DESTDIR)" ] || echo "libvirtd looks for hooks when it starts: restart it once;" \
		"systemctl enable --now ivring-watch makes migrations cheap"

## uninstall: take them away again
uninstall:
	rm -f $(PROGRAMS:%=$(DESTDIR)$(PREFIX)/bin/%) $(HOOK_DIR)/ivring \
		$(DESTDIR)/etc/logrotate.d/ivring \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/ivring.conf $(UNIT_DIR)/ivring-watch.service
	for page in $(MAN_PAGES); do \
		rm -f $(MAN_DIR)/man$${page##*.}/$${page##*/}; \
	done

## install-guest: in a guest: the module for each kernel with headers, ivring-meta
install-guest: module tools
	@[ -n "$(RELEASES)" ] || { echo "install-guest: no kernel headers in /lib/modules;" \
		"install linux-headers-$$(uname -r)" >&2; exit 1; }
	for release in $(RELEASES); do \
		install -D -m 644 $(B)/module/$$release/ivring.ko \
			$(DESTDIR)/lib/modules/$$release/updates/ivring.ko; \
		[ -n "$(DESTDIR)" ] || depmod $$release; \
	done
	install -D $(B)/bin/ivring-meta $(DESTDIR)$(PREFIX)/sbin/ivring-meta
	install -D -m 644 guest/tools/ivring-meta.8 $(MAN_DIR)/man8/ivring-meta.8

## uninstall-guest: take them away again
uninstall-guest:
	rm -f $(RELEASES:%=$(DESTDIR)/lib/modules/%/updates/ivring.ko) \
		$(DESTDIR)$(PREFIX)/sbin/ivring-meta $(MAN_DIR)/man8/ivring-meta.8
