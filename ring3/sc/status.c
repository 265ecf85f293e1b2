/* What state services are in: query, queryex, enumdepend, and the block that other verbs print too. */
#include "sc.h"
#include <stdlib.h>
#include <wchar.h>

static const wchar_t *const states[] = {L"STOPPED", L"START_PENDING", L"STOP_PENDING", L"RUNNING", L"CONTINUE_PENDING", L"PAUSE_PENDING", L"PAUSED"};

static const word types[] = {
    {L"KERNEL_DRIVER", SERVICE_KERNEL_DRIVER},
    {L"FILE_SYSTEM_DRIVER", SERVICE_FILE_SYSTEM_DRIVER},
    {L"ADAPTER", SERVICE_ADAPTER},
    {L"RECOGNIZER_DRIVER", SERVICE_RECOGNIZER_DRIVER},
    {L"WIN32_OWN_PROCESS", SERVICE_WIN32_OWN_PROCESS},
    {L"WIN32_SHARE_PROCESS", SERVICE_WIN32_SHARE_PROCESS},
    {NULL, 0},
};

static const wchar_t *StateName(DWORD state) { return state - 1 < ARRAYSIZE(states) ? states[state - 1] : L"ERROR"; }

void PrintStatus(const SERVICE_STATUS *status) {
    DWORD accepted = status->dwControlsAccepted;

    Print(L"        TYPE               : %lx  %ls %ls\n", status->dwServiceType, WordFor(types, status->dwServiceType & ~SERVICE_INTERACTIVE_PROCESS),
          status->dwServiceType & SERVICE_INTERACTIVE_PROCESS ? L" (interactive)" : L"");
    Print(L"        STATE              : %lx  %ls \n", status->dwCurrentState, StateName(status->dwCurrentState));
    if (status->dwCurrentState != SERVICE_STOPPED)
        Print(L"                                (%ls, %ls, %ls)\n", accepted & SERVICE_ACCEPT_STOP ? L"STOPPABLE" : L"NOT_STOPPABLE",
              accepted & SERVICE_ACCEPT_PAUSE_CONTINUE ? L"PAUSABLE" : L"NOT_PAUSABLE",
              accepted & SERVICE_ACCEPT_PRESHUTDOWN ? L"ACCEPTS_PRESHUTDOWN"
              : accepted & SERVICE_ACCEPT_SHUTDOWN  ? L"ACCEPTS_SHUTDOWN"
                                                    : L"IGNORES_SHUTDOWN");
    Print(L"        WIN32_EXIT_CODE    : %lu  (0x%lx)\n", status->dwWin32ExitCode, status->dwWin32ExitCode);
    Print(L"        SERVICE_EXIT_CODE  : %lu  (0x%lx)\n", status->dwServiceSpecificExitCode, status->dwServiceSpecificExitCode);
    Print(L"        CHECKPOINT         : 0x%lx\n", status->dwCheckPoint);
    Print(L"        WAIT_HINT          : 0x%lx\n", status->dwWaitHint);
}

void PrintProcess(const SERVICE_STATUS_PROCESS *status) {
    PrintStatus((const SERVICE_STATUS *)status); /* which is how it begins */
    Print(L"        PID                : %lu\n", status->dwProcessId);
    Print(L"        FLAGS              : %ls\n", status->dwServiceFlags & SERVICE_RUNS_IN_SYSTEM_PROCESS ? L"RUNS_IN_SYSTEM_PROCESS" : L"");
}

static DWORD QueryOne(SC_HANDLE manager, const wchar_t *name, BOOL extended) {
    SC_HANDLE service = Open(manager, name, SERVICE_QUERY_STATUS, L"EnumQueryServicesStatus:OpenService");
    SERVICE_STATUS_PROCESS status;
    DWORD needed, error = ERROR_SUCCESS;

    if (service == NULL)
        return GetLastError();
    if (QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &needed)) {
        Print(L"\nSERVICE_NAME: %ls \n", name);
        if (extended)
            PrintProcess(&status);
        else
            PrintStatus((const SERVICE_STATUS *)&status);
    } else {
        error = Failed(L"QueryServiceStatus");
    }
    CloseServiceHandle(service);
    return error;
}

