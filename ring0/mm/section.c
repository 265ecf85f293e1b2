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
    PMI_SECTION section = Object;
    if (section->Image != NULL)
        MmDereferenceImage(section->Image);
    if (section->Data != NULL)
        MiDereferenceData(section->Data);
}

VOID MmInitSystem(VOID) {
    static const OB_TYPE_INITIALIZER type = {
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
    NTSTATUS status = ObCreateObjectType(&type, &MmSectionObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(status));
}

VOID MiReleaseSectionView(PMI_SECTION Section) { ObDereferenceObject(Section); }

/* ---- Making ---- */

/* A file, referenced, its size, and, if asked for, its name for those who list images. The handle is the caller's: its access counts. */
static NTSTATUS MiOpenBackingFile(HANDLE File, ACCESS_MASK Access, PFILE_OBJECT *Object, SIZE_T *Size, POBJECT_NAME_INFORMATION *Name) {
    PVOID object;
    IO_STATUS_BLOCK io;
    FILE_STANDARD_INFORMATION standard;
    ULONG length = 0;
    NTSTATUS status = ObReferenceObjectByHandle(File, Access, IopFileType, KiPreviousMode(), &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwQueryInformationFile(File, &io, &standard, sizeof(standard), FileStandardInformation);
    if (NT_SUCCESS(status) && standard.Directory)
        status = STATUS_INVALID_FILE_FOR_SECTION;
    if (NT_SUCCESS(status) && Name != NULL) {
        *Name = ExAllocatePoolWithTag(PagedPool, 2048, 'eSmM');
        if (*Name == NULL)
            status = STATUS_INSUFFICIENT_RESOURCES;
        else if (!NT_SUCCESS(ObQueryNameString(object, *Name, 2048, &length)))
            RtlZeroMemory(*Name, sizeof(**Name));
    }
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(object);
        return status;
    }
    *Size = (SIZE_T)standard.EndOfFile.QuadPart;
    *Object = object;
    return status;
}

static NTSTATUS MiFillImageSection(PMI_SECTION Section, HANDLE File) {
    SIZE_T size;
    PFILE_OBJECT file;
    POBJECT_NAME_INFORMATION name;
    NTSTATUS status = MiOpenBackingFile(File, FILE_EXECUTE, &file, &size, &name);
    if (!NT_SUCCESS(status))
        return status;
    UCHAR *bytes = NULL;
    if (size == 0)
        status = STATUS_INVALID_FILE_FOR_SECTION;
    else if (size > 0x40000000 || (bytes = ExAllocatePoolWithTag(PagedPool, size, 'eSmM')) == NULL)
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(status))
        status = MiReadFile(file, bytes, size);
    if (NT_SUCCESS(status))
        status = MmCreateImage(bytes, size, &name->Name, &Section->Image);
    if (NT_SUCCESS(status)) {
        Section->Pages = Section->Image->Pages;
        Section->Size = Section->Pages * PAGE_SIZE;
    }
    if (bytes != NULL)
        ExFreePoolWithTag(bytes, 'eSmM');
    ExFreePoolWithTag(name, 'eSmM');
    ObDereferenceObject(file);
    return status;
}

/* "CreateFileMapping", learn.microsoft.com: a section that is larger than its file makes the file longer, if it may be written. */
static NTSTATUS MiExtendFile(HANDLE File, ULONG64 Size) {
    FILE_END_OF_FILE_INFORMATION end = {.EndOfFile.QuadPart = (LONG64)Size};
    IO_STATUS_BLOCK io;
    return ZwSetInformationFile(File, &io, &end, sizeof(end), FileEndOfFileInformation);
}

