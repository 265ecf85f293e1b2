# The sample drivers, with the flags that `ringside cc` presets, and their programs, built by the stock mingw-w64 compiler.
SAMPLE_WARNINGS := -Wall -Wextra -Werror
SAMPLE_DRIVER_WARNINGS := $(SAMPLE_WARNINGS) -Wno-\#warnings
SAMPLE_DRIVER_FLAGS := $(PE_TARGET) -std=gnu17 -O2 -g -gdwarf-4 -ffreestanding -fms-extensions -Xclang -fasync-exceptions -fasynchronous-unwind-tables \
	-fno-auto-import -fno-delete-null-pointer-checks -mno-stack-arg-probe -DALLOC_PRAGMA -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A000008 \
	-ffile-prefix-map=$(CURDIR)/= -include ringside/cc/prelude.h -isystem include/ddk-fix -isystem $(MINGW_INCLUDE)/ddk -isystem $(MINGW_INCLUDE) $(SAMPLE_DRIVER_WARNINGS)
SAMPLE_DRIVER_LINK := -nologo -subsystem:native -driver:wdm -entry:DriverEntry -base:0x10000 -section:INIT,ERD -debug:dwarf -release -nodefaultlib
SAMPLE_DRIVER_LIBS := $(MINGW_LIB)/libntoskrnl.a $(MINGW_LIB)/libhal.a
SAMPLE_PROGRAM_FLAGS := -std=gnu17 -O2 -g -D_WIN32_WINNT=0x0A00 -ffile-prefix-map=$(CURDIR)/= $(SAMPLE_WARNINGS)

EXAMPLE_IO_buffered := 1
EXAMPLE_IO_direct := 2
EXAMPLE_IO_neither := 3
EXAMPLE_DRIVERS := $(foreach k,buffered direct neither,$(BUILD)/samples/example-$(k).sys)
EXAMPLE_PROGRAMS := $(BUILD)/samples/loader.exe $(BUILD)/samples/client.exe

SAMPLE_NATIVE := $(BUILD)/samples/native.exe

SAMPLE_SERIAL := $(BUILD)/samples/serial.sys $(BUILD)/samples/terminal.exe

SAMPLE_STACK := $(foreach d,disk volume fat,$(BUILD)/samples/$(d).sys) $(foreach p,files drive seek,$(BUILD)/samples/$(p).exe)
SAMPLE_UART := $(BUILD)/samples/uart.sys $(BUILD)/samples/talk.exe
SAMPLE_PNP := $(BUILD)/samples/abacus.sys $(BUILD)/samples/factorial.exe

# A driver of one source and a program of one: FOLDER/DRIVER/PROGRAM.
SAMPLE_PAIRS := cancellation/doorbell/visitors event/alarm/sleeper filter/shout/counts timer/metronome/dance worker/scribe/writers
SAMPLE_PAIR_IMAGES := $(foreach p,$(SAMPLE_PAIRS),$(BUILD)/samples/$(word 2,$(subst /, ,$(p))).sys $(BUILD)/samples/$(word 3,$(subst /, ,$(p))).exe)

.PHONY: samples
samples: $(EXAMPLE_DRIVERS) $(EXAMPLE_PROGRAMS) $(SAMPLE_NATIVE) $(SAMPLE_SERIAL) $(SAMPLE_STACK) $(SAMPLE_UART) $(SAMPLE_PNP) $(SAMPLE_PAIR_IMAGES)

$(EXAMPLE_DRIVERS:%.sys=%.o): $(BUILD)/samples/example-%.o: samples/example/example.c
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -DEXAMPLE_IO=$(EXAMPLE_IO_$*) -MMD -MP -c $< -o $@
$(EXAMPLE_DRIVERS): $(BUILD)/samples/%.sys: $(BUILD)/samples/%.o
	$(LLD) $(SAMPLE_DRIVER_LINK) -out:$@ $< $(SAMPLE_DRIVER_LIBS)

$(EXAMPLE_PROGRAMS): $(BUILD)/samples/%.exe: samples/example/%.c samples/example/example.h
	@mkdir -p $(@D)
	$(MINGW_CC) $(SAMPLE_PROGRAM_FLAGS) $< -o $@

