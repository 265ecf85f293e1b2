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
    UNICODE_STRING LinkName, TargetName;
    RtlInitUnicodeString(&LinkName, Link);
    RtlInitUnicodeString(&TargetName, Target);
    return ObpCreateSymbolicLink(&LinkName, &TargetName, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_OPENIF, NULL);
}

/* \Sessions\0\DosDevices\00000000-00010001 and its link Global. */
static NTSTATUS ObpCreateLogon(LUID Id, POBP_DIRECTORY *Directory) {
    WCHAR Path[64], Link[64];
    POBP_LOGON Logon = ExAllocatePoolWithTag(PagedPool, sizeof(*Logon), OBP_TAG);
    if (Logon == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    _snwprintf(Path, RTL_NUMBER_OF(Path), L"\\Sessions\\0\\DosDevices\\%08x-%08x", Id.HighPart, Id.LowPart);
    _snwprintf(Link, RTL_NUMBER_OF(Link), L"%ws\\Global", Path);
    NTSTATUS Status = ObpCreateSystemDirectory(Path, &Logon->Directory);
    if (NT_SUCCESS(Status)) {
        Status = ObpCreateSystemLink(Link, L"\\GLOBAL??");
        if (!NT_SUCCESS(Status))
            ObfDereferenceObject(Logon->Directory);
    }
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Logon, OBP_TAG);
        return Status;
    }
    if (Logon->Directory->Shadow == NULL) {
        ObfReferenceObject(ObpGlobalDosDirectory);
        Logon->Directory->Shadow = ObpGlobalDosDirectory;
    }
    Logon->Id = Id;
    Logon->Next = ObpLogons;
    ObpLogons = Logon;
    *Directory = Logon->Directory;
    return STATUS_SUCCESS;
}

NTSTATUS ObpDosDirectory(POBP_DIRECTORY *Directory) {
    PEPROCESS Process = ObpCurrentProcess();
    LUID Id;
    *Directory = ObpGlobalDosDirectory;
    if (Process == NULL || PsInitialSystemProcess == NULL || Process == PsInitialSystemProcess)
        return STATUS_SUCCESS;
    SECURITY_SUBJECT_CONTEXT Subject;
    SeCaptureSubjectContext(&Subject);
    SeQueryAuthenticationIdToken(SeQuerySubjectContextToken(&Subject), &Id);
    SeReleaseSubjectContext(&Subject);
    if (Id.LowPart == OBP_SYSTEM_LOGON && Id.HighPart == 0)
        return STATUS_SUCCESS;
    for (POBP_LOGON Logon = ObpLogons; Logon != NULL; Logon = Logon->Next)
        if (RtlEqualLuid(&Logon->Id, &Id)) {
            *Directory = Logon->Directory;
            return STATUS_SUCCESS;
        }
    return ObpCreateLogon(Id, Directory);
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
    static const UNICODE_STRING DosDevices = RTL_CONSTANT_STRING(L"GLOBAL??"), Named = RTL_CONSTANT_STRING(L"BaseNamedObjects");
    return Type == ObpSymbolicLinkObjectType                ? OBP_LINK
           : RtlEqualUnicodeString(Name, &Named, TRUE)      ? OBP_SHARED
           : RtlEqualUnicodeString(Name, &DosDevices, TRUE) ? OBP_DEVICES
                                                            : OBP_PUBLIC;
}

static VOID ObpSecureEntry(PVOID Context, PCUNICODE_STRING Name, PVOID Object) {
    POBP_HEADER Header = ObpHeader(Object);
    if (Header->Type == ObpDirectoryObjectType)
        ObpWalkDirectory(Object, ObpSecureEntry, Context);
    if (Header->Type != ObpDirectoryObjectType && Header->Type != ObpSymbolicLinkObjectType)
        return;
    NTSTATUS Status = SeParseDescriptor(ObpBootDescriptor(Name, Header->Type), &Header->SecurityDescriptor);
    if (NT_SUCCESS(Status))
        Status = ObpAssignFrom(Header, NULL, Context, KernelMode);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
}

VOID ObpSecureNamespace(PVOID Token) {
    static const UNICODE_STRING Root = {0};
    ObpSecureEntry(Token, &Root, ObpRootDirectory);
}

VOID ObInitSystem(VOID) {
    POBP_DIRECTORY Directory;
    ObpKernelTable = ObpCreateHandleTable();
    NT_ASSERT_OURS(ObpKernelTable != NULL);
    ObpCreateFirstTypes();

    POBP_HEADER Root = ObpAllocateObject(ObpDirectoryObjectType, 0);
    NT_ASSERT_OURS(Root != NULL);
    Root->Flags = OBP_FLAG_PERMANENT | OBP_FLAG_KERNEL_ONLY;
    ObpRootDirectory = ObpBody(Root);
    for (ULONG I = 0; I < RTL_NUMBER_OF(ObpBootDirectories); I++) {
        NTSTATUS Status = ObpCreateSystemDirectory(ObpBootDirectories[I], NULL);
        NT_ASSERT_OURS(NT_SUCCESS(Status));
    }
    NTSTATUS Status = ObpCreateSystemDirectory(L"\\ObjectTypes", &Directory);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    ObpPublishTypes(Directory);
    Status = ObpCreateSystemDirectory(L"\\GLOBAL??", &ObpGlobalDosDirectory);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    for (ULONG I = 0; I < RTL_NUMBER_OF(ObpBootLinks); I++) {
        Status = ObpCreateSystemLink(ObpBootLinks[I].Link, ObpBootLinks[I].Target);
        NT_ASSERT_OURS(NT_SUCCESS(Status));
    }
}
