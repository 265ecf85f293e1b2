#include "ldr/ldrp.h"
#include "cm/cm.h"
#include "kd/kd.h"
#include "ke/ke.h"
#include "ke/points.h"
#include "ps/ps.h"
#include "rtl/crt.h"
#include "rtl/rtl.h"
#include "vf/left.h"

/*
 * Loading: everything that can refuse an image comes first, on the file's bytes; then address space; then copying, relocating, binding
 * and protecting, which cannot fail. What each refusal is on Windows: docs/images.md.
 */

static VOID LdrpFillRefusal(PLDR_REFUSAL Refusal, PCSTR Advice, PCSTR Why, va_list Arguments) {
    _vsnprintf(Refusal->Why, sizeof(Refusal->Why) - 1, Why, Arguments);
    Refusal->Why[sizeof(Refusal->Why) - 1] = '\0';
    strncpy(Refusal->Advice, Advice, sizeof(Refusal->Advice) - 1);
    Refusal->Advice[sizeof(Refusal->Advice) - 1] = '\0';
}

NTSTATUS LdrpRefuse(PLDR_REFUSAL Refusal, NTSTATUS Status, PCSTR Advice, PCSTR Why, ...) {
    va_list arguments;
    va_start(arguments, Why);
    LdrpFillRefusal(Refusal, Advice, Why, arguments);
    va_end(arguments);
    return Status;
}

VOID LdrRefuse(PLDR_REFUSAL Refusal, PCSTR Advice, PCSTR Why, ...) {
    va_list arguments;
    va_start(arguments, Why);
    LdrpFillRefusal(Refusal, Advice, Why, arguments);
    va_end(arguments);
}

VOID LdrDescribeRefusal(CHAR *Text, SIZE_T Size, PCSTR What, NTSTATUS Status, const LDR_REFUSAL *Refusal) {
    PCSTR name = RtlpStatusName(Status);
    _snprintf(Text, Size - 1, "%s: it %s (%s%s0x%08X, Win32 error %u): %s", What, Refusal->Why, name != NULL ? name : "", name != NULL ? " " : "",
              Status, RtlNtStatusToDosError(Status), Refusal->Advice);
    Text[Size - 1] = '\0';
}

static NTSTATUS LdrpCheckFile(const VOID *File, SIZE_T Size, struct pe_image *Pe, PLDR_REFUSAL Refusal) {
    enum pe_error error = pe_parse(File, Size, Pe);
    PCSTR why = pe_error_text(error);
    switch (error) {
    case PE_OK: break;
    case PE_EMPTY: return LdrpRefuse(Refusal, STATUS_INVALID_FILE_FOR_SECTION, "build it again", "%s", why);
    case PE_NOT_MZ: return LdrpRefuse(Refusal, STATUS_INVALID_IMAGE_NOT_MZ, "give a .sys file", "%s", why);
    case PE_NOT_PE:
    case PE_NOT_EXECUTABLE: return LdrpRefuse(Refusal, STATUS_INVALID_IMAGE_FORMAT, "give a linked .sys file", "%s", why);
    case PE_WRONG_MACHINE:
        return LdrpRefuse(Refusal, Pe->magic == 0x10B ? STATUS_INVALID_IMAGE_WIN_32 : STATUS_INVALID_IMAGE_FORMAT, "build it for x64",
                          "is built for %s processors and the machine is x86-64", pe_machine_name(Pe->machine));
    default: return LdrpRefuse(Refusal, STATUS_INVALID_IMAGE_FORMAT, "the file is damaged: build or copy it again", "%s", why);
    }
    uint32_t right = pe_checksum(Pe);
    if (Pe->checksum != right)
        return LdrpRefuse(Refusal, STATUS_IMAGE_CHECKSUM_MISMATCH,
                          Pe->checksum != 0 ? "the file was changed after it was linked: build it again"
                          : Pe->subsystem == PE_SUBSYSTEM_CONSOLE || Pe->subsystem == PE_SUBSYSTEM_GUI
                              ? "a program or DLL, as this one is, is no driver"
                              : "link drivers with /release, which sets it",
                          "has the checksum 0x%08X in its header, but its bytes give 0x%08X", Pe->checksum, right);
    if ((Pe->characteristics & PE_FILE_UP_SYSTEM_ONLY) != 0 && KiMachine->cpus > 1)
        return LdrpRefuse(Refusal, STATUS_IMAGE_MP_UP_MISMATCH, "run with --cpus 1, or link without /driver:uponly",
                          "is marked for machines with one processor");
    return STATUS_SUCCESS;
}

