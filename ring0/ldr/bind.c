#include "ldr/ldrp.h"
#include "vf/vf.h"

/* What one import of a file resolves to. */
typedef struct _LDRP_TARGET {
    PLDRP_MODULE Module;
    PVOID Routine; /* NULL: not exported */
    PCSTR Name;
} LDRP_TARGET;

static VOID LdrpResolveImport(const struct pe_import *Import, LDRP_TARGET *Target) {
    Target->Module = LdrpFindModuleByName(Import->dll, TRUE);
    Target->Name = Import->name;
    Target->Routine = Target->Module != NULL ? LdrpResolveExport(Target->Module, Import->name, Import->ordinal, 0, &Target->Name) : NULL;
}

NTSTATUS LdrpCheckImports(const struct pe_image *File, ULONG *MissingCount, SIZE_T *MissingText, PLDR_REFUSAL Refusal) {
    struct pe_import_cursor cursor = {0};
    struct pe_import import;
    *MissingCount = 0;
    *MissingText = 0;
    /* NT looks for every module first: an image with no imports from one that is absent is refused as well. */
    for (ULONG i = 0; i < File->import_dll_count; i++) {
        PCSTR dll = pe_import_dll(File, i);
        if (dll != NULL && LdrpFindModuleByName(dll, TRUE) != NULL)
            continue;
        if (File->subsystem == PE_SUBSYSTEM_NATIVE)
            return LdrpRefuse(Refusal, STATUS_OBJECT_NAME_NOT_FOUND, "put that file beside it or into System32\\drivers, or load it first",
                              "imports from %.200s, which is neither loaded nor there", dll != NULL ? dll : "a module without a name");
        return LdrpRefuse(Refusal, STATUS_OBJECT_NAME_NOT_FOUND, "link drivers with /subsystem:native",
                          "is a %s for user mode, not a driver: the kernel has no %.200s to import from",
                          (File->characteristics & PE_FILE_DLL) != 0 ? "DLL" : "program", dll != NULL ? dll : "module without a name");
    }
    while (pe_next_import(File, &cursor, &import)) {
        LDRP_TARGET target;
        LdrpResolveImport(&import, &target);
        if (target.Routine != NULL)
            continue;
        if (import.name == NULL)
            return LdrpRefuse(Refusal, STATUS_DRIVER_ORDINAL_NOT_FOUND, "import by name", "imports ordinal %u of %.200s, which has none",
                              import.ordinal, import.dll);
        if (KiMachine->strict)
            return LdrpRefuse(Refusal, STATUS_DRIVER_ENTRYPOINT_NOT_FOUND, "without --strict it loads, and the machine stops when it is called",
                              "imports %.150s from %.150s, which does not export it", import.name, import.dll);
        ++*MissingCount;
        *MissingText += strlen(import.name) + strlen(import.dll) + 2;
    }
    return STATUS_SUCCESS;
}

static PCSTR LdrpCopyText(CHAR **Text, PCSTR From) {
    PCSTR copy = *Text;
    SIZE_T size = strlen(From) + 1;
    RtlCopyMemory(*Text, From, size);
    *Text += size;
    return copy;
}

static VOID LdrpRememberImport(PLDRP_MODULE Module, PLDRP_MODULE Import) {
    ULONG i = 0;
    while (Module->Imports[i] != NULL && Module->Imports[i] != Import)
        i++;
    if (Module->Imports[i] == Import)
        return;
    Module->Imports[i] = Import;
    Import->Public.LoadCount++;
}

VOID LdrpBindImports(PLDRP_MODULE Module, const struct pe_image *File, BOOLEAN Verified, UCHAR *Stubs) {
    struct pe_import_cursor cursor = {0};
    struct pe_import import;
    UCHAR *base = Module->Public.DllBase;
    CHAR *text = (CHAR *)(Module->Missing + Module->MissingCount);
    ULONG missing = 0;
    while (pe_next_import(File, &cursor, &import)) {
        LDRP_TARGET target;
        LdrpResolveImport(&import, &target);
        LdrpRememberImport(Module, target.Module);
        PVOID address = target.Routine;
        if (address == NULL) {
            PLDRP_MISSING record = &Module->Missing[missing];
            record->Module = LdrpCopyText(&text, import.dll);
            record->Name = LdrpCopyText(&text, import.name);
            record->Driver = Module;
            LdrpWriteStub(Stubs + missing * LDRP_STUB_SIZE, record);
            address =
                LdrpIsKnownVariable(import.name) ? (PVOID)(Module->GuardBase + missing * LDRP_GUARD_SLOT) : (PVOID)(Stubs + missing * LDRP_STUB_SIZE);
            missing++;
        } else if (Verified && !target.Module->Public.IsDriver && target.Name != NULL) {
            address = VfBind(target.Name, address);
        }
        *(UNALIGNED PVOID *)(base + import.iat_rva) = address;
    }
    NT_ASSERT_OURS(missing == Module->MissingCount);
}
