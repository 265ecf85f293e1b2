/* A thread of user mode, made by a driver: ntoskrnl's RtlCreateUserThread, which has no page and is imported all the same. */
#include "ps/ps.h"
#include "nt/create.h"

NTSTATUS NTAPI ZwCreateThreadEx(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                                PVOID StartRoutine, PVOID Argument, ULONG CreateFlags, SIZE_T ZeroBits, SIZE_T StackSize, SIZE_T MaximumStackSize,
                                PVOID AttributeList);

/* The handle is a kernel handle, out of the program's reach; without ThreadHandle there is none. PASSIVE_LEVEL. */
NTSTATUS NTAPI RtlCreateUserThread(HANDLE Process, PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN CreateSuspended, ULONG ZeroBits,
                                   SIZE_T StackReserve, SIZE_T StackCommit, PVOID StartAddress, PVOID Parameter, PHANDLE ThreadHandle,
                                   PCLIENT_ID ClientId) {
    OBJECT_ATTRIBUTES Attributes;
    PETHREAD Thread;
    HANDLE Handle;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, SecurityDescriptor);
    Status = ZwCreateThreadEx(&Handle, THREAD_ALL_ACCESS, &Attributes, Process, StartAddress, Parameter,
                              CreateSuspended ? THREAD_CREATE_FLAGS_CREATE_SUSPENDED : 0, ZeroBits, StackCommit, StackReserve, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    if (ClientId != NULL && NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, PspThreadType, KernelMode, (PVOID *)&Thread, NULL))) {
        *ClientId = Thread->Cid;
        ObDereferenceObject(Thread);
    }
    if (ThreadHandle != NULL)
        *ThreadHandle = Handle;
    else
        ObCloseHandle(Handle, KernelMode);
    return Status;
}
