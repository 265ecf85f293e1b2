#include "mm/mi.h"
#include "ps/ps.h"

/* NtQueryVirtualMemory. "VirtualQuery", "GetMappedFileName", "QueryWorkingSetEx", learn.microsoft.com. */

/* MEMORY_INFORMATION_CLASS, the classes that are answered. */
enum { MI_BASIC_INFORMATION = 0, MI_MAPPED_NAME = 2, MI_WORKING_SET_EX = 4 };

#define MI_NAME_BYTES 2048

static VOID MiQueryVirtual(PMM_ADDRESS_SPACE Space, ULONG64 Address, MM_BASIC_INFORMATION *Information) {
    ULONG64 Start = Address & ~(ULONG64)(PAGE_SIZE - 1);
    RtlZeroMemory(Information, sizeof(*Information));
    Information->BaseAddress = (PVOID)Start;
    PMI_VAD Vad = MiFindVad(Space, Start);
    if (Start == HAL_KUSER_USER || Vad == NULL) {
        ULONG64 End = Start == HAL_KUSER_USER ? Start + PAGE_SIZE : (ULONG64)MmHighestUserAddress + 1;
        PMI_VAD Next = MiFindVadFrom(Space, Start);
        if (Start != HAL_KUSER_USER && Next != NULL)
            End = Next->Start;
        if (Start < HAL_KUSER_USER && End > HAL_KUSER_USER)
            End = HAL_KUSER_USER;
        Information->RegionSize = End - Start;
        Information->State = MEM_FREE;
        Information->Protect = PAGE_NOACCESS;
        if (Start == HAL_KUSER_USER) {
            Information->AllocationBase = (PVOID)Start;
            Information->AllocationProtect = Information->Protect = PAGE_READONLY;
            Information->State = MEM_COMMIT;
            Information->Type = MEM_PRIVATE;
        }
        return;
    }
    MI_PTE *Pte = MiFindPte(Space, Start);
    BOOLEAN Committed = Pte != NULL && *Pte != 0;
    ULONG Protect = Committed ? MiPteProtect(*Pte) : 0;
    ULONG64 End = Start + PAGE_SIZE;
    for (; End < Vad->End; End += PAGE_SIZE) {
        Pte = MiFindPte(Space, End);
        BOOLEAN Same = (Pte != NULL && *Pte != 0) == Committed && (!Committed || MiPteProtect(*Pte) == Protect);
        if (!Same)
            break;
    }
    Information->AllocationBase = (PVOID)Vad->Start;
    Information->AllocationProtect = Vad->Protect;
    Information->RegionSize = End - Start;
    Information->State = Committed ? MEM_COMMIT : MEM_RESERVE;
    Information->Protect = Protect;
    Information->Type = Vad->Kind == MiVadImage ? MEM_IMAGE : Vad->Kind == MiVadSection ? MEM_MAPPED : MEM_PRIVATE;
}

static NTSTATUS MiAnswerBasic(PMM_ADDRESS_SPACE Space, PVOID Base, PVOID Information, SIZE_T Length, SIZE_T *Size) {
    MM_BASIC_INFORMATION Basic;
    *Size = sizeof(Basic);
    if (Length < sizeof(Basic))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Base > MmHighestUserAddress)
        return STATUS_INVALID_PARAMETER;
    MiQueryVirtual(Space, (ULONG64)Base, &Basic);
    return KiCopyOut(Information, &Basic, sizeof(Basic));
}

