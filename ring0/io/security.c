/*
 * Who may open a device ("Controlling Device Access", "Controlling Device Namespace Access", "Securing Device Objects").
 *
 * The check is that of the device which was named; devices attached above it have their descriptors for whoever names them. A handle keeps what it was
 * granted: reading, writing and control codes ask the handle, never the descriptor.
 */
#include "io/io.h"
#include "se/se.h"

static PSECURITY_DESCRIPTOR PublicDevice, DiskDevice;

/* For most types administrators have all rights and everybody else may read, write and execute. A disk that is not removable is only for administrators;
   others may pass through to what a file system shows of it. */
VOID IopMakeDeviceDescriptors(VOID) {
    NTSTATUS Status = SeParseDescriptor(L"D:(A;;0x1201bf;;;WD)(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;RC)", &PublicDevice);
    if (NT_SUCCESS(Status))
        Status = SeParseDescriptor(L"D:(A;;FX;;;WD)(A;;FA;;;SY)(A;;FA;;;BA)(A;;FX;;;RC)", &DiskDevice);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
}

PSECURITY_DESCRIPTOR IopDeviceDescriptor(DEVICE_TYPE Type, ULONG Characteristics) {
    if (Characteristics & (FILE_REMOVABLE_MEDIA | FILE_FLOPPY_DISKETTE))
        return PublicDevice;
    switch (Type) {
    case FILE_DEVICE_DISK:
    case FILE_DEVICE_VIRTUAL_DISK:
    case FILE_DEVICE_CD_ROM:
    case FILE_DEVICE_TAPE:
    case FILE_DEVICE_MASS_STORAGE: return DiskDevice;
    default: return PublicDevice;
    }
}

NTSTATUS IopCheckOpen(PDEVICE_OBJECT Device, BOOLEAN ByName, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode) {
    PSECURITY_DESCRIPTOR Descriptor = *ObpSecurity(Device);
    PSECURITY_SUBJECT_CONTEXT Subject = &AccessState->SubjectSecurityContext;
    BOOLEAN Whole = !ByName || (Device->Characteristics & FILE_DEVICE_SECURE_OPEN);
    ACCESS_MASK Desired = AccessState->RemainingDesiredAccess, Granted;
    PPRIVILEGE_SET Privileges = NULL;
    NTSTATUS Status;

    if (Mode == KernelMode || !Descriptor)
        return STATUS_SUCCESS;
    if (!Whole) { /* the way to a name leads through the device: everybody who may pass directories by may go it */
        if (SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_CHANGE_NOTIFY_PRIVILEGE), Mode))
            return STATUS_SUCCESS;
        Desired = FILE_TRAVERSE;
    }
    if (!SeAccessCheck(Descriptor, Subject, FALSE, Desired, AccessState->PreviouslyGrantedAccess, &Privileges, (PGENERIC_MAPPING)&IopFileMapping,
                       Mode, &Granted, &Status))
        return Status;
    if (Privileges)
        SeFreePrivileges(Privileges);
    if (Whole) {
        AccessState->PreviouslyGrantedAccess |= Granted;
        AccessState->RemainingDesiredAccess &= ~(Granted | MAXIMUM_ALLOWED);
    }
    return STATUS_SUCCESS;
}
