# Windows programs that print TAP, built by clang for its __try.
TESTS_USER := $(patsubst tests/user/%.c,%,$(wildcard tests/user/*.c))
# Those that a driver goes with are run by tests/kernel.sh, tests/overlapped.t, t31-*.t and t44-open.t.
TESTS_USER_TAP := $(filter-out $(TESTS_KERNEL) comm shares open-device named-objects overlapped,$(TESTS_USER))

$(BUILD)/tests/user/%.exe: tests/user/%.c tests/user/utap.h
	@mkdir -p $(@D)
	$(CC) $(PE_TARGET) -std=gnu17 -O1 -g -gdwarf-4 -fms-extensions -Xclang -fasync-exceptions -D_WIN32_WINNT=0x0A00 -ffile-prefix-map=$(CURDIR)/= \
		-Wall -Wextra -Werror -Wno-unused-parameter -Wno-ignored-attributes -Wno-pragma-pack -fuse-ld=lld$(LLVM) $< $(USER_LIBS) -lntdll -o $@
$(BUILD)/tests/user/resources.exe: $(BUILD)/tests/user/resources.o
$(BUILD)/tests/user/resources.exe: USER_LIBS := $(BUILD)/tests/user/resources.o -lversion
$(BUILD)/tests/user/resources.o: tests/user/resources.rc tests/user/resources.mc
	@mkdir -p $(@D)
	x86_64-w64-mingw32-windmc -r $(@D) -h $(@D) -x $(@D) tests/user/resources.mc
	mv $(@D)/resources.rc $(@D)/resources.rc.messages
	x86_64-w64-mingw32-windres -I $(@D) $< $@
$(BUILD)/tests/user/random.exe: USER_LIBS := -lbcrypt
$(BUILD)/tests/user/text-and-ids.exe: USER_LIBS := -luser32 -lole32 -lrpcrt4 -luserenv
$(BUILD)/tests/user/sockets.exe: USER_LIBS := -lws2_32
$(BUILD)/tests/user/pnp-find.exe: USER_LIBS := -lsetupapi -lcfgmgr32
$(BUILD)/tests/user/fuzz-services.exe: $(wildcard tests/user/fuzz-*.h)
