/*
 * The namespace as it is at boot, and the DOS devices of a logon session.
 *
 * "\??" is no directory but a way of asking for one: \GLOBAL?? for the System process, \Sessions\0\DosDevices\<logon id> for the programs of a
 * logon. What such a directory lacks is looked for in \GLOBAL??, and what is made in "\??" is made in it: so a program can give a name a meaning that
 * only its own logon sees ("Local and Global MS-DOS Device Names" in the driver documentation).
 */
#include "ob/object.h"
#include "rtl/crt.h"
#include "se/se.h"

#define OBP_SYSTEM_LOGON 0x3E7u /* SYSTEM_LUID */

PVOID ObpRootDirectory;
static POBP_DIRECTORY ObpGlobalDosDirectory;

typedef struct _OBP_LOGON { /* a logon session that has named something; never goes away */
    struct _OBP_LOGON *Next;
    LUID Id;
    POBP_DIRECTORY Directory;
} OBP_LOGON, *POBP_LOGON;
static POBP_LOGON ObpLogons;

static NTSTATUS ObpCreateSystemLink(PCWSTR Link, PCWSTR Target) {
    UNICODE_STRING link, target;
    RtlInitUnicodeString(&link, Link);
    RtlInitUnicodeString(&target, Target);
    return ObpCreateSymbolicLink(&link, &target, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_OPENIF, NULL);
}

/* \Sessions\0\DosDevices\00000000-00010001 and its link Global. */
static NTSTATUS ObpCreateLogon(LUID Id, POBP_DIRECTORY *Directory) {
    WCHAR path[64], link[64];
    POBP_LOGON logon = ExAllocatePoolWithTag(PagedPool, sizeof(*logon), OBP_TAG);
    if (logon == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    _snwprintf(path, RTL_NUMBER_OF(path), L"\\Sessions\\0\\DosDevices\\%08x-%08x", Id.HighPart, Id.LowPart);
    _snwprintf(link, RTL_NUMBER_OF(link), L"%ws\\Global", path);
    NTSTATUS status = ObpCreateSystemDirectory(path, &logon->Directory);
    if (NT_SUCCESS(status)) {
        status = ObpCreateSystemLink(link, L"\\GLOBAL??");
        if (!NT_SUCCESS(status))
            ObfDereferenceObject(logon->Directory);
    }
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(logon, OBP_TAG);
        return status;
    }
    if (logon->Directory->Shadow == NULL) {
        ObfReferenceObject(ObpGlobalDosDirectory);
        logon->Directory->Shadow = ObpGlobalDosDirectory;
    }
    logon->Id = Id;
    logon->Next = ObpLogons;
    ObpLogons = logon;
    *Directory = logon->Directory;
    return STATUS_SUCCESS;
}

NTSTATUS ObpDosDirectory(POBP_DIRECTORY *Directory) {
    PEPROCESS process = ObpCurrentProcess();
    LUID id;
    *Directory = ObpGlobalDosDirectory;
    if (process == NULL || PsInitialSystemProcess == NULL || process == PsInitialSystemProcess)
        return STATUS_SUCCESS;
    SECURITY_SUBJECT_CONTEXT subject;
    SeCaptureSubjectContext(&subject);
    SeQueryAuthenticationIdToken(SeQuerySubjectContextToken(&subject), &id);
    SeReleaseSubjectContext(&subject);
    if (id.LowPart == OBP_SYSTEM_LOGON && id.HighPart == 0)
        return STATUS_SUCCESS;
    for (POBP_LOGON logon = ObpLogons; logon != NULL; logon = logon->Next)
        if (RtlEqualLuid(&logon->Id, &id)) {
            *Directory = logon->Directory;
            return STATUS_SUCCESS;
        }
    return ObpCreateLogon(id, Directory);
}

/* Directories before what is in them. Session 0 is the system's, session 1 that of the programs. */
static const PCWSTR ObpBootDirectories[] = {
    L"\\ObjectTypes",
    L"\\Device",
    L"\\Driver",
    L"\\FileSystem",
    L"\\GLOBAL??",
    L"\\KernelObjects",
    L"\\BaseNamedObjects",
    L"\\Callback",
    L"\\Security",
    L"\\Sessions",
    L"\\Sessions\\0",
    L"\\Sessions\\0\\DosDevices",
    L"\\Sessions\\1",
    L"\\Sessions\\1\\BaseNamedObjects",
    L"\\Sessions\\BNOLINKS",
};

