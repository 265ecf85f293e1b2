/* ChangeServiceConfig2 and QueryServiceConfig2. */
#include "service.h"

static BOOL SetOption(SC_HANDLE Service, ULONG Option, const VOID *Data, SIZE_T Size) {
    ULONG *Block = AdvAllocate(sizeof(ULONG) + Size);
    BOOL Ok;

    if (!Block)
        return AdvFail(ERROR_NOT_ENOUGH_MEMORY);
    *Block = Option;
    if (Size)
        memcpy(Block + 1, Data, Size);
    Ok = AdvServiceResult(AdvServiceRequest(Service, IOCTL_SCM_SET_OPTION, Block, (ULONG)(sizeof(ULONG) + Size), NULL, 0));
    AdvFree(Block);
    return Ok;
}

static BOOL SetNumber(SC_HANDLE Service, ULONG Option, DWORD Number) { return SetOption(Service, Option, &Number, sizeof Number); }

/* NULL leaves it as it is, an empty text removes it. */
static BOOL SetText(SC_HANDLE Service, ULONG Option, PCWSTR Text) { return !Text || SetOption(Service, Option, Text, wcslen(Text) * sizeof(WCHAR)); }

/* Without actions the reset period is "ignored"; with a list of none all actions are removed (SERVICE_FAILURE_ACTIONS). */
static BOOL SetActions(SC_HANDLE Service, const SERVICE_FAILURE_ACTIONSW *Failure) {
    SIZE_T Size = sizeof(SCM_FAILURE) + Failure->cActions * 2ull * sizeof(ULONG);
    SCM_FAILURE *Value;
    BOOL Ok;

    if (!Failure->lpsaActions)
        return TRUE;
    if (Failure->cActions > 1024)
        return AdvFail(ERROR_INVALID_PARAMETER);
    if (!Failure->cActions)
        return SetOption(Service, ScmFailureActions, NULL, 0);
    Value = AdvAllocate(Size);
    if (!Value)
        return AdvFail(ERROR_NOT_ENOUGH_MEMORY);
    *Value = (SCM_FAILURE){Failure->dwResetPeriod, 0, 0, Failure->cActions, sizeof *Value};
    for (DWORD i = 0; i < Failure->cActions; i++) {
        ((ULONG *)(Value + 1))[2 * i] = (ULONG)Failure->lpsaActions[i].Type;
        ((ULONG *)(Value + 1))[2 * i + 1] = Failure->lpsaActions[i].Delay;
    }
    Ok = SetOption(Service, ScmFailureActions, Value, Size);
    AdvFree(Value);
    return Ok;
}

/* The message and the command are refused as the actions are: nothing is half done. */
static BOOL SetFailure(SC_HANDLE Service, const SERVICE_FAILURE_ACTIONSW *Failure) {
    return SetActions(Service, Failure) && SetText(Service, ScmRebootMessage, Failure->lpRebootMsg) &&
           SetText(Service, ScmFailureCommand, Failure->lpCommand);
}

BOOL WINAPI ChangeServiceConfig2W(SC_HANDLE Service, DWORD Level, LPVOID Information) {
    if (Level < SERVICE_CONFIG_DESCRIPTION || Level > SERVICE_CONFIG_PRESHUTDOWN_INFO)
        return AdvFail(ERROR_INVALID_LEVEL);
    if (!Information) /* "If this value is NULL, the information remains unchanged." */
        return TRUE;
    switch (Level) {
    case SERVICE_CONFIG_DESCRIPTION: return SetText(Service, ScmDescription, ((LPSERVICE_DESCRIPTIONW)Information)->lpDescription);
    case SERVICE_CONFIG_FAILURE_ACTIONS: return SetFailure(Service, Information);
    case SERVICE_CONFIG_DELAYED_AUTO_START_INFO:
        return SetNumber(Service, ScmDelayedAutoStart, ((LPSERVICE_DELAYED_AUTO_START_INFO)Information)->fDelayedAutostart != 0);
    case SERVICE_CONFIG_FAILURE_ACTIONS_FLAG:
        return SetNumber(Service, ScmFailureFlag, ((LPSERVICE_FAILURE_ACTIONS_FLAG)Information)->fFailureActionsOnNonCrashFailures != 0);
    case SERVICE_CONFIG_SERVICE_SID_INFO: {
        DWORD Type = ((LPSERVICE_SID_INFO)Information)->dwServiceSidType;
        if (Type != SERVICE_SID_TYPE_NONE && Type != SERVICE_SID_TYPE_UNRESTRICTED && Type != SERVICE_SID_TYPE_RESTRICTED)
            return AdvFail(ERROR_INVALID_PARAMETER);
        return SetNumber(Service, ScmSidType, Type);
    }
    case SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO: {
        PCWSTR List = ((LPSERVICE_REQUIRED_PRIVILEGES_INFOW)Information)->pmszRequiredPrivileges;
        return !List || SetOption(Service, ScmRequiredPrivileges, List, AdvMultiLength(List) * sizeof(WCHAR));
    }
    default: return SetNumber(Service, ScmPreshutdownTimeout, ((LPSERVICE_PRESHUTDOWN_INFO)Information)->dwPreshutdownTimeout);
    }
}

