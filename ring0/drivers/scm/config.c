/* What a service is made of: checked, written to its key, read back. */
#include "scmp.h"

BOOLEAN ScmIsDriver(ULONG Type) { return Type == SERVICE_KERNEL_DRIVER || Type == SERVICE_FILE_SYSTEM_DRIVER; }

/* A text of a request, which must lie within it. */
static NTSTATUS GetText(const SCM_CONFIG *Config, ULONG Size, const SCM_TEXT *Reference, PUNICODE_STRING Text) {
    RtlZeroMemory(Text, sizeof *Text);
    if (!Reference->Offset)
        return STATUS_SUCCESS;
    if (Reference->Offset < sizeof *Config || Reference->Offset > Size || Reference->Length > Size - Reference->Offset ||
        Reference->Length > 0xFFFC || (Reference->Offset | Reference->Length) % sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    Text->Buffer = (PWCHAR)((ULONG_PTR)Config + Reference->Offset);
    Text->Length = Text->MaximumLength = (USHORT)Reference->Length;
    return STATUS_SUCCESS;
}

typedef struct _REQUEST {
    UNICODE_STRING Name, DisplayName, ImagePath, Group, Dependencies, Account;
} REQUEST;

static NTSTATUS GetRequest(const SCM_CONFIG *Config, ULONG Size, REQUEST *Request) {
    NTSTATUS Status;

    if (Size < sizeof *Config)
        return STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(Status = GetText(Config, Size, &Config->Name, &Request->Name)) ||
        !NT_SUCCESS(Status = GetText(Config, Size, &Config->DisplayName, &Request->DisplayName)) ||
        !NT_SUCCESS(Status = GetText(Config, Size, &Config->ImagePath, &Request->ImagePath)) ||
        !NT_SUCCESS(Status = GetText(Config, Size, &Config->Group, &Request->Group)) ||
        !NT_SUCCESS(Status = GetText(Config, Size, &Config->Dependencies, &Request->Dependencies)) ||
        !NT_SUCCESS(Status = GetText(Config, Size, &Config->Account, &Request->Account)))
        return Status;
    return STATUS_SUCCESS;
}

/* CreateService: only drivers start with the system. */
static BOOLEAN IsValid(ULONG Type, ULONG Start, ULONG ErrorControl) {
    ULONG Process = Type & ~SERVICE_INTERACTIVE_PROCESS;

    if (!ScmIsDriver(Type) && Process != SERVICE_WIN32_OWN_PROCESS && Process != SERVICE_WIN32_SHARE_PROCESS)
        return FALSE;
    if (Start > SERVICE_DISABLED || (Start <= SERVICE_SYSTEM_START && !ScmIsDriver(Type)))
        return FALSE;
    return ErrorControl <= SERVICE_ERROR_CRITICAL;
}

/*
 * A driver's path with a drive letter is kept as the kernel opens it, with one backslash where there are more: programs that add "\\name.sys" to the
 * current directory write C:\\name.sys when that is the root.
 */
