# What a Windows program links to. Each DLL: every C and S file of its folder, plus ring0/rtl files that ntdll shares with the kernel
# (ring3/ntdll/shared.mk lists them), linked against the DLLs below it.
RING3_DLLS := ntdll kernel32 advapi32 msvcrt ucrtbase vcruntime140 vcruntime140_1 version bcrypt bcryptprimitives cfgmgr32 setupapi ws2_32 psapi user32 combase ole32 rpcrt4 userenv
ring3_needs_ntdll :=
ring3_needs_kernel32 := ntdll
ring3_needs_advapi32 := kernel32 ntdll
ring3_needs_msvcrt := kernel32 ntdll
ring3_needs_ucrtbase := kernel32 ntdll
ring3_needs_vcruntime140 := ucrtbase kernel32 ntdll
ring3_needs_vcruntime140_1 := vcruntime140
ring3_needs_version := kernel32 ntdll
ring3_needs_bcrypt := advapi32 ntdll
ring3_needs_bcryptprimitives := advapi32 ntdll
ring3_needs_ws2_32 := kernel32 ntdll
ring3_needs_cfgmgr32 := advapi32 kernel32 ntdll
ring3_needs_setupapi := cfgmgr32 kernel32 ntdll
ring3_needs_user32 := kernel32 ntdll
ring3_needs_combase := rpcrt4 kernel32 ntdll
ring3_needs_ole32 := combase
ring3_needs_rpcrt4 := advapi32 ntdll
ring3_needs_psapi := kernel32
ring3_needs_userenv := kernel32 ntdll
ring3_entry_ntdll := -noentry
ring3_entry_kernel32 := -entry:DllMain
ring3_entry_advapi32 := -noentry
ring3_entry_msvcrt := -entry:DllMain
ring3_entry_ucrtbase := -entry:DllMain
ring3_entry_vcruntime140 := -entry:DllMain
ring3_entry_vcruntime140_1 := -noentry
ring3_entry_version := -noentry
ring3_entry_bcrypt := -noentry
ring3_entry_bcryptprimitives := -noentry
ring3_entry_ws2_32 := -noentry
ring3_entry_cfgmgr32 := -noentry
ring3_entry_setupapi := -noentry
ring3_entry_user32 := -noentry
ring3_entry_combase := -entry:DllMain
ring3_entry_ole32 := -noentry
ring3_entry_rpcrt4 := -noentry
ring3_entry_psapi := -noentry
ring3_entry_userenv := -noentry
include ring3/ntdll/shared.mk

$(BUILD)/ring3/%.o: ring3/%.c
	@mkdir -p $(@D)
	$(CC) $(RING3_FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/ring3/%.o: ring3/%.S
	@mkdir -p $(@D)
	$(CC) $(PE_TARGET) -g -Iring0 -MMD -MP -c $< -o $@
# The kernel's rtl files once more, as user-mode code.
$(BUILD)/ring3/shared/%.o: ring0/%.c
	@mkdir -p $(@D)
	$(CC) $(RING0_FLAGS) -DRTL_USER_MODE -MMD -MP -c $< -o $@
$(BUILD)/ring3/shared/%.o: ring0/%.S
	@mkdir -p $(@D)
	$(CC) $(PE_TARGET) -g -Iring0 -DRTL_USER_MODE -MMD -MP -c $< -o $@

ring3_objects_ntdll := $(RTL_SHARED:ring0/%=$(BUILD)/ring3/shared/%) $(BUILD)/ring0/ntdll-services.o
# Both C run-time libraries are ring3/crt, with what each has of its own; printf's engine is the kernel's.
CRT_OBJECTS := $(patsubst %,$(BUILD)/%.o,$(basename $(wildcard ring3/crt/*.[cS]))) $(foreach f,format float codepage setjmp jump,$(BUILD)/ring3/shared/rtl/$(f).o)
# Older names of msvcrt.dll's that the UCRT has too.
ring3_objects_msvcrt := $(CRT_OBJECTS) $(foreach f,convert end environment file find heap locale math_float path search text time,$(BUILD)/ring3/ucrtbase/$(f).o)
ring3_objects_ucrtbase := $(CRT_OBJECTS)
$(BUILD)/ring3/ntdll.def: ring3/ntdll/ntdll.def $(BUILD)/ring0/ntdll-services.def
	@mkdir -p $(@D)
	cat $^ > $@
$(BUILD)/ring3/%.def: ring3/%/*.def
	@mkdir -p $(@D)
	cp $< $@

define ring3_dll
$(BUILD)/ring3/$(1).dll $(BUILD)/ring3/$(1).lib &: $$(patsubst %.c,$(BUILD)/%.o,$$(wildcard ring3/$(1)/*.c)) \
	$$(patsubst %.S,$(BUILD)/%.o,$$(wildcard ring3/$(1)/*.S)) $$(ring3_objects_$(1)) $(BUILD)/ring3/$(1).def $$(foreach n,$$(ring3_needs_$(1)),$(BUILD)/ring3/$$(n).lib)
	$(LLD) -nologo -machine:x64 -subsystem:console -dll $$(ring3_entry_$(1)) -nodefaultlib -debug:dwarf -release -base:$$(ring3_address_$(1)) \
		-def:$(BUILD)/ring3/$(1).def -out:$(BUILD)/ring3/$(1).dll -implib:$(BUILD)/ring3/$(1).lib $$(filter %.o %.lib,$$^)
endef
# Fixed, apart from each other, so that no relocation is needed.
ring3_address_ntdll := 0x180000000
ring3_address_kernel32 := 0x181000000
ring3_address_advapi32 := 0x182000000
ring3_address_msvcrt := 0x183000000
ring3_address_ucrtbase := 0x184000000
ring3_address_vcruntime140 := 0x185000000
ring3_address_vcruntime140_1 := 0x186000000
ring3_address_version := 0x187000000
ring3_address_bcrypt := 0x188000000
ring3_address_cfgmgr32 := 0x189000000
ring3_address_setupapi := 0x18A000000
ring3_address_bcryptprimitives := 0x18B000000
ring3_address_ws2_32 := 0x18C000000
ring3_address_psapi := 0x18D000000
ring3_address_user32 := 0x18E000000
ring3_address_combase := 0x18F000000
ring3_address_ole32 := 0x190000000
ring3_address_rpcrt4 := 0x191000000
ring3_address_userenv := 0x192000000
$(foreach d,$(RING3_DLLS),$(eval $(call ring3_dll,$(d))))

# A program of C:\Windows\System32: every C file of its folder and of ring3/program, against the DLLs as any program is.
RING3_PROGRAMS := sc reg
RING3_PROGRAM_LIBS := $(foreach n,msvcrt advapi32 kernel32,$(BUILD)/ring3/$(n).lib)
define ring3_program
$(BUILD)/ring3/$(1).exe: $$(patsubst %.c,$(BUILD)/%.o,$$(wildcard ring3/$(1)/*.c ring3/program/*.c)) $(RING3_PROGRAM_LIBS)
	$(LLD) -nologo -subsystem:console -entry:ProgramStart -nodefaultlib -debug:dwarf -release -out:$$@ $$^
endef
$(foreach d,$(RING3_PROGRAMS),$(eval $(call ring3_program,$(d))))

RING3_IMAGES := $(foreach d,$(RING3_DLLS),$(BUILD)/ring3/$(d).dll) $(foreach d,$(RING3_PROGRAMS),$(BUILD)/ring3/$(d).exe)