# A program without Win32, as `ringside cc --native` makes it.
$(SAMPLE_NATIVE:.exe=.o): samples/native/native.c
	@mkdir -p $(@D)
	$(CC) $(PE_TARGET) -std=gnu17 -O2 -g -gdwarf-4 -ffreestanding -fno-stack-protector -mno-stack-arg-probe -D_WIN32_WINNT=0x0A00 \
		-ffile-prefix-map=$(CURDIR)/= -isystem $(MINGW_INCLUDE) $(SAMPLE_WARNINGS) -MMD -MP -c $< -o $@
$(SAMPLE_NATIVE): %.exe: %.o
	$(LLD) -nologo -subsystem:native -entry:NtProcessStartup -nodefaultlib -debug:dwarf -release -out:$@ $< $(MINGW_LIB)/libntdll.a

# COM1 without a port.
$(BUILD)/samples/serial.o: samples/serial/serial.c include/ddk-fix/ntddser.h
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/samples/serial.sys: $(BUILD)/samples/serial.o
	$(LLD) $(SAMPLE_DRIVER_LINK) -out:$@ $< $(SAMPLE_DRIVER_LIBS)
$(BUILD)/samples/terminal.exe: samples/serial/terminal.c
	@mkdir -p $(@D)
	$(MINGW_CC) $(SAMPLE_PROGRAM_FLAGS) $< -o $@

# A disk, a volume, a file system: three drivers, one above the other.
$(BUILD)/samples/stack/%.o: samples/stack/%.c samples/stack/fat.h samples/stack/disk.h
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/samples/disk.sys: $(foreach n,disk storage,$(BUILD)/samples/stack/$(n).o)
$(BUILD)/samples/volume.sys: $(BUILD)/samples/stack/volume.o
$(BUILD)/samples/fat.sys: $(foreach n,fat mount store table directory name entry stamp file handover create information list volume_information watch,$(BUILD)/samples/stack/$(n).o)
$(foreach d,disk volume fat,$(BUILD)/samples/$(d).sys):
	$(LLD) $(SAMPLE_DRIVER_LINK) -out:$@ $^ $(SAMPLE_DRIVER_LIBS)
$(foreach p,files drive seek,$(BUILD)/samples/$(p).exe): $(BUILD)/samples/%.exe: samples/stack/%.c
	@mkdir -p $(@D)
	$(MINGW_CC) $(SAMPLE_PROGRAM_FLAGS) $< -o $@

# A serial port with an interrupt.
$(BUILD)/samples/uart.o: samples/serial16550/uart.c
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/samples/uart.sys: $(BUILD)/samples/uart.o
	$(LLD) $(SAMPLE_DRIVER_LINK) -out:$@ $< $(SAMPLE_DRIVER_LIBS)
$(BUILD)/samples/talk.exe: samples/serial16550/talk.c
	@mkdir -p $(@D)
	$(MINGW_CC) $(SAMPLE_PROGRAM_FLAGS) $< -o $@

# A function driver of Plug and Play for the PCI test device.
$(BUILD)/samples/pnp/%.o: samples/pnp/%.c samples/pnp/abacus.h samples/pnp/sums.h
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/samples/abacus.sys: $(foreach n,abacus plug,$(BUILD)/samples/pnp/$(n).o)
	$(LLD) $(SAMPLE_DRIVER_LINK) -out:$@ $^ $(SAMPLE_DRIVER_LIBS)
$(BUILD)/samples/factorial.exe: samples/pnp/factorial.c samples/pnp/sums.h
	@mkdir -p $(@D)
	$(MINGW_CC) $(SAMPLE_PROGRAM_FLAGS) $< -o $@ -lsetupapi

define sample_pair
$(BUILD)/samples/$(2).o: samples/$(1)/$(2).c $(wildcard samples/$(1)/*.h)
	@mkdir -p $$(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -MMD -MP -c $$< -o $$@
$(BUILD)/samples/$(2).sys: $(BUILD)/samples/$(2).o
	$(LLD) $(SAMPLE_DRIVER_LINK) -out:$$@ $$< $(SAMPLE_DRIVER_LIBS)
$(BUILD)/samples/$(3).exe: samples/$(1)/$(3).c $(wildcard samples/$(1)/*.h)
	@mkdir -p $$(@D)
	$(MINGW_CC) $(SAMPLE_PROGRAM_FLAGS) $$< -o $$@
endef
$(foreach p,$(SAMPLE_PAIRS),$(eval $(call sample_pair,$(word 1,$(subst /, ,$(p))),$(word 2,$(subst /, ,$(p))),$(word 3,$(subst /, ,$(p))))))