BOOL WINAPI ChangeServiceConfig2A(SC_HANDLE Service, DWORD Level, LPVOID Information) {
    BOOL Ok = TRUE;

    if (!Information)
        return ChangeServiceConfig2W(Service, Level, NULL);
    if (Level == SERVICE_CONFIG_DESCRIPTION) {
        SERVICE_DESCRIPTIONW Wide = {AdvWide(((LPSERVICE_DESCRIPTIONA)Information)->lpDescription, &Ok)};
        Ok = Ok && ChangeServiceConfig2W(Service, Level, &Wide);
        AdvFree(Wide.lpDescription);
        return Ok;
    }
    if (Level == SERVICE_CONFIG_FAILURE_ACTIONS) {
        LPSERVICE_FAILURE_ACTIONSA Narrow = Information;
        SERVICE_FAILURE_ACTIONSW Wide = {Narrow->dwResetPeriod, AdvWide(Narrow->lpRebootMsg, &Ok), AdvWide(Narrow->lpCommand, &Ok), Narrow->cActions,
                                         Narrow->lpsaActions};
        Ok = Ok && ChangeServiceConfig2W(Service, Level, &Wide);
        AdvFree(Wide.lpRebootMsg);
        AdvFree(Wide.lpCommand);
        return Ok;
    }
    if (Level == SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO) {
        SERVICE_REQUIRED_PRIVILEGES_INFOW Wide = {AdvWideMulti(((LPSERVICE_REQUIRED_PRIVILEGES_INFOA)Information)->pmszRequiredPrivileges, &Ok)};
        Ok = Ok && ChangeServiceConfig2W(Service, Level, &Wide);
        AdvFree(Wide.pmszRequiredPrivileges);
        return Ok;
    }
    return ChangeServiceConfig2W(Service, Level, Information);
}

/* ---- Queries ------------------------------------------------------------------------------------------------------------------------- */

static PVOID FetchOption(SC_HANDLE Service, ULONG Option, PULONG Size) {
    return AdvServiceFetch(Service, IOCTL_SCM_GET_OPTION, &Option, sizeof Option, 0, Size);
}

static BOOL FetchNumber(SC_HANDLE Service, ULONG Option, DWORD Default, PDWORD Number) {
    ULONG Size, *Value = FetchOption(Service, Option, &Size);

    if (!Value)
        return FALSE;
    *Number = Size == sizeof *Value ? *Value : Default;
    AdvFree(Value);
    return TRUE;
}

static BOOL Answer(const VOID *Data, DWORD Length, LPBYTE Buffer, DWORD Size, LPDWORD Needed) {
    *Needed = Length;
    if (Size < Length)
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    memcpy(Buffer, Data, Length);
    return TRUE;
}

static BOOL QueryNumber(SC_HANDLE Service, ULONG Option, DWORD Default, LPBYTE Buffer, DWORD Size, LPDWORD Needed) {
    DWORD Number; /* each of these structures is one number of 32 bits */

    return FetchNumber(Service, Option, Default, &Number) && Answer(&Number, sizeof Number, Buffer, Size, Needed);
}

/* A structure that is one pointer to a text with Ends terminators; NULL if there is none. */
static BOOL QueryText(SC_HANDLE Service, ULONG Option, ULONG Ends, LPBYTE Buffer, DWORD Size, LPDWORD Needed, BOOL Wide) {
    ADV_ANSWER To = {Buffer, Size, sizeof(PVOID), Wide};
    ULONG Length;
    PWSTR Text = FetchOption(Service, Option, &Length);
    PVOID Put;

    if (!Text)
        return FALSE;
    Put = Length ? AdvPutText(&To, Text, Length, Ends) : NULL;
    AdvFree(Text);
    *Needed = (DWORD)To.Used;
    if (To.Used > Size)
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    *(PVOID *)Buffer = Put;
    return TRUE;
}