PCSTR LdrFindAbsentImport(const VOID *File, SIZE_T Size) {
    LDR_REFUSAL refusal;
    struct pe_image pe;
    if (pe_parse(File, Size, &pe) != PE_OK || pe.subsystem != PE_SUBSYSTEM_NATIVE || (pe.characteristics & PE_FILE_RELOCS_STRIPPED) != 0)
        return NULL;
    for (ULONG i = 0; i < pe.import_dll_count; i++) {
        PCSTR dll = pe_import_dll(&pe, i);
        if (dll != NULL && LdrpFindModuleByName(dll, TRUE) == NULL)
            return NT_SUCCESS(LdrpCheckFile(File, Size, &pe, &refusal)) ? dll : NULL;
    }
    return NULL;
}

/* NT itself looks at neither subsystem nor the DLL bit: programs and user-mode DLLs fail through their imports. One without imports from
   the kernel would run as a driver there, which can only be a mistake. */
static NTSTATUS LdrpCheckKind(const struct pe_image *Pe, LDR_ROLE Role, PLDR_REFUSAL Refusal) {
    if (Pe->subsystem != PE_SUBSYSTEM_NATIVE) {
        BOOLEAN kernel = FALSE;
        for (ULONG i = 0; i < Pe->import_dll_count; i++)
            kernel |= LdrpCompareNames(pe_import_dll(Pe, i), "ntoskrnl.exe") == 0 || LdrpCompareNames(pe_import_dll(Pe, i), "hal.dll") == 0;
        if (!kernel)
            return LdrpRefuse(Refusal, STATUS_INVALID_IMAGE_FORMAT, "link drivers with /subsystem:native", "is a %s, not a driver",
                              (Pe->characteristics & PE_FILE_DLL) ? "DLL for user mode" : "program");
    }
    if (Pe->entry == 0 && Role == LdrDriver)
        return LdrpRefuse(Refusal, STATUS_INVALID_IMAGE_FORMAT, "link it with /entry:DriverEntry", "has no entry point");
    return STATUS_SUCCESS;
}

/* The default that the compiler puts into __security_cookie: it must be replaced before the first check, and the top 16 bits stay zero. */
#define LDRP_DEFAULT_COOKIE 0x00002B992DDFA232ull

static ULONG64 LdrpNewCookie(VOID) {
    static ULONG64 state;
    if (state == 0)
        state = KiMachine->seed ^ 0x9E3779B97F4A7C15ull;
    ULONG64 cookie;
    do { /* splitmix64 */
        state += 0x9E3779B97F4A7C15ull;
        cookie = state;
        cookie = (cookie ^ cookie >> 30) * 0xBF58476D1CE4E5B9ull;
        cookie = (cookie ^ cookie >> 27) * 0x94D049BB133111EBull;
        cookie = (cookie ^ cookie >> 31) & 0x0000FFFFFFFFFFFFull;
    } while (cookie == 0 || cookie == LDRP_DEFAULT_COOKIE);
    return cookie;
}

