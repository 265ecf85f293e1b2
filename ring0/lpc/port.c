/* Ports as a client finds them. */
#include "lpc/lpc.h"
#include "ke/ke.h"

#define PORT_CONNECT    0x0001u
#define PORT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | PORT_CONNECT)

POBJECT_TYPE LpcpPortType;

VOID LpcInitSystem(VOID) {
    static const OB_TYPE_INITIALIZER port = {
        .Name = L"ALPC Port",
        .GenericMapping = {STANDARD_RIGHTS_READ | PORT_CONNECT, DELETE | PORT_CONNECT, STANDARD_RIGHTS_EXECUTE, PORT_ALL_ACCESS},
        .ValidAccess = PORT_ALL_ACCESS,
        .PoolType = NonPagedPoolNx,
        .DispatcherOffset = ~0u,
    };
    NTSTATUS status = ObCreateObjectType(&port, &LpcpPortType);
    NT_ASSERT_OURS(NT_SUCCESS(status));
}

/* The lookup fails for every name, with what it says of it: there is no port to be found. */
NTSTATUS NTAPI NtConnectPort(PHANDLE PortHandle, PUNICODE_STRING PortName, PSECURITY_QUALITY_OF_SERVICE SecurityQos, PVOID ClientView,
                             PVOID ServerView, PULONG MaxMessageLength, PVOID ConnectionInformation, PULONG ConnectionInformationLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    UNICODE_STRING name;
    PVOID port;
    NTSTATUS status = ObpProbeOutput(PortHandle, sizeof(*PortHandle), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ObpCaptureString(PortName, mode, &name);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, PORT_CONNECT, LpcpPortType, mode, NULL, &port);
    if (name.Buffer != NULL)
        ExFreePool(name.Buffer);
    NT_ASSERT_OURS(!NT_SUCCESS(status));
    return status;
}

NTSTATUS NTAPI NtRequestWaitReplyPort(HANDLE PortHandle, PVOID RequestMessage, PVOID ReplyMessage) {
    PVOID port;
    NTSTATUS status = ObReferenceObjectByHandle(PortHandle, 0, LpcpPortType, KiPreviousMode(), &port, NULL);
    NT_ASSERT_OURS(!NT_SUCCESS(status));
    return status;
}
