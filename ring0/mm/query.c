#include "mm/mi.h"
#include "ps/ps.h"

/* NtQueryVirtualMemory. "VirtualQuery", "GetMappedFileName", "QueryWorkingSetEx", learn.microsoft.com. */

/* MEMORY_INFORMATION_CLASS, the classes that are answered. */
enum { MI_BASIC_INFORMATION = 0, MI_MAPPED_NAME = 2, MI_WORKING_SET_EX = 4 };

#define MI_NAME_BYTES 2048

static VOID MiQueryVirtual(PMM_ADDRESS_SPACE Space, ULONG64 Address, MM_BASIC_INFORMATION *Information) {
    ULONG64 start = Address & ~(ULONG64)(PAGE_SIZE - 1);
    RtlZeroMemory(Information, sizeof(*Information));
    Information->BaseAddress = (PVOID)start;
    PMI_VAD vad = MiFindVad(Space, start);
    if (start == HAL_KUSER_USER || vad == NULL) {
        ULONG64 end = start == HAL_KUSER_USER ? start + PAGE_SIZE : (ULONG64)MmHighestUserAddress + 1;
        PMI_VAD next = MiFindVadFrom(Space, start);
        if (start != HAL_KUSER_USER && next != NULL)
            end = next->Start;
        if (start < HAL_KUSER_USER && end > HAL_KUSER_USER)
            end = HAL_KUSER_USER;
        Information->RegionSize = end - start;
        Information->State = MEM_FREE;
        Information->Protect = PAGE_NOACCESS;
        if (start == HAL_KUSER_USER) {
            Information->AllocationBase = (PVOID)start;
            Information->AllocationProtect = Information->Protect = PAGE_READONLY;
            Information->State = MEM_COMMIT;
            Information->Type = MEM_PRIVATE;
        }
        return;
    }
    MI_PTE *pte = MiFindPte(Space, start);
    BOOLEAN committed = pte != NULL && *pte != 0;
    ULONG protect = committed ? MiPteProtect(*pte) : 0;
    ULONG64 end = start + PAGE_SIZE;
    for (; end < vad->End; end += PAGE_SIZE) {
        pte = MiFindPte(Space, end);
        BOOLEAN same = (pte != NULL && *pte != 0) == committed && (!committed || MiPteProtect(*pte) == protect);
        if (!same)
            break;
    }
    Information->AllocationBase = (PVOID)vad->Start;
    Information->AllocationProtect = vad->Protect;
    Information->RegionSize = end - start;
    Information->State = committed ? MEM_COMMIT : MEM_RESERVE;
    Information->Protect = protect;
    Information->Type = vad->Kind == MiVadImage ? MEM_IMAGE : vad->Kind == MiVadSection ? MEM_MAPPED : MEM_PRIVATE;
}

static NTSTATUS MiAnswerBasic(PMM_ADDRESS_SPACE Space, PVOID Base, PVOID Information, SIZE_T Length, SIZE_T *Size) {
    MM_BASIC_INFORMATION basic;
    *Size = sizeof(basic);
    if (Length < sizeof(basic))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Base > MmHighestUserAddress)
        return STATUS_INVALID_PARAMETER;
    MiQueryVirtual(Space, (ULONG64)Base, &basic);
    return KiCopyOut(Information, &basic, sizeof(basic));
}

