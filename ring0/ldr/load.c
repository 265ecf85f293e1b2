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
    va_list Arguments;
    va_start(Arguments, Why);
    LdrpFillRefusal(Refusal, Advice, Why, Arguments);
    va_end(Arguments);
    return Status;
}

VOID LdrRefuse(PLDR_REFUSAL Refusal, PCSTR Advice, PCSTR Why, ...) {
    va_list Arguments;
    va_start(Arguments, Why);
    LdrpFillRefusal(Refusal, Advice, Why, Arguments);
    va_end(Arguments);
}

VOID LdrDescribeRefusal(CHAR *Text, SIZE_T Size, PCSTR What, NTSTATUS Status, const LDR_REFUSAL *Refusal) {
    PCSTR Name = RtlpStatusName(Status);
    _snprintf(Text, Size - 1, "%s: it %s (%s%s0x%08X, Win32 error %u): %s", What, Refusal->Why, Name != NULL ? Name : "", Name != NULL ? " " : "",
              Status, RtlNtStatusToDosError(Status), Refusal->Advice);
    Text[Size - 1] = '\0';
}

static NTSTATUS LdrpCheckFile(const VOID *File, SIZE_T Size, struct pe_image *Pe, PLDR_REFUSAL Refusal) {
    enum pe_error Error = pe_parse(File, Size, Pe);
    PCSTR Why = pe_error_text(Error);
    switch (Error) {
    case PE_OK: break;
    case PE_EMPTY: return LdrpRefuse(Refusal, STATUS_INVALID_FILE_FOR_SECTION, "build it again", "%s", Why);
    case PE_NOT_MZ: return LdrpRefuse(Refusal, STATUS_INVALID_IMAGE_NOT_MZ, "give a .sys file", "%s", Why);
    case PE_NOT_PE:
    case PE_NOT_EXECUTABLE: return LdrpRefuse(Refusal, STATUS_INVALID_IMAGE_FORMAT, "give a linked .sys file", "%s", Why);
    case PE_WRONG_MACHINE:
        return LdrpRefuse(Refusal, Pe->magic == 0x10B ? STATUS_INVALID_IMAGE_WIN_32 : STATUS_INVALID_IMAGE_FORMAT, "build it for x64",
                          "is built for %s processors and the machine is x86-64", pe_machine_name(Pe->machine));
    default: return LdrpRefuse(Refusal, STATUS_INVALID_IMAGE_FORMAT, "the file is damaged: build or copy it again", "%s", Why);
    }
    uint32_t Right = pe_checksum(Pe);
    if (Pe->checksum != Right)
        return LdrpRefuse(Refusal, STATUS_IMAGE_CHECKSUM_MISMATCH,
                          Pe->checksum != 0 ? "the file was changed after it was linked: build it again"
                          : Pe->subsystem == PE_SUBSYSTEM_CONSOLE || Pe->subsystem == PE_SUBSYSTEM_GUI
                              ? "a program or DLL, as this one is, is no driver"
                              : "link drivers with /release, which sets it",
                          "has the checksum 0x%08X in its header, but its bytes give 0x%08X", Pe->checksum, Right);
    if ((Pe->characteristics & PE_FILE_UP_SYSTEM_ONLY) != 0 && KiMachine->cpus > 1)
        return LdrpRefuse(Refusal, STATUS_IMAGE_MP_UP_MISMATCH, "run with --cpus 1, or link without /driver:uponly",
                          "is marked for machines with one processor");
    return STATUS_SUCCESS;
}

PCSTR LdrFindAbsentImport(const VOID *File, SIZE_T Size) {
    LDR_REFUSAL Refusal;
    struct pe_image Pe;
    if (pe_parse(File, Size, &Pe) != PE_OK || Pe.subsystem != PE_SUBSYSTEM_NATIVE || (Pe.characteristics & PE_FILE_RELOCS_STRIPPED) != 0)
        return NULL;
    for (ULONG I = 0; I < Pe.import_dll_count; I++) {
        PCSTR Dll = pe_import_dll(&Pe, I);
        if (Dll != NULL && LdrpFindModuleByName(Dll, TRUE) == NULL)
            return NT_SUCCESS(LdrpCheckFile(File, Size, &Pe, &Refusal)) ? Dll : NULL;
    }
    return NULL;
}