/* ---- All of them ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    DWORD type, state, size, resume;
    const wchar_t *group;
    BOOL sized;
} selection;

static const word type_words[] = {
    {L"driver", SERVICE_DRIVER},
    {L"service", SERVICE_WIN32},
    {L"all", SERVICE_WIN32 | SERVICE_DRIVER},
    {L"own", SERVICE_WIN32_OWN_PROCESS},
    {L"share", SERVICE_WIN32_SHARE_PROCESS},
    {L"interact", SERVICE_INTERACTIVE_PROCESS},
    {L"kernel", SERVICE_KERNEL_DRIVER},
    {L"filesys", SERVICE_FILE_SYSTEM_DRIVER},
    {L"rec", SERVICE_RECOGNIZER_DRIVER},
    {L"adapt", SERVICE_ADAPTER},
    {NULL, 0},
};
static const word state_words[] = {{L"active", SERVICE_ACTIVE}, {L"inactive", SERVICE_INACTIVE}, {L"all", SERVICE_STATE_ALL}, {NULL, 0}};

static BOOL Select(selection *selected, int count, wchar_t **arguments) {
    DWORD type = 0;

    if (count % 2 != 0)
        return FALSE;
    for (int i = 0; i < count; i += 2) {
        const wchar_t *option = arguments[i], *value = arguments[i + 1];
        BOOL good = TRUE;
        DWORD more = 0;

        if (_wcsicmp(option, L"type=") == 0) {
            good = FindWord(type_words, value, &more);
            type |= more;
        } else if (_wcsicmp(option, L"state=") == 0) {
            good = FindWord(state_words, value, &selected->state);
        } else if (_wcsicmp(option, L"bufsize=") == 0) {
            selected->size = wcstoul(value, NULL, 0);
            selected->sized = TRUE;
        } else if (_wcsicmp(option, L"ri=") == 0) {
            selected->resume = wcstoul(value, NULL, 0);
        } else if (_wcsicmp(option, L"group=") == 0) {
            selected->group = value;
        } else {
            good = FALSE;
        }
        if (!good)
            return FALSE;
    }
    if (type != 0)
        selected->type = type;
    return TRUE;
}

static DWORD QueryAll(SC_HANDLE manager, selection *selected, BOOL extended) {
    ENUM_SERVICE_STATUS_PROCESSW *entries = NULL;
    DWORD needed = 0, returned = 0, error = ERROR_MORE_DATA;
    BOOL good = FALSE;

    for (;;) {
        DWORD resume = selected->resume;

        free(entries);
        entries = malloc((size_t)selected->size + 1);
        if (entries == NULL) {
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
            return Failed(L"EnumQueryServicesStatus");
        }
        good = EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, selected->type, selected->state, (BYTE *)entries, selected->size, &needed,
                                     &returned, &resume, selected->group);
        error = good ? ERROR_SUCCESS : GetLastError();
        if (error != ERROR_MORE_DATA || selected->sized) {
            selected->resume = resume;
            break;
        }
        selected->size += needed;
    }
    if (!good && error != ERROR_MORE_DATA) {
        error = Failed(L"EnumServicesStatus");
        returned = 0;
    }
    for (DWORD i = 0; i < returned; i++) {
        Print(L"\nSERVICE_NAME: %ls\nDISPLAY_NAME: %ls\n", entries[i].lpServiceName, entries[i].lpDisplayName);
        if (extended)
            PrintProcess(&entries[i].ServiceStatusProcess);
        else
            PrintStatus((const SERVICE_STATUS *)&entries[i].ServiceStatusProcess);
    }
    free(entries);
    if (error == ERROR_MORE_DATA) {
        Print(L"\nEnum: more data, need %lu bytes start resume at index %lu\n", needed, selected->resume);
        error = ERROR_SUCCESS;
    }
    return error;
}

/* A word that ends in '=' is an option; any other is a service's name. */
static DWORD Query(SC_HANDLE manager, int count, wchar_t **arguments, BOOL extended) {
    selection selected = {.type = SERVICE_WIN32, .state = SERVICE_ACTIVE, .size = 4096};

    if (count > 0 && wcschr(arguments[0], '=') == NULL)
        return QueryOne(manager, arguments[0], extended);
    if (!Select(&selected, count, arguments))
        return ERROR_INVALID_COMMAND_LINE;
    return QueryAll(manager, &selected, extended);
}

DWORD VerbQuery(SC_HANDLE manager, int count, wchar_t **arguments) { return Query(manager, count, arguments, FALSE); }

DWORD VerbQueryEx(SC_HANDLE manager, int count, wchar_t **arguments) { return Query(manager, count, arguments, TRUE); }

DWORD VerbEnumDepend(SC_HANDLE manager, int count, wchar_t **arguments) {
    SC_HANDLE service = Open(manager, arguments[0], SERVICE_ENUMERATE_DEPENDENTS, L"EnumDependentServices:OpenService");
    ENUM_SERVICE_STATUSW *entries = NULL;
    DWORD needed = 0, returned = 0, size = 0, error;

    if (service == NULL)
        return GetLastError();
    do {
        size += needed;
        free(entries);
        entries = malloc((size_t)size + 1);
        if (entries == NULL)
            error = ERROR_NOT_ENOUGH_MEMORY;
        else
            error = EnumDependentServicesW(service, SERVICE_STATE_ALL, entries, size, &needed, &returned) ? ERROR_SUCCESS : GetLastError();
    } while (error == ERROR_MORE_DATA);
    if (error != ERROR_SUCCESS) {
        SetLastError(error);
        Failed(L"EnumDependentServices");
        returned = 0;
    } else {
        Print(L"Enum: entriesRead  = %lu\n", returned);
    }
    for (DWORD i = 0; i < returned; i++) {
        Print(L"\nSERVICE_NAME: %ls\nDISPLAY_NAME: %ls\n", entries[i].lpServiceName, entries[i].lpDisplayName);
        PrintStatus(&entries[i].ServiceStatus);
    }
    free(entries);
    CloseServiceHandle(service);
    return error;
}
