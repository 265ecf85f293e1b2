/* Providers: registered, asked whether they are enabled, named, unregistered. */
#include "etw/etwp.h"
#include "ke/ke.h"
#include "ldr/ldr.h"
#include "ob/ob.h"
#include "rtl/rtl.h"

#define PROVIDER_MAGIC      0x50777445u
#define PROVIDER_TAG        'PwtE'
#define SET_TRAITS          2 /* EVENT_INFO_CLASS EventProviderSetTraits */
#define USE_DESCRIPTOR_TYPE 3 /* EventProviderUseDescriptorType */
#define CONTROL_CODE_ENABLE 1 /* EVENT_CONTROL_CODE_ENABLE_PROVIDER */

static POBJECT_TYPE EtwpRegistrationType;
static LIST_ENTRY EtwpProviders = {&EtwpProviders, &EtwpProviders};

static VOID EtwpDeleteProvider(PVOID Object) {
    PETWP_PROVIDER Provider = Object;
    Provider->Magic = 0;
    if (Provider->Name != NULL)
        ExFreePoolWithTag(Provider->Name, PROVIDER_TAG);
}

VOID EtwInitSystem(VOID) {
    static const OB_TYPE_INITIALIZER Initializer = {
        .Name = L"EtwRegistration",
        .GenericMapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE, STANDARD_RIGHTS_REQUIRED},
        .ValidAccess = STANDARD_RIGHTS_REQUIRED,
        .PoolType = NonPagedPoolNx,
        .BodySize = sizeof(ETWP_PROVIDER),
        .DispatcherOffset = ~0u,
        .Delete = EtwpDeleteProvider,
    };
    NTSTATUS Status = ObCreateObjectType(&Initializer, &EtwpRegistrationType);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
}

static NTSTATUS EtwpRegister(LPCGUID ProviderId, ULONG64 Caller, PETWP_PROVIDER *Registered) {
    PETWP_PROVIDER Provider;
    NTSTATUS Status = ObCreateObject(KernelMode, EtwpRegistrationType, NULL, KernelMode, NULL, sizeof(*Provider), 0, 0, (PVOID *)&Provider);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(Provider, sizeof(*Provider));
    Provider->Magic = PROVIDER_MAGIC;
    Provider->Id = *ProviderId;
    Provider->Caller = Caller;
    EtwpEnable(Provider);
    InsertTailList(&EtwpProviders, &Provider->Link);
    *Registered = Provider;
    return STATUS_SUCCESS;
}

