# SPDX-License-Identifier: GPL-2.0
# Unit tests of host/lib and host/server, each plain and under the sanitizers.

LIB_TESTS    := lib_log lib_opts lib_paths lib_ready lib_sock
SERVER_TESTS := server_handshake server_life server_keep server_cli
UNIT_TESTS   += $(LIB_TESTS) $(LIB_TESTS:%=%_asan) \
		$(SERVER_TESTS) $(SERVER_TESTS:%=%_asan)

SERVER_ASAN      := -fsanitize=address,undefined -fno-sanitize-recover=all
SERVER_ASAN_BIN  := $(B)/tests/unit/asan
SERVER_PARTS     := $(filter-out server/main,$(SERVER_OBJS)) $(LIB_OBJS)
SERVER_TEST_DEPS := tests/unit/server_util.c tests/unit/server_util.h

# $(1): where ivring-server is, $(2): flags
define server_link
@mkdir -p $(@D)
$(CC) $(ALL_CFLAGS) -Ihost -Itests/unit -DTEST_BIN_DIR='"$(abspath $(1))"' $(2) \
	$(ALL_LDFLAGS) -o $@ $(filter %.c %.o,$^) -lcmocka $(LIB_LIBS)
endef

$(LIB_TESTS:%=$(B)/tests/unit/%): $(B)/tests/unit/%: tests/unit/%.c \
		$(call objs,$(LIB_OBJS))
	$(call server_link,$(B)/bin)

$(SERVER_TESTS:%=$(B)/tests/unit/%): $(B)/tests/unit/%: tests/unit/%.c \
		$(SERVER_TEST_DEPS) $(call objs,$(SERVER_PARTS))
	$(call server_link,$(B)/bin)

# Everything is compiled anew for these, the program itself included.
$(LIB_TESTS:%=$(B)/tests/unit/%_asan): $(B)/tests/unit/%_asan: \
		tests/unit/%.c $(LIB_OBJS:%=host/%.c)
	$(call server_link,$(SERVER_ASAN_BIN),$(SERVER_ASAN))

$(SERVER_TESTS:%=$(B)/tests/unit/%_asan): $(B)/tests/unit/%_asan: \
		tests/unit/%.c $(SERVER_TEST_DEPS) $(SERVER_PARTS:%=host/%.c)
	$(call server_link,$(SERVER_ASAN_BIN),$(SERVER_ASAN))

$(SERVER_ASAN_BIN)/ivring-server: $(SERVER_OBJS:%=host/%.c) \
		$(LIB_OBJS:%=host/%.c)
	$(call server_link,,$(SERVER_ASAN))

$(B)/tests/unit/server_cli $(B)/tests/unit/server_keep: $(B)/bin/ivring-server
$(B)/tests/unit/server_cli_asan $(B)/tests/unit/server_keep_asan: $(SERVER_ASAN_BIN)/ivring-server