/* NT itself looks at neither subsystem nor the DLL bit: programs and user-mode DLLs fail through their imports. One without imports from
   the kernel would run as a driver there, which can only be a mistake. */
static NTSTATUS LdrpCheckKind(const struct pe_image *Pe, LDR_ROLE Role, PLDR_REFUSAL Refusal) {
    if (Pe->subsystem != PE_SUBSYSTEM_NATIVE) {
        BOOLEAN Kernel = FALSE;
        for (ULONG I = 0; I < Pe->import_dll_count; I++)
            Kernel |= LdrpCompareNames(pe_import_dll(Pe, I), "ntoskrnl.exe") == 0 || LdrpCompareNames(pe_import_dll(Pe, I), "hal.dll") == 0;
        if (!Kernel)
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
    static ULONG64 State;
    if (State == 0)
        State = KiMachine->seed ^ 0x9E3779B97F4A7C15ull;
    ULONG64 Cookie;
    do { /* splitmix64 */
        State += 0x9E3779B97F4A7C15ull;
        Cookie = State;
        Cookie = (Cookie ^ Cookie >> 30) * 0xBF58476D1CE4E5B9ull;
        Cookie = (Cookie ^ Cookie >> 27) * 0x94D049BB133111EBull;
        Cookie = (Cookie ^ Cookie >> 31) & 0x0000FFFFFFFFFFFFull;
    } while (Cookie == 0 || Cookie == LDRP_DEFAULT_COOKIE);
    return Cookie;
}

static VOID LdrpInitializeLoadConfig(const struct pe_image *Pe, UCHAR *Base) {
    if (Pe->security_cookie != 0) {
        UNALIGNED ULONG64 *Cookie = (UNALIGNED ULONG64 *)(Base + Pe->security_cookie);
        if (*Cookie == LDRP_DEFAULT_COOKIE || *Cookie == 0)
            *Cookie = LdrpNewCookie();
    }
    if (Pe->guard_check != 0)
        *(UNALIGNED PVOID *)(Base + Pe->guard_check) = (PVOID)LdrpGuardCheck;
    if (Pe->guard_dispatch != 0)
        *(UNALIGNED PVOID *)(Base + Pe->guard_dispatch) = (PVOID)LdrpGuardDispatch;
}

static ULONG LdrpHalProtection(ULONG Characteristics) {
    ULONG Protection =
        ((Characteristics & PE_SECTION_READ) ? HAL_PROT_READ : 0) | ((Characteristics & PE_SECTION_WRITE) ? HAL_PROT_READ | HAL_PROT_WRITE : 0);
    return Protection | ((Characteristics & PE_SECTION_EXECUTE) ? HAL_PROT_READ | HAL_PROT_EXEC : 0);
}

/* A section that the kernel itself reads stays readable, whatever its flags say. */
static VOID LdrpProtect(PLDRP_MODULE Module, const struct pe_image *Pe) {
    UCHAR *Base = Module->Public.DllBase;
    struct pe_section Section;
    if (Pe->section_alignment < PAGE_SIZE) {
        MmProtectSystemImage(Base, Pe->image_size, HAL_PROT_READ | HAL_PROT_WRITE | HAL_PROT_EXEC);
        return;
    }
    MmProtectSystemImage(Base, Pe->headers_size, HAL_PROT_READ);
    for (ULONG I = 0; pe_section(Pe, I, &Section); I++)
        MmProtectSystemImage(Base + Section.rva, Section.mapped_size,
                             LdrpHalProtection(Section.characteristics) | (Module->KeepSection[I] ? HAL_PROT_READ : 0));
}

/* Sections that somebody still needs when they could be discarded: exports, function tables, load configuration, bound addresses. */
static VOID LdrpKeepRva(PLDRP_MODULE Module, ULONG Rva) {
    struct pe_section Section;
    int Index = Rva != 0 ? pe_section_of(&Module->Pe, Rva, &Section) : -1;
    if (Index >= 0)
        Module->KeepSection[Index] = 1;
}

static VOID LdrpFindKeptSections(PLDRP_MODULE Module) {
    static const UCHAR Directories[] = {PE_EXPORT, PE_EXCEPTION, PE_LOAD_CONFIG, PE_TLS, PE_RESOURCE, PE_IAT};
    const struct pe_image *Pe = &Module->Pe;
    for (ULONG I = 0; I < sizeof(Directories); I++)
        LdrpKeepRva(Module, Pe->directory[Directories[I]].rva);
    LdrpKeepRva(Module, Pe->export_functions);
    LdrpKeepRva(Module, Pe->export_names);
    LdrpKeepRva(Module, Pe->export_ordinals);
    struct pe_export Export;
    for (ULONG I = 0; I < Pe->export_name_count; I++) {
        if (!pe_export_by_name_index(Pe, I, &Export))
            continue;
        LdrpKeepRva(Module, (ULONG)((const UCHAR *)Export.name - Pe->data));
        LdrpKeepRva(Module, Export.forwarder != NULL ? (ULONG)((const UCHAR *)Export.forwarder - Pe->data) : 0);
    }
}

/* "Making Drivers Pageable", learn.microsoft.com: sections whose names begin with PAGE; what the kernel itself reads at any level stays. */
static VOID LdrpSetPageable(PLDRP_MODULE Module) {
    LDR_SECTION Section;
    for (ULONG I = 0; LdrQuerySection(&Module->Public, I, &Section); I++)
        if (Section.Pageable)
            MmSetSystemImagePageable(Section.Start, Section.Size, TRUE);
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
    SIZE_T Head = (sizeof(LDRP_MODULE) + FullName->Length + sizeof(WCHAR) + 15) & ~15ull,
           Imports = (File->import_dll_count + 1) * sizeof(PLDRP_MODULE);
    SIZE_T Size = Head + Imports + MissingCount * sizeof(LDRP_MISSING) + MissingText + File->section_count;
    UCHAR *Module = ExAllocatePoolWithTag(NonPagedPoolNx, Size, LDRP_TAG);
    PVOID Base;
    if (Module == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = MmAllocateSystemImage(Layout->Image + Layout->Stubs + Layout->Guard, &Base);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Module, LDRP_TAG);
        return Status;
    }
    RtlZeroMemory(Module, Size);
    PLDRP_MODULE Mapped = (PLDRP_MODULE)Module;
    Mapped->Public.DllBase = Base;
    Mapped->Imports = (PLDRP_MODULE *)(Module + Head);
    Mapped->Missing = (PLDRP_MISSING)(Module + Head + Imports);
    Mapped->MissingCount = MissingCount;
    Mapped->KeepSection = Module + Size - File->section_count;
    Mapped->GuardBase = (ULONG64)Base + Layout->Image + Layout->Stubs;
    Mapped->GuardSize = Layout->Guard;
    *Result = Mapped;
    return STATUS_SUCCESS;
}