/* The handle is there before the callback is called, as the callbacks of generated code expect. */
NTSTATUS NTAPI EtwRegister(LPCGUID ProviderId, PETWENABLECALLBACK EnableCallback, PVOID CallbackContext, PREGHANDLE RegHandle) {
    static const GUID NoSession;
    PETWP_PROVIDER Provider;
    NTSTATUS Status;

    if (ProviderId == NULL || RegHandle == NULL)
        return STATUS_INVALID_PARAMETER;
    Status = EtwpRegister(ProviderId, CALLER(), &Provider);
    if (!NT_SUCCESS(Status))
        return Status;
    *RegHandle = (REGHANDLE)(ULONG_PTR)Provider;
    if (Provider->Enabled && EnableCallback != NULL)
        EnableCallback(&NoSession, CONTROL_CODE_ENABLE, Provider->Level, Provider->Any, Provider->All, NULL, CallbackContext);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI EtwRegisterClassicProvider(LPCGUID ProviderId, ULONG Type, ETW_CLASSIC_CALLBACK Callback, PVOID CallbackContext,
                                          PREGHANDLE RegHandle) {
    PETWP_PROVIDER Provider;
    NTSTATUS Status;

    if (ProviderId == NULL || Callback == NULL || RegHandle == NULL)
        return STATUS_INVALID_PARAMETER;
    Status = EtwpRegister(ProviderId, CALLER(), &Provider);
    if (!NT_SUCCESS(Status))
        return Status;
    *RegHandle = (REGHANDLE)(ULONG_PTR)Provider;
    if (Provider->Enabled) {
        struct { /* TRACE_ENABLE_CONTEXT (evntrace.h) */
            USHORT LoggerId;
            UCHAR Level, InternalFlag;
            ULONG EnableFlags;
        } Context = {(USHORT)ETWP_CLASSIC_HANDLE, Provider->Level, 0, (ULONG)Provider->Any};
        Callback(ProviderId, CONTROL_CODE_ENABLE, &Context, CallbackContext);
    }
    return STATUS_SUCCESS;
}

PETWP_PROVIDER EtwpProvider(REGHANDLE RegHandle) {
    PETWP_PROVIDER Provider = (PETWP_PROVIDER)(ULONG_PTR)RegHandle;
    return Provider != NULL && Provider->Magic == PROVIDER_MAGIC ? Provider : NULL;
}

/* A handle that was never one must not be touched: here all are looked through. */
static PETWP_PROVIDER EtwpFind(REGHANDLE RegHandle) {
    for (PLIST_ENTRY Link = EtwpProviders.Flink; Link != &EtwpProviders; Link = Link->Flink)
        if ((REGHANDLE)(ULONG_PTR)CONTAINING_RECORD(Link, ETWP_PROVIDER, Link) == RegHandle)
            return CONTAINING_RECORD(Link, ETWP_PROVIDER, Link);
    return NULL;
}

BOOLEAN EtwIsRegistered(REGHANDLE RegHandle) { return EtwpFind(RegHandle) != NULL; }

static VOID EtwpUnregister(PETWP_PROVIDER Provider) {
    RemoveEntryList(&Provider->Link);
    Provider->Magic = 0;
    ObDereferenceObject(Provider);
}

NTSTATUS NTAPI EtwUnregister(REGHANDLE RegHandle) {
    PETWP_PROVIDER Provider = EtwpFind(RegHandle);
    if (Provider == NULL)
        return STATUS_INVALID_HANDLE;
    EtwpUnregister(Provider);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI EtwSetInformation(REGHANDLE RegHandle, ULONG InformationClass, PVOID EventInformation, ULONG InformationLength) {
    PETWP_PROVIDER Provider = EtwpFind(RegHandle);
    PCSTR Name;
    PSTR Copy;

    if (Provider == NULL)
        return STATUS_INVALID_HANDLE;
    if (InformationClass == USE_DESCRIPTOR_TYPE)
        return STATUS_SUCCESS;
    if (InformationClass != SET_TRAITS)
        return STATUS_NOT_SUPPORTED;
    Name = EventInformation != NULL ? EtwpTraitsName(EventInformation, InformationLength) : NULL;
    if (Name == NULL || Provider->Name != NULL)
        return STATUS_INVALID_PARAMETER;
    Copy = ExAllocatePoolWithTag(NonPagedPoolNx, strlen(Name) + 1, PROVIDER_TAG);
    if (Copy == NULL)
        return STATUS_NO_MEMORY;
    strcpy(Copy, Name);
    Provider->Name = Copy;
    return STATUS_SUCCESS;
}

/* Level 0 of a provider lets every level through, and an event's level 0 and keyword 0 are always let through ("Enabling a Provider"). */
BOOLEAN EtwpWants(PETWP_PROVIDER Provider, UCHAR Level, ULONGLONG Keyword) {
    if (!Provider->Enabled || (Provider->Level != 0 && Level > Provider->Level))
        return FALSE;
    return Keyword == 0 || ((Provider->Any == 0 || (Keyword & Provider->Any) != 0) && (Keyword & Provider->All) == Provider->All);
}

BOOLEAN NTAPI EtwProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword) {
    PETWP_PROVIDER Provider = EtwpProvider(RegHandle);
    return Provider != NULL && EtwpWants(Provider, Level, Keyword);
}

BOOLEAN NTAPI EtwEventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor) {
    return EventDescriptor != NULL && EtwProviderEnabled(RegHandle, EventDescriptor->Level, EventDescriptor->Keyword);
}

VOID EtwReportLeftovers(PDRIVER_OBJECT Driver, ULONG64 Base, ULONG64 Size) {
    PLIST_ENTRY Link = EtwpProviders.Flink;
    WCHAR Id[RTLP_GUID_ROOM];
    while (Link != &EtwpProviders) {
        PETWP_PROVIDER Provider = CONTAINING_RECORD(Link, ETWP_PROVIDER, Link);
        Link = Link->Flink;
        if (Provider->Caller - Base >= Size)
            continue;
        RtlpFormatGuid(&Provider->Id, Id);
        KdMessage("%wZ: left the event provider %ls behind: call EtwUnregister in DriverUnload", &Driver->DriverName, Id);
        EtwpUnregister(Provider);
    }
}
