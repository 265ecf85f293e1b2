/*
 * DOS paths and the NT paths that they stand for, as "Naming Files, Paths, and Namespaces" in the SDK's documentation and "File path formats on
 * Windows systems" in .NET's describe them.
 */
#include "ntdllp.h"

#define MAXIMUM_PATH 32767u

static inline BOOLEAN IsSeparator(WCHAR c) { return c == '\\' || c == '/'; }
static inline WCHAR Upper(WCHAR c) { return c >= 'a' && c <= 'z' ? (WCHAR)(c - 32) : c; }

RTL_PATH_TYPE NTAPI RtlDetermineDosPathNameType_U(PCWSTR Path) {
    if (IsSeparator(Path[0])) {
        if (!IsSeparator(Path[1]))
            return RtlPathTypeRooted;
        if (Path[2] != '.' && Path[2] != '?')
            return RtlPathTypeUncAbsolute;
        if (IsSeparator(Path[3]))
            return RtlPathTypeLocalDevice;
        return Path[3] ? RtlPathTypeUncAbsolute : RtlPathTypeRootLocalDevice;
    }
    if (!Path[0] || Path[1] != ':')
        return RtlPathTypeRelative;
    return IsSeparator(Path[2]) ? RtlPathTypeDriveAbsolute : RtlPathTypeDriveRelative;
}

static BOOLEAN EqualName(PCWSTR Text, ULONG Length, PCSTR Name) {
    ULONG n = 0;
    while (n < Length && Name[n] && Upper(Text[n]) == (WCHAR)Name[n])
        n++;
    return n == Length && !Name[n];
}

/* The device that Text[0..Length) names by itself, an extension, a colon and trailing spaces apart: how long its name is, or 0. */
static ULONG DeviceNameLength(PCWSTR Text, ULONG Length, BOOLEAN WholePath) {
    static const char *const plain[] = {"CON", "PRN", "AUX", "NUL"};
    ULONG end = 0;
    while (end < Length && Text[end] != '.' && Text[end] != ':')
        end++;
    while (end && Text[end - 1] == ' ')
        end--;
    for (ULONG n = 0; n < ARRAYSIZE(plain); n++)
        if (EqualName(Text, end, plain[n]))
            return end;
    if (end == 4 && Text[3] >= '1' && Text[3] <= '9' && (EqualName(Text, 3, "COM") || EqualName(Text, 3, "LPT")))
        return end;
    if (WholePath && (EqualName(Text, Length, "CONIN$") || EqualName(Text, Length, "CONOUT$")))
        return Length;
    return 0;
}

ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR Path) {
    RTL_PATH_TYPE type = RtlDetermineDosPathNameType_U(Path);
    SIZE_T length = RtlpWideLength(Path), start = length;
    if (type == RtlPathTypeUncAbsolute || type == RtlPathTypeLocalDevice || type == RtlPathTypeRootLocalDevice || length > MAXIMUM_PATH)
        return 0;
    while (start && !IsSeparator(Path[start - 1]) && !(start == 2 && Path[1] == ':'))
        start--;
    ULONG name = DeviceNameLength(Path + start, (ULONG)(length - start), start == 0);
    return name ? (ULONG)(start * sizeof(WCHAR)) << 16 | name * (ULONG)sizeof(WCHAR) : 0;
}

/* Text being put together: counts on when the buffer is full, so that the caller learns the size. */
typedef struct _PATH_BUILDER {
    PWSTR Buffer;
    SIZE_T Room, Length;
} PATH_BUILDER;

static VOID Append(PATH_BUILDER *Out, WCHAR c) {
    if (Out->Length < Out->Room)
        Out->Buffer[Out->Length] = c;
    Out->Length++;
}
static VOID AppendText(PATH_BUILDER *Out, PCWSTR Text, SIZE_T Length) {
    for (SIZE_T n = 0; n < Length; n++)
        Append(Out, Text[n]);
}

