#include "io/io.h"
#include "mm/mi.h"
#include "ob/ob.h"

/*
 * Section objects: images; memory shared by the processes that map it (SEC_COMMIT and SEC_RESERVE without a file); data files (datafile.c). Views are view.c's.
 */

POBJECT_TYPE MmSectionObjectType;

static VOID MiDeleteSection(PVOID Object) {
    PMI_SECTION Section = Object;
    if (Section->Image != NULL)
        MmDereferenceImage(Section->Image);
    if (Section->Data != NULL)
        MiDereferenceData(Section->Data);
}

VOID MmInitSystem(VOID) {
    static const OB_TYPE_INITIALIZER Type = {
        .Name = L"Section",
        .GenericMapping = {STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ, STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                           STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE, SECTION_ALL_ACCESS},
        .ValidAccess = SECTION_ALL_ACCESS,
        .PoolType = PagedPool,
        .BodySize = sizeof(MI_SECTION),
        .CaseInsensitive = TRUE,
        .Delete = MiDeleteSection,
        .DispatcherOffset = ~0u,
    };
    NTSTATUS Status = ObCreateObjectType(&Type, &MmSectionObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
}

/* ---- Making ---- */

static NTSTATUS MiQueryFileSize(PFILE_OBJECT File, SIZE_T *Size) {
    FILE_STANDARD_INFORMATION Standard;
    ULONG Length;
    NTSTATUS Status = IopQueryFile(File, IRP_MJ_QUERY_INFORMATION, FileStandardInformation, &Standard, sizeof(Standard), &Length);
    if (NT_SUCCESS(Status) && Standard.Directory)
        Status = STATUS_INVALID_FILE_FOR_SECTION;
    if (NT_SUCCESS(Status))
        *Size = (SIZE_T)Standard.EndOfFile.QuadPart;
    return Status;
}

/* The file's name is for those who list images. */
static NTSTATUS MiFillImageSection(PMI_SECTION Section, PFILE_OBJECT File) {
    SIZE_T Size;
    ULONG Length;
    UCHAR *Bytes = NULL;
    NTSTATUS Status = MiQueryFileSize(File, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    POBJECT_NAME_INFORMATION Name = ExAllocatePoolWithTag(PagedPool, 2048, 'eSmM');
    if (Name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(ObQueryNameString(File, Name, 2048, &Length)))
        RtlZeroMemory(Name, sizeof(*Name));
    if (Size == 0)
        Status = STATUS_INVALID_FILE_FOR_SECTION;
    else if (Size > 0x40000000 || (Bytes = ExAllocatePoolWithTag(PagedPool, Size, 'eSmM')) == NULL)
        Status = STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(Status))
        Status = MiReadFile(File, Bytes, Size);
    if (NT_SUCCESS(Status))
        Status = MmCreateImage(Bytes, Size, &Name->Name, File, &Section->Image);
    if (NT_SUCCESS(Status)) {
        Section->Pages = Section->Image->Pages;
        Section->Size = Section->Pages * PAGE_SIZE;
    }
    if (Bytes != NULL)
        ExFreePoolWithTag(Bytes, 'eSmM');
    ExFreePoolWithTag(Name, 'eSmM');
    return Status;
}

/* "CreateFileMapping", learn.microsoft.com: a section that is larger than its file makes the file longer, if it may be written. */
static NTSTATUS MiExtendFile(PFILE_OBJECT File, ULONG64 Size) {
    FILE_END_OF_FILE_INFORMATION End = {.EndOfFile.QuadPart = (LONG64)Size};
    ULONG Length;
    return IopQueryFile(File, IRP_MJ_SET_INFORMATION, FileEndOfFileInformation, &End, sizeof(End), &Length);
}

static NTSTATUS MiFillFileSection(PMI_SECTION Section, PFILE_OBJECT File, ULONG64 Size) {
    SIZE_T FileSize;
    BOOLEAN Write = (Section->Protect & MI_SECTION_WRITE) != 0;
    NTSTATUS Status = MiQueryFileSize(File, &FileSize);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Size == 0)
        Size = FileSize;
    if (Size == 0)
        Status = STATUS_MAPPED_FILE_SIZE_ZERO;
    else if (Size > FileSize && !Write)
        Status = STATUS_SECTION_TOO_BIG;
    if (NT_SUCCESS(Status) && Size > FileSize)
        Status = MiExtendFile(File, Size);
    if (NT_SUCCESS(Status))
        Status = MiReferenceFileData(File, Write, Size, &Section->Data);
    Section->Pages = MI_PAGES(Size);
    Section->Size = Size;
    return Status;
}

