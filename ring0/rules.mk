# ntoskrnl.exe, hal.dll and the inbox drivers.
RING0_DIRS := hal rtl ke mm ob ex ps se cm kd io lpc po pnp fsrtl etw wmi ldr vf mon
RING0_C := $(foreach d,$(RING0_DIRS),$(wildcard ring0/$(d)/*.c))
RING0_S := $(foreach d,$(RING0_DIRS),$(wildcard ring0/$(d)/*.S))
RING0_GENERATED := $(BUILD)/ring0/services.c $(BUILD)/ring0/contract.c
RING0_OBJ := $(RING0_C:%.c=$(BUILD)/%.o) $(RING0_S:%.S=$(BUILD)/%.o) $(BUILD)/ring0/services.o $(BUILD)/ring0/contract.o \
	$(BUILD)/ring0/zw.o $(BUILD)/ring0/twins.o
EXPORT_TABLES := $(foreach d,$(RING0_DIRS),$(wildcard ring0/$(d)/exports.tbl))
INBOX_DRIVERS := null condrv hostfs scm npfs pci

$(BUILD)/ring0/ntoskrnl.def $(BUILD)/ring0/hal.def $(BUILD)/ring0/contract.c $(BUILD)/ring0/twins.S $(BUILD)/ring0/proved.inc $(BUILD)/exports.md &: ring0/exports.awk $(EXPORT_TABLES)
	@mkdir -p $(BUILD)/ring0
	awk -v out=$(BUILD)/ring0 -v doc=$(BUILD)/exports.md -f ring0/exports.awk $(EXPORT_TABLES)

$(BUILD)/ring0/services.c $(BUILD)/ring0/zw.S $(BUILD)/ring0/ntdll-services.S $(BUILD)/ring0/ntdll-services.def &: ring0/services.awk ring0/services.tbl
	@mkdir -p $(BUILD)/ring0
	awk -v out=$(BUILD)/ring0 -f ring0/services.awk ring0/services.tbl

# The DDK's headers are 30,000 lines: every kernel file gets them precompiled. Inbox drivers see them as a driver does.
RING0_PCH := $(BUILD)/ring0/nt.pch
$(RING0_PCH): ring0/nt/nt.h
	@mkdir -p $(@D)
	$(CC) $(RING0_FLAGS) -MMD -MP -MF $@.d -x c-header $< -o $@
$(BUILD)/ring0/%.o: ring0/%.c $(RING0_PCH)
	@mkdir -p $(@D)
	$(CC) $(RING0_FLAGS) -include-pch $(RING0_PCH) -MMD -MP -c $< -o $@
$(BUILD)/ring0/drivers/%.o: ring0/drivers/%.c
	@mkdir -p $(@D)
	$(CC) $(RING0_FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/ring0/%.o: ring0/%.S
	@mkdir -p $(@D)
	$(CC) $(PE_TARGET) -g -Iring0 -I$(BUILD)/ring0 -MMD -MP -c $< -o $@
$(BUILD)/ring0/%.o: $(BUILD)/ring0/%.c
	$(CC) $(RING0_FLAGS) -c $< -o $@
$(BUILD)/ring0/%.o: $(BUILD)/ring0/%.S
	$(CC) $(PE_TARGET) -g -Iring0 -c $< -o $@

$(BUILD)/ring0/ntoskrnl.exe $(BUILD)/ring0/ntoskrnl.lib &: $(RING0_OBJ) $(BUILD)/ring0/ntoskrnl.def
	$(LLD) -nologo -subsystem:native -entry:KiSystemStartup -base:0x400000100000 -fixed:no -dynamicbase -nodefaultlib -debug:dwarf -release \
		-def:$(BUILD)/ring0/ntoskrnl.def -out:$(BUILD)/ring0/ntoskrnl.exe -implib:$(BUILD)/ring0/ntoskrnl.lib $(RING0_OBJ)

$(BUILD)/ring0/hal.dll: $(BUILD)/ring0/hal.def $(BUILD)/ring0/ntoskrnl.lib
	$(LLD) -nologo -machine:x64 -subsystem:native -dll -noentry -nodefaultlib -release -def:$(BUILD)/ring0/hal.def -out:$@ -implib:$(BUILD)/ring0/hal.lib $(BUILD)/ring0/ntoskrnl.lib

# An inbox driver: every C file of its folder, against our own import library.
define inbox_driver
$(BUILD)/ring0/drivers/$(1).sys: $$(patsubst %.c,$(BUILD)/%.o,$$(wildcard ring0/drivers/$(1)/*.c)) $(BUILD)/ring0/ntoskrnl.lib
	$(LLD) -nologo -subsystem:native -driver:wdm -entry:DriverEntry -base:0x10000 -section:INIT,ERD -nodefaultlib -debug:dwarf -release -out:$$@ $$^
endef
$(foreach d,$(INBOX_DRIVERS),$(eval $(call inbox_driver,$(d))))

RING0_IMAGES := $(BUILD)/ring0/ntoskrnl.exe $(BUILD)/ring0/hal.dll $(foreach d,$(INBOX_DRIVERS),$(BUILD)/ring0/drivers/$(d).sys)

# The library that wdmsec.h is about, for `ringside cc`.
$(BUILD)/ring0/wdmsec/wdmsec.o: ring0/wdmsec/wdmsec.c
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -Iring0 -MMD -MP -c $< -o $@
$(BUILD)/ring0/wdmsec.lib: $(BUILD)/ring0/wdmsec/wdmsec.o
	$(LLD) -lib -nologo -out:$@ $<
