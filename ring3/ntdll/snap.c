/* Exports and imports: what a name or an ordinal is in a module, and the binding of a module's import tables. */
#include "ntdllp.h"

CHAR LdrpFailure[512];

PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base) {
    PIMAGE_DOS_HEADER dos = Base;
    if (!Base || dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew < 0)
        return NULL;
    PIMAGE_NT_HEADERS nt = (PIMAGE_NT_HEADERS)((PUCHAR)Base + dos->e_lfanew);
    return nt->Signature == IMAGE_NT_SIGNATURE ? nt : NULL;
}

PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Directory, PULONG Size) {
    Base = (PVOID)((ULONG_PTR)Base & ~(ULONG_PTR)3); /* the low bits of a module handle mark data files */
    PIMAGE_NT_HEADERS nt = RtlImageNtHeader(Base);
    *Size = 0;
    if (!nt || !MappedAsImage || nt->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC || Directory >= nt->OptionalHeader.NumberOfRvaAndSizes)
        return NULL;
    IMAGE_DATA_DIRECTORY entry = nt->OptionalHeader.DataDirectory[Directory];
    if (!entry.VirtualAddress || entry.VirtualAddress >= nt->OptionalHeader.SizeOfImage ||
        entry.Size > nt->OptionalHeader.SizeOfImage - entry.VirtualAddress)
        return NULL;
    *Size = entry.Size;
    return (PUCHAR)Base + entry.VirtualAddress;
}

static int LdrpCompare(PCSTR a, PCSTR b) {
    while (*a && *a == *b)
        a++, b++;
    return (UCHAR)*a - (UCHAR)*b;
}

#define FORWARDS 16u /* one after another; more are a circle */
static ULONG LdrpForwards;

/* "NTDLL.RtlAllocateHeap" or "OTHER.#12" */
static NTSTATUS LdrpFollowForwarder(LDRP_MODULE *Module, PCSTR Text, PVOID *Address) {
    WCHAR name[128];
    ULONG dot = 0, n;
    for (n = 0; Text[n]; n++)
        if (Text[n] == '.')
            dot = n;
    if (dot == 0 || dot + 5 > ARRAYSIZE(name))
        return STATUS_INVALID_IMAGE_FORMAT;
    for (n = 0; n < dot; n++)
        name[n] = (UCHAR)Text[n];
    memcpy(name + dot, L".dll", 5 * sizeof(WCHAR));
    UNICODE_STRING dll;
    RtlInitUnicodeString(&dll, name);
    LDRP_MODULE *target;
    NTSTATUS status = LdrpLoad(&dll, &target);
    if (!NT_SUCCESS(status))
        return status;
    if (LdrpForwards == FORWARDS)
        return Text[dot + 1] == '#' ? STATUS_ORDINAL_NOT_FOUND : STATUS_ENTRYPOINT_NOT_FOUND;
    LdrpForwards++;
    PCSTR function = Text + dot + 1;
    if (*function == '#') {
        ULONG ordinal = 0;
        while (*++function >= '0' && *function <= '9')
            ordinal = ordinal * 10 + (ULONG)(*function - '0');
        status = LdrpFindExport(target, NULL, ordinal, Address);
    } else {
        status = LdrpFindExport(target, function, 0, Address);
    }
    LdrpForwards--;
    NTSTATUS recorded = LdrpRecordImport(Module, target);
    return NT_SUCCESS(status) ? recorded : status;
}

static NTSTATUS LdrpFindHinted(LDRP_MODULE *Module, PCSTR Name, ULONG Ordinal, ULONG Hint, PVOID *Address) {
    ULONG size;
    PUCHAR base = Module->Entry.DllBase;
    PIMAGE_EXPORT_DIRECTORY exports = RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &size);
    if (!exports)
        return Name ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
    ULONG index;
    if (Name) {
        const ULONG *names = (const ULONG *)(base + exports->AddressOfNames);
        ULONG low = 0, high = exports->NumberOfNames;
        if (Hint < high && LdrpCompare(Name, (PCSTR)base + names[Hint]) == 0)
            low = Hint, high = Hint + 1;
        while (low < high) {
            ULONG middle = low + (high - low) / 2;
            int order = LdrpCompare(Name, (PCSTR)base + names[middle]);
            if (order == 0) {
                low = middle;
                break;
            }
            if (order < 0)
                high = middle;
            else
                low = middle + 1;
        }
        if (low >= high)
            return STATUS_ENTRYPOINT_NOT_FOUND;
        index = ((const USHORT *)(base + exports->AddressOfNameOrdinals))[low];
    } else {
        if (Ordinal < exports->Base)
            return STATUS_ORDINAL_NOT_FOUND;
        index = Ordinal - exports->Base;
    }
    if (index >= exports->NumberOfFunctions)
        return Name ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
    ULONG rva = ((const ULONG *)(base + exports->AddressOfFunctions))[index];
    if (!rva)
        return Name ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
    PUCHAR found = base + rva;
    if (found >= (PUCHAR)exports && found < (PUCHAR)exports + size)
        return LdrpFollowForwarder(Module, (PCSTR)found, Address);
    *Address = found;
    return STATUS_SUCCESS;
}

