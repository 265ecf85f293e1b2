#include "ldr/ldrp.h"
#include "kd/kd.h"
#include "vf/vf.h"

/* The list of images in kernel memory, and questions about addresses. */

LIST_ENTRY PsLoadedModuleList = {&PsLoadedModuleList, &PsLoadedModuleList};

/* What was unloaded, the last ones first to be forgotten: bug check 0CEh names the driver whose code is gone. */
#define LDRP_UNLOADED 50
static LDR_MODULE LdrpUnloaded[LDRP_UNLOADED];
static ULONG LdrpUnloadedNext;

static PLDRP_MODULE LdrpFromLink(PLIST_ENTRY Link) {
    return CONTAINING_RECORD(CONTAINING_RECORD(Link, LDR_MODULE, InLoadOrderLinks), LDRP_MODULE, Public);
}

static CHAR LdrpLower(CHAR C) { return C >= 'A' && C <= 'Z' ? (CHAR)(C + 32) : C; }

int LdrpCompareNames(PCSTR A, PCSTR B) {
    while (*A != '\0' && LdrpLower(*A) == LdrpLower(*B)) {
        A++;
        B++;
    }
    return LdrpLower(*A) - LdrpLower(*B);
}

PLDRP_MODULE LdrpFindModuleByName(PCSTR Name, BOOLEAN WithExtension) {
    for (PLIST_ENTRY link = PsLoadedModuleList.Flink; link != &PsLoadedModuleList; link = link->Flink) {
        PLDRP_MODULE module = LdrpFromLink(link);
        CHAR name[sizeof(module->Public.Name)];
        RtlCopyMemory(name, module->Public.Name, sizeof(name));
        CHAR *dot = strrchr(name, '.');
        if (!WithExtension && dot != NULL)
            *dot = '\0';
        if (LdrpCompareNames(name, Name) == 0)
            return module;
    }
    return NULL;
}

VOID LdrpInsertModule(PLDRP_MODULE Module, PCUNICODE_STRING FullName) {
    PLDR_MODULE entry = &Module->Public;
    entry->FullDllName.Buffer = (PWSTR)((UCHAR *)Module + sizeof(*Module));
    entry->FullDllName.Length = FullName->Length;
    entry->FullDllName.MaximumLength = FullName->Length + sizeof(WCHAR);
    RtlCopyMemory(entry->FullDllName.Buffer, FullName->Buffer, FullName->Length);
    entry->FullDllName.Buffer[FullName->Length / sizeof(WCHAR)] = L'\0'; /* drivers that walk the list take the names for plain strings */
    ULONG start = FullName->Length / sizeof(WCHAR);
    while (start != 0 && entry->FullDllName.Buffer[start - 1] != L'\\')
        start--;
    entry->BaseDllName.Buffer = entry->FullDllName.Buffer + start;
    entry->BaseDllName.Length = (USHORT)(FullName->Length - start * sizeof(WCHAR));
    entry->BaseDllName.MaximumLength = entry->BaseDllName.Length + sizeof(WCHAR);
    for (ULONG i = 0; i < entry->BaseDllName.Length / sizeof(WCHAR) && i < sizeof(entry->Name) - 1; i++)
        entry->Name[i] = entry->BaseDllName.Buffer[i] < 0x80 ? (CHAR)entry->BaseDllName.Buffer[i] : '?';
    entry->LoadCount = 1;
    if (Module->Pe.dll_characteristics & PE_DLL_FORCE_INTEGRITY)
        entry->Flags |= LDR_INTEGRITY_FORCED;
    entry->SizeOfImage = Module->Pe.image_size;
    entry->EntryPoint = Module->Pe.entry != 0 ? (UCHAR *)entry->DllBase + Module->Pe.entry : NULL;
    entry->CheckSum = Module->Pe.checksum;
    if (Module->Pe.exception_count != 0 && Module->Pe.exceptions_sorted) {
        entry->ExceptionTable = (UCHAR *)entry->DllBase + Module->Pe.directory[PE_EXCEPTION].rva;
        entry->ExceptionTableSize = Module->Pe.exception_count * 12;
    }
    InsertTailList(&PsLoadedModuleList, &entry->InLoadOrderLinks);
}

