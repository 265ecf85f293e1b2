# Images that cannot be drivers, each for one reason.
IMAGE_FLAGS := -std=gnu17 -O1 -ffreestanding -Wall -Wextra -Werror
IMAGE_LINK := -nologo -subsystem:native -entry:DriverEntry -nodefaultlib -release
TEST_BAD_IMAGES := $(foreach n,x86 arm64 dll missing-dll missing-export fixed noentry ordinal up,$(BUILD)/tests/images/$(n).sys)

$(BUILD)/tests/images/x86.sys: tests/images/plain.c
	@mkdir -p $(@D)
	$(CC) --target=i686-w64-windows-gnu $(IMAGE_FLAGS) -c $< -o $(@:.sys=.o)
	$(LLD) $(IMAGE_LINK) -driver:wdm -machine:x86 -safeseh:no -out:$@ $(@:.sys=.o)
$(BUILD)/tests/images/arm64.sys: tests/images/plain.c
	@mkdir -p $(@D)
	$(CC) --target=aarch64-w64-windows-gnu $(IMAGE_FLAGS) -c $< -o $(@:.sys=.o)
	$(LLD) $(IMAGE_LINK) -driver:wdm -machine:arm64 -out:$@ $(@:.sys=.o)
$(BUILD)/tests/images/dll.sys: tests/images/plain.c
	@mkdir -p $(@D)
	$(CC) $(PE_TARGET) $(IMAGE_FLAGS) -c $< -o $(@:.sys=.o)
	$(LLD) -nologo -dll -subsystem:console -entry:DriverEntry -nodefaultlib -release -out:$@ $(@:.sys=.o)
$(BUILD)/tests/images/missing-%.sys: tests/images/missing-%.c tests/images/missing-%.def
	@mkdir -p $(@D)
	$(CC) $(PE_TARGET) $(IMAGE_FLAGS) -c $< -o $(@:.sys=.o)
	llvm-dlltool$(LLVM) -m i386:x86-64 -d tests/images/missing-$*.def -l $(@:.sys=.lib)
	$(LLD) $(IMAGE_LINK) -driver:wdm -out:$@ $(@:.sys=.o) $(@:.sys=.lib)
$(BUILD)/tests/images/ordinal.sys: tests/images/ordinal.c tests/images/ordinal.def
	@mkdir -p $(@D)
	$(CC) $(PE_TARGET) $(IMAGE_FLAGS) -c $< -o $(@:.sys=.o)
	llvm-dlltool$(LLVM) -m i386:x86-64 -d tests/images/ordinal.def -l $(@:.sys=.lib)
	$(LLD) $(IMAGE_LINK) -driver:wdm -out:$@ $(@:.sys=.o) $(@:.sys=.lib)
$(BUILD)/tests/images/fixed.sys: tests/images/up.c
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -c $< -o $(@:.sys=.o)
	$(LLD) $(IMAGE_LINK) -driver:wdm -fixed -out:$@ $(@:.sys=.o) $(SAMPLE_DRIVER_LIBS)
$(BUILD)/tests/images/noentry.sys: tests/images/up.c
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -c $< -o $(@:.sys=.o)
	$(LLD) -nologo -subsystem:native -dll -noentry -nodefaultlib -release -include:DriverEntry -out:$@ $(@:.sys=.o) $(SAMPLE_DRIVER_LIBS)
$(BUILD)/tests/images/up.sys: tests/images/up.c
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -c $< -o $(@:.sys=.o)
	$(LLD) $(IMAGE_LINK) -driver:uponly -out:$@ $(@:.sys=.o) $(SAMPLE_DRIVER_LIBS)