static NTSTATUS MiFillFileSection(PMI_SECTION Section, HANDLE File, ULONG64 Size) {
    PFILE_OBJECT file;
    SIZE_T file_size;
    BOOLEAN write = (Section->Protect & MI_SECTION_WRITE) != 0;
    NTSTATUS status = MiOpenBackingFile(File, write ? FILE_READ_DATA | FILE_WRITE_DATA : FILE_READ_DATA, &file, &file_size, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (Size == 0)
        Size = file_size;
    if (Size == 0)
        status = STATUS_MAPPED_FILE_SIZE_ZERO;
    else if (Size > file_size && !write)
        status = STATUS_SECTION_TOO_BIG;
    if (NT_SUCCESS(status) && Size > file_size)
        status = MiExtendFile(File, Size);
    if (NT_SUCCESS(status))
        status = MiReferenceFileData(file, write, Size, &Section->Data);
    Section->Pages = MI_PAGES(Size);
    Section->Size = Size;
    ObDereferenceObject(file);
    return status;
}

static NTSTATUS MiFillSection(PMI_SECTION Section, ULONG64 Size) {
    if (Size == 0)
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS status = MiCreateData(MI_PAGES(Size), &Section->Data);
    Section->Pages = MI_PAGES(Size);
    Section->Size = MI_ROUND(Size);
    return NT_SUCCESS(status) && (Section->Attributes & SEC_RESERVE) == 0 ? MiCommitData(Section->Data, 0, Section->Pages) : status;
}

NTSTATUS NTAPI NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PLARGE_INTEGER MaximumSize, ULONG Protect,
                               ULONG AllocationAttributes, HANDLE File) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    LARGE_INTEGER size = {.QuadPart = 0};
    HANDLE handle;
    PMI_SECTION section;
    ULONG kind = AllocationAttributes & (SEC_IMAGE | SEC_COMMIT | SEC_RESERVE);
    if ((AllocationAttributes & ~(SEC_IMAGE | SEC_COMMIT | SEC_RESERVE | SEC_FILE | SEC_NOCACHE)) != 0 || kind == 0 || (kind & (kind - 1)) != 0 ||
        (kind == SEC_IMAGE && File == NULL))
        return STATUS_INVALID_PARAMETER_6;
    if (MiProtectIndex(Protect) < 0 || (Protect & PAGE_GUARD) != 0 || (Protect & 0xFF) == PAGE_NOACCESS)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (mode == UserMode && ((ULONG64)SectionHandle >= MmUserProbeAddress || !MmIsRangeAccessible(SectionHandle, sizeof(handle), TRUE) ||
                             (MaximumSize != NULL && !KiCopyFromUser(&size, MaximumSize, sizeof(size)))))
        return STATUS_ACCESS_VIOLATION;
    if (mode == KernelMode && MaximumSize != NULL)
        size = *MaximumSize;
    if (size.QuadPart < 0)
        return STATUS_INVALID_PARAMETER_4;

    NTSTATUS status = ObCreateObject(mode, MmSectionObjectType, Attributes, mode, NULL, sizeof(MI_SECTION), 0, 0, (PVOID *)&section);
    if (!NT_SUCCESS(status))
        return status;
    section->Protect = Protect;
    section->Attributes = AllocationAttributes;
    status = kind == SEC_IMAGE ? MiFillImageSection(section, File)
             : File != NULL    ? MiFillFileSection(section, File, (ULONG64)size.QuadPart)
                               : MiFillSection(section, (ULONG64)size.QuadPart);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(section);
        return status;
    }
    status = ObInsertObject(section, NULL, Access, 0, NULL, &handle);
    if (NT_SUCCESS(status)) {
        if (mode == KernelMode)
            *SectionHandle = handle;
        else if (!KiCopyToUser(SectionHandle, &handle, sizeof(handle)))
            return STATUS_ACCESS_VIOLATION;
    }
    return status;
}

