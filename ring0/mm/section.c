#include "io/io.h"
#include "mm/mi.h"
#include "ob/ob.h"
#include "ps/ps.h"

/*
 * Section objects: images; memory shared by the processes that map it (SEC_COMMIT and SEC_RESERVE without a file); data files (datafile.c). A view references the section object, so that the section lives as long as the last view.
 */

#define MI_SECTION_WRITE (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)

#ifndef SECTION_MAP_EXECUTE
#define SECTION_MAP_EXECUTE 0x0008
#endif

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

VOID MiReleaseSectionView(PMI_SECTION Section) { ObDereferenceObject(Section); }

/* ---- Making ---- */

/* A file, referenced, its size, and, if asked for, its name for those who list images. The handle is the caller's: its access counts. */
static NTSTATUS MiOpenBackingFile(HANDLE File, ACCESS_MASK Access, PFILE_OBJECT *Object, SIZE_T *Size, POBJECT_NAME_INFORMATION *Name) {
    PVOID FileObject;
    IO_STATUS_BLOCK Io;
    FILE_STANDARD_INFORMATION Standard;
    ULONG Length = 0;
    NTSTATUS Status = ObReferenceObjectByHandle(File, Access, IopFileType, KiPreviousMode(), &FileObject, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwQueryInformationFile(File, &Io, &Standard, sizeof(Standard), FileStandardInformation);
    if (NT_SUCCESS(Status) && Standard.Directory)
        Status = STATUS_INVALID_FILE_FOR_SECTION;
    if (NT_SUCCESS(Status) && Name != NULL) {
        *Name = ExAllocatePoolWithTag(PagedPool, 2048, 'eSmM');
        if (*Name == NULL)
            Status = STATUS_INSUFFICIENT_RESOURCES;
        else if (!NT_SUCCESS(ObQueryNameString(FileObject, *Name, 2048, &Length)))
            RtlZeroMemory(*Name, sizeof(**Name));
    }
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(FileObject);
        return Status;
    }
    *Size = (SIZE_T)Standard.EndOfFile.QuadPart;
    *Object = FileObject;
    return Status;
}

static NTSTATUS MiFillImageSection(PMI_SECTION Section, HANDLE File) {
    SIZE_T Size;
    PFILE_OBJECT FileObject;
    POBJECT_NAME_INFORMATION Name;
    NTSTATUS Status = MiOpenBackingFile(File, FILE_EXECUTE, &FileObject, &Size, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    UCHAR *Bytes = NULL;
    if (Size == 0)
        Status = STATUS_INVALID_FILE_FOR_SECTION;
    else if (Size > 0x40000000 || (Bytes = ExAllocatePoolWithTag(PagedPool, Size, 'eSmM')) == NULL)
        Status = STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(Status))
        Status = MiReadFile(FileObject, Bytes, Size);
    if (NT_SUCCESS(Status))
        Status = MmCreateImage(Bytes, Size, &Name->Name, &Section->Image);
    if (NT_SUCCESS(Status)) {
        Section->Pages = Section->Image->Pages;
        Section->Size = Section->Pages * PAGE_SIZE;
    }
    if (Bytes != NULL)
        ExFreePoolWithTag(Bytes, 'eSmM');
    ExFreePoolWithTag(Name, 'eSmM');
    ObDereferenceObject(FileObject);
    return Status;
}

/* "CreateFileMapping", learn.microsoft.com: a section that is larger than its file makes the file longer, if it may be written. */
static NTSTATUS MiExtendFile(HANDLE File, ULONG64 Size) {
    FILE_END_OF_FILE_INFORMATION End = {.EndOfFile.QuadPart = (LONG64)Size};
    IO_STATUS_BLOCK Io;
    return ZwSetInformationFile(File, &Io, &End, sizeof(End), FileEndOfFileInformation);
}

static NTSTATUS MiFillFileSection(PMI_SECTION Section, HANDLE File, ULONG64 Size) {
    PFILE_OBJECT FileObject;
    SIZE_T FileSize;
    BOOLEAN Write = (Section->Protect & MI_SECTION_WRITE) != 0;
    NTSTATUS Status = MiOpenBackingFile(File, Write ? FILE_READ_DATA | FILE_WRITE_DATA : FILE_READ_DATA, &FileObject, &FileSize, NULL);
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
        Status = MiReferenceFileData(FileObject, Write, Size, &Section->Data);
    Section->Pages = MI_PAGES(Size);
    Section->Size = Size;
    ObDereferenceObject(FileObject);
    return Status;
}

static NTSTATUS MiFillSection(PMI_SECTION Section, ULONG64 Size) {
    if (Size == 0)
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS Status = MiCreateData(MI_PAGES(Size), &Section->Data);
    Section->Pages = MI_PAGES(Size);
    Section->Size = MI_ROUND(Size);
    return NT_SUCCESS(Status) && (Section->Attributes & SEC_RESERVE) == 0 ? MiCommitData(Section->Data, 0, Section->Pages) : Status;
}