/* The name of what is mapped there, behind a UNICODE_STRING ("GetMappedFileName", learn.microsoft.com). */
static NTSTATUS MiAnswerMappedName(PMM_ADDRESS_SPACE Space, PVOID Base, PVOID Information, SIZE_T Length, SIZE_T *Size) {
    PMI_VAD vad = Base <= MmHighestUserAddress ? MiFindVad(Space, (ULONG64)Base) : NULL;
    UNICODE_STRING answer;
    ULONG needed;
    *Size = 0;
    if (vad == NULL || (vad->Image == NULL && vad->Section == NULL))
        return STATUS_INVALID_ADDRESS;
    if (vad->Image == NULL && (vad->Section->Data == NULL || vad->Section->Data->File == NULL))
        return STATUS_FILE_INVALID;
    POBJECT_NAME_INFORMATION name = ExAllocatePoolWithTag(PagedPool, MI_NAME_BYTES, 'eSmM');
    if (name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    name->Name = (UNICODE_STRING){0};
    NTSTATUS status = vad->Image != NULL ? STATUS_SUCCESS : ObQueryNameString(vad->Section->Data->File, name, MI_NAME_BYTES, &needed);
    const UNICODE_STRING *text = vad->Image != NULL ? &vad->Image->Name : &name->Name;
    answer = (UNICODE_STRING){text->Length, (USHORT)(text->Length + sizeof(WCHAR)), (PWSTR)((UNICODE_STRING *)Information + 1)};
    *Size = sizeof(answer) + answer.MaximumLength;
    if (NT_SUCCESS(status) && Length < *Size)
        status = Length < sizeof(answer) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
    if (NT_SUCCESS(status))
        status = KiCopyOut(Information, &answer, sizeof(answer));
    if (NT_SUCCESS(status))
        status = KiCopyOut(answer.Buffer, text->Buffer, text->Length);
    if (NT_SUCCESS(status))
        status = KiCopyOut((UCHAR *)answer.Buffer + text->Length, L"", sizeof(WCHAR));
    ExFreePoolWithTag(name, 'eSmM');
    return status;
}

/* PSAPI_WORKING_SET_EX_BLOCK of a page: whether it is in, how many share it, its protection. */
static ULONG64 MiWorkingSetBlock(PMM_ADDRESS_SPACE Space, ULONG64 Address) {
    MI_PTE *pte = MiFindPte(Space, Address);
    if (pte == NULL || (*pte & (MI_PTE_COMMITTED | MI_PTE_OUT)) != MI_PTE_COMMITTED)
        return 0;
    PMI_VAD vad = MiFindVad(Space, Address);
    ULONG64 others = MiPfn[MI_PTE_FRAME(*pte)].References - 1;
    BOOLEAN shared = (*pte & MI_PTE_COPY) != 0 || (vad != NULL && MiIsSectionPage(vad, Address, *pte));
    return 1 | (others < 7 ? others : 7) << 1 | (ULONG64)(MiPteProtect(*pte) & 0x7FF) << 4 | (ULONG64)shared << 15 |
           (ULONG64)((*pte & MI_PTE_LOCKED) != 0) << 22;
}

static NTSTATUS MiAnswerWorkingSet(PMM_ADDRESS_SPACE Space, PVOID Information, SIZE_T Length, SIZE_T *Size) {
    struct {
        ULONG64 Address, Block;
    } entry;
    NTSTATUS status = STATUS_SUCCESS;
    *Size = Length / sizeof(entry) * sizeof(entry);
    if (Length < sizeof(entry))
        return STATUS_INFO_LENGTH_MISMATCH;
    for (SIZE_T at = 0; at < *Size && NT_SUCCESS(status); at += sizeof(entry)) {
        status = KiCopyIn(&entry, (UCHAR *)Information + at, sizeof(entry));
        if (!NT_SUCCESS(status))
            break;
        entry.Block = MiWorkingSetBlock(Space, entry.Address);
        status = KiCopyOut((UCHAR *)Information + at, &entry, sizeof(entry));
    }
    return status;
}

NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID Base, ULONG Class, PVOID Information, SIZE_T Length, PSIZE_T ReturnLength) {
    PEPROCESS process;
    PMM_ADDRESS_SPACE space;
    SIZE_T size = 0;
    if (Class != MI_BASIC_INFORMATION && Class != MI_MAPPED_NAME && Class != MI_WORKING_SET_EX)
        return STATUS_INVALID_INFO_CLASS;
    NTSTATUS status = MiReferenceSpace(ProcessHandle, PROCESS_QUERY_INFORMATION, &process, &space);
    if (!NT_SUCCESS(status))
        return status;
    status = Class == MI_BASIC_INFORMATION ? MiAnswerBasic(space, Base, Information, Length, &size)
             : Class == MI_MAPPED_NAME     ? MiAnswerMappedName(space, Base, Information, Length, &size)
                                           : MiAnswerWorkingSet(space, Information, Length, &size);
    ObDereferenceObject(process);
    if (ReturnLength == NULL || (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW))
        return status;
    NTSTATUS written = KiCopyOut(ReturnLength, &size, sizeof(size));
    return NT_SUCCESS(written) ? status : written;
}