NTSTATUS LdrpFindExport(LDRP_MODULE *Module, PCSTR Name, ULONG Ordinal, PVOID *Address) {
    return LdrpFindHinted(Module, Name, Ordinal, ~0u, Address);
}

static NTSTATUS LdrpBind(LDRP_MODULE *Module, LDRP_MODULE *Import, PIMAGE_IMPORT_DESCRIPTOR Descriptor) {
    PUCHAR base = Module->Entry.DllBase;
    PIMAGE_THUNK_DATA thunk = (PIMAGE_THUNK_DATA)(base + Descriptor->FirstThunk);
    PIMAGE_THUNK_DATA lookup = Descriptor->OriginalFirstThunk ? (PIMAGE_THUNK_DATA)(base + Descriptor->OriginalFirstThunk) : thunk;
    SIZE_T count = 0;
    while (lookup[count].u1.AddressOfData)
        count++;
    if (!count)
        return STATUS_SUCCESS;
    PVOID first = thunk;
    SIZE_T size = count * sizeof *thunk;
    ULONG protection, ignored;
    NTSTATUS status = NtProtectVirtualMemory(NtCurrentProcess(), &first, &size, PAGE_READWRITE, &protection);
    if (!NT_SUCCESS(status))
        return status;
    for (SIZE_T n = 0; n < count && NT_SUCCESS(status); n++) {
        PVOID address = NULL;
        ULONG64 entry = lookup[n].u1.AddressOfData;
        if (IMAGE_SNAP_BY_ORDINAL64(entry)) {
            status = LdrpFindHinted(Import, NULL, (ULONG)IMAGE_ORDINAL64(entry), ~0u, &address);
            if (status == STATUS_ORDINAL_NOT_FOUND)
                _snprintf(LdrpFailure, sizeof LdrpFailure, "%wZ needs ordinal %u of %wZ, which does not have it", &Module->Entry.BaseDllName,
                          (ULONG)IMAGE_ORDINAL64(entry), &Import->Entry.BaseDllName);
        } else {
            PIMAGE_IMPORT_BY_NAME by_name = (PIMAGE_IMPORT_BY_NAME)(base + entry);
            status = LdrpFindHinted(Import, (PCSTR)by_name->Name, 0, by_name->Hint, &address);
            if (status == STATUS_ENTRYPOINT_NOT_FOUND)
                _snprintf(LdrpFailure, sizeof LdrpFailure, "%wZ needs the function %s of %wZ, which does not have it", &Module->Entry.BaseDllName,
                          (PCSTR)by_name->Name, &Import->Entry.BaseDllName);
        }
        thunk[n].u1.Function = (ULONG64)address;
    }
    NtProtectVirtualMemory(NtCurrentProcess(), &first, &size, protection, &ignored);
    return status;
}

NTSTATUS LdrpSnapImports(LDRP_MODULE *Module) {
    ULONG size;
    PUCHAR base = Module->Entry.DllBase;
    PIMAGE_IMPORT_DESCRIPTOR descriptor = RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_IMPORT, &size);
    for (; descriptor && descriptor->Name && descriptor->FirstThunk; descriptor++) {
        PCSTR text = (PCSTR)base + descriptor->Name;
        WCHAR name[128];
        ULONG n = 0;
        while (text[n] && n < ARRAYSIZE(name) - 1)
            name[n] = (UCHAR)text[n], n++;
        name[n] = 0;
        UNICODE_STRING dll;
        RtlInitUnicodeString(&dll, name);
        LDRP_MODULE *import;
        NTSTATUS status = LdrpLoad(&dll, &import);
        if (!NT_SUCCESS(status)) {
            if (status == STATUS_DLL_NOT_FOUND && !LdrpFailure[0])
                _snprintf(LdrpFailure, sizeof LdrpFailure, "%wZ needs %s, which was not found", &Module->Entry.BaseDllName, text);
            return status;
        }
        status = LdrpRecordImport(Module, import);
        if (NT_SUCCESS(status))
            status = LdrpBind(Module, import, descriptor);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}