VOID LdrpForgetModule(PLDRP_MODULE Module) {
    RemoveEntryList(&Module->Public.InLoadOrderLinks);
    LDR_MODULE *old = &LdrpUnloaded[LdrpUnloadedNext++ % LDRP_UNLOADED];
    RtlZeroMemory(old, sizeof(*old));
    old->DllBase = Module->Public.DllBase;
    old->SizeOfImage = Module->Public.SizeOfImage;
    old->IsDriver = TRUE;
    RtlCopyMemory(old->Name, Module->Public.Name, sizeof(old->Name));
}

PLDR_MODULE LdrFindModule(ULONG64 Address) {
    for (PLIST_ENTRY link = PsLoadedModuleList.Flink; link != &PsLoadedModuleList; link = link->Flink) {
        PLDR_MODULE module = &LdrpFromLink(link)->Public;
        if (Address - (ULONG64)module->DllBase < module->SizeOfImage)
            return module;
    }
    return NULL;
}

BOOLEAN LdrIsIntegrityForced(const VOID *Routine, PCSTR Function) {
    PLDR_MODULE module = LdrFindModule((ULONG64)Routine);
    if (module != NULL && (module->Flags & LDR_INTEGRITY_FORCED))
        return TRUE;
    KdMessage(
        "%s: %s refuses its routine (STATUS_ACCESS_DENIED), for the image is not linked with /INTEGRITYCHECK: ringside cc ... -- -Wl,/integritycheck",
        module != NULL ? module->Name : "a driver", Function);
    return FALSE;
}

PLDR_MODULE LdrFindUnloadedModule(ULONG64 Address) {
    for (ULONG i = 0; i < LDRP_UNLOADED; i++)
        if (Address - (ULONG64)LdrpUnloaded[i].DllBase < LdrpUnloaded[i].SizeOfImage)
            return &LdrpUnloaded[i];
    return NULL;
}

BOOLEAN LdrQuerySection(PLDR_MODULE Module, ULONG Index, LDR_SECTION *Section) {
    PLDRP_MODULE module = CONTAINING_RECORD(Module, LDRP_MODULE, Public);
    struct pe_section section;
    if (!pe_section(&module->Pe, Index, &section))
        return FALSE;
    BOOLEAN apart = module->Pe.section_alignment >= PAGE_SIZE && (module->KeepSection == NULL || !module->KeepSection[Index]);
    Section->Start = (UCHAR *)Module->DllBase + section.rva;
    Section->Size = section.mapped_size;
    Section->MayBePaged = apart;
    Section->Pageable = apart && strncmp(section.name, "PAGE", 4) == 0 && (section.characteristics & PE_SECTION_NOT_PAGED) == 0;
    return TRUE;
}

/* " (in the PAGE section)"; nothing for an ordinary section of writable data. */
static VOID LdrpDescribeSection(PLDRP_MODULE Module, ULONG64 Address, CHAR *Text, SIZE_T Size) {
    struct pe_section section;
    *Text = '\0';
    if (pe_section_of(&Module->Pe, (ULONG)(Address - (ULONG64)Module->Public.DllBase), &section) < 0)
        return;
    if (Module->Public.InitDiscarded && !MmIsRangeAccessible((PVOID)Address, 1, FALSE))
        _snprintf(Text, Size, " (in the discarded %s section of %s: it is gone after DriverEntry)", section.name, Module->Public.Name);
    else if (strncmp(section.name, "PAGE", 4) == 0)
        _snprintf(Text, Size, " (in the %s section of %s)", section.name, Module->Public.Name);
    else if ((section.characteristics & PE_SECTION_WRITE) == 0)
        _snprintf(Text, Size, " (read-only)");
    Text[Size - 1] = '\0';
}

