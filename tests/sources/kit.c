/* What drivers take from the kit's static libraries: the list of modules and an image's exports (aux_klib); and floating point on x64. Prints what is wrong. */
#include <ntddk.h>
#include <aux_klib.h>

#define CHECK(condition) ((condition) ? (void)0 : (void)DbgPrint("wrong: %s\n", #condition))

static VOID Unload(PDRIVER_OBJECT Driver) { UNREFERENCED_PARAMETER(Driver); }

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) {
    PAUX_MODULE_EXTENDED_INFO Modules;
    ULONG Size = 0, Basic = 0, Coarse, Fine, Now;
    KFLOATING_SAVE Saved;
    volatile double Half = 0.5;

    UNREFERENCED_PARAMETER(Path);
    Driver->DriverUnload = Unload;
    CHECK(AuxKlibInitialize() == STATUS_SUCCESS);
    CHECK(AuxKlibQueryModuleInformation(&Size, 5, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(AuxKlibQueryModuleInformation(&Size, sizeof *Modules, NULL) == STATUS_SUCCESS);
    CHECK(AuxKlibQueryModuleInformation(&Basic, sizeof(AUX_MODULE_BASIC_INFO), NULL) == STATUS_SUCCESS);
    CHECK(Size / sizeof *Modules == Basic / sizeof(PVOID));
    Modules = ExAllocatePool2(POOL_FLAG_PAGED, Size, 'tsiL');
    if (Modules == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ULONG Less = Size - 1, Count = Size / sizeof *Modules;
    CHECK(AuxKlibQueryModuleInformation(&Less, sizeof *Modules, Modules) == STATUS_BUFFER_TOO_SMALL && Less == Size);
    CHECK(AuxKlibQueryModuleInformation(&Size, sizeof *Modules, Modules) == STATUS_SUCCESS);
    DbgPrint("first of %d: %s, last: %s\n", Count, Modules->FullPathName + Modules->FileNameOffset,
             Modules[Count - 1].FullPathName + Modules[Count - 1].FileNameOffset);
    CHECK(Modules[Count - 1].BasicInfo.ImageBase == Driver->DriverStart && Modules[Count - 1].ImageSize == Driver->DriverSize);
    CHECK(AuxKlibGetImageExportDirectory(Modules->BasicInfo.ImageBase) != NULL);
    CHECK(AuxKlibGetImageExportDirectory(Driver->DriverStart) == NULL);
    ExFreePoolWithTag(Modules, 'tsiL');

    CHECK(NT_SUCCESS(KeSaveFloatingPointState(&Saved)));
    CHECK(Half * 3 == 1.5);
    CHECK(NT_SUCCESS(KeRestoreFloatingPointState(&Saved)));
    ExQueryTimerResolution(&Coarse, &Fine, &Now);
    CHECK(Coarse >= Now && Now >= Fine && Fine != 0);
    return STATUS_SUCCESS;
}
