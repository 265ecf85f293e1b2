#include "io/io.h"
#include "mm/mi.h"
#include "ob/ob.h"
#include "ps/ps.h"

/*
 * Section objects: images; memory shared by the processes that map it (SEC_COMMIT without a file); read-only views of a file as
 * it was when the section was made. A view references the section object, so that the section lives as long as the last view.
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
    else if (section->Pages != 0)
        MiFreeFrames(section->Frame, section->Pages);
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

static NTSTATUS MiReadAll(HANDLE File, UCHAR *Bytes, SIZE_T Size) {
    IO_STATUS_BLOCK io;
    for (SIZE_T done = 0; done < Size;) {
        LARGE_INTEGER offset = {.QuadPart = (LONG64)done};
        ULONG part = Size - done > 0x10000000 ? 0x10000000 : (ULONG)(Size - done);
        NTSTATUS status = ZwReadFile(File, NULL, NULL, NULL, &io, Bytes + done, part, &offset, NULL);
        if (status == STATUS_PENDING) {
            ZwWaitForSingleObject(File, FALSE, NULL);
            status = io.Status;
        }
        if (!NT_SUCCESS(status))
            return status;
        if (io.Information == 0)
            return STATUS_FILE_INVALID;
        done += io.Information;
    }
    return STATUS_SUCCESS;
}

/* A file's size, and its name for those who list images. The handle is the caller's: its access counts. */
static NTSTATUS MiOpenBackingFile(HANDLE File, ACCESS_MASK Access, SIZE_T *Size, POBJECT_NAME_INFORMATION *Name) {
    PVOID object;
    IO_STATUS_BLOCK io;
    FILE_STANDARD_INFORMATION standard;
    ULONG length = 0;
    NTSTATUS status = ObReferenceObjectByHandle(File, Access, IopFileType, KiPreviousMode(), &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    *Name = ExAllocatePoolWithTag(PagedPool, 2048, 'eSmM');
    if (*Name == NULL)
        status = STATUS_INSUFFICIENT_RESOURCES;
    else if (!NT_SUCCESS(ObQueryNameString(object, *Name, 2048, &length)))
        RtlZeroMemory(*Name, sizeof(**Name));
    ObDereferenceObject(object);
    if (NT_SUCCESS(status) && !NT_SUCCESS(status = ZwQueryInformationFile(File, &io, &standard, sizeof(standard), FileStandardInformation)))
        ExFreePoolWithTag(*Name, 'eSmM');
    *Size = (SIZE_T)standard.EndOfFile.QuadPart;
    return status;
}

static NTSTATUS MiFillImageSection(PMI_SECTION Section, HANDLE File) {
    SIZE_T size;
    POBJECT_NAME_INFORMATION name;
    NTSTATUS status = MiOpenBackingFile(File, FILE_EXECUTE, &size, &name);
    if (!NT_SUCCESS(status))
        return status;
    UCHAR *bytes = NULL;
    if (size == 0)
        status = STATUS_INVALID_FILE_FOR_SECTION;
    else if (size > 0x40000000 || (bytes = ExAllocatePoolWithTag(PagedPool, size, 'eSmM')) == NULL)
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(status))
        status = MiReadAll(File, bytes, size);
    if (NT_SUCCESS(status))
        status = MmCreateImage(bytes, size, &name->Name, &Section->Image);
    if (NT_SUCCESS(status)) {
        Section->Pages = Section->Image->Pages;
        Section->Size = Section->Pages * PAGE_SIZE;
    }
    if (bytes != NULL)
        ExFreePoolWithTag(bytes, 'eSmM');
    ExFreePoolWithTag(name, 'eSmM');
    return status;
}