BOOLEAN LdrDescribeAddress(ULONG64 Address, CHAR *Text, SIZE_T Size) {
    PLDR_MODULE module = LdrFindModule(Address);
    CHAR how[128] = " (unloaded)";
    if (module != NULL)
        LdrpDescribeSection(CONTAINING_RECORD(module, LDRP_MODULE, Public), Address, how, sizeof(how));
    else
        module = LdrFindUnloadedModule(Address);
    if (module != NULL) {
        _snprintf(Text, Size, "%s+0x%I64X%s", module->Name, Address - (ULONG64)module->DllBase, how);
        Text[Size - 1] = '\0';
        return TRUE;
    }
    for (PLIST_ENTRY link = PsLoadedModuleList.Flink; link != &PsLoadedModuleList; link = link->Flink) {
        PLDRP_MODULE other = LdrpFromLink(link);
        if (Address - other->GuardBase >= other->GuardSize)
            continue;
        ULONG64 slot = (Address - other->GuardBase) / LDRP_GUARD_SLOT;
        if (slot >= other->MissingCount)
            slot = other->MissingCount - 1;
        _snprintf(Text, Size, "the variable %s of %s, which %s imports and Ringside does not have", other->Missing[slot].Name,
                  other->Missing[slot].Module, other->Public.Name);
        Text[Size - 1] = '\0';
        return TRUE;
    }
    return FALSE;
}

/* ---- Exports ---- */

/* "NTOSKRNL.KeFoo", "NTOSKRNL.#12" */
static PVOID LdrpFollowForwarder(PCSTR Forwarder, ULONG Depth, PCSTR *FinalName) {
    CHAR name[64];
    PCSTR dot = strrchr(Forwarder, '.');
    if (dot == NULL || (SIZE_T)(dot - Forwarder) >= sizeof(name) || Depth >= 8)
        return NULL;
    RtlCopyMemory(name, Forwarder, (SIZE_T)(dot - Forwarder));
    name[dot - Forwarder] = '\0';
    PLDRP_MODULE module = LdrpFindModuleByName(name, FALSE);
    if (module == NULL)
        return NULL;
    if (dot[1] != '#')
        return LdrpResolveExport(module, dot + 1, 0, Depth + 1, FinalName);
    ULONG ordinal = 0;
    for (PCSTR digit = dot + 2; *digit >= '0' && *digit <= '9' && ordinal < 0x10000; digit++)
        ordinal = ordinal * 10 + (ULONG)(*digit - '0');
    return LdrpResolveExport(module, NULL, ordinal, Depth + 1, FinalName);
}

PVOID LdrpResolveExport(PLDRP_MODULE Module, PCSTR Name, ULONG Ordinal, ULONG Depth, PCSTR *FinalName) {
    struct pe_export found;
    if (!(Name != NULL ? pe_find_export(&Module->Pe, Name, &found) : pe_find_ordinal(&Module->Pe, Ordinal, &found)))
        return NULL;
    *FinalName = found.name;
    if (found.forwarder != NULL)
        return LdrpFollowForwarder(found.forwarder, Depth, FinalName);
    return (UCHAR *)Module->Public.DllBase + found.rva;
}

PVOID LdrFindExport(PLDR_MODULE Module, PCSTR Name, ULONG Ordinal) {
    PCSTR final_name;
    return LdrpResolveExport(CONTAINING_RECORD(Module, LDRP_MODULE, Public), Name, Ordinal, 0, &final_name);
}

PCSTR LdrNearestExport(PLDR_MODULE Module, ULONG64 Address, ULONG *Offset) {
    const struct pe_image *pe = &CONTAINING_RECORD(Module, LDRP_MODULE, Public)->Pe;
    ULONG rva = (ULONG)(Address - (ULONG64)Module->DllBase);
    struct pe_export export, best = {.name = NULL};
    for (ULONG i = 0; i < pe->export_name_count; i++)
        if (pe_export_by_name_index(pe, i, &export) && export.forwarder == NULL && export.rva <= rva && (best.name == NULL || export.rva > best.rva))
            best = export;
    *Offset = best.name != NULL ? rva - best.rva : 0;
    return best.name;
}

PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName) {
    static const PCSTR modules[] = {"ntoskrnl.exe", "hal.dll"};
    CHAR name[128];
    ULONG length = SystemRoutineName->Length / sizeof(WCHAR);
    if (length >= sizeof(name))
        return NULL;
    for (ULONG i = 0; i < length; i++) {
        if (SystemRoutineName->Buffer[i] >= 0x80)
            return NULL;
        name[i] = (CHAR)SystemRoutineName->Buffer[i];
    }
    name[length] = '\0';
    for (ULONG i = 0; i < RTL_NUMBER_OF(modules); i++) {
        PLDRP_MODULE module = LdrpFindModuleByName(modules[i], TRUE);
        PCSTR final_name = NULL;
        PVOID routine = module != NULL ? LdrpResolveExport(module, name, 0, 0, &final_name) : NULL;
        if (routine != NULL)
            return VfBind(final_name, routine);
    }
    return NULL;
}

/* ---- Function tables ---- */

/* Can the unwinder follow this entry? Its information and what it is chained to must be there, and the chain must end. */
static BOOLEAN LdrpIsUnwindSound(PLDRP_MODULE Module, ULONG Unwind) {
    for (ULONG depth = 0; depth < 32; depth++) {
        const UCHAR *base = Module->Public.DllBase;
        if (Unwind & 1) { /* another table entry */
            if (pe_at(&Module->Pe, Unwind - 1, 12) == NULL || !MmIsRangeAccessible((PVOID)(base + Unwind - 1), 12, FALSE))
                return FALSE;
            Unwind = *(const UNALIGNED ULONG *)(base + Unwind - 1 + 8);
            continue;
        }
        if (pe_at(&Module->Pe, Unwind, 4) == NULL || !MmIsRangeAccessible((PVOID)(base + Unwind), 4, FALSE))
            return FALSE;
        ULONG flags = base[Unwind] >> 3, codes = (base[Unwind + 2] + 1u) & ~1u, tail = 4 + codes * 2;
        ULONG size = tail + ((flags & UNW_FLAG_CHAININFO) ? 12 : (flags & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER)) ? 8 : 0);
        if (pe_at(&Module->Pe, Unwind, size) == NULL || !MmIsRangeAccessible((PVOID)(base + Unwind), size, FALSE))
            return FALSE;
        if ((flags & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER)) != 0 && (flags & UNW_FLAG_CHAININFO) == 0)
            return *(const UNALIGNED ULONG *)(base + Unwind + tail) < Module->Pe.image_size;
        if ((flags & UNW_FLAG_CHAININFO) == 0)
            return TRUE;
        Unwind = *(const UNALIGNED ULONG *)(base + Unwind + tail + 8);
    }
    return FALSE;
}

/* A table that is out of order is not registered (ExceptionTableSize 0): its functions count as leaves, as an image without one. */
struct _IMAGE_RUNTIME_FUNCTION_ENTRY *LdrLookupFunctionEntry(ULONG64 Pc, ULONG64 *ImageBase) {
    PLDR_MODULE entry = LdrFindModule(Pc);
    if (entry == NULL)
        return NULL;
    *ImageBase = (ULONG64)entry->DllBase;
    PLDRP_MODULE module = CONTAINING_RECORD(entry, LDRP_MODULE, Public);
    ULONG rva = (ULONG)(Pc - *ImageBase), low = 0, high = entry->ExceptionTableSize / 12;
    while (low < high) {
        ULONG middle = low + (high - low) / 2;
        uint32_t begin, end, unwind;
        pe_exception(&module->Pe, middle, &begin, &end, &unwind);
        if (rva < begin)
            high = middle;
        else if (rva >= end)
            low = middle + 1;
        else if (entry->IsDriver && !LdrpIsUnwindSound(module, unwind))
            return NULL;
        else
            return (struct _IMAGE_RUNTIME_FUNCTION_ENTRY *)entry->ExceptionTable + middle;
    }
    return NULL;
}