static NTSTATUS WriteImagePath(HANDLE Key, ULONG Type, PCUNICODE_STRING Path) {
    static const WCHAR Prefix[] = L"\\??\\";
    UNICODE_STRING Full;
    NTSTATUS Status;

    if (!ScmIsDriver(Type) || Path->Length < 2 * sizeof(WCHAR) || Path->Buffer[1] != ':')
        return ScmWriteText(Key, L"ImagePath", REG_EXPAND_SZ, Path);
    Full.Length = 0;
    Full.MaximumLength = (USHORT)(Path->Length + sizeof Prefix);
    if (Full.MaximumLength < Path->Length)
        return SCM_ERROR(ERROR_INVALID_PARAMETER);
    Full.Buffer = ExAllocatePoolWithTag(PagedPool, Full.MaximumLength, SCM_TAG);
    if (!Full.Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlAppendUnicodeToString(&Full, Prefix);
    for (ULONG I = 0, End = Path->Length / sizeof(WCHAR); I < End; I++) {
        if (I && Path->Buffer[I] == '\\' && Path->Buffer[I - 1] == '\\')
            continue;
        Full.Buffer[Full.Length / sizeof(WCHAR)] = Path->Buffer[I];
        Full.Length += sizeof(WCHAR);
    }
    Status = ScmWriteText(Key, L"ImagePath", REG_EXPAND_SZ, &Full);
    ScmFreeText(&Full);
    return Status;
}

/* Services and groups are two values in the registry. Groups: those with a '+', without it; terminated strings in paged pool. */
static NTSTATUS Split(PCUNICODE_STRING All, BOOLEAN Groups, PUNICODE_STRING Chosen) {
    UNICODE_STRING Text;
    NTSTATUS Status = ScmAllocateText(Chosen, All->Length + sizeof(WCHAR));

    if (!NT_SUCCESS(Status))
        return Status;
    for (ULONG At = 0; ScmNextText(All, &At, &Text);) {
        BOOLEAN Group = Text.Buffer[0] == '+';
        ULONG Skip = Group ? 1 : 0, Count = Text.Length / sizeof(WCHAR) - Skip;
        if (Group != Groups || !Count)
            continue;
        RtlCopyMemory(Chosen->Buffer + Chosen->Length / sizeof(WCHAR), Text.Buffer + Skip, Count * sizeof(WCHAR));
        Chosen->Length += (USHORT)(Count * sizeof(WCHAR));
        Chosen->Buffer[Chosen->Length / sizeof(WCHAR)] = 0;
        Chosen->Length += sizeof(WCHAR);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS WriteDependencies(HANDLE Key, PCWSTR Value, PCUNICODE_STRING All, BOOLEAN Groups) {
    UNICODE_STRING Chosen;
    NTSTATUS Status = Split(All, Groups, &Chosen);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = Chosen.Length ? ScmWriteText(Key, Value, REG_MULTI_SZ, &Chosen) : ScmDeleteValue(Key, Value);
    ScmFreeText(&Chosen);
    return Status;
}

/* Whether the service would depend on itself. What the request does not name stays as it is: Key's; NULL: there is nothing yet. */
static NTSTATUS CheckCircle(HANDLE Key, PCUNICODE_STRING Name, const REQUEST *Request) {
    SCM_NODE Changed = {.Name = *Name};
    SCM_GRAPH Graph;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Request->Dependencies.Buffer) {
        Status = Split(&Request->Dependencies, FALSE, &Changed.Services);
        if (NT_SUCCESS(Status))
            Status = Split(&Request->Dependencies, TRUE, &Changed.Groups);
    } else if (Key) {
        Status = ScmReadList(Key, L"DependOnService", &Changed.Services);
        if (NT_SUCCESS(Status))
            Status = ScmReadList(Key, L"DependOnGroup", &Changed.Groups);
    }
    if (NT_SUCCESS(Status)) {
        if (Request->Group.Buffer)
            Changed.Group = Request->Group;
        else if (Key)
            ScmReadText(Key, L"Group", &Changed.Group);
        Status = ScmLoadGraph(&Graph, &Changed);
        if (!Request->Group.Buffer)
            ScmFreeText(&Changed.Group);
    }
    if (NT_SUCCESS(Status)) {
        ScmOrder(&Graph, ScmNode(&Graph, Name));
        if (Graph.Circular)
            Status = SCM_ERROR(ERROR_CIRCULAR_DEPENDENCY);
        ScmFreeGraph(&Graph);
    }
    ScmFreeText(&Changed.Services);
    ScmFreeText(&Changed.Groups);
    return Status;
}

/* What a service of user mode may run as; a driver has an object name here. */
static BOOLEAN IsAccount(PCUNICODE_STRING Account) {
    static const UNICODE_STRING Known[] = {RTL_CONSTANT_STRING(L"LocalSystem"), RTL_CONSTANT_STRING(L".\\LocalSystem"),
                                           RTL_CONSTANT_STRING(L"NT AUTHORITY\\LocalService"), RTL_CONSTANT_STRING(L"NT AUTHORITY\\NetworkService")};

    for (ULONG I = 0; I < RTL_NUMBER_OF(Known); I++)
        if (RtlEqualUnicodeString(Account, &Known[I], TRUE))
            return TRUE;
    return FALSE;
}

static BOOLEAN IsTooLong(PCUNICODE_STRING Name) { return Name->Length > SCM_NAME_LENGTH * sizeof(WCHAR); }

/* One more than the highest of the group's other members. */
static ULONG NextTag(PCUNICODE_STRING Group) {
    UNICODE_STRING Name, Other;
    ULONG Highest = 0, Tag;
    HANDLE Key;

    for (ULONG I = 0; NT_SUCCESS(ScmServiceAt(I, &Name)); I++) {
        if (NT_SUCCESS(ScmOpenKey(&Name, FALSE, &Key))) {
            if (NT_SUCCESS(ScmReadText(Key, L"Group", &Other))) {
                if (RtlEqualUnicodeString(&Other, Group, TRUE) && NT_SUCCESS(ScmReadNumber(Key, L"Tag", &Tag)) && Tag > Highest)
                    Highest = Tag;
                ScmFreeText(&Other);
            }
            ZwClose(Key);
        }
        ScmFreeText(&Name);
    }
    return Highest + 1;
}

static NTSTATUS Write(HANDLE Key, const SCM_CONFIG *Config, const REQUEST *Request, ULONG Type, PULONG Tag) {
    NTSTATUS Status = STATUS_SUCCESS;

    *Tag = 0;
    if (Config->Type != SCM_NO_CHANGE)
        Status = ScmWriteNumber(Key, L"Type", Config->Type);
    if (NT_SUCCESS(Status) && Config->Start != SCM_NO_CHANGE)
        Status = ScmWriteNumber(Key, L"Start", Config->Start);
    if (NT_SUCCESS(Status) && Config->ErrorControl != SCM_NO_CHANGE)
        Status = ScmWriteNumber(Key, L"ErrorControl", Config->ErrorControl);
    if (NT_SUCCESS(Status) && Request->ImagePath.Buffer)
        Status = WriteImagePath(Key, Type, &Request->ImagePath);
    if (NT_SUCCESS(Status) && Request->DisplayName.Buffer)
        Status = ScmWriteText(Key, L"DisplayName", REG_SZ, &Request->DisplayName);
    if (NT_SUCCESS(Status) && Request->Group.Buffer)
        Status = ScmWriteText(Key, L"Group", REG_SZ, &Request->Group);
    if (NT_SUCCESS(Status) && Config->Tag) {
        *Tag = NextTag(&Request->Group);
        Status = ScmWriteNumber(Key, L"Tag", *Tag);
    }
    if (NT_SUCCESS(Status) && Request->Dependencies.Buffer) {
        Status = WriteDependencies(Key, L"DependOnService", &Request->Dependencies, FALSE);
        if (NT_SUCCESS(Status))
            Status = WriteDependencies(Key, L"DependOnGroup", &Request->Dependencies, TRUE);
    }
    if (NT_SUCCESS(Status) && Request->Account.Buffer)
        Status = ScmWriteText(Key, L"ObjectName", REG_SZ, &Request->Account);
    return Status;
}

static const UNICODE_STRING LocalSystem = RTL_CONSTANT_STRING(L"LocalSystem");

NTSTATUS ScmCreate(const SCM_CONFIG *Config, ULONG Size, PULONG Tag) {
    REQUEST Request;
    PSCM_SERVICE Service;
    HANDLE Key;
    NTSTATUS Status = GetRequest(Config, Size, &Request);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(Status = ScmCheckName(&Request.Name)))
        return Status;
    if (IsTooLong(&Request.DisplayName))
        return SCM_ERROR(ERROR_INVALID_NAME);
    if (!IsValid(Config->Type, Config->Start, Config->ErrorControl) || !Request.ImagePath.Length || IsTooLong(&Request.Group) ||
        (Config->Tag && !Request.Group.Length))
        return SCM_ERROR(ERROR_INVALID_PARAMETER);
    if (!ScmIsDriver(Config->Type)) {
        if (!Request.Account.Length)
            Request.Account = LocalSystem;
        if (!IsAccount(&Request.Account))
            return SCM_ERROR(ERROR_INVALID_SERVICE_ACCOUNT);
    }
    Service = ScmFind(&Request.Name);
    if (Service)
        return SCM_ERROR(Service->Deleted ? ERROR_SERVICE_MARKED_FOR_DELETE : ERROR_SERVICE_EXISTS);
    if (!Request.DisplayName.Length)
        Request.DisplayName = Request.Name;
    if (ScmNameTaken(&Request.DisplayName, &Request.Name))
        return SCM_ERROR(ERROR_DUPLICATE_SERVICE_NAME);
    Status = CheckCircle(NULL, &Request.Name, &Request);
    if (!NT_SUCCESS(Status))
        return Status;

    Status = ScmOpenKey(&Request.Name, TRUE, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = Write(Key, Config, &Request, Config->Type, Tag);
    ZwClose(Key);
    if (NT_SUCCESS(Status) && !ScmFind(&Request.Name))
        Status = STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(Status))
        ScmDeleteKey(&Request.Name);
    return Status;
}

NTSTATUS ScmSetConfig(PSCM_SERVICE Service, const SCM_CONFIG *Config, ULONG Size, PULONG Tag) {
    ULONG OldType = 0, Type, Start = 0, ErrorControl = 0;
    REQUEST Request;
    HANDLE Key;
    NTSTATUS Status = GetRequest(Config, Size, &Request);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Service->Deleted)
        return SCM_ERROR(ERROR_SERVICE_MARKED_FOR_DELETE);
    Status = ScmOpenKey(&Service->Name, FALSE, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    ScmReadNumber(Key, L"Type", &OldType);
    ScmReadNumber(Key, L"Start", &Start);
    ScmReadNumber(Key, L"ErrorControl", &ErrorControl);
    Type = Config->Type == SCM_NO_CHANGE ? OldType : Config->Type;
    Start = Config->Start == SCM_NO_CHANGE ? Start : Config->Start;
    ErrorControl = Config->ErrorControl == SCM_NO_CHANGE ? ErrorControl : Config->ErrorControl;
    /* A driver stays a driver. */
    if (!IsValid(Type, Start, ErrorControl) || ScmIsDriver(Type) != ScmIsDriver(OldType) || IsTooLong(&Request.Group) ||
        (Config->Tag && !Request.Group.Length))
        Status = SCM_ERROR(ERROR_INVALID_PARAMETER);
    else if (IsTooLong(&Request.DisplayName))
        Status = SCM_ERROR(ERROR_INVALID_NAME);
    else if (!ScmIsDriver(Type) && Request.Account.Length && !IsAccount(&Request.Account))
        Status = SCM_ERROR(ERROR_INVALID_SERVICE_ACCOUNT);
    else if (Request.DisplayName.Length && ScmNameTaken(&Request.DisplayName, &Service->Name))
        Status = SCM_ERROR(ERROR_DUPLICATE_SERVICE_NAME);
    else
        Status = CheckCircle(Key, &Service->Name, &Request);
    if (NT_SUCCESS(Status))
        Status = Write(Key, Config, &Request, Type, Tag);
    ZwClose(Key);
    return Status;
}

/* Appends a text to the answer, or only counts it when there is no more room. */
static VOID PutText(SCM_CONFIG *Config, ULONG Size, PULONG Used, SCM_TEXT *Reference, PCUNICODE_STRING Text) {
    if (*Used <= Size && Text->Length <= Size - *Used) {
        Reference->Offset = *Used;
        Reference->Length = Text->Length;
        RtlCopyMemory((PUCHAR)Config + *Used, Text->Buffer, Text->Length);
    }
    *Used += Text->Length;
}

static VOID PutValue(HANDLE Key, PCWSTR Value, SCM_CONFIG *Config, ULONG Size, PULONG Used, SCM_TEXT *Reference) {
    UNICODE_STRING Text;
    if (NT_SUCCESS(ScmReadText(Key, Value, &Text))) {
        PutText(Config, Size, Used, Reference, &Text);
        ScmFreeText(&Text);
    }
}

/* Services, then groups with their '+'. */
static NTSTATUS PutDependencies(HANDLE Key, SCM_CONFIG *Config, ULONG Size, PULONG Used) {
    UNICODE_STRING Services, Groups = {0}, All, Text;
    ULONG GroupCount = 0;
    NTSTATUS Status = ScmReadList(Key, L"DependOnService", &Services);

    if (NT_SUCCESS(Status))
        Status = ScmReadList(Key, L"DependOnGroup", &Groups);
    for (ULONG At = 0; ScmNextText(&Groups, &At, &Text);)
        GroupCount++;
    if (NT_SUCCESS(Status))
        Status = ScmAllocateText(&All, (SIZE_T)Services.Length + Groups.Length + GroupCount * sizeof(WCHAR));
    if (NT_SUCCESS(Status)) {
        RtlAppendUnicodeStringToString(&All, &Services);
        for (ULONG At = 0; ScmNextText(&Groups, &At, &Text);) {
            RtlAppendUnicodeToString(&All, L"+");
            Text.Length += sizeof(WCHAR); /* and its terminator, which is there */
            RtlAppendUnicodeStringToString(&All, &Text);
        }
        if (All.Length)
            PutText(Config, Size, Used, &Config->Dependencies, &All);
        ScmFreeText(&All);
    }
    ScmFreeText(&Services);
    ScmFreeText(&Groups);
    return Status;
}

NTSTATUS ScmGetConfig(PSCM_SERVICE Service, SCM_CONFIG *Config, ULONG Size, PULONG Used) {
    HANDLE Key;
    NTSTATUS Status;

    if (Size < sizeof *Config)
        return STATUS_BUFFER_TOO_SMALL;
    Status = ScmOpenKey(&Service->Name, FALSE, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(Config, sizeof *Config);
    *Used = sizeof *Config;
    ScmReadNumber(Key, L"Type", &Config->Type);
    ScmReadNumber(Key, L"Start", &Config->Start);
    ScmReadNumber(Key, L"ErrorControl", &Config->ErrorControl);
    ScmReadNumber(Key, L"Tag", &Config->Tag);
    PutText(Config, Size, Used, &Config->Name, &Service->Name);
    PutValue(Key, L"DisplayName", Config, Size, Used, &Config->DisplayName);
    PutValue(Key, L"ImagePath", Config, Size, Used, &Config->ImagePath);
    PutValue(Key, L"Group", Config, Size, Used, &Config->Group);
    Status = PutDependencies(Key, Config, Size, Used);
    PutValue(Key, L"ObjectName", Config, Size, Used, &Config->Account);
    ZwClose(Key);
    if (!NT_SUCCESS(Status))
        return Status;
    return *Used > Size ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}
