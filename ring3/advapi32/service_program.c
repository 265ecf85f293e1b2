/*
 * The service's side. No program is started by the service control manager here (docs/caveats.md), so what a service program finds is what it finds
 * when it is run from a command line.
 */
#include "service.h"

/* "the program is being run as a console application rather than as a service": the line by which such programs decide to run without one. */
WINBOOL WINAPI StartServiceCtrlDispatcherW(CONST SERVICE_TABLE_ENTRYW *Table) { return AdvFail(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT); }
WINBOOL WINAPI StartServiceCtrlDispatcherA(CONST SERVICE_TABLE_ENTRYA *Table) { return AdvFail(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT); }

static SERVICE_STATUS_HANDLE NoService(VOID) {
    AdvFail(ERROR_SERVICE_NOT_IN_EXE);
    return NULL;
}
SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerW(LPCWSTR Name, LPHANDLER_FUNCTION Handler) { return NoService(); }
SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerA(LPCSTR Name, LPHANDLER_FUNCTION Handler) { return NoService(); }
SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerExW(LPCWSTR Name, LPHANDLER_FUNCTION_EX Handler, LPVOID Context) { return NoService(); }
SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerExA(LPCSTR Name, LPHANDLER_FUNCTION_EX Handler, LPVOID Context) { return NoService(); }
WINBOOL WINAPI SetServiceStatus(SERVICE_STATUS_HANDLE Handle, LPSERVICE_STATUS Status) { return AdvFail(ERROR_INVALID_HANDLE); }