static NTSTATUS MiFillSection(PMI_SECTION Section, ULONG64 Size) {
    if (Size == 0)
        return STATUS_INVALID_PARAMETER_4;
    if (Size > (ULONG64)MmHighestUserAddress) /* no process could ever map it all */
        return STATUS_SECTION_TOO_BIG;
    NTSTATUS Status = MiCreateData(MI_PAGES(Size), &Section->Data);
    Section->Pages = MI_PAGES(Size);
    Section->Size = MI_ROUND(Size);
    return NT_SUCCESS(Status) && (Section->Attributes & SEC_RESERVE) == 0 ? MiCommitData(Section->Data, 0, Section->Pages) : Status;
}

/* A section object, not inserted. File: of the caller's, or NULL. */
static NTSTATUS MiMakeSection(POBJECT_ATTRIBUTES Attributes, ULONG64 Size, ULONG Protect, ULONG AllocationAttributes, PFILE_OBJECT File,
                              KPROCESSOR_MODE Mode, PMI_SECTION *Result) {
    PMI_SECTION Section;
    NTSTATUS Status = ObCreateObject(Mode, MmSectionObjectType, Attributes, Mode, NULL, sizeof(MI_SECTION), 0, 0, (PVOID *)&Section);
    if (!NT_SUCCESS(Status))
        return Status;
    Section->Protect = Protect;
    Section->Attributes = AllocationAttributes;
    Status = (AllocationAttributes & SEC_IMAGE) != 0 ? MiFillImageSection(Section, File)
             : File != NULL                          ? MiFillFileSection(Section, File, Size)
                                                     : MiFillSection(Section, Size);
    if (!NT_SUCCESS(Status))
        ObDereferenceObject(Section);
    else
        *Result = Section;
    return Status;
}

static NTSTATUS MiCheckSection(ULONG AllocationAttributes, ULONG Protect, BOOLEAN HasFile) {
    ULONG Kind = AllocationAttributes & (SEC_IMAGE | SEC_COMMIT | SEC_RESERVE);
    if ((AllocationAttributes & ~(SEC_IMAGE | SEC_COMMIT | SEC_RESERVE | SEC_FILE | SEC_NOCACHE)) != 0 || Kind == 0 || (Kind & (Kind - 1)) != 0 ||
        (Kind == SEC_IMAGE && !HasFile))
        return STATUS_INVALID_PARAMETER_6;
    if (MiProtectIndex(Protect) < 0 || (Protect & PAGE_GUARD) != 0 || (Protect & 0xFF) == PAGE_NOACCESS)
        return STATUS_INVALID_PAGE_PROTECTION;
    return STATUS_SUCCESS;
}

/* What a file must have been opened for: "CreateFileMapping", flProtect, of images as of data. */
static ACCESS_MASK MiFileAccess(ULONG Protect) {
    if ((Protect & 0xFF) == PAGE_EXECUTE)
        return FILE_EXECUTE;
    return FILE_READ_DATA | ((Protect & MI_SECTION_WRITE) ? FILE_WRITE_DATA : 0) | ((Protect & 0xF0) ? FILE_EXECUTE : 0);
}

