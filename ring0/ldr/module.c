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
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink) {
        PLDRP_MODULE Module = LdrpFromLink(Link);
        CHAR Candidate[sizeof(Module->Public.Name)];
        RtlCopyMemory(Candidate, Module->Public.Name, sizeof(Candidate));
        CHAR *Dot = strrchr(Candidate, '.');
        if (!WithExtension && Dot != NULL)
            *Dot = '\0';
        if (LdrpCompareNames(Candidate, Name) == 0)
            return Module;
    }
    return NULL;
}

VOID LdrpInsertModule(PLDRP_MODULE Module, PCUNICODE_STRING FullName) {
    PLDR_MODULE Entry = &Module->Public;
    Entry->FullDllName.Buffer = (PWSTR)((UCHAR *)Module + sizeof(*Module));
    Entry->FullDllName.Length = FullName->Length;
    Entry->FullDllName.MaximumLength = FullName->Length + sizeof(WCHAR);
    RtlCopyMemory(Entry->FullDllName.Buffer, FullName->Buffer, FullName->Length);
    Entry->FullDllName.Buffer[FullName->Length / sizeof(WCHAR)] = L'\0'; /* drivers that walk the list take the names for plain strings */
    ULONG Start = FullName->Length / sizeof(WCHAR);
    while (Start != 0 && Entry->FullDllName.Buffer[Start - 1] != L'\\')
        Start--;
    Entry->BaseDllName.Buffer = Entry->FullDllName.Buffer + Start;
    Entry->BaseDllName.Length = (USHORT)(FullName->Length - Start * sizeof(WCHAR));
    Entry->BaseDllName.MaximumLength = Entry->BaseDllName.Length + sizeof(WCHAR);
    for (ULONG I = 0; I < Entry->BaseDllName.Length / sizeof(WCHAR) && I < sizeof(Entry->Name) - 1; I++)
        Entry->Name[I] = Entry->BaseDllName.Buffer[I] < 0x80 ? (CHAR)Entry->BaseDllName.Buffer[I] : '?';
    Entry->LoadCount = 1;
    if (Module->Pe.dll_characteristics & PE_DLL_FORCE_INTEGRITY)
        Entry->Flags |= LDR_INTEGRITY_FORCED;
    Entry->SizeOfImage = Module->Pe.image_size;
    Entry->EntryPoint = Module->Pe.entry != 0 ? (UCHAR *)Entry->DllBase + Module->Pe.entry : NULL;
    Entry->CheckSum = Module->Pe.checksum;
    if (Module->Pe.exception_count != 0 && Module->Pe.exceptions_sorted) {
        Entry->ExceptionTable = (UCHAR *)Entry->DllBase + Module->Pe.directory[PE_EXCEPTION].rva;
        Entry->ExceptionTableSize = Module->Pe.exception_count * 12;
    }
    InsertTailList(&PsLoadedModuleList, &Entry->InLoadOrderLinks);
}

VOID LdrpForgetModule(PLDRP_MODULE Module) {
    RemoveEntryList(&Module->Public.InLoadOrderLinks);
    LDR_MODULE *Old = &LdrpUnloaded[LdrpUnloadedNext++ % LDRP_UNLOADED];
    RtlZeroMemory(Old, sizeof(*Old));
    Old->DllBase = Module->Public.DllBase;
    Old->SizeOfImage = Module->Public.SizeOfImage;
    Old->IsDriver = TRUE;
    RtlCopyMemory(Old->Name, Module->Public.Name, sizeof(Old->Name));
}

PLDR_MODULE LdrFindModule(ULONG64 Address) {
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink) {
        PLDR_MODULE Module = &LdrpFromLink(Link)->Public;
        if (Address - (ULONG64)Module->DllBase < Module->SizeOfImage)
            return Module;
    }
    return NULL;
}

BOOLEAN LdrIsIntegrityForced(const VOID *Routine, PCSTR Function) {
    PLDR_MODULE Module = LdrFindModule((ULONG64)Routine);
    if (Module != NULL && (Module->Flags & LDR_INTEGRITY_FORCED))
        return TRUE;
    KdMessage(
        "%s: %s refuses its routine (STATUS_ACCESS_DENIED), for the image is not linked with /INTEGRITYCHECK: ringside cc ... -- -Wl,/integritycheck",
        Module != NULL ? Module->Name : "a driver", Function);
    return FALSE;
}

PLDR_MODULE LdrFindUnloadedModule(ULONG64 Address) {
    for (ULONG I = 0; I < LDRP_UNLOADED; I++)
        if (Address - (ULONG64)LdrpUnloaded[I].DllBase < LdrpUnloaded[I].SizeOfImage)
            return &LdrpUnloaded[I];
    return NULL;
}