static NTSTATUS MiFillSection(PMI_SECTION Section, HANDLE File, ULONG64 Size) {
    SIZE_T file_size = 0;
    if (File != NULL) {
        POBJECT_NAME_INFORMATION name;
        /* Writing back would need a file system that takes part; a section that would promise it is not made. */
        if (Section->Protect & MI_SECTION_WRITE)
            return STATUS_NOT_SUPPORTED;
        NTSTATUS status = MiOpenBackingFile(File, FILE_READ_DATA, &file_size, &name);
        if (!NT_SUCCESS(status))
            return status;
        ExFreePoolWithTag(name, 'eSmM');
        if (Size == 0)
            Size = file_size;
        if (Size == 0)
            return STATUS_MAPPED_FILE_SIZE_ZERO;
        if (Size > file_size)
            return STATUS_SECTION_TOO_BIG;
    }
    if (Size == 0)
        return STATUS_INVALID_PARAMETER_4;
    MM_PFN first;
    if (Size > MmTotalFrames * PAGE_SIZE || !MiAllocateFrames(MI_PAGES(Size), ~0ull, &first))
        return STATUS_COMMITMENT_LIMIT;
    NTSTATUS status = File != NULL ? MiReadAll(File, MiRamAddress(first), Size) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) {
        MiFreeFrames(first, MI_PAGES(Size));
        return status;
    }
    Section->Frame = first;
    Section->Pages = MI_PAGES(Size);
    Section->Size = File != NULL ? Size : MI_ROUND(Size);
    return STATUS_SUCCESS;
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
    if (kind == SEC_RESERVE)
        return STATUS_NOT_SUPPORTED;
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
    status = kind == SEC_IMAGE ? MiFillImageSection(section, File) : MiFillSection(section, File, (ULONG64)size.QuadPart);
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

NTSTATUS NTAPI NtOpenSection(PHANDLE SectionHandle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    HANDLE handle;
    if (mode == UserMode && ((ULONG64)SectionHandle >= MmUserProbeAddress || !MmIsRangeAccessible(SectionHandle, sizeof(handle), TRUE)))
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS status = ObOpenObjectByName(Attributes, MmSectionObjectType, mode, NULL, Access, NULL, &handle);
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
    BOOLEAN copy = (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0;
    for (ULONG64 i = 0; i < length / PAGE_SIZE; i++) {
        MM_PFN frame = Section->Frame + Offset / PAGE_SIZE + i;
        MiReferenceFrame(frame);
        *MiFindPte(Space, start + i * PAGE_SIZE) = frame << 12 | MI_PTE_COMMITTED | (copy ? MI_PTE_COPY : 0) | MiProtectBits(Protect);
    }
    MiSynchronize(Space, start, start + length);
    *Base = start;
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
        status = section->Image != NULL ? MiMapImage(space, section->Image, &view.Base, &view.Size)
                                        : MiMapData(space, section, (ULONG64 *)&view.Base, (ULONG64)view.Offset.QuadPart, &view.Size, Type, Protect);
        if (NT_SUCCESS(status) && section->Image != NULL)
            PsCallImageNotifyRoutines(&section->Image->Name, process->UniqueProcessId, view.Base, view.Size);
        ObDereferenceObject(section);
    }
    ObDereferenceObject(process);
    if (!NT_SUCCESS(status))
        return status;
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
    if (vad == NULL || (vad->Kind != MiVadImage && vad->Kind != MiVadSection))
        status = STATUS_NOT_MAPPED_VIEW;
    else
        MiDeleteVad(space, vad);
    ObDereferenceObject(process);
    return status;
}

/* ---- Views in system space ---- */

NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID Object, PVOID *Base, PSIZE_T Size) {
    PMI_SECTION section = Object;
    if (section->Image != NULL)
        return STATUS_NOT_SUPPORTED;
    SIZE_T length = MI_ROUND(*Size != 0 ? *Size : section->Size);
    if (length > section->Pages * PAGE_SIZE)
        return STATUS_INVALID_VIEW_SIZE;
    PVOID view = MiReserveSystemView(length);
    if (view == NULL)
        return STATUS_NO_MEMORY;
    MiMapSystemView(view, 0, section->Frame, length / PAGE_SIZE, HAL_PROT_READ | ((section->Protect & MI_SECTION_WRITE) ? HAL_PROT_WRITE : 0));
    for (SIZE_T i = 0; i < length / PAGE_SIZE; i++)
        MiReferenceFrame(section->Frame + i);
    *Base = view;
    *Size = length;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID Base) {
    ULONG protection;
    MM_PFN frame = (ULONG64)Base % PAGE_SIZE == 0 ? MiFrameOfSystemView((ULONG64)Base, &protection) : MI_NO_FRAME;
    if (frame == MI_NO_FRAME)
        return STATUS_NOT_MAPPED_VIEW;
    SIZE_T pages = 1;
    while (MiFrameOfSystemView((ULONG64)Base + pages * PAGE_SIZE, &protection) == frame + pages)
        pages++;
    MiReleaseSystemView(Base);
    MiFreeFrames(frame, pages);
    return STATUS_SUCCESS;
}