NTSTATUS NTAPI NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PLARGE_INTEGER MaximumSize, ULONG Protect,
                               ULONG AllocationAttributes, HANDLE File) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    LARGE_INTEGER Size = {.QuadPart = 0};
    PFILE_OBJECT FileObject = NULL;
    HANDLE Handle;
    PMI_SECTION Section;
    NTSTATUS Status = MiCheckSection(AllocationAttributes, Protect, File != NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Mode == UserMode && ((ULONG64)SectionHandle >= MmUserProbeAddress || !MmIsRangeAccessible(SectionHandle, sizeof(Handle), TRUE) ||
                             (MaximumSize != NULL && !KiCopyFromUser(&Size, MaximumSize, sizeof(Size)))))
        return STATUS_ACCESS_VIOLATION;
    if (Mode == KernelMode && MaximumSize != NULL)
        Size = *MaximumSize;
    if (Size.QuadPart < 0)
        return STATUS_INVALID_PARAMETER_4;

    if (File != NULL && !NT_SUCCESS(Status = ObReferenceObjectByHandle(File, MiFileAccess(Protect), IopFileType, Mode, (PVOID *)&FileObject, NULL)))
        return Status;
    Status = MiMakeSection(Attributes, (ULONG64)Size.QuadPart, Protect, AllocationAttributes, FileObject, Mode, &Section);
    if (FileObject != NULL)
        ObDereferenceObject(FileObject);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObInsertObject(Section, NULL, Access, 0, NULL, &Handle);
    if (NT_SUCCESS(Status)) {
        if (Mode == KernelMode)
            *SectionHandle = Handle;
        else if (!KiCopyToUser(SectionHandle, &Handle, sizeof(Handle)))
            return STATUS_ACCESS_VIOLATION;
    }
    return Status;
}

NTSTATUS NTAPI MmCreateSection(PVOID *SectionObject, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                               ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle, PFILE_OBJECT File) {
    PFILE_OBJECT FileObject = File;
    NTSTATUS Status = MiCheckSection(AllocationAttributes, SectionPageProtection, FileHandle != NULL || File != NULL);
    if (NT_SUCCESS(Status) && MaximumSize != NULL && MaximumSize->QuadPart < 0)
        Status = STATUS_INVALID_PARAMETER_4;
    if (!NT_SUCCESS(Status))
        return Status;
    if (FileHandle != NULL)
        Status = ObReferenceObjectByHandle(FileHandle, 0, IopFileType, KernelMode, (PVOID *)&FileObject, NULL);
    if (NT_SUCCESS(Status))
        Status = MiMakeSection(ObjectAttributes, MaximumSize != NULL ? (ULONG64)MaximumSize->QuadPart : 0, SectionPageProtection,
                               AllocationAttributes, FileObject, KernelMode, (PMI_SECTION *)SectionObject);
    if (FileHandle != NULL && FileObject != File)
        ObDereferenceObject(FileObject);
    return Status;
}

/* Programs have not been let at \Device\PhysicalMemory since Windows Server 2003 SP1, whatever its descriptor says. */
static NTSTATUS MiRefusePhysical(HANDLE Handle) {
    PMI_SECTION Section;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, 0, MmSectionObjectType, KernelMode, (PVOID *)&Section, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Section->Physical) {
        ObCloseHandle(Handle, UserMode);
        Status = STATUS_ACCESS_DENIED;
    }
    ObDereferenceObject(Section);
    return Status;
}

NTSTATUS NTAPI NtOpenSection(PHANDLE SectionHandle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    HANDLE Handle;
    if (Mode == UserMode && ((ULONG64)SectionHandle >= MmUserProbeAddress || !MmIsRangeAccessible(SectionHandle, sizeof(Handle), TRUE)))
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS Status = ObOpenObjectByName(Attributes, MmSectionObjectType, Mode, NULL, Access, NULL, &Handle);
    if (NT_SUCCESS(Status) && Mode == UserMode)
        Status = MiRefusePhysical(Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Mode == KernelMode)
        *SectionHandle = Handle;
    else if (!KiCopyToUser(SectionHandle, &Handle, sizeof(Handle)))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

/* ---- \Device\PhysicalMemory ---- */

VOID MmCreatePhysicalMemory(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\PhysicalMemory");
    OBJECT_ATTRIBUTES Attributes;
    PMI_SECTION Section;
    HANDLE Handle;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ObCreateObject(KernelMode, MmSectionObjectType, &Attributes, KernelMode, NULL, sizeof(MI_SECTION), 0, 0, (PVOID *)&Section);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    Section->Protect = PAGE_EXECUTE_READWRITE;
    Section->Attributes = SEC_COMMIT;
    Section->Physical = TRUE;
    Section->Pages = MmTotalFrames;
    Section->Size = MmTotalFrames * PAGE_SIZE;
    Status = ObInsertObject(Section, NULL, SECTION_ALL_ACCESS, 0, NULL, &Handle);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    ObCloseHandle(Handle, KernelMode);
}