BOOLEAN LdrQuerySection(PLDR_MODULE Module, ULONG Index, LDR_SECTION *Section) {
    PLDRP_MODULE Own = CONTAINING_RECORD(Module, LDRP_MODULE, Public);
    struct pe_section Header;
    if (!pe_section(&Own->Pe, Index, &Header))
        return FALSE;
    BOOLEAN Apart = Own->Pe.section_alignment >= PAGE_SIZE && (Own->KeepSection == NULL || !Own->KeepSection[Index]);
    Section->Start = (UCHAR *)Module->DllBase + Header.rva;
    Section->Size = Header.mapped_size;
    Section->MayBePaged = Apart;
    Section->Pageable = Apart && strncmp(Header.name, "PAGE", 4) == 0 && (Header.characteristics & PE_SECTION_NOT_PAGED) == 0;
    return TRUE;
}

/* " (in the PAGE section)"; nothing for an ordinary section of writable data. */
static VOID LdrpDescribeSection(PLDRP_MODULE Module, ULONG64 Address, CHAR *Text, SIZE_T Size) {
    struct pe_section Section;
    *Text = '\0';
    if (pe_section_of(&Module->Pe, (ULONG)(Address - (ULONG64)Module->Public.DllBase), &Section) < 0)
        return;
    if (Module->Public.InitDiscarded && !MmIsRangeAccessible((PVOID)Address, 1, FALSE))
        _snprintf(Text, Size, " (in the discarded %s section of %s: it is gone after DriverEntry)", Section.name, Module->Public.Name);
    else if (strncmp(Section.name, "PAGE", 4) == 0)
        _snprintf(Text, Size, " (in the %s section of %s)", Section.name, Module->Public.Name);
    else if ((Section.characteristics & PE_SECTION_WRITE) == 0)
        _snprintf(Text, Size, " (read-only)");
    Text[Size - 1] = '\0';
}

BOOLEAN LdrDescribeAddress(ULONG64 Address, CHAR *Text, SIZE_T Size) {
    PLDR_MODULE Module = LdrFindModule(Address);
    CHAR How[128] = " (unloaded)";
    if (Module != NULL)
        LdrpDescribeSection(CONTAINING_RECORD(Module, LDRP_MODULE, Public), Address, How, sizeof(How));
    else
        Module = LdrFindUnloadedModule(Address);
    if (Module != NULL) {
        _snprintf(Text, Size, "%s+0x%I64X%s", Module->Name, Address - (ULONG64)Module->DllBase, How);
        Text[Size - 1] = '\0';
        return TRUE;
    }
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink) {
        PLDRP_MODULE Other = LdrpFromLink(Link);
        if (Address - Other->GuardBase >= Other->GuardSize)
            continue;
        ULONG64 Slot = (Address - Other->GuardBase) / LDRP_GUARD_SLOT;
        if (Slot >= Other->MissingCount)
            Slot = Other->MissingCount - 1;
        _snprintf(Text, Size, "the variable %s of %s, which %s imports and Ringside does not have", Other->Missing[Slot].Name,
                  Other->Missing[Slot].Module, Other->Public.Name);
        Text[Size - 1] = '\0';
        return TRUE;
    }
    return FALSE;
}

/* ---- Exports ---- */

/* "NTOSKRNL.KeFoo", "NTOSKRNL.#12" */
static PVOID LdrpFollowForwarder(PCSTR Forwarder, ULONG Depth, PCSTR *FinalName) {
    CHAR Name[64];
    PCSTR Dot = strrchr(Forwarder, '.');
    if (Dot == NULL || (SIZE_T)(Dot - Forwarder) >= sizeof(Name) || Depth >= 8)
        return NULL;
    RtlCopyMemory(Name, Forwarder, (SIZE_T)(Dot - Forwarder));
    Name[Dot - Forwarder] = '\0';
    PLDRP_MODULE Module = LdrpFindModuleByName(Name, FALSE);
    if (Module == NULL)
        return NULL;
    if (Dot[1] != '#')
        return LdrpResolveExport(Module, Dot + 1, 0, Depth + 1, FinalName);
    ULONG Ordinal = 0;
    for (PCSTR Digit = Dot + 2; *Digit >= '0' && *Digit <= '9' && Ordinal < 0x10000; Digit++)
        Ordinal = Ordinal * 10 + (ULONG)(*Digit - '0');
    return LdrpResolveExport(Module, NULL, Ordinal, Depth + 1, FinalName);
}

PVOID LdrpResolveExport(PLDRP_MODULE Module, PCSTR Name, ULONG Ordinal, ULONG Depth, PCSTR *FinalName) {
    struct pe_export Found;
    if (!(Name != NULL ? pe_find_export(&Module->Pe, Name, &Found) : pe_find_ordinal(&Module->Pe, Ordinal, &Found)))
        return NULL;
    *FinalName = Found.name;
    if (Found.forwarder != NULL)
        return LdrpFollowForwarder(Found.forwarder, Depth, FinalName);
    return (UCHAR *)Module->Public.DllBase + Found.rva;
}