NTSTATUS NTAPI NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PLARGE_INTEGER MaximumSize, ULONG Protect,
                               ULONG AllocationAttributes, HANDLE File) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    LARGE_INTEGER Size = {.QuadPart = 0};
    HANDLE Handle;
    PMI_SECTION Section;
    ULONG Kind = AllocationAttributes & (SEC_IMAGE | SEC_COMMIT | SEC_RESERVE);
    if ((AllocationAttributes & ~(SEC_IMAGE | SEC_COMMIT | SEC_RESERVE | SEC_FILE | SEC_NOCACHE)) != 0 || Kind == 0 || (Kind & (Kind - 1)) != 0 ||
        (Kind == SEC_IMAGE && File == NULL))
        return STATUS_INVALID_PARAMETER_6;
    if (MiProtectIndex(Protect) < 0 || (Protect & PAGE_GUARD) != 0 || (Protect & 0xFF) == PAGE_NOACCESS)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (Mode == UserMode && ((ULONG64)SectionHandle >= MmUserProbeAddress || !MmIsRangeAccessible(SectionHandle, sizeof(Handle), TRUE) ||
                             (MaximumSize != NULL && !KiCopyFromUser(&Size, MaximumSize, sizeof(Size)))))
        return STATUS_ACCESS_VIOLATION;
    if (Mode == KernelMode && MaximumSize != NULL)
        Size = *MaximumSize;
    if (Size.QuadPart < 0)
        return STATUS_INVALID_PARAMETER_4;

    NTSTATUS Status = ObCreateObject(Mode, MmSectionObjectType, Attributes, Mode, NULL, sizeof(MI_SECTION), 0, 0, (PVOID *)&Section);
    if (!NT_SUCCESS(Status))
        return Status;
    Section->Protect = Protect;
    Section->Attributes = AllocationAttributes;
    Status = Kind == SEC_IMAGE ? MiFillImageSection(Section, File)
             : File != NULL    ? MiFillFileSection(Section, File, (ULONG64)Size.QuadPart)
                               : MiFillSection(Section, (ULONG64)Size.QuadPart);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Section);
        return Status;
    }
    Status = ObInsertObject(Section, NULL, Access, 0, NULL, &Handle);
    if (NT_SUCCESS(Status)) {
        if (Mode == KernelMode)
            *SectionHandle = Handle;
        else if (!KiCopyToUser(SectionHandle, &Handle, sizeof(Handle)))
            return STATUS_ACCESS_VIOLATION;
    }
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

/* ---- Mapping ---- */

/* Does a section of this protection allow a view of that one? */
static BOOLEAN MiViewAllowed(ULONG Section, ULONG View) {
    BOOLEAN Execute = (View & 0xF0) != 0, CanExecute = (Section & 0xF0) != 0;
    BOOLEAN Write = (View & MI_SECTION_WRITE) != 0, CanWrite = (Section & MI_SECTION_WRITE) != 0;
    return (!Execute || CanExecute) && (!Write || CanWrite);
}

