/* Ports as a client finds them. */
#include "lpc/lpc.h"
#include "ke/ke.h"

#define PORT_CONNECT    0x0001u
#define PORT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | PORT_CONNECT)

POBJECT_TYPE LpcpPortType;

VOID LpcInitSystem(VOID) {
    static const OB_TYPE_INITIALIZER Port = {
        .Name = L"ALPC Port",
        .GenericMapping = {STANDARD_RIGHTS_READ | PORT_CONNECT, DELETE | PORT_CONNECT, STANDARD_RIGHTS_EXECUTE, PORT_ALL_ACCESS},
        .ValidAccess = PORT_ALL_ACCESS,
        .PoolType = NonPagedPoolNx,
        .DispatcherOffset = ~0u,
    };
    NTSTATUS Status = ObCreateObjectType(&Port, &LpcpPortType);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
}

/* The lookup fails for every name, with what it says of it: there is no port to be found. */
NTSTATUS NTAPI NtConnectPort(PHANDLE PortHandle, PUNICODE_STRING PortName, PSECURITY_QUALITY_OF_SERVICE SecurityQos, PVOID ClientView,
                             PVOID ServerView, PULONG MaxMessageLength, PVOID ConnectionInformation, PULONG ConnectionInformationLength) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    UNICODE_STRING Name;
    PVOID Port;
    NTSTATUS Status = ObpProbeOutput(PortHandle, sizeof(*PortHandle), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = ObpCaptureString(PortName, Mode, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByName(&Name, OBJ_CASE_INSENSITIVE, NULL, PORT_CONNECT, LpcpPortType, Mode, NULL, &Port);
    if (Name.Buffer != NULL)
        ExFreePool(Name.Buffer);
    NT_ASSERT_OURS(!NT_SUCCESS(Status));
    return Status;
}

NTSTATUS NTAPI NtRequestWaitReplyPort(HANDLE PortHandle, PVOID RequestMessage, PVOID ReplyMessage) {
    PVOID Port;
    NTSTATUS Status = ObReferenceObjectByHandle(PortHandle, 0, LpcpPortType, KiPreviousMode(), &Port, NULL);
    NT_ASSERT_OURS(!NT_SUCCESS(Status));
    return Status;
}
