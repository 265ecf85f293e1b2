/* Which function an address belongs to: the kernel asks its loader, ntdll walks the process's list of modules. */
#include "rtl/rtlp.h"

#ifdef RTL_USER_MODE

PRUNTIME_FUNCTION (*RtlpDynamicFunctions)(ULONG64 ControlPc, PULONG64 ImageBase);

static PRUNTIME_FUNCTION RtlpSearchImage(ULONG64 Base, ULONG64 ControlPc) {
    PIMAGE_NT_HEADERS Headers = (PIMAGE_NT_HEADERS)(Base + (ULONG)((PIMAGE_DOS_HEADER)Base)->e_lfanew);
    PIMAGE_DATA_DIRECTORY Directory = &Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXCEPTION];
    PRUNTIME_FUNCTION Table = (PRUNTIME_FUNCTION)(Base + Directory->VirtualAddress);
    ULONG Rva = (ULONG)(ControlPc - Base);
    ULONG Low = 0, High = Directory->VirtualAddress ? Directory->Size / sizeof(RUNTIME_FUNCTION) : 0;
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        if (Rva < Table[Middle].BeginAddress) {
            High = Middle;
        } else if (Rva >= Table[Middle].EndAddress) {
            Low = Middle + 1;
        } else {
            return &Table[Middle];
        }
    }
    return NULL;
}

static PRUNTIME_FUNCTION RtlpFindFunction(ULONG64 ControlPc, PULONG64 ImageBase) {
    NT_PEB_LDR_DATA *Loader = RtlpTeb()->Peb->Ldr;
    for (PLIST_ENTRY Link = Loader ? Loader->InLoadOrderModuleList.Flink : NULL; Link && Link != &Loader->InLoadOrderModuleList; Link = Link->Flink) {
        NT_LDR_ENTRY *Module = CONTAINING_RECORD(Link, NT_LDR_ENTRY, InLoadOrderLinks);
        if (ControlPc - (ULONG64)Module->DllBase < Module->SizeOfImage) {
            *ImageBase = (ULONG64)Module->DllBase;
            return RtlpSearchImage(*ImageBase, ControlPc);
        }
    }
    return RtlpDynamicFunctions ? RtlpDynamicFunctions(ControlPc, ImageBase) : NULL;
}

#else

#include "ldr/ldr.h"

static PRUNTIME_FUNCTION RtlpFindFunction(ULONG64 ControlPc, PULONG64 ImageBase) { return LdrLookupFunctionEntry(ControlPc, ImageBase); }

#endif

PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase, PUNWIND_HISTORY_TABLE HistoryTable) {
    *ImageBase = 0;
    PRUNTIME_FUNCTION Entry = RtlpFindFunction(ControlPc, ImageBase);
    if (Entry && (Entry->UnwindData & 1)) {
        Entry = (PRUNTIME_FUNCTION)(*ImageBase + Entry->UnwindData - 1);
    }
    return Entry;
}