/* Appends the components of Path to what is there, resolving "." and ".." but never above Root characters. Needs a buffer with room. */
static VOID AppendComponents(PATH_BUILDER *Out, PCWSTR Path, SIZE_T Root) {
    BOOLEAN dots = FALSE; /* the path ends in "." or "..": then it names a directory without a backslash at its end */
    for (SIZE_T n = 0; Path[n];) {
        if (IsSeparator(Path[n])) {
            n++;
            continue;
        }
        SIZE_T length = 0;
        while (Path[n + length] && !IsSeparator(Path[n + length]))
            length++;
        PCWSTR text = Path + n;
        BOOLEAN last = !text[length];
        n += length;
        dots = last && text[0] == '.' && (length == 1 || (length == 2 && text[1] == '.'));
        if (length == 1 && text[0] == '.')
            continue;
        if (length == 2 && text[0] == '.' && text[1] == '.') {
            if (Out->Length > Root) {
                if (Out->Buffer[Out->Length - 1] == '\\')
                    Out->Length--;
                while (Out->Length > Root && Out->Buffer[Out->Length - 1] != '\\')
                    Out->Length--;
            }
            continue;
        }
        if (last) { /* trailing dots and spaces of the whole path go */
            while (length && (text[length - 1] == '.' || text[length - 1] == ' '))
                length--;
        } else if (length > 1 && text[length - 1] == '.' && text[length - 2] != '.') {
            length--;
        }
        if (!length)
            continue;
        if (Out->Length && Out->Buffer[Out->Length - 1] != '\\')
            Append(Out, '\\');
        AppendText(Out, text, length);
        if (IsSeparator(Path[n]))
            Append(Out, '\\');
    }
    if (dots && Out->Length > Root && Out->Buffer[Out->Length - 1] == '\\')
        Out->Length--;
}

/* What a path that is not absolute starts from, in Out; returns where its root ends. The PEB lock is held. */
static SIZE_T AppendCurrentDirectory(PATH_BUILDER *Out, WCHAR Drive, BOOLEAN RootOnly) {
    PCUNICODE_STRING current = &NtPeb()->ProcessParameters->CurrentDirectory.DosPath;
    ULONG length = current->Length / sizeof(WCHAR);
    if (Drive && !(length >= 3 && Upper(current->Buffer[0]) == Upper(Drive) && current->Buffer[1] == ':')) {
        /* Another drive's directory is in the variable "=D:", if a program like a shell keeps it. */
        WCHAR variable[] = {'=', Upper(Drive), ':', 0}, value[260];
        UNICODE_STRING name, result = {.MaximumLength = sizeof value, .Buffer = value};
        RtlInitUnicodeString(&name, variable);
        if (!RootOnly && NT_SUCCESS(RtlQueryEnvironmentVariable_U(NULL, &name, &result)) && result.Length >= 3 * sizeof(WCHAR)) {
            AppendText(Out, value, result.Length / sizeof(WCHAR));
        } else {
            WCHAR root[] = {Drive, ':', '\\'};
            AppendText(Out, root, 3);
        }
        return 3;
    }
    if (length > 2 && current->Buffer[0] == '\\' && current->Buffer[1] == '\\') { /* \\server\share\: what lies above it is no directory */
        ULONG root = 2;
        for (ULONG part = 0; part < 2; part++) {
            while (root < length && current->Buffer[root] != '\\')
                root++;
            root += root < length;
        }
        AppendText(Out, current->Buffer, RootOnly ? root : length);
        return root;
    }
    if (length < 3 || current->Buffer[1] != ':') {
        AppendText(Out, L"C:\\", 3);
        return 3;
    }
    AppendText(Out, current->Buffer, RootOnly ? 3 : length);
    return 3;
}

