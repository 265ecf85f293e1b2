/* Ports: the type is there, so that drivers can ask for it, and nobody makes one. Connecting says that there is no such port. */
#pragma once
#include "ob/ob.h"

VOID LpcInitSystem(VOID);         /* type ALPC Port; after ObInitSystem */
extern POBJECT_TYPE LpcpPortType; /* exported as LpcPortObjectType */

/* System services that the DDK headers do not declare. */
NTSTATUS NTAPI NtConnectPort(PHANDLE PortHandle, PUNICODE_STRING PortName, PSECURITY_QUALITY_OF_SERVICE SecurityQos, PVOID ClientView,
                             PVOID ServerView, PULONG MaxMessageLength, PVOID ConnectionInformation, PULONG ConnectionInformationLength);
NTSTATUS NTAPI NtRequestWaitReplyPort(HANDLE PortHandle, PVOID RequestMessage, PVOID ReplyMessage);