static VOID LdrpInitializeLoadConfig(const struct pe_image *Pe, UCHAR *Base) {
    if (Pe->security_cookie != 0) {
        UNALIGNED ULONG64 *cookie = (UNALIGNED ULONG64 *)(Base + Pe->security_cookie);
        if (*cookie == LDRP_DEFAULT_COOKIE || *cookie == 0)
            *cookie = LdrpNewCookie();
    }
    if (Pe->guard_check != 0)
        *(UNALIGNED PVOID *)(Base + Pe->guard_check) = (PVOID)LdrpGuardCheck;
    if (Pe->guard_dispatch != 0)
        *(UNALIGNED PVOID *)(Base + Pe->guard_dispatch) = (PVOID)LdrpGuardDispatch;
}

static ULONG LdrpHalProtection(ULONG Characteristics) {
    ULONG protection =
        ((Characteristics & PE_SECTION_READ) ? HAL_PROT_READ : 0) | ((Characteristics & PE_SECTION_WRITE) ? HAL_PROT_READ | HAL_PROT_WRITE : 0);
    return protection | ((Characteristics & PE_SECTION_EXECUTE) ? HAL_PROT_READ | HAL_PROT_EXEC : 0);
}

/* A section that the kernel itself reads stays readable, whatever its flags say. */
static VOID LdrpProtect(PLDRP_MODULE Module, const struct pe_image *Pe) {
    UCHAR *base = Module->Public.DllBase;
    struct pe_section section;
    if (Pe->section_alignment < PAGE_SIZE) {
        MmProtectSystemImage(base, Pe->image_size, HAL_PROT_READ | HAL_PROT_WRITE | HAL_PROT_EXEC);
        return;
    }
    MmProtectSystemImage(base, Pe->headers_size, HAL_PROT_READ);
    for (ULONG i = 0; pe_section(Pe, i, &section); i++)
        MmProtectSystemImage(base + section.rva, section.mapped_size,
                             LdrpHalProtection(section.characteristics) | (Module->KeepSection[i] ? HAL_PROT_READ : 0));
}

/* Sections that somebody still needs when they could be discarded: exports, function tables, load configuration, bound addresses. */
static VOID LdrpKeepRva(PLDRP_MODULE Module, ULONG Rva) {
    struct pe_section section;
    int index = Rva != 0 ? pe_section_of(&Module->Pe, Rva, &section) : -1;
    if (index >= 0)
        Module->KeepSection[index] = 1;
}

static VOID LdrpFindKeptSections(PLDRP_MODULE Module) {
    static const UCHAR directories[] = {PE_EXPORT, PE_EXCEPTION, PE_LOAD_CONFIG, PE_TLS, PE_RESOURCE, PE_IAT};
    const struct pe_image *pe = &Module->Pe;
    for (ULONG i = 0; i < sizeof(directories); i++)
        LdrpKeepRva(Module, pe->directory[directories[i]].rva);
    LdrpKeepRva(Module, pe->export_functions);
    LdrpKeepRva(Module, pe->export_names);
    LdrpKeepRva(Module, pe->export_ordinals);
    struct pe_export export;
    for (ULONG i = 0; i < pe->export_name_count; i++) {
        if (!pe_export_by_name_index(pe, i, &export))
            continue;
        LdrpKeepRva(Module, (ULONG)((const UCHAR *)export.name - pe->data));
        LdrpKeepRva(Module, export.forwarder != NULL ? (ULONG)((const UCHAR *)export.forwarder - pe->data) : 0);
    }
}

/* "Making Drivers Pageable", learn.microsoft.com: sections whose names begin with PAGE; what the kernel itself reads at any level stays. */
static VOID LdrpSetPageable(PLDRP_MODULE Module) {
    LDR_SECTION section;
    for (ULONG i = 0; LdrQuerySection(&Module->Public, i, &section); i++)
        if (section.Pageable)
            MmSetSystemImagePageable(section.Start, section.Size, TRUE);
}

/* Everything but the last part of the layout is the image; behind it come the stubs of missing imports and the pages that unknown variables lie in. */
typedef struct _LDRP_LAYOUT {
    SIZE_T Image, Stubs, Guard;
} LDRP_LAYOUT;