static const struct {
    PCWSTR Link, Target;
} ObpBootLinks[] = {
    {L"\\DosDevices", L"\\??"},
    {L"\\SystemRoot", L"\\Device\\BootDevice\\Windows"},
    {L"\\Device\\BootDevice", L"\\Device\\HostFs"},
    {L"\\GLOBAL??\\GLOBALROOT", L""},
    {L"\\GLOBAL??\\Global", L"\\GLOBAL??"},
    {L"\\BaseNamedObjects\\Global", L"\\BaseNamedObjects"},
    {L"\\BaseNamedObjects\\Local", L"\\BaseNamedObjects"},
    {L"\\BaseNamedObjects\\Session", L"\\Sessions\\BNOLINKS"},
    {L"\\Sessions\\1\\DosDevices", L"\\??"},
    {L"\\Sessions\\1\\BaseNamedObjects\\Global", L"\\BaseNamedObjects"},
    {L"\\Sessions\\1\\BaseNamedObjects\\Local", L"\\Sessions\\1\\BaseNamedObjects"},
    {L"\\Sessions\\1\\BaseNamedObjects\\Session", L"\\Sessions\\BNOLINKS"},
    {L"\\Sessions\\BNOLINKS\\0", L"\\BaseNamedObjects"},
    {L"\\Sessions\\BNOLINKS\\1", L"\\Sessions\\1\\BaseNamedObjects"},
};

/*
 * Who may do what in the directories of the boot. The root, \Device and the like are for administrators to change and for everybody to see; in
 * \BaseNamedObjects everybody may make objects; what is made in \GLOBAL?? is its maker's. A link is for everybody to follow.
 */
#define OBP_PUBLIC  L"D:(A;;0x20003;;;WD)(A;;0xF000F;;;SY)(A;;0xF000F;;;BA)(A;;0x20003;;;RC)"
#define OBP_SHARED  L"D:(A;;0x2000F;;;WD)(A;;0xF000F;;;SY)(A;;0xF000F;;;BA)(A;;0x20003;;;RC)"
#define OBP_DEVICES L"D:(A;;0x20003;;;WD)(A;;0xF000F;;;SY)(A;;0xF000F;;;BA)(A;;0x20003;;;RC)(A;OICIIO;GA;;;CO)(A;OIIO;0x20001;;;WD)"
#define OBP_LINK    L"D:(A;;0x20001;;;WD)(A;;0xF0001;;;SY)(A;;0xF0001;;;BA)(A;;0x20001;;;RC)"

static PCWSTR ObpBootDescriptor(PCUNICODE_STRING Name, POBJECT_TYPE Type) {
    static const UNICODE_STRING dosDevices = RTL_CONSTANT_STRING(L"GLOBAL??"), named = RTL_CONSTANT_STRING(L"BaseNamedObjects");
    return Type == ObpSymbolicLinkObjectType                ? OBP_LINK
           : RtlEqualUnicodeString(Name, &named, TRUE)      ? OBP_SHARED
           : RtlEqualUnicodeString(Name, &dosDevices, TRUE) ? OBP_DEVICES
                                                            : OBP_PUBLIC;
}

static VOID ObpSecureEntry(PVOID Context, PCUNICODE_STRING Name, PVOID Object) {
    POBP_HEADER header = ObpHeader(Object);
    if (header->Type == ObpDirectoryObjectType)
        ObpWalkDirectory(Object, ObpSecureEntry, Context);
    if (header->Type != ObpDirectoryObjectType && header->Type != ObpSymbolicLinkObjectType)
        return;
    NTSTATUS status = SeParseDescriptor(ObpBootDescriptor(Name, header->Type), &header->SecurityDescriptor);
    if (NT_SUCCESS(status))
        status = ObpAssignFrom(header, NULL, Context, KernelMode);
    NT_ASSERT_OURS(NT_SUCCESS(status));
}

VOID ObpSecureNamespace(PVOID Token) {
    static const UNICODE_STRING root = {0};
    ObpSecureEntry(Token, &root, ObpRootDirectory);
}

VOID ObInitSystem(VOID) {
    POBP_DIRECTORY directory;
    ObpKernelTable = ObpCreateHandleTable();
    NT_ASSERT_OURS(ObpKernelTable != NULL);
    ObpCreateFirstTypes();

    POBP_HEADER root = ObpAllocateObject(ObpDirectoryObjectType, 0);
    NT_ASSERT_OURS(root != NULL);
    root->Flags = OBP_FLAG_PERMANENT | OBP_FLAG_KERNEL_ONLY;
    ObpRootDirectory = ObpBody(root);
    for (ULONG i = 0; i < RTL_NUMBER_OF(ObpBootDirectories); i++) {
        NTSTATUS status = ObpCreateSystemDirectory(ObpBootDirectories[i], NULL);
        NT_ASSERT_OURS(NT_SUCCESS(status));
    }
    NTSTATUS status = ObpCreateSystemDirectory(L"\\ObjectTypes", &directory);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    ObpPublishTypes(directory);
    status = ObpCreateSystemDirectory(L"\\GLOBAL??", &ObpGlobalDosDirectory);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    for (ULONG i = 0; i < RTL_NUMBER_OF(ObpBootLinks); i++) {
        status = ObpCreateSystemLink(ObpBootLinks[i].Link, ObpBootLinks[i].Target);
        NT_ASSERT_OURS(NT_SUCCESS(status));
    }
}
