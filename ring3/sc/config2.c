/* What else is kept about a service: its description, what is done when it fails, its names. */
#include "sc.h"
#include <stdlib.h>
#include <wchar.h>

static DWORD Change(SC_HANDLE manager, const wchar_t *name, DWORD access, DWORD level, void *information) {
    SC_HANDLE service = Open(manager, name, access, L"OpenService");
    DWORD error;

    if (service == NULL)
        return GetLastError();
    error = ChangeServiceConfig2W(service, level, information) ? Succeeded(L"ChangeServiceConfig2") : Failed(L"ChangeServiceConfig2");
    CloseServiceHandle(service);
    return error;
}

/* From malloc; NULL after a message, with the last error. */
static void *Fetch(SC_HANDLE manager, const wchar_t *name, DWORD level) {
    SC_HANDLE service = Open(manager, name, SERVICE_QUERY_CONFIG, L"OpenService");
    DWORD needed = 0, error;
    void *information;

    if (service == NULL)
        return NULL;
    QueryServiceConfig2W(service, level, NULL, 0, &needed);
    information = malloc((size_t)needed + 1);
    if (information == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    if (information == NULL || !QueryServiceConfig2W(service, level, information, needed, &needed)) {
        error = Failed(L"QueryServiceConfig2");
        free(information);
        information = NULL;
        SetLastError(error);
    }
    CloseServiceHandle(service);
    return information;
}

DWORD VerbDescription(SC_HANDLE manager, int count, wchar_t **arguments) {
    SERVICE_DESCRIPTIONW description = {count > 1 ? arguments[1] : (wchar_t *)L""};

    return Change(manager, arguments[0], SERVICE_CHANGE_CONFIG, SERVICE_CONFIG_DESCRIPTION, &description);
}

DWORD VerbQueryDescription(SC_HANDLE manager, int count, wchar_t **arguments) {
    SERVICE_DESCRIPTIONW *description = Fetch(manager, arguments[0], SERVICE_CONFIG_DESCRIPTION);

    if (description == NULL)
        return GetLastError();
    Print(L"[SC] QueryServiceConfig2 SUCCESS\n\nSERVICE_NAME: %ls\nDESCRIPTION:  %ls\n", arguments[0],
          description->lpDescription != NULL ? description->lpDescription : L"");
    free(description);
    return ERROR_SUCCESS;
}

/* ---- Failure actions --------------------------------------------------------------------------------------------------------------- */

static const word actions[] = {
    {L"", SC_ACTION_NONE}, {L"restart", SC_ACTION_RESTART}, {L"reboot", SC_ACTION_REBOOT}, {L"run", SC_ACTION_RUN_COMMAND}, {NULL, 0},
};
static const word action_names[] = {
    {L"RESTART", SC_ACTION_RESTART}, {L"REBOOT", SC_ACTION_REBOOT}, {L"RUN PROCESS", SC_ACTION_RUN_COMMAND}, {NULL, 0}};

/* "restart/60000/run/1000": pairs. FALSE: it is something else. *List is from malloc. */
static BOOL ParseActions(wchar_t *text, SC_ACTION **list, DWORD *count) {
    size_t room = wcslen(text) + 1;

    free(*list);
    *list = malloc(room * sizeof **list);
    *count = 0;
    if (*list == NULL)
        return FALSE;
    while (*text != 0) {
        wchar_t *slash = wcschr(text, '/'), *end;
        DWORD action;

        if (slash == NULL)
            return FALSE;
        *slash = 0;
        if (!FindWord(actions, text, &action))
            return FALSE;
        (*list)[*count].Type = (SC_ACTION_TYPE)action;
        (*list)[*count].Delay = wcstoul(slash + 1, &end, 10);
        ++*count;
        if (*end != 0 && *end != '/')
            return FALSE;
        text = *end == '/' ? end + 1 : end;
    }
    return TRUE;
}

DWORD VerbFailure(SC_HANDLE manager, int count, wchar_t **arguments) {
    SERVICE_FAILURE_ACTIONSW failure = {0};
    BOOL good = count % 2 != 0, reset = FALSE;
    DWORD error = ERROR_INVALID_COMMAND_LINE;

    for (int i = 1; good && i < count; i += 2) {
        wchar_t *option = arguments[i], *value = arguments[i + 1];

        if (_wcsicmp(option, L"reset=") == 0) {
            failure.dwResetPeriod = _wcsicmp(value, L"infinite") == 0 ? INFINITE : wcstoul(value, NULL, 10);
            reset = TRUE;
        } else if (_wcsicmp(option, L"reboot=") == 0) {
            failure.lpRebootMsg = value;
        } else if (_wcsicmp(option, L"command=") == 0) {
            failure.lpCommand = value;
        } else {
            good = _wcsicmp(option, L"actions=") == 0 && ParseActions(value, &failure.lpsaActions, &failure.cActions);
        }
    }
    if (good && reset != (failure.lpsaActions != NULL)) {
        Print(L"ERROR:  The reset and actions options must be set together.\n\n");
        good = FALSE;
    }
    if (good)
        error = Change(manager, arguments[0], SERVICE_CHANGE_CONFIG | SERVICE_START, SERVICE_CONFIG_FAILURE_ACTIONS, &failure);
    free(failure.lpsaActions);
    return error;
}

DWORD VerbQueryFailure(SC_HANDLE manager, int count, wchar_t **arguments) {
    SERVICE_FAILURE_ACTIONSW *failure = Fetch(manager, arguments[0], SERVICE_CONFIG_FAILURE_ACTIONS);
    const wchar_t *before = L"        FAILURE_ACTIONS              : ";

    if (failure == NULL)
        return GetLastError();
    Print(L"[SC] QueryServiceConfig2 SUCCESS\n\nSERVICE_NAME: %ls\n", arguments[0]);
    if (failure->dwResetPeriod == INFINITE)
        Print(L"        RESET_PERIOD (in seconds)    : INFINITE\n");
    else
        Print(L"        RESET_PERIOD (in seconds)    : %lu\n", failure->dwResetPeriod);
    Print(L"        REBOOT_MESSAGE               : %ls\n", failure->lpRebootMsg != NULL ? failure->lpRebootMsg : L"");
    Print(L"        COMMAND_LINE                 : %ls\n", failure->lpCommand != NULL ? failure->lpCommand : L"");
    for (DWORD i = 0; i < failure->cActions; i++) {
        if (failure->lpsaActions[i].Type != SC_ACTION_NONE) {
            Print(L"%ls%ls -- Delay = %lu milliseconds.\n", before, WordFor(action_names, failure->lpsaActions[i].Type),
                  failure->lpsaActions[i].Delay);
            before = L"                                       ";
        }
    }
    free(failure);
    return ERROR_SUCCESS;
}

/* ---- Names ---------------------------------------------------------------------------------------------------------------------------- */

DWORD VerbDisplayName(SC_HANDLE manager, int count, wchar_t **arguments) {
    wchar_t name[257];
    DWORD length = ARRAYSIZE(name);

    if (!GetServiceDisplayNameW(manager, arguments[0], name, &length))
        return Failed(L"GetServiceDisplayName");
    Print(L"[SC] GetServiceDisplayName SUCCESS\nName = %ls\n", name);
    return ERROR_SUCCESS;
}

DWORD VerbKeyName(SC_HANDLE manager, int count, wchar_t **arguments) {
    wchar_t name[257];
    DWORD length = ARRAYSIZE(name);

    if (!GetServiceKeyNameW(manager, arguments[0], name, &length))
        return Failed(L"GetServiceKeyName");
    Print(L"[SC] GetServiceKeyName SUCCESS\nName = %ls\n", name);
    return ERROR_SUCCESS;
}
