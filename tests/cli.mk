# Programs and tools for the tests of the command line, built by the stock mingw-w64 compiler and the host's.
TEST_PROGRAMS := $(patsubst tests/programs/%.c,$(BUILD)/tests/programs/%.exe,$(wildcard tests/programs/*.c))
TEST_TOOLS := $(patsubst tests/tools/%.c,$(BUILD)/tests/tools/%,$(wildcard tests/tools/*.c))

$(BUILD)/tests/programs/%.exe: tests/programs/%.c
	@mkdir -p $(@D)
	$(MINGW_CC) $(SAMPLE_PROGRAM_FLAGS) $^ -o $@
$(BUILD)/tests/programs/carrier.exe: $(BUILD)/tests/programs/carrier.o
$(BUILD)/tests/programs/carrier.o: tests/programs/carrier.rc $(BUILD)/samples/example-buffered.sys
	@mkdir -p $(@D)
	x86_64-w64-mingw32-windres -I $(BUILD) $< $@
$(BUILD)/tests/programs/lacks.exe: $(BUILD)/tests/programs/lacks.lib
$(BUILD)/tests/programs/%.lib: tests/programs/%.def
	@mkdir -p $(@D)
	llvm-dlltool$(LLVM) -m i386:x86-64 -d $< -l $@
$(BUILD)/tests/tools/%: tests/tools/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $^ -o $@
