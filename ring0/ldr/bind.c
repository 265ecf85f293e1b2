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
    struct pe_import_cursor Cursor = {0};
    struct pe_import Import;
    *MissingCount = 0;
    *MissingText = 0;
    /* NT looks for every module first: an image with no imports from one that is absent is refused as well. */
    for (ULONG I = 0; I < File->import_dll_count; I++) {
        PCSTR Dll = pe_import_dll(File, I);
        if (Dll != NULL && LdrpFindModuleByName(Dll, TRUE) != NULL)
            continue;
        if (File->subsystem == PE_SUBSYSTEM_NATIVE)
            return LdrpRefuse(Refusal, STATUS_OBJECT_NAME_NOT_FOUND, "put that file beside it or into System32\\drivers, or load it first",
                              "imports from %.200s, which is neither loaded nor there", Dll != NULL ? Dll : "a module without a name");
        return LdrpRefuse(Refusal, STATUS_OBJECT_NAME_NOT_FOUND, "link drivers with /subsystem:native",
                          "is a %s for user mode, not a driver: the kernel has no %.200s to import from",
                          (File->characteristics & PE_FILE_DLL) != 0 ? "DLL" : "program", Dll != NULL ? Dll : "module without a name");
    }
    while (pe_next_import(File, &Cursor, &Import)) {
        LDRP_TARGET Target;
        LdrpResolveImport(&Import, &Target);
        if (Target.Routine != NULL)
            continue;
        if (Import.name == NULL)
            return LdrpRefuse(Refusal, STATUS_DRIVER_ORDINAL_NOT_FOUND, "import by name", "imports ordinal %u of %.200s, which has none",
                              Import.ordinal, Import.dll);
        if (KiMachine->strict)
            return LdrpRefuse(Refusal, STATUS_DRIVER_ENTRYPOINT_NOT_FOUND, "without --strict it loads, and the machine stops when it is called",
                              "imports %.150s from %.150s, which does not export it", Import.name, Import.dll);
        ++*MissingCount;
        *MissingText += strlen(Import.name) + strlen(Import.dll) + 2;
    }
    return STATUS_SUCCESS;
}

static PCSTR LdrpCopyText(CHAR **Text, PCSTR From) {
    PCSTR Copy = *Text;
    SIZE_T Size = strlen(From) + 1;
    RtlCopyMemory(*Text, From, Size);
    *Text += Size;
    return Copy;
}

static VOID LdrpRememberImport(PLDRP_MODULE Module, PLDRP_MODULE Import) {
    ULONG I = 0;
    while (Module->Imports[I] != NULL && Module->Imports[I] != Import)
        I++;
    if (Module->Imports[I] == Import)
        return;
    Module->Imports[I] = Import;
    Import->Public.LoadCount++;
}

VOID LdrpBindImports(PLDRP_MODULE Module, const struct pe_image *File, BOOLEAN Verified, UCHAR *Stubs) {
    struct pe_import_cursor Cursor = {0};
    struct pe_import Import;
    UCHAR *Base = Module->Public.DllBase;
    CHAR *Text = (CHAR *)(Module->Missing + Module->MissingCount);
    ULONG Missing = 0;
    while (pe_next_import(File, &Cursor, &Import)) {
        LDRP_TARGET Target;
        LdrpResolveImport(&Import, &Target);
        LdrpRememberImport(Module, Target.Module);
        PVOID Address = Target.Routine;
        if (Address == NULL) {
            PLDRP_MISSING Record = &Module->Missing[Missing];
            Record->Module = LdrpCopyText(&Text, Import.dll);
            Record->Name = LdrpCopyText(&Text, Import.name);
            Record->Driver = Module;
            LdrpWriteStub(Stubs + Missing * LDRP_STUB_SIZE, Record);
            Address =
                LdrpIsKnownVariable(Import.name) ? (PVOID)(Module->GuardBase + Missing * LDRP_GUARD_SLOT) : (PVOID)(Stubs + Missing * LDRP_STUB_SIZE);
            Missing++;
        } else if (Verified && !Target.Module->Public.IsDriver && Target.Name != NULL) {
            Address = VfBind(Target.Name, Address);
        }
        *(UNALIGNED PVOID *)(Base + Import.iat_rva) = Address;
    }
    NT_ASSERT_OURS(Missing == Module->MissingCount);
}
