# Windows programs that print TAP, built by clang for its __try.
TESTS_USER := $(patsubst tests/user/%.c,%,$(wildcard tests/user/*.c))
# Those that a driver of the same name goes with are run by tests/kernel.sh.
TESTS_USER_TAP := $(filter-out $(TESTS_KERNEL),$(TESTS_USER))

$(BUILD)/tests/user/%.exe: tests/user/%.c tests/user/utap.h
	@mkdir -p $(@D)
	$(CC) $(PE_TARGET) -std=gnu17 -O1 -g -gdwarf-4 -fms-extensions -Xclang -fasync-exceptions -D_WIN32_WINNT=0x0A00 -ffile-prefix-map=$(CURDIR)/= \
		-Wall -Wextra -Werror -Wno-unused-parameter -Wno-ignored-attributes -Wno-pragma-pack -fuse-ld=lld$(LLVM) $< -lntdll -o $@