/* What our own drivers only have for debuggers is read from their files. */
static VOID LdrpFill(PLDRP_MODULE Module, const struct pe_image *File, const LDRP_LAYOUT *Layout, BOOLEAN Verified) {
    UCHAR *Base = Module->Public.DllBase;
    struct pe_section Section;
    RtlCopyMemory(Base, File->data, File->headers_size);
    for (ULONG I = 0; pe_section(File, I, &Section); I++)
        if (!Module->Public.Inbox || (Section.characteristics & (PE_SECTION_DISCARDABLE | PE_SECTION_EXECUTE)) != PE_SECTION_DISCARDABLE)
            RtlCopyMemory(Base + Section.rva, File->data + Section.raw_offset, Section.raw_size);
    pe_relocate(File, Base, (ULONG64)Base - File->base);
    if (Verified && KiMachine->cpus > 1 && KiMachine->points != HAL_POINTS_CALLS)
        KiPlantPoints(Base, File->image_size, Module->Public.Name);
    LdrpInitializeLoadConfig(File, Base);
    LdrpBindImports(Module, File, Verified, Base + Layout->Image);

    /* The same facts as in the file, read from memory from now on. */
    Module->Pe = *File;
    Module->Pe.data = Base;
    Module->Pe.size = File->image_size;
    Module->Pe.mapped = 1;
    Module->Pe.export_dll = NULL;
    Module->Pe.debug_file = NULL;
    LdrpFindKeptSections(Module);
    LdrpProtect(Module, File);
    if (Module->Public.IsDriver && !Module->Public.Inbox)
        LdrpSetPageable(Module);
    if (Layout->Stubs != 0)
        MmProtectSystemImage(Base + Layout->Image, Layout->Stubs, HAL_PROT_READ | HAL_PROT_EXEC);
    if (Layout->Guard != 0)
        MmProtectSystemImage((PVOID)Module->GuardBase, Layout->Guard, HAL_PROT_NONE);
}

