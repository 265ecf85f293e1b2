/* Virtual memory, and the old Global and Local heaps, which are the process heap. */
#include "kernel32.h"

LPVOID WINAPI VirtualAllocEx(HANDLE Process, LPVOID Address, SIZE_T Size, DWORD Type, DWORD Protect) {
    if (Address && (ULONG_PTR)Address < 0x10000) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return BaseResult(NtAllocateVirtualMemory(Process, &Address, 0, &Size, Type, Protect)) ? Address : NULL;
}
LPVOID WINAPI VirtualAlloc(LPVOID Address, SIZE_T Size, DWORD Type, DWORD Protect) {
    return VirtualAllocEx(NtCurrentProcess(), Address, Size, Type, Protect);
}
BOOL WINAPI VirtualFreeEx(HANDLE Process, LPVOID Address, SIZE_T Size, DWORD Type) {
    if ((Type & MEM_RELEASE) && Size)
        return BaseFail(ERROR_INVALID_PARAMETER);
    return BaseResult(NtFreeVirtualMemory(Process, &Address, &Size, Type));
}
BOOL WINAPI VirtualFree(LPVOID Address, SIZE_T Size, DWORD Type) { return VirtualFreeEx(NtCurrentProcess(), Address, Size, Type); }
BOOL WINAPI VirtualProtectEx(HANDLE Process, LPVOID Address, SIZE_T Size, DWORD Protect, PDWORD Old) {
    return BaseResult(NtProtectVirtualMemory(Process, &Address, &Size, Protect, Old));
}
BOOL WINAPI VirtualProtect(LPVOID Address, SIZE_T Size, DWORD Protect, PDWORD Old) {
    return VirtualProtectEx(NtCurrentProcess(), Address, Size, Protect, Old);
}
SIZE_T WINAPI VirtualQueryEx(HANDLE Process, LPCVOID Address, PMEMORY_BASIC_INFORMATION Information, SIZE_T Length) {
    SIZE_T written = 0;
    return BaseResult(NtQueryVirtualMemory(Process, (PVOID)Address, 0, Information, Length, &written)) ? written : 0;
}
SIZE_T WINAPI VirtualQuery(LPCVOID Address, PMEMORY_BASIC_INFORMATION Information, SIZE_T Length) {
    return VirtualQueryEx(NtCurrentProcess(), Address, Information, Length);
}
#define MAP_PROCESS 1u
WINBOOL WINAPI VirtualLock(LPVOID Address, SIZE_T Size) { return BaseResult(NtLockVirtualMemory(NtCurrentProcess(), &Address, &Size, MAP_PROCESS)); }
WINBOOL WINAPI VirtualUnlock(LPVOID Address, SIZE_T Size) {
    return BaseResult(NtUnlockVirtualMemory(NtCurrentProcess(), &Address, &Size, MAP_PROCESS));
}
WINBOOL WINAPI SetProcessWorkingSetSizeEx(HANDLE Process, SIZE_T Least, SIZE_T Most, DWORD Flags) {
    QUOTA_LIMITS limits = {.MinimumWorkingSetSize = Least, .MaximumWorkingSetSize = Most};
    if (Flags & (QUOTA_LIMITS_HARDWS_MIN_ENABLE | QUOTA_LIMITS_HARDWS_MAX_ENABLE)) /* the limits here are never hard ones */
        return BaseFail(ERROR_NOT_SUPPORTED);
    return BaseResult(NtSetInformationProcess(Process, ProcessQuotaLimits_, &limits, sizeof limits));
}
WINBOOL WINAPI SetProcessWorkingSetSize(HANDLE Process, SIZE_T Least, SIZE_T Most) { return SetProcessWorkingSetSizeEx(Process, Least, Most, 0); }
WINBOOL WINAPI GetProcessWorkingSetSize(HANDLE Process, PSIZE_T Least, PSIZE_T Most) {
    QUOTA_LIMITS limits;
    if (!BaseResult(NtQueryInformationProcess(Process, ProcessQuotaLimits_, &limits, sizeof limits, NULL)))
        return FALSE;
    *Least = limits.MinimumWorkingSetSize;
    *Most = limits.MaximumWorkingSetSize;
    return TRUE;
}
BOOL WINAPI ReadProcessMemory(HANDLE Process, LPCVOID Address, LPVOID Buffer, SIZE_T Size, SIZE_T *Done) {
    return BaseResult(NtReadVirtualMemory(Process, (PVOID)Address, Buffer, Size, Done));
}
BOOL WINAPI WriteProcessMemory(HANDLE Process, LPVOID Address, LPCVOID Buffer, SIZE_T Size, SIZE_T *Done) {
    return BaseResult(NtWriteVirtualMemory(Process, Address, (PVOID)Buffer, Size, Done));
}
BOOL WINAPI FlushInstructionCache(HANDLE Process, LPCVOID Address, SIZE_T Size) {
    return BaseResult(NtFlushInstructionCache(Process, (PVOID)Address, Size));
}