/* The full path in Out, whose buffer holds whatever may come: MAXIMUM_PATH characters and the current directory. */
static BOOLEAN BuildFullPath(PATH_BUILDER *Out, PCWSTR Path) {
    ULONG device = RtlIsDosDeviceName_U(Path);
    SIZE_T root;
    if (device) {
        AppendText(Out, L"\\\\.\\", 4);
        AppendText(Out, Path + (device >> 16) / sizeof(WCHAR), (device & 0xFFFF) / sizeof(WCHAR));
        return TRUE;
    }
    switch (RtlDetermineDosPathNameType_U(Path)) {
    case RtlPathTypeUncAbsolute:
        AppendText(Out, L"\\\\", 2);
        Path += 2;
        for (ULONG part = 0; part < 2; part++) { /* server and share are not a directory to go up from */
            while (*Path && !IsSeparator(*Path))
                Append(Out, *Path++);
            if (IsSeparator(*Path)) {
                Append(Out, '\\');
                Path++;
            }
        }
        root = Out->Length;
        break;
    case RtlPathTypeDriveAbsolute:
        Append(Out, Path[0]);
        AppendText(Out, L":\\", 2);
        Path += 3;
        root = Out->Length;
        break;
    case RtlPathTypeDriveRelative:
        root = AppendCurrentDirectory(Out, Path[0], FALSE);
        Path += 2;
        break;
    case RtlPathTypeRooted:
        root = AppendCurrentDirectory(Out, 0, TRUE);
        Path += 1;
        break;
    case RtlPathTypeRelative: root = AppendCurrentDirectory(Out, 0, FALSE); break;
    case RtlPathTypeLocalDevice:
    case RtlPathTypeRootLocalDevice:
        AppendText(Out, L"\\\\", 2);
        Append(Out, Path[2]);
        Append(Out, '\\');
        Path += 3;
        root = Out->Length;
        break;
    default: return FALSE;
    }
    AppendComponents(Out, Path, root);
    return TRUE;
}

/* The full path as a block of the process heap; NULL: no memory. *Length in characters. */
static PWSTR MakeFullPath(PCWSTR Path, SIZE_T *Length, NTSTATUS *Status) {
    SIZE_T given = RtlpWideLength(Path);
    *Status = STATUS_OBJECT_NAME_INVALID;
    if (!given || given > MAXIMUM_PATH)
        return NULL;
    RtlAcquirePebLock();
    /* A component is given back its separator, so the result is no longer than prefix, directory and path together. */
    PATH_BUILDER out = {.Room = given + NtPeb()->ProcessParameters->CurrentDirectory.DosPath.Length / sizeof(WCHAR) + 300};
    out.Buffer = RtlpAllocate((out.Room + 1) * sizeof(WCHAR));
    if (!out.Buffer) {
        RtlReleasePebLock();
        *Status = STATUS_NO_MEMORY;
        return NULL;
    }
    BOOLEAN good = BuildFullPath(&out, Path);
    RtlReleasePebLock();
    if (!good || out.Length > MAXIMUM_PATH - 8) {
        RtlpFree(out.Buffer);
        *Status = STATUS_NAME_TOO_LONG;
        return NULL;
    }
    out.Buffer[out.Length] = 0;
    *Length = out.Length;
    *Status = STATUS_SUCCESS;
    return out.Buffer;
}

static PWSTR FilePartOf(PWSTR Text, SIZE_T Length) {
    SIZE_T start = Length;
    while (start && Text[start - 1] != '\\')
        start--;
    return start < Length ? Text + start : NULL;
}

ULONG NTAPI RtlGetFullPathName_U(PCWSTR Path, ULONG Size, PWSTR Buffer, PWSTR *FilePart) {
    SIZE_T length;
    NTSTATUS status;
    if (FilePart)
        *FilePart = NULL;
    PWSTR full = MakeFullPath(Path, &length, &status);
    if (!full)
        return 0;
    ULONG bytes = (ULONG)(length * sizeof(WCHAR));
    if (bytes + sizeof(WCHAR) > Size) {
        bytes += sizeof(WCHAR);
    } else {
        memcpy(Buffer, full, bytes + sizeof(WCHAR));
        if (FilePart && !RtlIsDosDeviceName_U(Path))
            *FilePart = FilePartOf(Buffer, length);
    }
    RtlpFree(full);
    return bytes;
}