PVOID LdrFindExport(PLDR_MODULE Module, PCSTR Name, ULONG Ordinal) {
    PCSTR FinalName;
    return LdrpResolveExport(CONTAINING_RECORD(Module, LDRP_MODULE, Public), Name, Ordinal, 0, &FinalName);
}

PCSTR LdrNearestExport(PLDR_MODULE Module, ULONG64 Address, ULONG *Offset) {
    const struct pe_image *Pe = &CONTAINING_RECORD(Module, LDRP_MODULE, Public)->Pe;
    ULONG Rva = (ULONG)(Address - (ULONG64)Module->DllBase);
    struct pe_export Export, Best = {.name = NULL};
    for (ULONG I = 0; I < Pe->export_name_count; I++)
        if (pe_export_by_name_index(Pe, I, &Export) && Export.forwarder == NULL && Export.rva <= Rva && (Best.name == NULL || Export.rva > Best.rva))
            Best = Export;
    *Offset = Best.name != NULL ? Rva - Best.rva : 0;
    return Best.name;
}

PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName) {
    static const PCSTR Modules[] = {"ntoskrnl.exe", "hal.dll"};
    CHAR Name[128];
    ULONG Length = SystemRoutineName->Length / sizeof(WCHAR);
    if (Length >= sizeof(Name))
        return NULL;
    for (ULONG I = 0; I < Length; I++) {
        if (SystemRoutineName->Buffer[I] >= 0x80)
            return NULL;
        Name[I] = (CHAR)SystemRoutineName->Buffer[I];
    }
    Name[Length] = '\0';
    for (ULONG I = 0; I < RTL_NUMBER_OF(Modules); I++) {
        PLDRP_MODULE Module = LdrpFindModuleByName(Modules[I], TRUE);
        PCSTR FinalName = NULL;
        PVOID Routine = Module != NULL ? LdrpResolveExport(Module, Name, 0, 0, &FinalName) : NULL;
        if (Routine != NULL)
            return VfBind(FinalName, Routine);
    }
    return NULL;
}

/* ---- Function tables ---- */

/* Can the unwinder follow this entry? Its information and what it is chained to must be there, and the chain must end. */
static BOOLEAN LdrpIsUnwindSound(PLDRP_MODULE Module, ULONG Unwind) {
    for (ULONG Depth = 0; Depth < 32; Depth++) {
        const UCHAR *Base = Module->Public.DllBase;
        if (Unwind & 1) { /* another table entry */
            if (pe_at(&Module->Pe, Unwind - 1, 12) == NULL || !MmIsRangeAccessible((PVOID)(Base + Unwind - 1), 12, FALSE))
                return FALSE;
            Unwind = *(const UNALIGNED ULONG *)(Base + Unwind - 1 + 8);
            continue;
        }
        if (pe_at(&Module->Pe, Unwind, 4) == NULL || !MmIsRangeAccessible((PVOID)(Base + Unwind), 4, FALSE))
            return FALSE;
        ULONG Flags = Base[Unwind] >> 3, Codes = (Base[Unwind + 2] + 1u) & ~1u, Tail = 4 + Codes * 2;
        ULONG Size = Tail + ((Flags & UNW_FLAG_CHAININFO) ? 12 : (Flags & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER)) ? 8 : 0);
        if (pe_at(&Module->Pe, Unwind, Size) == NULL || !MmIsRangeAccessible((PVOID)(Base + Unwind), Size, FALSE))
            return FALSE;
        if ((Flags & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER)) != 0 && (Flags & UNW_FLAG_CHAININFO) == 0)
            return *(const UNALIGNED ULONG *)(Base + Unwind + Tail) < Module->Pe.image_size;
        if ((Flags & UNW_FLAG_CHAININFO) == 0)
            return TRUE;
        Unwind = *(const UNALIGNED ULONG *)(Base + Unwind + Tail + 8);
    }
    return FALSE;
}

/* A table that is out of order is not registered (ExceptionTableSize 0): its functions count as leaves, as an image without one. */
struct _IMAGE_RUNTIME_FUNCTION_ENTRY *LdrLookupFunctionEntry(ULONG64 Pc, ULONG64 *ImageBase) {
    PLDR_MODULE Entry = LdrFindModule(Pc);
    if (Entry == NULL)
        return NULL;
    *ImageBase = (ULONG64)Entry->DllBase;
    PLDRP_MODULE Module = CONTAINING_RECORD(Entry, LDRP_MODULE, Public);
    ULONG Rva = (ULONG)(Pc - *ImageBase), Low = 0, High = Entry->ExceptionTableSize / 12;
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        uint32_t Begin, End, Unwind;
        pe_exception(&Module->Pe, Middle, &Begin, &End, &Unwind);
        if (Rva < Begin)
            High = Middle;
        else if (Rva >= End)
            Low = Middle + 1;
        else if (Entry->IsDriver && !LdrpIsUnwindSound(Module, Unwind))
            return NULL;
        else
            return (struct _IMAGE_RUNTIME_FUNCTION_ENTRY *)Entry->ExceptionTable + Middle;
    }
    return NULL;
}
