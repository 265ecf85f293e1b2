/* Headers and directories of images in memory, for drivers that look at them. */
#include "rtl/rtlp.h"
#include "vf/vf.h"

PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base) {
    PIMAGE_DOS_HEADER Dos = Base;
    if (!Base || Base == (PVOID)-1 || Dos->e_magic != IMAGE_DOS_SIGNATURE || Dos->e_lfanew < 0 || Dos->e_lfanew >= 0x10000000) {
        return NULL;
    }
    PIMAGE_NT_HEADERS Headers = (PIMAGE_NT_HEADERS)((CHAR *)Base + Dos->e_lfanew);
    return Headers->Signature == IMAGE_NT_SIGNATURE ? Headers : NULL;
}

/* A relative address in an image that still has its file's layout. */
static PVOID RtlpFileAddress(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva) {
    PIMAGE_SECTION_HEADER Section = (PIMAGE_SECTION_HEADER)((CHAR *)&Headers->OptionalHeader + Headers->FileHeader.SizeOfOptionalHeader);
    for (USHORT I = 0; I < Headers->FileHeader.NumberOfSections; I++, Section++) {
        if (Rva >= Section->VirtualAddress && Rva - Section->VirtualAddress < Section->SizeOfRawData) {
            return (CHAR *)Base + Section->PointerToRawData + (Rva - Section->VirtualAddress);
        }
    }
    return NULL;
}

PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Directory, PULONG Size) {
    if ((ULONG64)Base & 3) { /* a mapping as data may be marked so */
        Base = (PVOID)((ULONG64)Base & ~3ull);
        MappedAsImage = FALSE;
    }
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(Base);
    if (!Headers || Headers->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC || Directory >= Headers->OptionalHeader.NumberOfRvaAndSizes) {
        return NULL;
    }
    PIMAGE_DATA_DIRECTORY Entry = &Headers->OptionalHeader.DataDirectory[Directory];
    if (!Entry->VirtualAddress) {
        return NULL;
    }
    *Size = Entry->Size;
    if (MappedAsImage || Entry->VirtualAddress < Headers->OptionalHeader.SizeOfHeaders) {
        return (CHAR *)Base + Entry->VirtualAddress;
    }
    return RtlpFileAddress(Headers, Base, Entry->VirtualAddress);
}

PVOID NTAPI RtlFindExportedRoutineByName(PVOID Base, PCSTR Name) {
    ULONG Size;
    PIMAGE_EXPORT_DIRECTORY Exports = RtlImageDirectoryEntryToData(Base, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &Size);
    if (!Exports) {
        return NULL;
    }
    const ULONG *Names = (const ULONG *)((CHAR *)Base + Exports->AddressOfNames);
    const USHORT *Ordinals = (const USHORT *)((CHAR *)Base + Exports->AddressOfNameOrdinals);
    const ULONG *Functions = (const ULONG *)((CHAR *)Base + Exports->AddressOfFunctions);
    for (ULONG I = 0; I < Exports->NumberOfNames; I++) {
        if (strcmp((PCSTR)Base + Names[I], Name) == 0) {
            PVOID Routine = (CHAR *)Base + Functions[Ordinals[I]];
            BOOLEAN Forwarded = (ULONG64)Routine - (ULONG64)Exports < Size;
            if (Forwarded)
                return NULL;
            /* Of the kernel: what MmGetSystemRoutineAddress gives for the name. */
            return Base == (PVOID)HAL_KERNEL_BASE ? VfBind(Name, Routine) : Routine;
        }
    }
    return NULL;
}
