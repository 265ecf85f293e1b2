/* Delay loads that the system resolves (documentation of ResolveDelayLoadedAPI): the DLL is loaded with the first call, and each function bound
   with its first. */
#include "ntdllp.h"

/* delayloadhandler.h, which mingw-w64 lacks */
typedef struct _DELAYLOAD_PROC_DESCRIPTOR {
    ULONG ImportDescribedByName;
    union {
        LPCSTR Name;
        ULONG Ordinal;
    } Description;
} DELAYLOAD_PROC_DESCRIPTOR, *PDELAYLOAD_PROC_DESCRIPTOR;
typedef struct _DELAYLOAD_INFO {
    ULONG Size;
    PCIMAGE_DELAYLOAD_DESCRIPTOR DelayloadDescriptor;
    PIMAGE_THUNK_DATA ThunkAddress;
    LPCSTR TargetDllName;
    DELAYLOAD_PROC_DESCRIPTOR TargetApiDescriptor;
    PVOID TargetModuleBase;
    PVOID Unused;
    ULONG LastError;
} DELAYLOAD_INFO, *PDELAYLOAD_INFO;
typedef PVOID(NTAPI *PDELAYLOAD_FAILURE_DLL_CALLBACK)(ULONG Reason, PDELAYLOAD_INFO Info);
typedef PVOID(NTAPI *PDELAYLOAD_FAILURE_SYSTEM_ROUTINE)(LPCSTR Dll, LPCSTR Procedure);
#define DELAYLOAD_DLL_FAILURE 3 /* delayimp.h: dliFailLoadLib */
#define DELAYLOAD_GPA_FAILURE 4

PVOID NTAPI LdrResolveDelayLoadedAPI(PVOID ParentModuleBase, PCIMAGE_DELAYLOAD_DESCRIPTOR Descriptor, PDELAYLOAD_FAILURE_DLL_CALLBACK FailureHook,
                                     PDELAYLOAD_FAILURE_SYSTEM_ROUTINE SystemHook, PIMAGE_THUNK_DATA Thunk, ULONG Flags);

static NTSTATUS LoadDelayed(PUCHAR Base, const IMAGE_DELAYLOAD_DESCRIPTOR *Descriptor, PVOID *Module) {
    PVOID *handle = (PVOID *)(Base + Descriptor->ModuleHandleRVA);
    WCHAR text[260];
    PCSTR name = (PCSTR)Base + Descriptor->DllNameRVA;
    ULONG n = 0;
    if (*handle) {
        *Module = *handle;
        return STATUS_SUCCESS;
    }
    for (; name[n] && n < ARRAYSIZE(text) - 1; n++)
        text[n] = (UCHAR)name[n];
    text[n] = 0;
    UNICODE_STRING dll;
    RtlInitUnicodeString(&dll, text);
    NTSTATUS status = LdrLoadDll(NULL, NULL, &dll, Module);
    if (NT_SUCCESS(status) && InterlockedCompareExchangePointer(handle, *Module, NULL) != NULL)
        LdrUnloadDll(*Module); /* another thread was faster: one reference is enough */
    return status;
}

static NTSTATUS FindDelayed(PUCHAR Base, const IMAGE_DELAYLOAD_DESCRIPTOR *Descriptor, SIZE_T Index, PVOID Module, PVOID *Address) {
    ULONG64 entry = ((PIMAGE_THUNK_DATA)(Base + Descriptor->ImportNameTableRVA))[Index].u1.AddressOfData;
    ANSI_STRING name;
    if (IMAGE_SNAP_BY_ORDINAL64(entry))
        return LdrGetProcedureAddress(Module, NULL, (ULONG)IMAGE_ORDINAL64(entry), Address);
    RtlInitAnsiString(&name, (PCSTR)((PIMAGE_IMPORT_BY_NAME)(Base + entry))->Name);
    return LdrGetProcedureAddress(Module, &name, 0, Address);
}

/* The table of addresses may lie in a section that is read-only. */
static VOID StoreAddress(PIMAGE_THUNK_DATA Thunk, PVOID Address) {
    PVOID start = Thunk;
    SIZE_T size = sizeof *Thunk;
    ULONG protection, ignored;
    if (!NT_SUCCESS(NtProtectVirtualMemory(NtCurrentProcess(), &start, &size, PAGE_READWRITE, &protection)))
        return;
    Thunk->u1.Function = (ULONG64)Address;
    NtProtectVirtualMemory(NtCurrentProcess(), &start, &size, protection, &ignored);
}

static VOID DescribeFunction(PUCHAR Base, const IMAGE_DELAYLOAD_DESCRIPTOR *Descriptor, SIZE_T Index, PDELAYLOAD_PROC_DESCRIPTOR Described) {
    ULONG64 entry = ((PIMAGE_THUNK_DATA)(Base + Descriptor->ImportNameTableRVA))[Index].u1.AddressOfData;
    Described->ImportDescribedByName = !IMAGE_SNAP_BY_ORDINAL64(entry);
    if (Described->ImportDescribedByName)
        Described->Description.Name = (LPCSTR)((PIMAGE_IMPORT_BY_NAME)(Base + entry))->Name;
    else
        Described->Description.Ordinal = (DWORD)IMAGE_ORDINAL64(entry);
}

PVOID NTAPI LdrResolveDelayLoadedAPI(PVOID ParentModuleBase, PCIMAGE_DELAYLOAD_DESCRIPTOR Descriptor, PDELAYLOAD_FAILURE_DLL_CALLBACK FailureHook,
                                     PDELAYLOAD_FAILURE_SYSTEM_ROUTINE SystemHook, PIMAGE_THUNK_DATA Thunk, ULONG Flags) {
    PUCHAR base = ParentModuleBase;
    SIZE_T index = (SIZE_T)(Thunk - (PIMAGE_THUNK_DATA)(base + Descriptor->ImportAddressTableRVA));
    PVOID module = NULL, address = NULL;
    NTSTATUS status = LoadDelayed(base, Descriptor, &module);
    BOOLEAN loaded = NT_SUCCESS(status);
    if (loaded)
        status = FindDelayed(base, Descriptor, index, module, &address);
    if (!NT_SUCCESS(status)) {
        DELAYLOAD_INFO info = {.Size = sizeof info,
                               .DelayloadDescriptor = Descriptor,
                               .ThunkAddress = Thunk,
                               .TargetDllName = (LPCSTR)base + Descriptor->DllNameRVA,
                               .TargetModuleBase = module,
                               .LastError = RtlNtStatusToDosError(status)};
        DescribeFunction(base, Descriptor, index, &info.TargetApiDescriptor);
        address = FailureHook ? FailureHook(loaded ? DELAYLOAD_GPA_FAILURE : DELAYLOAD_DLL_FAILURE, &info) : NULL;
        if (!address && SystemHook)
            address = SystemHook(info.TargetDllName, info.TargetApiDescriptor.ImportDescribedByName
                                                         ? info.TargetApiDescriptor.Description.Name
                                                         : (LPCSTR)(ULONG_PTR)info.TargetApiDescriptor.Description.Ordinal);
    }
    if (address)
        StoreAddress(Thunk, address);
    return address;
}