/* Programs have not been let at \Device\PhysicalMemory since Windows Server 2003 SP1, whatever its descriptor says. */
static NTSTATUS MiRefusePhysical(HANDLE Handle) {
    PMI_SECTION section;
    NTSTATUS status = ObReferenceObjectByHandle(Handle, 0, MmSectionObjectType, KernelMode, (PVOID *)&section, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (section->Physical) {
        ObCloseHandle(Handle, UserMode);
        status = STATUS_ACCESS_DENIED;
    }
    ObDereferenceObject(section);
    return status;
}

NTSTATUS NTAPI NtOpenSection(PHANDLE SectionHandle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    HANDLE handle;
    if (mode == UserMode && ((ULONG64)SectionHandle >= MmUserProbeAddress || !MmIsRangeAccessible(SectionHandle, sizeof(handle), TRUE)))
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS status = ObOpenObjectByName(Attributes, MmSectionObjectType, mode, NULL, Access, NULL, &handle);
    if (NT_SUCCESS(status) && mode == UserMode)
        status = MiRefusePhysical(handle);
    if (!NT_SUCCESS(status))
        return status;
    if (mode == KernelMode)
        *SectionHandle = handle;
    else if (!KiCopyToUser(SectionHandle, &handle, sizeof(handle)))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

/* ---- Mapping ---- */

/* Does a section of this protection allow a view of that one? */
static BOOLEAN MiViewAllowed(ULONG Section, ULONG View) {
    BOOLEAN execute = (View & 0xF0) != 0, can_execute = (Section & 0xF0) != 0;
    BOOLEAN write = (View & MI_SECTION_WRITE) != 0, can_write = (Section & MI_SECTION_WRITE) != 0;
    return (!execute || can_execute) && (!write || can_write);
}

static NTSTATUS MiMapData(PMM_ADDRESS_SPACE Space, PMI_SECTION Section, ULONG64 *Base, ULONG64 Offset, ULONG64 *Size, ULONG Type, ULONG Protect) {
    if (!MiViewAllowed(Section->Protect, Protect))
        return STATUS_SECTION_PROTECTION;
    if (Offset % MI_ALLOCATION_GRANULARITY != 0 || *Base % MI_ALLOCATION_GRANULARITY != 0)
        return STATUS_MAPPED_ALIGNMENT;
    if (Offset >= Section->Size || *Size > Section->Size - Offset)
        return STATUS_INVALID_VIEW_SIZE;
    ULONG64 length = MI_ROUND(*Size != 0 ? *Size : Section->Size - Offset);
    ULONG64 start = *Base != 0 ? *Base : MiFindFreeRange(Space, length, (Type & MEM_TOP_DOWN) != 0);
    if (start == 0)
        return STATUS_NO_MEMORY;
    if (!MiIsRangeFree(Space, start, start + length))
        return STATUS_CONFLICTING_ADDRESSES;
    PMI_VAD vad = MiMakeTables(Space, start, start + length) ? MiInsertVad(Space, start, start + length, Protect, MiVadSection) : NULL;
    if (vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObReferenceObject(Section);
    vad->Section = Section;
    vad->SectionPage = Offset / PAGE_SIZE;
    BOOLEAN copy = (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0;
    MI_PTE clean = Section->Data->File != NULL ? MI_PTE_CLEAN : 0;
    for (ULONG64 i = 0; i < length / PAGE_SIZE; i++) {
        MI_PTE page = Section->Data->Ptes[vad->SectionPage + i], bits = MI_PTE_COMMITTED | (copy ? MI_PTE_COPY : 0) | clean | MiProtectBits(Protect);
        if (page == 0)
            continue;
        if ((page & MI_PTE_OUT) == 0)
            MiReferenceFrame(MI_PTE_FRAME(page));
        *MiFindPte(Space, start + i * PAGE_SIZE) = (page & MI_PTE_OUT) ? bits | MI_PTE_OUT | MI_PTE_PROTOTYPE : MI_PTE_FRAME(page) << 12 | bits;
    }
    MiSynchronize(Space, start, start + length);
    *Base = start;
    *Size = length;
    return STATUS_SUCCESS;
}

/* Frames as they are, whoever has them. The view begins at the 64 KiB below Offset, which becomes that, as on Windows. */
static NTSTATUS MiMapPhysical(PMM_ADDRESS_SPACE Space, ULONG64 *Base, ULONG64 *Offset, ULONG64 *Size, ULONG Type, ULONG Protect) {
    ULONG64 limit = MmTotalFrames * PAGE_SIZE, rest = *Offset % MI_ALLOCATION_GRANULARITY, first = *Offset - rest;
    if (*Size == 0 || *Base % MI_ALLOCATION_GRANULARITY != 0)
        return *Size == 0 ? STATUS_INVALID_VIEW_SIZE : STATUS_MAPPED_ALIGNMENT;
    /* Beyond RAM are devices and nothing, which a program cannot reach. */
    if (*Offset >= limit || *Size > limit - *Offset || (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0)
        return STATUS_NOT_SUPPORTED;
    ULONG64 length = MI_ROUND(rest + *Size), start = *Base != 0 ? *Base : MiFindFreeRange(Space, length, (Type & MEM_TOP_DOWN) != 0);
    if (start == 0)
        return STATUS_NO_MEMORY;
    if (!MiIsRangeFree(Space, start, start + length))
        return STATUS_CONFLICTING_ADDRESSES;
    if (!MiMakeTables(Space, start, start + length) || MiInsertVad(Space, start, start + length, Protect, MiVadPhysical) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG64 at = 0; at < length; at += PAGE_SIZE)
        *MiFindPte(Space, start + at) = (first + at) | MI_PTE_COMMITTED | MI_PTE_UNOWNED | MiProtectBits(Protect);
    MiSynchronize(Space, start, start + length);
    *Base = start;
    *Offset = first;
    *Size = length;
    return STATUS_SUCCESS;
}

static ACCESS_MASK MiViewAccess(ULONG Protect) {
    ACCESS_MASK access = (Protect & MI_SECTION_WRITE) ? SECTION_MAP_WRITE : SECTION_MAP_READ;
    return (Protect & 0xF0) ? access | SECTION_MAP_EXECUTE : access;
}

NTSTATUS NTAPI NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *Base, ULONG_PTR ZeroBits, SIZE_T CommitSize,
                                  PLARGE_INTEGER Offset, PSIZE_T ViewSize, SECTION_INHERIT Inherit, ULONG Type, ULONG Protect) {
    struct {
        PVOID Base;
        SIZE_T Size;
        LARGE_INTEGER Offset;
    } view = {.Offset.QuadPart = 0};
    KPROCESSOR_MODE mode = KiPreviousMode();
    PMI_SECTION section;
    PEPROCESS process;
    PMM_ADDRESS_SPACE space;
    if (ZeroBits > 21)
        return STATUS_INVALID_PARAMETER_4;
    if (Inherit != ViewShare && Inherit != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if ((Type & ~(MEM_TOP_DOWN | MEM_RESERVE)) != 0)
        return STATUS_INVALID_PARAMETER_9;
    if (MiProtectIndex(Protect) < 0 || (Protect & PAGE_GUARD) != 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (mode == UserMode) {
        if ((ULONG64)Base >= MmUserProbeAddress || (ULONG64)ViewSize >= MmUserProbeAddress || !MmIsRangeAccessible(Base, sizeof(*Base), TRUE) ||
            !MmIsRangeAccessible(ViewSize, sizeof(*ViewSize), TRUE) || !KiCopyFromUser(&view.Base, Base, sizeof(view.Base)) ||
            !KiCopyFromUser(&view.Size, ViewSize, sizeof(view.Size)) ||
            (Offset != NULL && !KiCopyFromUser(&view.Offset, Offset, sizeof(view.Offset))))
            return STATUS_ACCESS_VIOLATION;
    } else {
        view.Base = *Base;
        view.Size = *ViewSize;
        view.Offset.QuadPart = Offset != NULL ? Offset->QuadPart : 0;
    }
    if (view.Base > MmHighestUserAddress)
        return STATUS_INVALID_PARAMETER_3;
    if (view.Size > (ULONG64)MmHighestUserAddress + 1 - (ULONG64)view.Base)
        return STATUS_INVALID_PARAMETER_3;
    NTSTATUS status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &process, &space);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(SectionHandle, MiViewAccess(Protect), MmSectionObjectType, mode, (PVOID *)&section, NULL);
    if (NT_SUCCESS(status)) {
        status = section->Physical ? MiMapPhysical(space, (ULONG64 *)&view.Base, (ULONG64 *)&view.Offset.QuadPart, &view.Size, Type, Protect)
                 : section->Image != NULL
                     ? MiMapImage(space, section->Image, &view.Base, &view.Size)
                     : MiMapData(space, section, (ULONG64 *)&view.Base, (ULONG64)view.Offset.QuadPart, &view.Size, Type, Protect);
        if (NT_SUCCESS(status) && section->Image != NULL)
            PsCallImageNotifyRoutines(&section->Image->Name, process->UniqueProcessId, view.Base, view.Size);
        ObDereferenceObject(section);
    }
    ObDereferenceObject(process);
    if (!NT_SUCCESS(status))
        return status;
    if (Offset != NULL && !NT_SUCCESS(KiCopyOut(Offset, &view.Offset, sizeof(view.Offset))))
        return STATUS_ACCESS_VIOLATION;
    if (mode == UserMode)
        return KiCopyToUser(Base, &view.Base, sizeof(view.Base)) && KiCopyToUser(ViewSize, &view.Size, sizeof(view.Size)) ? status
                                                                                                                          : STATUS_ACCESS_VIOLATION;
    *Base = view.Base;
    *ViewSize = view.Size;
    return status;
}

NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID Base) {
    PEPROCESS process;
    PMM_ADDRESS_SPACE space;
    NTSTATUS status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &process, &space);
    if (!NT_SUCCESS(status))
        return status;
    PMI_VAD vad = MiFindVad(space, (ULONG64)Base);
    if (vad == NULL || vad->Kind == MiVadPrivate || vad->Kind == MiVadMdl)
        status = STATUS_NOT_MAPPED_VIEW;
    else if (!MiAllowsSecured(space, vad->Start, vad->End, PAGE_NOACCESS))
        status = STATUS_INVALID_PAGE_PROTECTION;
    else
        MiDeleteVad(space, vad);
    ObDereferenceObject(process);
    return status;
}

/* ---- Views in system space ---- */

/* The pages of such a view are resident as long as it is there. */
static VOID MiUnmapSectionView(UCHAR *View) {
    ULONG protection;
    MM_PFN frame;
    for (UCHAR *page = View; (frame = MiFrameOfSystemView((ULONG64)page, &protection)) != MI_NO_FRAME; page += PAGE_SIZE)
        MiDereferenceFrame(frame);
    MiReleaseSystemView(View);
}

NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID Object, PVOID *Base, PSIZE_T Size) {
    PMI_SECTION section = Object;
    if (section->Image != NULL || section->Physical)
        return STATUS_NOT_SUPPORTED;
    SIZE_T length = MI_ROUND(*Size != 0 ? *Size : section->Size);
    if (length > section->Pages * PAGE_SIZE)
        return STATUS_INVALID_VIEW_SIZE;
    PVOID view = MiReserveSystemView(length);
    if (view == NULL)
        return STATUS_NO_MEMORY;
    for (SIZE_T i = 0; i < length / PAGE_SIZE; i++) {
        MI_PTE *pte = &section->Data->Ptes[i];
        NTSTATUS status = *pte != 0 ? MiBringInSectionPage(pte) : STATUS_NOT_COMMITTED;
        if (!NT_SUCCESS(status)) {
            MiUnmapSectionView(view);
            return status;
        }
        MiReferenceFrame(MI_PTE_FRAME(*pte));
        if (section->Data->File != NULL && (section->Protect & MI_SECTION_WRITE) != 0)
            *pte |= MI_PTE_DIRTY;
        MiMapSystemView(view, i, MI_PTE_FRAME(*pte), 1, HAL_PROT_READ | ((section->Protect & MI_SECTION_WRITE) ? HAL_PROT_WRITE : 0));
    }
    section->Data->WrittenByKernel |= (section->Protect & MI_SECTION_WRITE) != 0;
    *Base = view;
    *Size = length;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID Base) {
    ULONG protection;
    MM_PFN frame = (ULONG64)Base % PAGE_SIZE == 0 ? MiFrameOfSystemView((ULONG64)Base, &protection) : MI_NO_FRAME;
    if (frame == MI_NO_FRAME)
        return STATUS_NOT_MAPPED_VIEW;
    MiUnmapSectionView(Base);
    return STATUS_SUCCESS;
}

/* ---- \Device\PhysicalMemory ---- */

VOID MmCreatePhysicalMemory(VOID) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\PhysicalMemory");
    OBJECT_ATTRIBUTES attributes;
    PMI_SECTION section;
    HANDLE handle;
    InitializeObjectAttributes(&attributes, &name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS status = ObCreateObject(KernelMode, MmSectionObjectType, &attributes, KernelMode, NULL, sizeof(MI_SECTION), 0, 0, (PVOID *)&section);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    section->Protect = PAGE_EXECUTE_READWRITE;
    section->Attributes = SEC_COMMIT;
    section->Physical = TRUE;
    section->Pages = MmTotalFrames;
    section->Size = MmTotalFrames * PAGE_SIZE;
    status = ObInsertObject(section, NULL, SECTION_ALL_ACCESS, 0, NULL, &handle);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    ObCloseHandle(handle, KernelMode);
}