static NTSTATUS LdrpLoad(const VOID *File, SIZE_T Size, PCUNICODE_STRING FullName, PCSTR HostPath, LDR_ROLE Role, PLDRP_MODULE *Module,
                         PLDR_REFUSAL Refusal) {
    struct pe_image Pe;
    ULONG MissingCount;
    SIZE_T MissingText;
    LDRP_LAYOUT Layout;
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink)
        if (RtlEqualUnicodeString(&CONTAINING_RECORD(Link, LDR_MODULE, InLoadOrderLinks)->FullDllName, FullName, TRUE))
            return LdrpRefuse(Refusal, STATUS_IMAGE_ALREADY_LOADED, "unload it first", "is loaded already");
    NTSTATUS Status = LdrpCheckFile(File, Size, &Pe, Refusal);
    if (NT_SUCCESS(Status) && Pe.foreign_relocation_count != 0)
        Status = LdrpRefuse(Refusal, STATUS_INVALID_IMAGE_FORMAT, "link it with another linker", "%s", pe_error_text(PE_BAD_RELOCATION_TYPE));
    if (NT_SUCCESS(Status) && (Pe.characteristics & PE_FILE_RELOCS_STRIPPED) != 0)
        Status = LdrpRefuse(Refusal, STATUS_CONFLICTING_ADDRESSES, "link without /fixed", "has no relocations and cannot be moved from its base");
    if (NT_SUCCESS(Status)) {
        Status = LdrpCheckImports(&Pe, &MissingCount, &MissingText, Refusal);
        if (NT_SUCCESS(Status) && Role != LdrSystem)
            Status = LdrpCheckKind(&Pe, Role, Refusal);
    }
    if (!NT_SUCCESS(Status))
        return Status;
    Status = LdrpMap(&Pe, FullName, MissingCount, MissingText, Module, &Layout);
    if (!NT_SUCCESS(Status))
        return LdrpRefuse(Refusal, Status, "run with more --memory", "does not fit into the machine's memory");

    PLDR_MODULE Public = &(*Module)->Public;
    Public->IsDriver = Role != LdrSystem;
    Public->IsLibrary = Role == LdrLibrary;
    Public->Inbox = Role == LdrSystem || Role == LdrInboxDriver;
    Public->PreferredBase = Pe.base;
    if (HostPath != NULL)
        strncpy(Public->HostPath, HostPath, sizeof(Public->HostPath) - 1);
    (*Module)->Pe = Pe;
    LdrpInsertModule(*Module, FullName);
    LdrpFill(*Module, &Pe, &Layout, !Public->Inbox);
    return STATUS_SUCCESS;
}

NTSTATUS LdrLoadDriverImage(const VOID *File, SIZE_T Size, PCUNICODE_STRING FullName, PCSTR HostPath, LDR_ROLE Role, PLDR_MODULE *Module,
                            PLDR_REFUSAL Refusal) {
    PLDRP_MODULE Mapped;
    NTSTATUS Status = LdrpLoad(File, Size, FullName, HostPath, Role, &Mapped, Refusal);
    if (NT_SUCCESS(Status)) {
        *Module = &Mapped->Public;
        PsCallImageNotifyRoutines(&Mapped->Public.FullDllName, NULL, Mapped->Public.DllBase, Mapped->Public.SizeOfImage);
    }
    return Status;
}

/* Windows finds a routine that is still registered when it calls it, which may be long after, and nobody may be left to say whose it was. */
static VOID LdrpCheckNoRoutine(PLDR_MODULE Module) {
    static PVOID (*const Finders[])(const VOID *, SIZE_T, PCSTR *) = {PsFindRoutineIn, CmFindCallbackIn};
    static CHAR Text[256];
    for (ULONG I = 0; I < RTL_NUMBER_OF(Finders); I++) {
        PCSTR Remove;
        PVOID Routine = Finders[I](Module->DllBase, Module->SizeOfImage, &Remove);
        if (Routine == NULL)
            continue;
        _snprintf(Text, sizeof(Text) - 1, "%s is unloaded while its routine at %s+0x%I64X is still registered: call %s in DriverUnload", Module->Name,
                  Module->Name, (ULONG64)Routine - (ULONG64)Module->DllBase, Remove);
        if (VfIsOn())
            KiBugCheck(DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS, (ULONG_PTR)Routine, 0x10, (ULONG_PTR)Routine, 0, NULL, Text);
        KdMessage("%s", Text);
    }
}

