# The Linux process that plays the machine. The PE images are carried inside (images.S).
HOST_CFLAGS := -std=gnu17 -O2 -g -fPIE -fno-strict-aliasing -ffile-prefix-map=$(CURDIR)/= -D_GNU_SOURCE -DRINGSIDE_VERSION=\"$(VERSION)\" $(WARNINGS) -I. -Iring0 -Iringside -I$(BUILD) --embed-dir=$(BUILD) --embed-dir=.
HOST_LDFLAGS := -pie -Wl,-z,now
HOST_LIBS := -lZydis -Wl,-Bstatic -ljansson -ldwarf -lelf -lz -lncursesw -ltinfo -Wl,-Bdynamic
HOST_C := $(wildcard ringside/*.c $(foreach d,devices fence files log objects options up,ringside/$(d)/*.c)) ringside/cc/command.c ringside/cc/headers.c ringside/cc/object.c ringside/cc/source.c $(wildcard ring0/ldr/pe*.c)
HOST_OBJ := $(patsubst %.c,$(BUILD)/host/%.o,$(HOST_C)) $(BUILD)/host/ringside/stubs.o $(BUILD)/host/images.o

$(BUILD)/host/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/host/ringside/stubs.o: ringside/stubs.S
	@mkdir -p $(@D)
	$(CC) -c -g -I. -Iring0 $< -o $@

# Names of this system's system calls, for fence_filter.c.
$(BUILD)/host/linux_calls.inc: ringside/rules.mk
	@mkdir -p $(@D)
	echo '#include <asm/unistd_64.h>' | $(CC) -dM -E - | awk '$$2 ~ /^__NR_/ { printf "[%d] = \"%s\",\n", $$3, substr($$2, 6) }' > $@
$(BUILD)/host/ringside/fence/filter.o: $(BUILD)/host/linux_calls.inc
# What `ringside cc` writes beside a guest's sources.
CC_FILES := $(wildcard include/ddk-fix/*.h) ringside/cc/prelude.h ringside/cc/builtins.c ringside/cc/cxx.c ringside/cc/void_main.c
$(BUILD)/host/cc_files.inc: $(CC_FILES) ringside/rules.mk
	@mkdir -p $(@D)
	printf '%s\n' $(CC_FILES) | awk '{ n = split($$0, part, "/"); printf "static const unsigned char file_%d[] = {\n#embed \"%s\"\n};\n", NR, $$0; \
		table = table "    {\"" part[n] "\", file_" NR ", sizeof file_" NR "},\n" } END { printf "static const struct file files[] = {\n%s};\n", table }' > $@
$(BUILD)/host/intrinsics.o: ringside/cc/intrinsics.c
	@mkdir -p $(@D)
	$(CC) --target=x86_64-w64-windows-gnu -std=gnu17 -O2 -fms-extensions -ffreestanding -fno-builtin -fno-stack-protector -mno-stack-arg-probe -mcx16 -w \
		-isystem $(MINGW_INCLUDE) -c $< -o $@
$(BUILD)/host/intrinsics.lib: $(BUILD)/host/intrinsics.o
	$(LLD) -lib -nologo -out:$@ $<
$(BUILD)/host/cc_variables.inc: $(wildcard ring0/*/exports.tbl)
	@mkdir -p $(@D)
	awk '$$4 == "data" && $$2 == "ntoskrnl" { split($$1, name, "="); printf "\"%s\",\n", name[1] }' $^ > $@
$(BUILD)/host/ringside/cc.o: $(BUILD)/host/cc_variables.inc
$(BUILD)/host/ringside/cc/headers.o: $(BUILD)/host/intrinsics.lib $(BUILD)/ring0/ntoskrnl.lib $(BUILD)/ring0/wdmsec.lib $(BUILD)/host/cc_files.inc
$(BUILD)/host/ringside/corpus.o: $(BUILD)/ring0/proved.inc

$(BUILD)/host/images.o: ringside/images.awk $(RING0_IMAGES) $(RING3_IMAGES)
	@mkdir -p $(@D)
	printf '%s\n' $(RING0_IMAGES) $(RING3_IMAGES) | awk -f ringside/images.awk > $(BUILD)/host/images.S
	$(CC) -c $(BUILD)/host/images.S -o $@

$(BUILD)/ringside: $(HOST_OBJ)
	$(CC) $(HOST_LDFLAGS) -o $@ $(HOST_OBJ) $(HOST_LIBS)

# Every PE function of ours that moves rsp has unwind data, or the build fails.
$(BUILD)/tools/unwind-check: tools/unwind-check.c $(wildcard ring0/ldr/pe*.c)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $^ -lZydis -o $@
$(BUILD)/unwind-proof: $(BUILD)/tools/unwind-check $(RING0_IMAGES) $(RING3_IMAGES)
	$< $(RING0_IMAGES) $(RING3_IMAGES)
	touch $@
