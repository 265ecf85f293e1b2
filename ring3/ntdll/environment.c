/* The environment: NAME=value strings one after the other, ended by an empty one. It moves to the process heap when it is first changed. */
#include "ntdllp.h"

static PWSTR RtlpOwnEnvironment; /* the block that we allocated, if ProcessParameters points at one of ours */

static SIZE_T BlockLength(PCWSTR Block) { /* characters, with both zeros at the end */
    SIZE_T n = 0;
    while (Block[n])
        n += RtlpWideLength(Block + n) + 1;
    return n + 1;
}

/* Where NAME=value of that name begins, or NULL. A name may begin with '='. */
static PWSTR FindVariable(PWSTR Block, PCUNICODE_STRING Name, PWSTR *Value) {
    for (PWSTR at = Block; *at; at += RtlpWideLength(at) + 1) {
        SIZE_T n = 1;
        while (at[n] && at[n] != '=')
            n++;
        UNICODE_STRING name = {.Length = (USHORT)(n * sizeof(WCHAR)), .MaximumLength = (USHORT)(n * sizeof(WCHAR)), .Buffer = at};
        if (at[n] == '=' && RtlEqualUnicodeString(&name, Name, TRUE)) {
            *Value = at + n + 1;
            return at;
        }
    }
    return NULL;
}

/* Value->Length is what there is, or, with STATUS_BUFFER_TOO_SMALL, what is needed without a terminator. One is added where there is room. */
NTSTATUS NTAPI RtlQueryEnvironmentVariable_U(PWSTR Environment, PCUNICODE_STRING Name, PUNICODE_STRING Value) {
    NTSTATUS status = STATUS_VARIABLE_NOT_FOUND;
    PWSTR text;
    RtlAcquirePebLock();
    if (!Environment)
        Environment = NtPeb()->ProcessParameters->Environment;
    if (Name->Length && Environment && FindVariable(Environment, Name, &text)) {
        SIZE_T length = RtlpWideLength(text) * sizeof(WCHAR);
        Value->Length = (USHORT)length;
        status = length <= Value->MaximumLength ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
        if (NT_SUCCESS(status))
            memcpy(Value->Buffer, text, length);
        if (length + sizeof(WCHAR) <= Value->MaximumLength)
            Value->Buffer[length / sizeof(WCHAR)] = 0;
    }
    RtlReleasePebLock();
    return status;
}

/* Keeps the variables in the order in which they came; Value NULL removes. Only the process's own environment (Environment NULL). */
NTSTATUS NTAPI RtlSetEnvironmentVariable(PWSTR *Environment, PCUNICODE_STRING Name, PCUNICODE_STRING Value) {
    if (Environment)
        return STATUS_NOT_SUPPORTED;
    if (!Name->Length)
        return STATUS_INVALID_PARAMETER;
    for (ULONG n = 1; n < Name->Length / sizeof(WCHAR); n++)
        if (Name->Buffer[n] == '=')
            return STATUS_INVALID_PARAMETER;
    RtlAcquirePebLock();
    NT_PROCESS_PARAMETERS *parameters = NtPeb()->ProcessParameters;
    PWSTR old = parameters->Environment ? parameters->Environment : L"";
    SIZE_T length = BlockLength(old), name = Name->Length / sizeof(WCHAR), value = Value ? Value->Length / sizeof(WCHAR) : 0;
    PWSTR text, found = FindVariable(old, Name, &text);
    NTSTATUS status = STATUS_SUCCESS;
    if (!found && !Value)
        goto done;
    PWSTR block = RtlpAllocate((length + name + value + 3) * sizeof(WCHAR));
    if (!block) {
        status = STATUS_NO_MEMORY;
        goto done;
    }
    SIZE_T before = found ? (SIZE_T)(found - old) : length - 1, skip = found ? RtlpWideLength(found) + 1 : 0, at = before;
    memcpy(block, old, before * sizeof(WCHAR));
    if (Value) {
        memcpy(block + at, Name->Buffer, Name->Length);
        at += name;
        block[at++] = '=';
        memcpy(block + at, Value->Buffer, Value->Length);
        at += value;
        block[at++] = 0;
    }
    memcpy(block + at, old + before + skip, (length - before - skip) * sizeof(WCHAR));
    parameters->Environment = block;
    parameters->EnvironmentSize = BlockLength(block) * sizeof(WCHAR);
    RtlpFree(RtlpOwnEnvironment);
    RtlpOwnEnvironment = block;
done:
    RtlReleasePebLock();
    return status;
}

/* Unknown names stay as they stand. *Needed counts the terminator, in bytes. */
NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(PWSTR Environment, PCUNICODE_STRING Source, PUNICODE_STRING Destination, PULONG Needed) {
    ULONG count = Source->Length / sizeof(WCHAR), room = Destination->MaximumLength / sizeof(WCHAR), out = 0;
    RtlAcquirePebLock();
    if (!Environment)
        Environment = NtPeb()->ProcessParameters->Environment;
    for (ULONG n = 0; n < count;) {
        PCWSTR text = Source->Buffer + n;
        ULONG length = 1, step = 1;
        if (*text == '%') {
            ULONG end = n + 1;
            while (end < count && Source->Buffer[end] != '%')
                end++;
            UNICODE_STRING name = {.Buffer = (PWSTR)text + 1, .Length = (USHORT)((end - n - 1) * sizeof(WCHAR))};
            PWSTR value;
            if (end < count && name.Length && Environment && FindVariable(Environment, &name, &value)) {
                text = value;
                length = (ULONG)RtlpWideLength(value);
                step = end - n + 1;
            }
        }
        for (ULONG k = 0; k < length; k++, out++)
            if (out < room)
                Destination->Buffer[out] = text[k];
        n += step;
    }
    RtlReleasePebLock();
    if (out < room)
        Destination->Buffer[out] = 0;
    Destination->Length = (USHORT)((out < room ? out : room) * sizeof(WCHAR));
    if (Needed)
        *Needed = (out + 1) * (ULONG)sizeof(WCHAR);
    return out < room ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}
