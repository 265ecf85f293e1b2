/* What is done with a service: start, stop, other controls, delete. */
#include "sc.h"
#include <stdlib.h>
#include <wchar.h>

DWORD VerbStart(SC_HANDLE manager, int count, wchar_t **arguments) {
    SC_HANDLE service = Open(manager, arguments[0], SERVICE_START | SERVICE_QUERY_STATUS, L"StartService: OpenService");
    SERVICE_STATUS_PROCESS status;
    DWORD needed, error = ERROR_SUCCESS;

    if (service == NULL)
        return GetLastError();
    if (!StartServiceW(service, (DWORD)(count - 1), count > 1 ? (const wchar_t **)(arguments + 1) : NULL)) {
        error = Failed(L"StartService");
    } else if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &needed)) {
        error = Failed(L"QueryServiceStatus");
    } else {
        Print(L"\nSERVICE_NAME: %ls \n", arguments[0]);
        PrintProcess(&status);
    }
    CloseServiceHandle(service);
    return error;
}

static DWORD Control(SC_HANDLE manager, const wchar_t *name, DWORD control, DWORD access) {
    SC_HANDLE service = Open(manager, name, access, L"OpenService");
    SERVICE_STATUS status;
    DWORD error = ERROR_SUCCESS;

    if (service == NULL)
        return GetLastError();
    if (ControlService(service, control, &status)) {
        Print(L"\nSERVICE_NAME: %ls \n", name);
        PrintStatus(&status);
    } else {
        error = Failed(L"ControlService");
    }
    CloseServiceHandle(service);
    return error;
}

DWORD VerbStop(SC_HANDLE manager, int count, wchar_t **arguments) { return Control(manager, arguments[0], SERVICE_CONTROL_STOP, SERVICE_STOP); }

DWORD VerbPause(SC_HANDLE manager, int count, wchar_t **arguments) {
    return Control(manager, arguments[0], SERVICE_CONTROL_PAUSE, SERVICE_PAUSE_CONTINUE);
}

DWORD VerbContinue(SC_HANDLE manager, int count, wchar_t **arguments) {
    return Control(manager, arguments[0], SERVICE_CONTROL_CONTINUE, SERVICE_PAUSE_CONTINUE);
}

DWORD VerbInterrogate(SC_HANDLE manager, int count, wchar_t **arguments) {
    return Control(manager, arguments[0], SERVICE_CONTROL_INTERROGATE, SERVICE_INTERROGATE);
}

DWORD VerbControl(SC_HANDLE manager, int count, wchar_t **arguments) {
    static const word controls[] = {
        {L"paramchange", SERVICE_CONTROL_PARAMCHANGE},       {L"netbindadd", SERVICE_CONTROL_NETBINDADD},
        {L"netbindremove", SERVICE_CONTROL_NETBINDREMOVE},   {L"netbindenable", SERVICE_CONTROL_NETBINDENABLE},
        {L"netbinddisable", SERVICE_CONTROL_NETBINDDISABLE}, {NULL, 0},
    };
    DWORD control;

    if (FindWord(controls, arguments[1], &control))
        return Control(manager, arguments[0], control, SERVICE_PAUSE_CONTINUE);
    control = wcstoul(arguments[1], NULL, 0);
    return Control(manager, arguments[0], control, SERVICE_USER_DEFINED_CONTROL);
}

DWORD VerbDelete(SC_HANDLE manager, int count, wchar_t **arguments) {
    SC_HANDLE service = Open(manager, arguments[0], DELETE, L"OpenService");
    DWORD error;

    if (service == NULL)
        return GetLastError();
    error = DeleteService(service) ? Succeeded(L"DeleteService") : Failed(L"DeleteService");
    CloseServiceHandle(service);
    return error;
}