/* The name of what is mapped there, behind a UNICODE_STRING ("GetMappedFileName", learn.microsoft.com). */
static NTSTATUS MiAnswerMappedName(PMM_ADDRESS_SPACE Space, PVOID Base, PVOID Information, SIZE_T Length, SIZE_T *Size) {
    PMI_VAD Vad = Base <= MmHighestUserAddress ? MiFindVad(Space, (ULONG64)Base) : NULL;
    UNICODE_STRING Answer;
    ULONG Needed;
    *Size = 0;
    if (Vad == NULL || (Vad->Image == NULL && Vad->Section == NULL))
        return STATUS_INVALID_ADDRESS;
    if (Vad->Image == NULL && (Vad->Section->Data == NULL || Vad->Section->Data->File == NULL))
        return STATUS_FILE_INVALID;
    POBJECT_NAME_INFORMATION Name = ExAllocatePoolWithTag(PagedPool, MI_NAME_BYTES, 'eSmM');
    if (Name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Name->Name = (UNICODE_STRING){0};
    NTSTATUS Status = Vad->Image != NULL ? STATUS_SUCCESS : ObQueryNameString(Vad->Section->Data->File, Name, MI_NAME_BYTES, &Needed);
    const UNICODE_STRING *Text = Vad->Image != NULL ? &Vad->Image->Name : &Name->Name;
    Answer = (UNICODE_STRING){Text->Length, (USHORT)(Text->Length + sizeof(WCHAR)), (PWSTR)((UNICODE_STRING *)Information + 1)};
    *Size = sizeof(Answer) + Answer.MaximumLength;
    if (NT_SUCCESS(Status) && Length < *Size)
        Status = Length < sizeof(Answer) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
    if (NT_SUCCESS(Status))
        Status = KiCopyOut(Information, &Answer, sizeof(Answer));
    if (NT_SUCCESS(Status))
        Status = KiCopyOut(Answer.Buffer, Text->Buffer, Text->Length);
    if (NT_SUCCESS(Status))
        Status = KiCopyOut((UCHAR *)Answer.Buffer + Text->Length, L"", sizeof(WCHAR));
    ExFreePoolWithTag(Name, 'eSmM');
    return Status;
}

/* PSAPI_WORKING_SET_EX_BLOCK of a page: whether it is in, how many share it, its protection. */
static ULONG64 MiWorkingSetBlock(PMM_ADDRESS_SPACE Space, ULONG64 Address) {
    MI_PTE *Pte = MiFindPte(Space, Address);
    if (Pte == NULL || (*Pte & (MI_PTE_COMMITTED | MI_PTE_OUT)) != MI_PTE_COMMITTED)
        return 0;
    PMI_VAD Vad = MiFindVad(Space, Address);
    ULONG64 Others = MiPfn[MI_PTE_FRAME(*Pte)].References - 1;
    BOOLEAN Shared = (*Pte & MI_PTE_COPY) != 0 || (Vad != NULL && MiIsSectionPage(Vad, Address, *Pte));
    return 1 | (Others < 7 ? Others : 7) << 1 | (ULONG64)(MiPteProtect(*Pte) & 0x7FF) << 4 | (ULONG64)Shared << 15 |
           (ULONG64)((*Pte & MI_PTE_LOCKED) != 0) << 22;
}

static NTSTATUS MiAnswerWorkingSet(PMM_ADDRESS_SPACE Space, PVOID Information, SIZE_T Length, SIZE_T *Size) {
    struct {
        ULONG64 Address, Block;
    } Entry;
    NTSTATUS Status = STATUS_SUCCESS;
    *Size = Length / sizeof(Entry) * sizeof(Entry);
    if (Length < sizeof(Entry))
        return STATUS_INFO_LENGTH_MISMATCH;
    for (SIZE_T At = 0; At < *Size && NT_SUCCESS(Status); At += sizeof(Entry)) {
        Status = KiCopyIn(&Entry, (UCHAR *)Information + At, sizeof(Entry));
        if (!NT_SUCCESS(Status))
            break;
        Entry.Block = MiWorkingSetBlock(Space, Entry.Address);
        Status = KiCopyOut((UCHAR *)Information + At, &Entry, sizeof(Entry));
    }
    return Status;
}

NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID Base, ULONG Class, PVOID Information, SIZE_T Length, PSIZE_T ReturnLength) {
    PEPROCESS Process;
    PMM_ADDRESS_SPACE Space;
    SIZE_T Size = 0;
    if (Class != MI_BASIC_INFORMATION && Class != MI_MAPPED_NAME && Class != MI_WORKING_SET_EX)
        return STATUS_INVALID_INFO_CLASS;
    NTSTATUS Status = MiReferenceSpace(ProcessHandle, PROCESS_QUERY_INFORMATION, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = Class == MI_BASIC_INFORMATION ? MiAnswerBasic(Space, Base, Information, Length, &Size)
             : Class == MI_MAPPED_NAME     ? MiAnswerMappedName(Space, Base, Information, Length, &Size)
                                           : MiAnswerWorkingSet(Space, Information, Length, &Size);
    ObDereferenceObject(Process);
    if (ReturnLength == NULL || (!NT_SUCCESS(Status) && Status != STATUS_BUFFER_OVERFLOW))
        return Status;
    NTSTATUS Written = KiCopyOut(ReturnLength, &Size, sizeof(Size));
    return NT_SUCCESS(Written) ? Status : Written;
}
