#!/bin/sh
# A driver that protects processes and refuses others, as such drivers are written: ObRegisterCallbacks and PsSetCreateProcessNotifyRoutineEx, from programs' side.
. tests/lib.sh
cat >"$work/protector.c" <<'SOURCE'
#include <ntifs.h>
static PVOID Registration;
static OB_PREOP_CALLBACK_STATUS NTAPI Opens(PVOID Context, POB_PRE_OPERATION_INFORMATION Information) {
    if (!Information->KernelHandle)
        Information->Parameters->CreateHandleInformation.DesiredAccess &= ~1u; /* PROCESS_TERMINATE */
    return OB_PREOP_SUCCESS;
}
static VOID NTAPI Comes(PEPROCESS Process, HANDLE Id, PPS_CREATE_NOTIFY_INFO Info) {
    if (Info == NULL) {
        DbgPrint("it goes\n");
        return;
    }
    DbgPrint("%wZ comes, file %wZ, %wZ\n", Info->ImageFileName, &Info->FileObject->FileName, Info->CommandLine);
    if (Info->CommandLine->Length != 0 && wcsstr(Info->CommandLine->Buffer, L"refused"))
        Info->CreationStatus = STATUS_ACCESS_DENIED;
}
static VOID NTAPI Loads(PUNICODE_STRING Name, HANDLE Id, PIMAGE_INFO Info) {
    if (Id != NULL && Info->ExtendedInfoPresent)
        DbgPrint("loads %wZ\n", &CONTAINING_RECORD(Info, IMAGE_INFO_EX, ImageInfo)->FileObject->FileName);
}
static VOID Unload(PDRIVER_OBJECT Driver) {
#if LEAVE != 1
    if (Registration)
        ObUnRegisterCallbacks(Registration);
#endif
#if LEAVE != 2
    PsSetCreateProcessNotifyRoutineEx(Comes, TRUE);
#endif
    PsRemoveLoadImageNotifyRoutine(Loads);
}
NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) {
    OB_OPERATION_REGISTRATION Operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, Opens, NULL};
    OB_CALLBACK_REGISTRATION Wanted = {OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(L"321000"), NULL, &Operation};
    NTSTATUS Status = ObRegisterCallbacks(&Wanted, &Registration);
    DbgPrint("objects: %x\n", Status);
    Status = PsSetCreateProcessNotifyRoutineEx(Comes, FALSE);
    DbgPrint("processes: %x\n", Status);
    PsSetLoadImageNotifyRoutine(Loads);
    Driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
SOURCE
cat >"$work/client.c" <<'SOURCE'
#include <windows.h>
#include <stdio.h>
int main(int count, char **values) {
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    char line[] = "client.exe wait", refused[] = "client.exe refused";
    if (count > 1)
        return 7;
    printf("refused: %d %lu\n", CreateProcessA(NULL, refused, NULL, NULL, FALSE, 0, NULL, NULL, &start, &child), GetLastError());
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &start, &child))
        return 1;
    HANDLE opened = OpenProcess(PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION, FALSE, child.dwProcessId);
    printf("opened: %d\n", opened != NULL);
    printf("terminated: %d %lu\n", TerminateProcess(opened, 1), GetLastError());
    ResumeThread(child.hThread);
    WaitForSingleObject(child.hProcess, INFINITE);
    DWORD code = 0;
    GetExitCodeProcess(opened, &code);
    printf("exit code: %lu\n", code);
    return 0;
}
SOURCE
make_driver() { run "$ringside" cc "$work/protector.c" -o "$work/protector.sys" -- "$@"; }
run "$ringside" cc "$work/client.c" -o "$work/client.exe"
make_driver -DLEAVE=0 -Wl,/integritycheck
run "$ringside" run -d "$work/protector.sys" "$work/client.exe"
exits 0 "the protector and a program"
err_has 'objects: 0' "its callbacks are taken"
out_has 'refused: 0 5' "a process that the driver refuses does not come, with the driver's status"
out_has 'opened: 1' "a handle is given"
out_has 'terminated: 0 5' "without the right that the driver takes away"
out_has 'exit code: 7' "so the process ends by itself"
err_has 'client.exe comes, file \client.exe, client.exe wait' "the routine is given name, file and command line"
err_has 'loads \Windows\System32\ntdll.dll' "and that of images the file"
make_driver -DLEAVE=0
run "$ringside" run -d "$work/protector.sys"
err_has 'objects: c0000022' "without /INTEGRITYCHECK: STATUS_ACCESS_DENIED from ObRegisterCallbacks"
err_has 'processes: c0000022' "and from PsSetCreateProcessNotifyRoutineEx"
err_has 'protector.sys: ObRegisterCallbacks refuses its routine (STATUS_ACCESS_DENIED), for the image is not linked with /INTEGRITYCHECK' "and a message says why"
make_driver -DLEAVE=1 -Wl,/integritycheck
run "$ringside" run -d "$work/protector.sys"
err_has 'DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS' "callbacks left behind: a bug check when the driver goes"
err_has 'is still registered: call ObUnRegisterCallbacks in DriverUnload' "that says what to do"
make_driver -DLEAVE=2 -Wl,/integritycheck
run "$ringside" run -d "$work/protector.sys"
err_has 'call PsSetCreateProcessNotifyRoutine' "a notify routine left behind as well"
run "$ringside" run --verifier off -d "$work/protector.sys"
exits 0 "without the verifier"
err_has 'protector.sys is unloaded while its routine' "it is a message"
done_testing
