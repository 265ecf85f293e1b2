/* The parameters for a process to be made. */
#include "ntdllp.h"

#define STRINGS        8u
#define DIRECTORY_ROOM 520u /* bytes: MAX_PATH characters */

static PUNICODE_STRING *Strings(NT_PROCESS_PARAMETERS *Parameters, PUNICODE_STRING Found[STRINGS]) {
    Found[0] = &Parameters->CurrentDirectory.DosPath;
    Found[1] = &Parameters->DllPath;
    Found[2] = &Parameters->ImagePathName;
    Found[3] = &Parameters->CommandLine;
    Found[4] = &Parameters->WindowTitle;
    Found[5] = &Parameters->DesktopInfo;
    Found[6] = &Parameters->ShellInfo;
    Found[7] = &Parameters->RuntimeData;
    return Found;
}

static VOID Shift(NT_PROCESS_PARAMETERS *Parameters, ULONG_PTR Distance) {
    PUNICODE_STRING strings[STRINGS];
    Strings(Parameters, strings);
    for (ULONG n = 0; n < STRINGS; n++)
        if (strings[n]->Buffer)
            strings[n]->Buffer = (PWSTR)((ULONG_PTR)strings[n]->Buffer + Distance);
    if (Parameters->Environment)
        Parameters->Environment = (PWSTR)((ULONG_PTR)Parameters->Environment + Distance);
    Parameters->Flags ^= PROCESS_PARAMETERS_NORMALIZED;
}
NT_PROCESS_PARAMETERS *NTAPI RtlNormalizeProcessParams(NT_PROCESS_PARAMETERS *Parameters) {
    if (Parameters && !(Parameters->Flags & PROCESS_PARAMETERS_NORMALIZED))
        Shift(Parameters, (ULONG_PTR)Parameters);
    return Parameters;
}
NT_PROCESS_PARAMETERS *NTAPI RtlDeNormalizeProcessParams(NT_PROCESS_PARAMETERS *Parameters) {
    if (Parameters && (Parameters->Flags & PROCESS_PARAMETERS_NORMALIZED))
        Shift(Parameters, 0 - (ULONG_PTR)Parameters);
    return Parameters;
}

NTSTATUS NTAPI RtlCreateProcessParametersEx(NT_PROCESS_PARAMETERS **Result, PUNICODE_STRING ImagePathName, PUNICODE_STRING DllPath,
                                            PUNICODE_STRING CurrentDirectory, PUNICODE_STRING CommandLine, PVOID Environment,
                                            PUNICODE_STRING WindowTitle, PUNICODE_STRING DesktopInfo, PUNICODE_STRING ShellInfo,
                                            PUNICODE_STRING RuntimeData, ULONG Flags) {
    RtlAcquirePebLock(); /* the process's own directory and environment may be what is copied */
    NT_PROCESS_PARAMETERS *own = NtPeb()->ProcessParameters;
    PUNICODE_STRING sources[STRINGS] = {CurrentDirectory ? CurrentDirectory : &own->CurrentDirectory.DosPath,
                                        DllPath ? DllPath : &own->DllPath,
                                        ImagePathName,
                                        CommandLine ? CommandLine : ImagePathName,
                                        WindowTitle,
                                        DesktopInfo,
                                        ShellInfo,
                                        RuntimeData};
    PWSTR environment = Environment ? Environment : own->Environment;
    SIZE_T variables = 0, size = sizeof *own;
    while (environment && environment[variables])
        variables += RtlpWideLength(environment + variables) + 1;
    SIZE_T environment_size = environment ? (variables + 1) * sizeof(WCHAR) : 0;
    for (ULONG n = 0; n < STRINGS; n++)
        size += sources[n] ? ((SIZE_T)sources[n]->Length + sizeof(WCHAR) + 7) & ~(SIZE_T)7 : 8;
    size += DIRECTORY_ROOM + environment_size;
    NT_PROCESS_PARAMETERS *made = RtlpAllocate(size);
    if (!made) {
        RtlReleasePebLock();
        return STATUS_NO_MEMORY;
    }
    PUNICODE_STRING targets[STRINGS];
    Strings(made, targets);
    PUCHAR at = (PUCHAR)(made + 1);
    for (ULONG n = 0; n < STRINGS; n++) {
        SIZE_T length = sources[n] ? sources[n]->Length : 0, room = length + sizeof(WCHAR);
        if (n == 0 && room < DIRECTORY_ROOM)
            room = DIRECTORY_ROOM;
        targets[n]->Length = (USHORT)length;
        targets[n]->MaximumLength = room > 0xFFFE ? (USHORT)length : (USHORT)room;
        targets[n]->Buffer = (PWSTR)at;
        if (length)
            memcpy(at, sources[n]->Buffer, length);
        at += (room + 7) & ~(SIZE_T)7;
    }
    if (environment) {
        memcpy(at, environment, environment_size);
        made->Environment = (PWSTR)at;
        made->EnvironmentSize = environment_size;
    }
    RtlReleasePebLock();
    made->Length = made->MaximumLength = (ULONG)size;
    made->Flags = PROCESS_PARAMETERS_NORMALIZED;
    made->ConsoleFlags = own->ConsoleFlags; /* that Ctrl+C is ignored is inherited */
    *Result = (Flags & PROCESS_PARAMETERS_NORMALIZED) ? made : RtlDeNormalizeProcessParams(made);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDestroyProcessParameters(NT_PROCESS_PARAMETERS *Parameters) {
    RtlpFree(Parameters);
    return STATUS_SUCCESS;
}