static NTSTATUS LdrpMap(const struct pe_image *File, PCUNICODE_STRING FullName, ULONG MissingCount, SIZE_T MissingText, PLDRP_MODULE *Result,
                        LDRP_LAYOUT *Layout) {
    Layout->Image = (File->image_size + PAGE_SIZE - 1ull) & ~(PAGE_SIZE - 1ull);
    Layout->Stubs = ((SIZE_T)MissingCount * LDRP_STUB_SIZE + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1ull);
    Layout->Guard = ((SIZE_T)MissingCount * LDRP_GUARD_SLOT + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1ull);
    SIZE_T head = (sizeof(LDRP_MODULE) + FullName->Length + sizeof(WCHAR) + 15) & ~15ull,
           imports = (File->import_dll_count + 1) * sizeof(PLDRP_MODULE);
    SIZE_T size = head + imports + MissingCount * sizeof(LDRP_MISSING) + MissingText + File->section_count;
    UCHAR *module = ExAllocatePoolWithTag(NonPagedPoolNx, size, LDRP_TAG);
    PVOID base;
    if (module == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = MmAllocateSystemImage(Layout->Image + Layout->Stubs + Layout->Guard, &base);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(module, LDRP_TAG);
        return status;
    }
    RtlZeroMemory(module, size);
    PLDRP_MODULE result = (PLDRP_MODULE)module;
    result->Public.DllBase = base;
    result->Imports = (PLDRP_MODULE *)(module + head);
    result->Missing = (PLDRP_MISSING)(module + head + imports);
    result->MissingCount = MissingCount;
    result->KeepSection = module + size - File->section_count;
    result->GuardBase = (ULONG64)base + Layout->Image + Layout->Stubs;
    result->GuardSize = Layout->Guard;
    *Result = result;
    return STATUS_SUCCESS;
}

/* What our own drivers only have for debuggers is read from their files. */
static VOID LdrpFill(PLDRP_MODULE Module, const struct pe_image *File, const LDRP_LAYOUT *Layout, BOOLEAN Verified) {
    UCHAR *base = Module->Public.DllBase;
    struct pe_section section;
    RtlCopyMemory(base, File->data, File->headers_size);
    for (ULONG i = 0; pe_section(File, i, &section); i++)
        if (!Module->Public.Inbox || (section.characteristics & (PE_SECTION_DISCARDABLE | PE_SECTION_EXECUTE)) != PE_SECTION_DISCARDABLE)
            RtlCopyMemory(base + section.rva, File->data + section.raw_offset, section.raw_size);
    pe_relocate(File, base, (ULONG64)base - File->base);
    if (Verified && KiMachine->cpus > 1 && KiMachine->points != HAL_POINTS_CALLS)
        KiPlantPoints(base, File->image_size, Module->Public.Name);
    LdrpInitializeLoadConfig(File, base);
    LdrpBindImports(Module, File, Verified, base + Layout->Image);

    /* The same facts as in the file, read from memory from now on. */
    Module->Pe = *File;
    Module->Pe.data = base;
    Module->Pe.size = File->image_size;
    Module->Pe.mapped = 1;
    Module->Pe.export_dll = NULL;
    Module->Pe.debug_file = NULL;
    LdrpFindKeptSections(Module);
    LdrpProtect(Module, File);
    if (Module->Public.IsDriver && !Module->Public.Inbox)
        LdrpSetPageable(Module);
    if (Layout->Stubs != 0)
        MmProtectSystemImage(base + Layout->Image, Layout->Stubs, HAL_PROT_READ | HAL_PROT_EXEC);
    if (Layout->Guard != 0)
        MmProtectSystemImage((PVOID)Module->GuardBase, Layout->Guard, HAL_PROT_NONE);
}

