/* NtCreateUserProcess by itself: parameters normalized and not, and arguments that are wrong. */
#include "utap.h"
#include <ntdef.h>
#include <ntstatus.h>
#include <string.h>
#include "../../ring0/nt/create.h"
#include "../../ring0/nt/user.h"

typedef NTSTATUS NTAPI create_process(PHANDLE, PHANDLE, ACCESS_MASK, ACCESS_MASK, POBJECT_ATTRIBUTES, POBJECT_ATTRIBUTES, ULONG, ULONG, void *,
                                      void *, void *);
typedef NTSTATUS NTAPI create_parameters(NT_PROCESS_PARAMETERS **, PUNICODE_STRING, PUNICODE_STRING, PUNICODE_STRING, PUNICODE_STRING, PVOID,
                                         PUNICODE_STRING, PUNICODE_STRING, PUNICODE_STRING, PUNICODE_STRING, ULONG);

static create_process *create;
static create_parameters *make;
static WCHAR path[300] = L"\\??\\";
static NT_PS_ATTRIBUTE_LIST list;
static HANDLE process, thread;

static NT_PROCESS_PARAMETERS *parameters(ULONG flags) {
    UNICODE_STRING image = {(USHORT)(wcslen(path) * 2 - 8), (USHORT)(wcslen(path) * 2 - 8), path + 4}, line = {6, 6, (PWSTR)L"a b"};
    NT_PROCESS_PARAMETERS *made = NULL;

    make(&made, &image, NULL, NULL, &line, NULL, NULL, NULL, NULL, NULL, flags);
    return made;
}

static NTSTATUS call(PHANDLE p, PHANDLE t, ULONG flags, NT_PROCESS_PARAMETERS *with, SIZE_T size, SIZE_T total) {
    NT_PS_CREATE_INFO info = {.Size = size};

    list = (NT_PS_ATTRIBUTE_LIST){total, {{PS_ATTRIBUTE_IMAGE_NAME, wcslen(path) * 2, path, NULL}}};
    return create(p, t, MAXIMUM_ALLOWED, MAXIMUM_ALLOWED, NULL, NULL, flags, 0, with, &info, &list);
}

static DWORD outcome(NTSTATUS status) {
    DWORD code = 0;

    if (status != STATUS_SUCCESS)
        return (DWORD)status;
    WaitForSingleObject(process, INFINITE);
    GetExitCodeProcess(process, &code);
    CloseHandle(process);
    CloseHandle(thread);
    return code;
}

int main(int argc, char **argv) {
    const SIZE_T size = sizeof(NT_PS_CREATE_INFO), total = sizeof(NT_PS_ATTRIBUTE_LIST);
    HMODULE ntdll = GetModuleHandleA("ntdll");
    NT_PROCESS_PARAMETERS *normalized, *offsets;
    DWORD before, after;

    if (argc > 1)
        return argv[1][0] == 'b' ? 21 : 1;
    create = (create_process *)(void *)GetProcAddress(ntdll, "NtCreateUserProcess");
    make = (create_parameters *)(void *)GetProcAddress(ntdll, "RtlCreateProcessParametersEx");
    GetModuleFileNameW(NULL, path + 4, 290);
    normalized = parameters(PROCESS_PARAMETERS_NORMALIZED);
    offsets = parameters(0);
    OK((ULONG_PTR)offsets->CommandLine.Buffer < offsets->MaximumLength, "parameters that are not normalized have offsets");
    GetProcessHandleCount(GetCurrentProcess(), &before);
    OK(outcome(call(&process, &thread, 0, normalized, size, total)) == 21, "normalized parameters");
    OK(outcome(call(&process, &thread, 0, offsets, size, total)) == 21, "parameters that are not normalized");
    OK(call((PHANDLE)16, &thread, 0, normalized, size, total) == STATUS_ACCESS_VIOLATION, "nowhere to put the process's handle");
    OK(call(&process, (PHANDLE)16, 0, normalized, size, total) == STATUS_ACCESS_VIOLATION, "nor the thread's");
    OK(call(&process, &thread, 0x80000, normalized, size, total) == STATUS_INVALID_PARAMETER_7, "unknown flags");
    OK(call(&process, &thread, 0, normalized, 3, total) == STATUS_INVALID_PARAMETER, "a wrong size of the create information");
    OK(call(&process, &thread, 0, normalized, size, 7) == STATUS_INVALID_PARAMETER, "a wrong size of the attributes");
    OK(call(&process, &thread, 0, NULL, size, total) == STATUS_INVALID_PARAMETER, "no parameters");
    OK(call(&process, &thread, 0, (NT_PROCESS_PARAMETERS *)16, size, total) == STATUS_ACCESS_VIOLATION, "parameters that are not there");
    normalized->CommandLine.Buffer = (PWSTR)16;
    OK(call(&process, &thread, 0, normalized, size, total) == STATUS_ACCESS_VIOLATION, "a string that is not there");
    offsets->EnvironmentSize = 1ull << 40;
    OK(call(&process, &thread, 0, offsets, size, total) == STATUS_INVALID_PARAMETER, "an environment without end");
    offsets->EnvironmentSize = 0;
    offsets->CurrentDirectory.DosPath.Length = 600;
    OK(call(&process, &thread, 0, offsets, size, total) == STATUS_NAME_TOO_LONG, "a current directory that is too long");
    wcscpy(path + 4, L"C:\\absent.exe");
    OK(call(&process, &thread, 0, offsets, size, total) != STATUS_SUCCESS, "a program that is not there");
    Sleep(50);
    GetProcessHandleCount(GetCurrentProcess(), &after);
    OK(before == after, "no handle is left");
    return done();
}