static BOOL QueryFailure(SC_HANDLE Service, LPBYTE Buffer, DWORD Size, LPDWORD Needed, BOOL Wide) {
    ULONG ValueSize = 0, MessageSize = 0, CommandSize = 0, Count = 0;
    SCM_FAILURE *Value = FetchOption(Service, ScmFailureActions, &ValueSize);
    PWSTR Message = Value ? FetchOption(Service, ScmRebootMessage, &MessageSize) : NULL;
    PWSTR Command = Message ? FetchOption(Service, ScmFailureCommand, &CommandSize) : NULL;
    SERVICE_FAILURE_ACTIONSW Head = {0};
    ADV_ANSWER To = {Buffer, Size, sizeof Head, Wide};
    BOOL Ok = Command != NULL;

    if (Ok && ValueSize >= sizeof *Value) {
        Head.dwResetPeriod = Value->ResetPeriod;
        Count = (ValueSize - (ULONG)sizeof *Value) / (2 * (ULONG)sizeof(ULONG)); /* the registry may hold anything */
        Count = Value->Count < Count ? Value->Count : Count;
    }
    if (Ok) {
        To.Used += Count * sizeof(SC_ACTION);
        Head.cActions = Count;
        Head.lpsaActions = Count ? (SC_ACTION *)(Buffer + sizeof Head) : NULL;
        Head.lpRebootMsg = MessageSize ? AdvPutText(&To, Message, MessageSize, 1) : NULL;
        Head.lpCommand = CommandSize ? AdvPutText(&To, Command, CommandSize, 1) : NULL;
        *Needed = (DWORD)To.Used;
        if (To.Used > Size)
            Ok = AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    if (Ok) {
        *(SERVICE_FAILURE_ACTIONSW *)Buffer = Head;
        for (ULONG i = 0; i < Count; i++)
            Head.lpsaActions[i] = (SC_ACTION){(SC_ACTION_TYPE)((ULONG *)(Value + 1))[2 * i], ((ULONG *)(Value + 1))[2 * i + 1]};
    }
    AdvFree(Value);
    AdvFree(Message);
    AdvFree(Command);
    return Ok;
}

#define DEFAULT_PRESHUTDOWN_TIMEOUT 10000u /* SERVICE_PRESHUTDOWN_INFO, from Windows 10 build 15063 on */

static BOOL QueryConfig2(SC_HANDLE Service, DWORD Level, LPBYTE Buffer, DWORD Size, LPDWORD Needed, BOOL Wide) {
    switch (Level) {
    case SERVICE_CONFIG_DESCRIPTION: return QueryText(Service, ScmDescription, 1, Buffer, Size, Needed, Wide);
    case SERVICE_CONFIG_FAILURE_ACTIONS: return QueryFailure(Service, Buffer, Size, Needed, Wide);
    case SERVICE_CONFIG_DELAYED_AUTO_START_INFO: return QueryNumber(Service, ScmDelayedAutoStart, FALSE, Buffer, Size, Needed);
    case SERVICE_CONFIG_FAILURE_ACTIONS_FLAG: return QueryNumber(Service, ScmFailureFlag, FALSE, Buffer, Size, Needed);
    case SERVICE_CONFIG_SERVICE_SID_INFO: return QueryNumber(Service, ScmSidType, SERVICE_SID_TYPE_NONE, Buffer, Size, Needed);
    case SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO: return QueryText(Service, ScmRequiredPrivileges, 2, Buffer, Size, Needed, Wide);
    case SERVICE_CONFIG_PRESHUTDOWN_INFO: return QueryNumber(Service, ScmPreshutdownTimeout, DEFAULT_PRESHUTDOWN_TIMEOUT, Buffer, Size, Needed);
    default: return AdvFail(ERROR_INVALID_LEVEL);
    }
}

BOOL WINAPI QueryServiceConfig2W(SC_HANDLE Service, DWORD Level, LPBYTE Buffer, DWORD Size, LPDWORD Needed) {
    return QueryConfig2(Service, Level, Buffer, Size, Needed, TRUE);
}

BOOL WINAPI QueryServiceConfig2A(SC_HANDLE Service, DWORD Level, LPBYTE Buffer, DWORD Size, LPDWORD Needed) {
    return QueryConfig2(Service, Level, Buffer, Size, Needed, FALSE);
}