static NTSTATUS LdrpLoad(const VOID *File, SIZE_T Size, PCUNICODE_STRING FullName, PCSTR HostPath, LDR_ROLE Role, PLDRP_MODULE *Module,
                         PLDR_REFUSAL Refusal) {
    struct pe_image pe;
    ULONG missing_count;
    SIZE_T missing_text;
    LDRP_LAYOUT layout;
    for (PLIST_ENTRY link = PsLoadedModuleList.Flink; link != &PsLoadedModuleList; link = link->Flink)
        if (RtlEqualUnicodeString(&CONTAINING_RECORD(link, LDR_MODULE, InLoadOrderLinks)->FullDllName, FullName, TRUE))
            return LdrpRefuse(Refusal, STATUS_IMAGE_ALREADY_LOADED, "unload it first", "is loaded already");
    NTSTATUS status = LdrpCheckFile(File, Size, &pe, Refusal);
    if (NT_SUCCESS(status) && pe.foreign_relocation_count != 0)
        status = LdrpRefuse(Refusal, STATUS_INVALID_IMAGE_FORMAT, "link it with another linker", "%s", pe_error_text(PE_BAD_RELOCATION_TYPE));
    if (NT_SUCCESS(status) && (pe.characteristics & PE_FILE_RELOCS_STRIPPED) != 0)
        status = LdrpRefuse(Refusal, STATUS_CONFLICTING_ADDRESSES, "link without /fixed", "has no relocations and cannot be moved from its base");
    if (NT_SUCCESS(status)) {
        status = LdrpCheckImports(&pe, &missing_count, &missing_text, Refusal);
        if (NT_SUCCESS(status) && Role != LdrSystem)
            status = LdrpCheckKind(&pe, Role, Refusal);
    }
    if (!NT_SUCCESS(status))
        return status;
    status = LdrpMap(&pe, FullName, missing_count, missing_text, Module, &layout);
    if (!NT_SUCCESS(status))
        return LdrpRefuse(Refusal, status, "run with more --memory", "does not fit into the machine's memory");

    PLDR_MODULE public = &(*Module)->Public;
    public->IsDriver = Role != LdrSystem;
    public->IsLibrary = Role == LdrLibrary;
    public->Inbox = Role == LdrSystem || Role == LdrInboxDriver;
    public->PreferredBase = pe.base;
    if (HostPath != NULL)
        strncpy(public->HostPath, HostPath, sizeof(public->HostPath) - 1);
    (*Module)->Pe = pe;
    LdrpInsertModule(*Module, FullName);
    LdrpFill(*Module, &pe, &layout, !public->Inbox);
    return STATUS_SUCCESS;
}

NTSTATUS LdrLoadDriverImage(const VOID *File, SIZE_T Size, PCUNICODE_STRING FullName, PCSTR HostPath, LDR_ROLE Role, PLDR_MODULE *Module,
                            PLDR_REFUSAL Refusal) {
    PLDRP_MODULE module;
    NTSTATUS status = LdrpLoad(File, Size, FullName, HostPath, Role, &module, Refusal);
    if (NT_SUCCESS(status)) {
        *Module = &module->Public;
        PsCallImageNotifyRoutines(&module->Public.FullDllName, NULL, module->Public.DllBase, module->Public.SizeOfImage);
    }
    return status;
}

/* Windows finds a routine that is still registered when it calls it, which may be long after, and nobody may be left to say whose it was. */
static VOID LdrpCheckNoRoutine(PLDR_MODULE Module) {
    static PVOID (*const finders[])(const VOID *, SIZE_T, PCSTR *) = {PsFindRoutineIn, CmFindCallbackIn};
    static CHAR text[256];
    for (ULONG i = 0; i < RTL_NUMBER_OF(finders); i++) {
        PCSTR remove;
        PVOID routine = finders[i](Module->DllBase, Module->SizeOfImage, &remove);
        if (routine == NULL)
            continue;
        _snprintf(text, sizeof(text) - 1, "%s is unloaded while its routine at %s+0x%I64X is still registered: call %s in DriverUnload", Module->Name,
                  Module->Name, (ULONG64)routine - (ULONG64)Module->DllBase, remove);
        if (VfIsOn())
            KiBugCheck(DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS, (ULONG_PTR)routine, 0x10, (ULONG_PTR)routine, 0, NULL, text);
        KdMessage("%s", text);
    }
}

