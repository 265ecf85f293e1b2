# `make check`: everything once more with UBSan traps in all PE code (build/check), then prove.
TESTS_KERNEL := $(patsubst tests/kernel/%.c,%,$(wildcard tests/kernel/*.c))
TESTS_BAD := $(patsubst tests/bad/%.c,%,$(wildcard tests/bad/*.c))
TESTS_HOST := $(patsubst tests/host/%.c,%,$(wildcard tests/host/*.c))
-include tests/user.mk
include tests/images.mk
include tests/cli.mk
include tests/crt.mk
include tests/dlls.mk

TEST_IMAGES := $(BUILD)/bench/sink.sys $(BUILD)/bench/ops.exe $(BUILD)/bench/scale.sys $(BUILD)/bench/scale.exe $(CRT_PROGRAMS) $(TEST_DLLS) $(TEST_BAD_IMAGES) $(TEST_PROGRAMS) $(TEST_TOOLS) $(TESTS_KERNEL:%=$(BUILD)/tests/kernel/%.sys) $(TESTS_BAD:%=$(BUILD)/tests/bad/%.sys) $(TESTS_USER:%=$(BUILD)/tests/user/%.exe)
TEST_SCRIPTS := $(wildcard tests/*.t) $(TESTS_KERNEL:%=$(BUILD)/tests/kernel-%.t) $(TESTS_USER_TAP:%=$(BUILD)/tests/user-%.t) $(TESTS_HOST:%=$(BUILD)/tests/host-%.t)

$(BUILD)/tests/%.o: tests/%.c tests/kernel/tap.h
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -Wno-unused-function -Itests -MMD -MP -c $< -o $@
$(TESTS_KERNEL:%=$(BUILD)/tests/kernel/%.sys) $(TESTS_BAD:%=$(BUILD)/tests/bad/%.sys): %.sys: %.o $(BUILD)/ring0/wdmsec.lib $(BUILD)/ring0/ntoskrnl.lib
	$(LLD) $(SAMPLE_DRIVER_LINK) -out:$@ $^ $(SAMPLE_DRIVER_LIBS)
# Drivers whose routines Windows takes from images with this mark only: ObRegisterCallbacks, PsSetCreateProcessNotifyRoutineEx.
$(foreach d,object-callbacks ps-more se-more,$(BUILD)/tests/kernel/$(d).sys): SAMPLE_DRIVER_LINK += -integritycheck

$(BUILD)/tests/kernel-%.t: | $(BUILD)/tests/kernel/%.sys
	printf '#!/bin/sh\nexec tests/kernel.sh %s\n' $* > $@ && chmod +x $@
$(BUILD)/tests/user-%.t: | $(BUILD)/tests/user/%.exe
	printf '#!/bin/sh\nexec tests/user.sh %s\n' $* > $@ && chmod +x $@
# A cmocka program prints its results as TAP.
$(BUILD)/tests/host-%.t: $(BUILD)/tests/host/%
	printf '#!/bin/sh\nCMOCKA_MESSAGE_OUTPUT=TAP exec %s\n' $< > $@ && chmod +x $@
$(BUILD)/tests/host/%: tests/host/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -Wno-missing-prototypes -fsanitize=address,undefined -fno-sanitize-recover=all -MMD -MP $< $(TEST_SOURCES_$*) -lcmocka -o $@


.PHONY: test-images run-tests check-wine soak mutants
test-images: $(TEST_IMAGES) $(TEST_SCRIPTS) $(BUILD)/ringside $(BUILD)/unwind-proof samples
# What each test said is kept in $(BUILD)/tap; from it comes the table of the tutorial's rows.
run-tests: test-images
	rm -rf $(BUILD)/tap
	BUILD=$(BUILD) PERL_TEST_HARNESS_DUMP_TAP=$(BUILD)/tap prove --timer $(PROVE_FLAGS) $(TEST_SCRIPTS); result=$$?; \
		awk -v archive=$(BUILD)/tap -f tools/tutorial-rows.awk tests/rows.tbl $$(cd $(BUILD)/tap && find . -name '*.t') > $(BUILD)/tutorial-rows.md && \
		{ cmp -s $(BUILD)/tutorial-rows.md docs/tutorial-rows.md || cp $(BUILD)/tutorial-rows.md docs/tutorial-rows.md; }; exit $$result

check:
	+$(MAKE) --no-print-directory BUILD=build/check SAN=1 run-tests

# What `check` runs a slice of, whole, for hours if need be: docs/soak.md.
soak:
	+$(MAKE) --no-print-directory BUILD=build/check SAN=1 test-images
	BUILD=build/check tools/soak.sh

# Every export that names a test, replaced in turn by an immediate return: that test must fail. tests/mutants.t does a slice of it in `check`.
mutants:
	+$(MAKE) --no-print-directory BUILD=build/check SAN=1 test-images
	BUILD=build/check tools/mutants.pl

# The same binaries under Wine, where it is installed: docs/oracle.md.
check-wine: $(BUILD)/ringside samples $(TESTS_USER:%=$(BUILD)/tests/user/%.exe)
	BUILD=$(BUILD) prove -v tests/wine/check.sh

demo: $(BUILD)/ringside samples
	BUILD=$(BUILD) samples/demo.sh

TEST_SOURCES_test_options := $(wildcard ringside/options/*.c) ringside/log/level.c
TEST_SOURCES_test_command_line := ringside/command_line.c
TEST_SOURCES_test_files := ringside/memory.c $(foreach n,files handles open path list,ringside/files/$(n).c) ringside/files/root.c ringside/files/beneath.c ringside/files/janitor.c ringside/files/overlay.c ringside/files/names.c ringside/files/shares.c
TEST_SOURCES_test_pe := $(wildcard ring0/ldr/pe*.c)
TEST_SOURCES_test_log := $(wildcard ringside/options/*.c) ringside/files/whole.c $(foreach n,store record level filter format,ringside/log/$(n).c) -ljansson
TEST_SOURCES_test_fence := ringside/fence/fence.c ringside/fence/key.c ringside/fence/filter.c ringside/files/beneath.c
$(BUILD)/tests/host/test_fence: $(BUILD)/host/linux_calls.inc