/* One byte of each page, as documented: the answer may be out of date when it arrives. */
static BOOL IsBad(const volatile UCHAR *Address, UINT_PTR Size, BOOL Write) {
    if (!Size)
        return FALSE;
    const volatile UCHAR *last = Address + Size - 1;
    if (!Address || last < Address)
        return TRUE;
    __try {
        for (const volatile UCHAR *at = Address;; at = (const volatile UCHAR *)(((ULONG_PTR)at & ~(ULONG_PTR)0xFFF) + 0x1000)) {
            if (at > last)
                at = last;
            UCHAR byte = *at;
            if (Write)
                *(volatile UCHAR *)at = byte;
            if (at == last)
                break;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return TRUE;
    }
    return FALSE;
}
BOOL WINAPI IsBadReadPtr(CONST VOID *Address, UINT_PTR Size) { return IsBad(Address, Size, FALSE); }
BOOL WINAPI IsBadWritePtr(LPVOID Address, UINT_PTR Size) { return IsBad(Address, Size, TRUE); }
BOOL WINAPI IsBadCodePtr(FARPROC Address) { return IsBad((const volatile UCHAR *)(ULONG_PTR)Address, 1, FALSE); }
BOOL WINAPI IsBadStringPtrA(LPCSTR Text, UINT_PTR Maximum) {
    __try {
        for (UINT_PTR n = 0; n < Maximum; n++)
            if (!((const volatile CHAR *)Text)[n])
                break;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return TRUE;
    }
    return FALSE;
}

HANDLE WINAPI GetProcessHeap(VOID) { return NtPeb()->ProcessHeap; }
HANDLE WINAPI HeapCreate(DWORD Options, SIZE_T Initial, SIZE_T Maximum) {
    ULONG flags = (Options & (HEAP_GENERATE_EXCEPTIONS | HEAP_NO_SERIALIZE | HEAP_CREATE_ENABLE_EXECUTE)) | (Maximum ? 0 : HEAP_GROWABLE);
    PVOID heap = RtlCreateHeap(flags, NULL, Maximum, Initial, NULL, NULL);
    if (!heap)
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    return heap;
}
BOOL WINAPI HeapDestroy(HANDLE Heap) { return RtlDestroyHeap(Heap) ? BaseFail(ERROR_INVALID_HANDLE) : TRUE; }
BOOL WINAPI HeapFree(HANDLE Heap, DWORD Flags, LPVOID Block) { return RtlFreeHeap(Heap, Flags, Block); }
BOOL WINAPI HeapValidate(HANDLE Heap, DWORD Flags, LPCVOID Block) { return RtlValidateHeap(Heap, Flags, (PVOID)Block); }
BOOL WINAPI HeapLock(HANDLE Heap) { return RtlLockHeap(Heap); }
BOOL WINAPI HeapUnlock(HANDLE Heap) { return RtlUnlockHeap(Heap); }
DWORD WINAPI GetProcessHeaps(DWORD Count, PHANDLE Heaps) { return RtlGetProcessHeaps(Count, Heaps); }
BOOL WINAPI HeapSetInformation(HANDLE Heap, HEAP_INFORMATION_CLASS Class, PVOID Information, SIZE_T Length) {
    if (Class == HeapEnableTerminationOnCorruption) /* it is always on */
        return Length ? BaseFail(ERROR_INVALID_PARAMETER) : TRUE;
    return BaseFail(ERROR_INVALID_PARAMETER); /* there is no low-fragmentation heap to choose */
}
BOOL WINAPI HeapQueryInformation(HANDLE Heap, HEAP_INFORMATION_CLASS Class, PVOID Information, SIZE_T Length, PSIZE_T Needed) {
    if (Class != HeapCompatibilityInformation)
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (Needed)
        *Needed = sizeof(ULONG);
    if (Length < sizeof(ULONG))
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    *(ULONG *)Information = 0; /* a standard heap */
    return TRUE;
}

/*
 * Moveable memory is fixed memory here: a handle is its block's address, and locking it counts nothing. The documentation allows programs no
 * conclusion from either.
 */
HLOCAL WINAPI LocalAlloc(UINT Flags, SIZE_T Size) {
    return RtlAllocateHeap(NtPeb()->ProcessHeap, (Flags & LMEM_ZEROINIT) ? HEAP_ZERO_MEMORY : 0, Size);
}
HLOCAL WINAPI LocalFree(HLOCAL Block) { return !Block || RtlFreeHeap(NtPeb()->ProcessHeap, 0, Block) ? NULL : Block; }
HLOCAL WINAPI LocalReAlloc(HLOCAL Block, SIZE_T Size, UINT Flags) {
    if (Flags & LMEM_MODIFY)
        return Block;
    return RtlReAllocateHeap(NtPeb()->ProcessHeap, (Flags & LMEM_ZEROINIT) ? HEAP_ZERO_MEMORY : 0, Block, Size);
}
LPVOID WINAPI LocalLock(HLOCAL Block) { return Block; }
WINBOOL WINAPI LocalUnlock(HLOCAL Block) { return BaseFail(NO_ERROR); }
SIZE_T WINAPI LocalSize(HLOCAL Block) { return Block ? RtlSizeHeap(NtPeb()->ProcessHeap, 0, Block) : (SIZE_T)BaseFail(ERROR_INVALID_HANDLE); }
HLOCAL WINAPI LocalHandle(LPCVOID Block) { return (HLOCAL)Block; }
HGLOBAL WINAPI GlobalAlloc(UINT Flags, SIZE_T Size) { return LocalAlloc(Flags & LMEM_ZEROINIT, Size); }
HGLOBAL WINAPI GlobalFree(HGLOBAL Block) { return LocalFree(Block); }
HGLOBAL WINAPI GlobalReAlloc(HGLOBAL Block, SIZE_T Size, UINT Flags) { return LocalReAlloc(Block, Size, Flags); }
LPVOID WINAPI GlobalLock(HGLOBAL Block) { return Block; }
WINBOOL WINAPI GlobalUnlock(HGLOBAL Block) { return BaseFail(NO_ERROR); }
SIZE_T WINAPI GlobalSize(HGLOBAL Block) { return LocalSize(Block); }
HGLOBAL WINAPI GlobalHandle(LPCVOID Block) { return (HGLOBAL)Block; }