/* "DllInitialize and DllUnload", learn.microsoft.com: a library without the routine, or whose routine fails, stays. */
static BOOLEAN LdrpMayUnload(PLDR_MODULE Library) {
    NTSTATUS(NTAPI * Routine)(VOID) = LdrFindExport(Library, "DllUnload", 0);
    return Routine != NULL && NT_SUCCESS(Routine());
}

VOID LdrUnloadDriverImage(PLDR_MODULE Module) {
    PLDRP_MODULE module = CONTAINING_RECORD(Module, LDRP_MODULE, Public);
    /* Others are bound to its exports: it stays until the last of them goes. */
    if (--Module->LoadCount != 0)
        return;
    if (Module->IsLibrary && !LdrpMayUnload(Module)) {
        Module->LoadCount = 1;
        return;
    }
    VfCheckUnload(Module->DllBase, Module->SizeOfImage, Module->Name);
    LdrpCheckNoRoutine(Module);
    LdrpForgetModule(module);
    KiForgetPoints(Module->DllBase);
    for (ULONG i = 0; module->Imports[i] != NULL; i++)
        LdrUnloadDriverImage(&module->Imports[i]->Public);
    MmFreeSystemImage(Module->DllBase);
    ExFreePoolWithTag(module, LDRP_TAG);
}

VOID LdrDiscardInit(PLDR_MODULE Module) {
    PLDRP_MODULE module = CONTAINING_RECORD(Module, LDRP_MODULE, Public);
    struct pe_section section;
    if (Module->InitDiscarded || module->Pe.section_alignment < PAGE_SIZE)
        return;
    for (ULONG i = 0; pe_section(&module->Pe, i, &section); i++) {
        BOOLEAN discardable = (section.characteristics & PE_SECTION_DISCARDABLE) != 0 || strcmp(section.name, "INIT") == 0;
        if (discardable && !module->KeepSection[i])
            MmDiscardSystemImagePages((UCHAR *)Module->DllBase + section.rva, section.mapped_size);
    }
    Module->InitDiscarded = TRUE;
}

/* ---- The two images that are there before any driver ---- */

static VOID LdrpRegisterKernel(VOID) {
    static const UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\SystemRoot\\System32\\ntoskrnl.exe");
    PLDRP_MODULE module = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*module) + name.Length + sizeof(PVOID), LDRP_TAG);
    NT_ASSERT_OURS(module != NULL);
    RtlZeroMemory(module, sizeof(*module));
    enum pe_error error = pe_parse_mapped((PVOID)HAL_KERNEL_BASE, KiMachine->kernel_size, &module->Pe);
    NT_ASSERT_OURS(error == PE_OK);
    module->Public.DllBase = (PVOID)HAL_KERNEL_BASE;
    module->Public.PreferredBase = module->Pe.base;
    strncpy(module->Public.HostPath, KiMachine->kernel_path, sizeof(module->Public.HostPath) - 1);
    LdrpInsertModule(module, &name);
}

VOID LdrInitSystem(VOID) {
    static const UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\SystemRoot\\System32\\hal.dll");
    PLDRP_MODULE module;
    LDR_REFUSAL refusal = {0};
    LdrpRegisterKernel();
    for (ULONG i = 0; i < KiMachine->image_count; i++) {
        const hal_image *image = &KiMachine->images[i];
        if (LdrpCompareNames(image->name, "hal.dll") != 0)
            continue;
        NTSTATUS status = LdrpLoad(image->data, image->size, &name, NULL, LdrSystem, &module, &refusal);
        if (!NT_SUCCESS(status))
            KiFatal("hal.dll cannot be loaded: it %s", refusal.Why);
        return;
    }
    KiFatal("hal.dll is not among the images inside");
}