/* Text as it is, behind a prefix. */
static NTSTATUS MakeNtPath(PCWSTR Prefix, PCWSTR Text, SIZE_T Length, PUNICODE_STRING NtPath, PWSTR *FilePart) {
    SIZE_T prefix = RtlpWideLength(Prefix);
    if (Length > MAXIMUM_PATH - 8)
        return STATUS_NAME_TOO_LONG;
    PWSTR buffer = RtlpAllocate((prefix + Length + 1) * sizeof(WCHAR));
    if (!buffer)
        return STATUS_NO_MEMORY;
    memcpy(buffer, Prefix, prefix * sizeof(WCHAR));
    memcpy(buffer + prefix, Text, Length * sizeof(WCHAR));
    buffer[prefix + Length] = 0;
    NtPath->Buffer = buffer;
    NtPath->Length = (USHORT)((prefix + Length) * sizeof(WCHAR));
    NtPath->MaximumLength = NtPath->Length + sizeof(WCHAR);
    if (FilePart)
        *FilePart = FilePartOf(buffer, prefix + Length);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDosPathNameToNtPathName_U_WithStatus(PCWSTR Path, PUNICODE_STRING NtPath, PWSTR *FilePart, PVOID Reserved) {
    if (!Path || !Path[0])
        return STATUS_OBJECT_NAME_INVALID;
    /* "\\?\" and "\??\", spelled exactly so, mean: take the rest as it is. */
    if (Path[0] == '\\' && (Path[1] == '\\' || Path[1] == '?') && Path[2] == '?' && Path[3] == '\\')
        return MakeNtPath(L"\\??\\", Path + 4, RtlpWideLength(Path + 4), NtPath, FilePart);
    SIZE_T length;
    NTSTATUS status;
    PWSTR full = MakeFullPath(Path, &length, &status);
    if (!full)
        return status;
    switch (RtlDetermineDosPathNameType_U(full)) {
    case RtlPathTypeLocalDevice: status = MakeNtPath(L"\\??\\", full + 4, length - 4, NtPath, FilePart); break;
    case RtlPathTypeUncAbsolute: status = MakeNtPath(L"\\??\\UNC\\", full + 2, length - 2, NtPath, FilePart); break;
    default: status = MakeNtPath(L"\\??\\", full, length, NtPath, FilePart); break;
    }
    RtlpFree(full);
    return status;
}

BOOLEAN NTAPI RtlDosPathNameToNtPathName_U(PCWSTR Path, PUNICODE_STRING NtPath, PWSTR *FilePart, PVOID Reserved) {
    return NT_SUCCESS(RtlDosPathNameToNtPathName_U_WithStatus(Path, NtPath, FilePart, Reserved));
}

/* Without the backslash that ProcessParameters keeps at its end, unless it is a root. */
ULONG NTAPI RtlGetCurrentDirectory_U(ULONG Size, PWSTR Buffer) {
    RtlAcquirePebLock();
    PCUNICODE_STRING current = &NtPeb()->ProcessParameters->CurrentDirectory.DosPath;
    ULONG length = current->Length / sizeof(WCHAR);
    if (length > 3 && current->Buffer[length - 1] == '\\')
        length--;
    ULONG bytes = length * sizeof(WCHAR);
    if (bytes + sizeof(WCHAR) > Size) {
        bytes += sizeof(WCHAR);
    } else {
        memcpy(Buffer, current->Buffer, bytes);
        Buffer[length] = 0;
    }
    RtlReleasePebLock();
    return bytes;
}

NTSTATUS NTAPI RtlSetCurrentDirectory_U(PUNICODE_STRING Path) {
    WCHAR given[1024];
    SIZE_T length;
    NTSTATUS status;
    if (Path->Length >= sizeof given)
        return STATUS_NAME_TOO_LONG;
    memcpy(given, Path->Buffer, Path->Length);
    given[Path->Length / sizeof(WCHAR)] = 0;
    UNICODE_STRING nt;
    status = RtlDosPathNameToNtPathName_U_WithStatus(given, &nt, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &nt, OBJ_CASE_INSENSITIVE, NULL, NULL);
    IO_STATUS_BLOCK io;
    HANDLE directory;
    status = NtOpenFile(&directory, FILE_TRAVERSE | SYNCHRONIZE, &attributes, &io, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    RtlFreeUnicodeString(&nt);
    if (!NT_SUCCESS(status))
        return status;
    NtClose(directory);
    PWSTR full = MakeFullPath(given, &length, &status);
    if (!full)
        return status;
    if (full[length - 1] != '\\') { /* MakeFullPath leaves room for more than this */
        full[length++] = '\\';
        full[length] = 0;
    }
    RtlAcquirePebLock();
    NT_CURDIR *current = &NtPeb()->ProcessParameters->CurrentDirectory;
    static PWSTR ours; /* the first directory lies in the parameters' own block */
    PWSTR old = ours;
    current->DosPath.Buffer = ours = full;
    current->DosPath.Length = (USHORT)(length * sizeof(WCHAR));
    current->DosPath.MaximumLength = current->DosPath.Length + sizeof(WCHAR);
    RtlReleasePebLock();
    RtlpFree(old);
    return STATUS_SUCCESS;
}
