/* What drivers ask of processes and threads. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

ULONG NTAPI PsGetCurrentProcessSessionId(VOID);
ULONG NTAPI PsGetThreadSessionId(PETHREAD);
PVOID NTAPI PsGetProcessWin32Process(PEPROCESS);
PVOID NTAPI PsGetThreadWin32Thread(PETHREAD);
PVOID NTAPI PsGetCurrentProcessWow64Process(VOID);
BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS);
BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS);
__declspec(dllimport) extern POBJECT_TYPE *PsJobType, *LpcPortObjectType;
NTSTATUS NTAPI KdSystemDebugControl(ULONG, PVOID, ULONG, PVOID, ULONG, PULONG, KPROCESSOR_MODE);
NTSTATUS NTAPI ZwSetSystemInformation(ULONG, PVOID, ULONG);
NTSTATUS NTAPI ZwConnectPort(PHANDLE, PUNICODE_STRING, PVOID, PVOID, PVOID, PULONG, PVOID, PULONG);
NTSTATUS NTAPI ZwRequestWaitReplyPort(HANDLE, PVOID, PVOID);

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    CLIENT_ID Id = {PsGetCurrentProcessId(), PsGetCurrentThreadId()};
    PUNICODE_STRING Image = NULL;
    PEPROCESS Process = NULL;
    PETHREAD Thread = NULL;
    UNICODE_STRING Port = RTL_CONSTANT_STRING(L"\\SomePort"), Directory = RTL_CONSTANT_STRING(L"\\Device");
    SECURITY_QUALITY_OF_SERVICE Quality = {sizeof Quality, SecurityAnonymous, FALSE, FALSE};
    UCHAR Message[64] = {0};
    HANDLE Handle;
    PVOID Object;

    is(PsGetCurrentProcessSessionId(), 0, "System is in session 0");
    is(PsGetThreadSessionId(PsGetCurrentThread()), 0, "and so is its thread");
    ok(PsGetProcessWin32Process(PsGetCurrentProcess()) == NULL, "it has no windows");
    ok(PsGetThreadWin32Thread(PsGetCurrentThread()) == NULL, "nor has its thread");
    ok(PsGetCurrentProcessWow64Process() == NULL, "is not 32-bit");
    is(PsIsProcessBeingDebugged(PsGetCurrentProcess()), FALSE, "is not debugged");
    is(PsIsProtectedProcess(PsGetCurrentProcess()), FALSE, "is not protected");
    STATUS(PsLookupProcessThreadByCid(&Id, &Process, &Thread), 0, "process and thread by their ids");
    ok(Process == PsGetCurrentProcess() && Thread == PsGetCurrentThread(), "are these");
    ObDereferenceObject(Process);
    ObDereferenceObject(Thread);
    Id.UniqueProcess = (HANDLE)0x77770;
    STATUS(PsLookupProcessThreadByCid(&Id, &Process, &Thread), STATUS_INVALID_CID, "a thread of another process");
    STATUS(SeLocateProcessImageName(PsGetCurrentProcess(), &Image), 0, "the image's name");
    ok(Image && Image->Buffer, "is a string");
    ExFreePool(Image);

    STATUS(ObReferenceObjectByHandle(ZwCurrentProcess(), 0, *PsJobType, KernelMode, &Object, NULL), STATUS_OBJECT_TYPE_MISMATCH,
           "a process is no job");
    STATUS(ZwConnectPort(&Handle, &Port, &Quality, NULL, NULL, NULL, NULL, NULL), STATUS_OBJECT_NAME_NOT_FOUND, "a port that is not there");
    STATUS(ZwConnectPort(&Handle, &Directory, &Quality, NULL, NULL, NULL, NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH, "what is no port");
    STATUS(ZwRequestWaitReplyPort(NULL, Message, Message), STATUS_INVALID_HANDLE, "no handle");
    STATUS(ZwRequestWaitReplyPort(ZwCurrentProcess(), Message, Message), STATUS_OBJECT_TYPE_MISMATCH, "no port's handle");
    STATUS(ObReferenceObjectByHandle(ZwCurrentProcess(), 0, *LpcPortObjectType, KernelMode, &Object, NULL), STATUS_OBJECT_TYPE_MISMATCH,
           "a process is no port");
    STATUS(KdSystemDebugControl(29, NULL, 0, NULL, 0, NULL, KernelMode), STATUS_DEBUGGER_INACTIVE, "no kernel debugger");
    STATUS(ZwSetSystemInformation(38, Message, sizeof Message), STATUS_INVALID_INFO_CLASS, "nothing of the system can be set");
}