static NTSTATUS MiMapData(PMM_ADDRESS_SPACE Space, PMI_SECTION Section, ULONG64 *Base, ULONG64 Offset, ULONG64 *Size, ULONG Type, ULONG Protect) {
    if (!MiViewAllowed(Section->Protect, Protect))
        return STATUS_SECTION_PROTECTION;
    if (Offset % MI_ALLOCATION_GRANULARITY != 0 || *Base % MI_ALLOCATION_GRANULARITY != 0)
        return STATUS_MAPPED_ALIGNMENT;
    if (Offset >= Section->Size || *Size > Section->Size - Offset)
        return STATUS_INVALID_VIEW_SIZE;
    ULONG64 Length = MI_ROUND(*Size != 0 ? *Size : Section->Size - Offset);
    ULONG64 Start = *Base != 0 ? *Base : MiFindFreeRange(Space, Length, (Type & MEM_TOP_DOWN) != 0);
    if (Start == 0)
        return STATUS_NO_MEMORY;
    if (!MiIsRangeFree(Space, Start, Start + Length))
        return STATUS_CONFLICTING_ADDRESSES;
    PMI_VAD Vad = MiMakeTables(Space, Start, Start + Length) ? MiInsertVad(Space, Start, Start + Length, Protect, MiVadSection) : NULL;
    if (Vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObReferenceObject(Section);
    Vad->Section = Section;
    Vad->SectionPage = Offset / PAGE_SIZE;
    BOOLEAN Copy = (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0;
    MI_PTE Clean = Section->Data->File != NULL ? MI_PTE_CLEAN : 0;
    for (ULONG64 I = 0; I < Length / PAGE_SIZE; I++) {
        MI_PTE Page = Section->Data->Ptes[Vad->SectionPage + I], Bits = MI_PTE_COMMITTED | (Copy ? MI_PTE_COPY : 0) | Clean | MiProtectBits(Protect);
        if (Page == 0)
            continue;
        if ((Page & MI_PTE_OUT) == 0)
            MiReferenceFrame(MI_PTE_FRAME(Page));
        *MiFindPte(Space, Start + I * PAGE_SIZE) = (Page & MI_PTE_OUT) ? Bits | MI_PTE_OUT | MI_PTE_PROTOTYPE : MI_PTE_FRAME(Page) << 12 | Bits;
    }
    MiSynchronize(Space, Start, Start + Length);
    *Base = Start;
    *Size = Length;
    return STATUS_SUCCESS;
}

/* Frames as they are, whoever has them. The view begins at the 64 KiB below Offset, which becomes that, as on Windows. */
static NTSTATUS MiMapPhysical(PMM_ADDRESS_SPACE Space, ULONG64 *Base, ULONG64 *Offset, ULONG64 *Size, ULONG Type, ULONG Protect) {
    ULONG64 Limit = MmTotalFrames * PAGE_SIZE, Rest = *Offset % MI_ALLOCATION_GRANULARITY, First = *Offset - Rest;
    if (*Size == 0 || *Base % MI_ALLOCATION_GRANULARITY != 0)
        return *Size == 0 ? STATUS_INVALID_VIEW_SIZE : STATUS_MAPPED_ALIGNMENT;
    /* Beyond RAM are devices and nothing, which a program cannot reach. */
    if (*Offset >= Limit || *Size > Limit - *Offset || (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0)
        return STATUS_NOT_SUPPORTED;
    ULONG64 Length = MI_ROUND(Rest + *Size), Start = *Base != 0 ? *Base : MiFindFreeRange(Space, Length, (Type & MEM_TOP_DOWN) != 0);
    if (Start == 0)
        return STATUS_NO_MEMORY;
    if (!MiIsRangeFree(Space, Start, Start + Length))
        return STATUS_CONFLICTING_ADDRESSES;
    if (!MiMakeTables(Space, Start, Start + Length) || MiInsertVad(Space, Start, Start + Length, Protect, MiVadPhysical) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG64 At = 0; At < Length; At += PAGE_SIZE)
        *MiFindPte(Space, Start + At) = (First + At) | MI_PTE_COMMITTED | MI_PTE_UNOWNED | MiProtectBits(Protect);
    MiSynchronize(Space, Start, Start + Length);
    *Base = Start;
    *Offset = First;
    *Size = Length;
    return STATUS_SUCCESS;
}

static ACCESS_MASK MiViewAccess(ULONG Protect) {
    ACCESS_MASK Access = (Protect & MI_SECTION_WRITE) ? SECTION_MAP_WRITE : SECTION_MAP_READ;
    return (Protect & 0xF0) ? Access | SECTION_MAP_EXECUTE : Access;
}

NTSTATUS NTAPI NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *Base, ULONG_PTR ZeroBits, SIZE_T CommitSize,
                                  PLARGE_INTEGER Offset, PSIZE_T ViewSize, SECTION_INHERIT Inherit, ULONG Type, ULONG Protect) {
    struct {
        PVOID Base;
        SIZE_T Size;
        LARGE_INTEGER Offset;
    } View = {.Offset.QuadPart = 0};
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PMI_SECTION Section;
    PEPROCESS Process;
    PMM_ADDRESS_SPACE Space;
    if (ZeroBits > 21)
        return STATUS_INVALID_PARAMETER_4;
    if (Inherit != ViewShare && Inherit != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if ((Type & ~(MEM_TOP_DOWN | MEM_RESERVE)) != 0)
        return STATUS_INVALID_PARAMETER_9;
    if (MiProtectIndex(Protect) < 0 || (Protect & PAGE_GUARD) != 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (Mode == UserMode) {
        if ((ULONG64)Base >= MmUserProbeAddress || (ULONG64)ViewSize >= MmUserProbeAddress || !MmIsRangeAccessible(Base, sizeof(*Base), TRUE) ||
            !MmIsRangeAccessible(ViewSize, sizeof(*ViewSize), TRUE) || !KiCopyFromUser(&View.Base, Base, sizeof(View.Base)) ||
            !KiCopyFromUser(&View.Size, ViewSize, sizeof(View.Size)) ||
            (Offset != NULL && !KiCopyFromUser(&View.Offset, Offset, sizeof(View.Offset))))
            return STATUS_ACCESS_VIOLATION;
    } else {
        View.Base = *Base;
        View.Size = *ViewSize;
        View.Offset.QuadPart = Offset != NULL ? Offset->QuadPart : 0;
    }
    if (View.Base > MmHighestUserAddress)
        return STATUS_INVALID_PARAMETER_3;
    if (View.Size > (ULONG64)MmHighestUserAddress + 1 - (ULONG64)View.Base)
        return STATUS_INVALID_PARAMETER_3;
    NTSTATUS Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(SectionHandle, MiViewAccess(Protect), MmSectionObjectType, Mode, (PVOID *)&Section, NULL);
    if (NT_SUCCESS(Status)) {
        Status = Section->Physical ? MiMapPhysical(Space, (ULONG64 *)&View.Base, (ULONG64 *)&View.Offset.QuadPart, &View.Size, Type, Protect)
                 : Section->Image != NULL
                     ? MiMapImage(Space, Section->Image, &View.Base, &View.Size)
                     : MiMapData(Space, Section, (ULONG64 *)&View.Base, (ULONG64)View.Offset.QuadPart, &View.Size, Type, Protect);
        if (NT_SUCCESS(Status) && Section->Image != NULL)
            PsCallImageNotifyRoutines(&Section->Image->Name, Process->UniqueProcessId, View.Base, View.Size);
        ObDereferenceObject(Section);
    }
    ObDereferenceObject(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Offset != NULL && !NT_SUCCESS(KiCopyOut(Offset, &View.Offset, sizeof(View.Offset))))
        return STATUS_ACCESS_VIOLATION;
    if (Mode == UserMode)
        return KiCopyToUser(Base, &View.Base, sizeof(View.Base)) && KiCopyToUser(ViewSize, &View.Size, sizeof(View.Size)) ? Status
                                                                                                                          : STATUS_ACCESS_VIOLATION;
    *Base = View.Base;
    *ViewSize = View.Size;
    return Status;
}

NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID Base) {
    PEPROCESS Process;
    PMM_ADDRESS_SPACE Space;
    NTSTATUS Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    PMI_VAD Vad = MiFindVad(Space, (ULONG64)Base);
    if (Vad == NULL || Vad->Kind == MiVadPrivate || Vad->Kind == MiVadMdl)
        Status = STATUS_NOT_MAPPED_VIEW;
    else if (!MiAllowsSecured(Space, Vad->Start, Vad->End, PAGE_NOACCESS))
        Status = STATUS_INVALID_PAGE_PROTECTION;
    else
        MiDeleteVad(Space, Vad);
    ObDereferenceObject(Process);
    return Status;
}

/* ---- Views in system space ---- */

/* The pages of such a view are resident as long as it is there. */
static VOID MiUnmapSectionView(UCHAR *View) {
    ULONG Protection;
    MM_PFN Frame;
    for (UCHAR *Page = View; (Frame = MiFrameOfSystemView((ULONG64)Page, &Protection)) != MI_NO_FRAME; Page += PAGE_SIZE)
        MiDereferenceFrame(Frame);
    MiReleaseSystemView(View);
}

NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID Object, PVOID *Base, PSIZE_T Size) {
    PMI_SECTION Section = Object;
    if (Section->Image != NULL || Section->Physical)
        return STATUS_NOT_SUPPORTED;
    SIZE_T Length = MI_ROUND(*Size != 0 ? *Size : Section->Size);
    if (Length > Section->Pages * PAGE_SIZE)
        return STATUS_INVALID_VIEW_SIZE;
    PVOID View = MiReserveSystemView(Length);
    if (View == NULL)
        return STATUS_NO_MEMORY;
    for (SIZE_T I = 0; I < Length / PAGE_SIZE; I++) {
        MI_PTE *Pte = &Section->Data->Ptes[I];
        NTSTATUS Status = *Pte != 0 ? MiBringInSectionPage(Pte) : STATUS_NOT_COMMITTED;
        if (!NT_SUCCESS(Status)) {
            MiUnmapSectionView(View);
            return Status;
        }
        MiReferenceFrame(MI_PTE_FRAME(*Pte));
        if (Section->Data->File != NULL && (Section->Protect & MI_SECTION_WRITE) != 0)
            *Pte |= MI_PTE_DIRTY;
        MiMapSystemView(View, I, MI_PTE_FRAME(*Pte), 1, HAL_PROT_READ | ((Section->Protect & MI_SECTION_WRITE) ? HAL_PROT_WRITE : 0));
    }
    Section->Data->WrittenByKernel |= (Section->Protect & MI_SECTION_WRITE) != 0;
    *Base = View;
    *Size = Length;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID Base) {
    ULONG Protection;
    MM_PFN Frame = (ULONG64)Base % PAGE_SIZE == 0 ? MiFrameOfSystemView((ULONG64)Base, &Protection) : MI_NO_FRAME;
    if (Frame == MI_NO_FRAME)
        return STATUS_NOT_MAPPED_VIEW;
    MiUnmapSectionView(Base);
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
