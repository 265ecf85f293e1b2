/* aux_klib.h of the WDK, whose library is in here: "AuxKlibQueryModuleInformation" and "AuxKlibGetImageExportDirectory", learn.microsoft.com. */
#pragma once
#include <ntddk.h>

#define AUX_KLIB_MODULE_PATH_LEN 256

typedef struct _AUX_MODULE_BASIC_INFO {
    PVOID ImageBase;
} AUX_MODULE_BASIC_INFO, *PAUX_MODULE_BASIC_INFO;

typedef struct _AUX_MODULE_EXTENDED_INFO {
    AUX_MODULE_BASIC_INFO BasicInfo;
    ULONG ImageSize;
    USHORT FileNameOffset;
    UCHAR FullPathName[AUX_KLIB_MODULE_PATH_LEN];
} AUX_MODULE_EXTENDED_INFO, *PAUX_MODULE_EXTENDED_INFO;

/* What ZwQuerySystemInformation(SystemModuleInformation) gives. */
typedef struct _RINGSIDE_MODULES {
    ULONG Count;
    struct {
        PVOID Section, MappedBase, ImageBase;
        ULONG ImageSize, Flags;
        USHORT LoadOrder, InitOrder, LoadCount, FileNameOffset;
        UCHAR FullPathName[256];
    } Modules[1];
} RINGSIDE_MODULES;

#ifdef __cplusplus
extern "C" {
#endif

NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength,
                                                 PULONG ReturnLength);
NTSYSAPI PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT DirectoryEntry, PULONG Size);

FORCEINLINE NTSTATUS AuxKlibInitialize(VOID) { return STATUS_SUCCESS; }

FORCEINLINE NTSTATUS AuxKlibQueryModuleInformation(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo) {
    RINGSIDE_MODULES *Modules;
    ULONG Size = 0, Needed;
    NTSTATUS Status;

    if (ElementSize != sizeof(AUX_MODULE_BASIC_INFO) && ElementSize != sizeof(AUX_MODULE_EXTENDED_INFO))
        return STATUS_INVALID_PARAMETER;
    ZwQuerySystemInformation(11, NULL, 0, &Size);
    Modules = (RINGSIDE_MODULES *)ExAllocatePoolWithTag(PagedPool, Size, 'KxuA');
    if (Modules == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ZwQuerySystemInformation(11, Modules, Size, &Size);
    if (NT_SUCCESS(Status)) {
        Needed = Modules->Count * ElementSize;
        if (QueryInfo != NULL && *BufferSize < Needed)
            Status = STATUS_BUFFER_TOO_SMALL;
        for (ULONG i = 0; QueryInfo != NULL && NT_SUCCESS(Status) && i < Modules->Count; i++) {
            PAUX_MODULE_EXTENDED_INFO Info = (PAUX_MODULE_EXTENDED_INFO)((PUCHAR)QueryInfo + i * ElementSize);
            Info->BasicInfo.ImageBase = Modules->Modules[i].ImageBase;
            if (ElementSize == sizeof *Info) {
                Info->ImageSize = Modules->Modules[i].ImageSize;
                Info->FileNameOffset = Modules->Modules[i].FileNameOffset;
                RtlCopyMemory(Info->FullPathName, Modules->Modules[i].FullPathName, sizeof Info->FullPathName);
            }
        }
        *BufferSize = Needed;
    }
    ExFreePoolWithTag(Modules, 'KxuA');
    return Status;
}

FORCEINLINE struct _IMAGE_EXPORT_DIRECTORY *AuxKlibGetImageExportDirectory(PVOID ImageBase) {
    ULONG Size;
    return (struct _IMAGE_EXPORT_DIRECTORY *)RtlImageDirectoryEntryToData(ImageBase, TRUE, 0 /* IMAGE_DIRECTORY_ENTRY_EXPORT */, &Size);
}

#ifdef __cplusplus
}
#endif