/* "DllInitialize and DllUnload", learn.microsoft.com: a library without the routine, or whose routine fails, stays. */
static BOOLEAN LdrpMayUnload(PLDR_MODULE Library) {
    NTSTATUS(NTAPI * Routine)(VOID) = LdrFindExport(Library, "DllUnload", 0);
    return Routine != NULL && NT_SUCCESS(Routine());
}

VOID LdrUnloadDriverImage(PLDR_MODULE Module) {
    PLDRP_MODULE Own = CONTAINING_RECORD(Module, LDRP_MODULE, Public);
    /* Others are bound to its exports: it stays until the last of them goes. */
    if (--Module->LoadCount != 0)
        return;
    if (Module->IsLibrary && !LdrpMayUnload(Module)) {
        Module->LoadCount = 1;
        return;
    }
    VfCheckUnload(Module->DllBase, Module->SizeOfImage, Module->Name);
    LdrpCheckNoRoutine(Module);
    LdrpForgetModule(Own);
    KiForgetPoints(Module->DllBase);
    for (ULONG I = 0; Own->Imports[I] != NULL; I++)
        LdrUnloadDriverImage(&Own->Imports[I]->Public);
    MmFreeSystemImage(Module->DllBase);
    ExFreePoolWithTag(Own, LDRP_TAG);
}

VOID LdrDiscardInit(PLDR_MODULE Module) {
    PLDRP_MODULE Own = CONTAINING_RECORD(Module, LDRP_MODULE, Public);
    struct pe_section Section;
    if (Module->InitDiscarded || Own->Pe.section_alignment < PAGE_SIZE)
        return;
    for (ULONG I = 0; pe_section(&Own->Pe, I, &Section); I++) {
        BOOLEAN Discardable = (Section.characteristics & PE_SECTION_DISCARDABLE) != 0 || strcmp(Section.name, "INIT") == 0;
        if (Discardable && !Own->KeepSection[I])
            MmDiscardSystemImagePages((UCHAR *)Module->DllBase + Section.rva, Section.mapped_size);
    }
    Module->InitDiscarded = TRUE;
}

/* ---- The two images that are there before any driver ---- */

static VOID LdrpRegisterKernel(VOID) {
    static const UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\SystemRoot\\System32\\ntoskrnl.exe");
    PLDRP_MODULE Module = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Module) + Name.Length + sizeof(PVOID), LDRP_TAG);
    NT_ASSERT_OURS(Module != NULL);
    RtlZeroMemory(Module, sizeof(*Module));
    enum pe_error Error = pe_parse_mapped((PVOID)HAL_KERNEL_BASE, KiMachine->kernel_size, &Module->Pe);
    NT_ASSERT_OURS(Error == PE_OK);
    Module->Public.DllBase = (PVOID)HAL_KERNEL_BASE;
    Module->Public.PreferredBase = Module->Pe.base;
    strncpy(Module->Public.HostPath, KiMachine->kernel_path, sizeof(Module->Public.HostPath) - 1);
    LdrpInsertModule(Module, &Name);
}

VOID LdrInitSystem(VOID) {
    static const UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\SystemRoot\\System32\\hal.dll");
    PLDRP_MODULE Module;
    LDR_REFUSAL Refusal = {0};
    LdrpRegisterKernel();
    for (ULONG I = 0; I < KiMachine->image_count; I++) {
        const hal_image *Image = &KiMachine->images[I];
        if (LdrpCompareNames(Image->name, "hal.dll") != 0)
            continue;
        NTSTATUS Status = LdrpLoad(Image->data, Image->size, &Name, NULL, LdrSystem, &Module, &Refusal);
        if (!NT_SUCCESS(Status))
            KiFatal("hal.dll cannot be loaded: it %s", Refusal.Why);
        return;
    }
    KiFatal("hal.dll is not among the images inside");
}
