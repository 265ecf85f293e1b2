/*
 * What NtCreateUserProcess and NtCreateThreadEx take besides handles, as the kernel and ntdll's callers know it. Layouts and numbers are Windows 10
 * x64's (public symbols). Compiles after ntifs.h and after windows.h alike.
 */
#pragma once
#include <stddef.h>

typedef struct _NT_PS_ATTRIBUTE { /* an entry of PS_ATTRIBUTE_LIST */
    ULONG_PTR Attribute;
    SIZE_T Size;
    PVOID Value; /* or the value itself, where it is a number */
    PSIZE_T ReturnLength;
} NT_PS_ATTRIBUTE;
typedef struct _NT_PS_ATTRIBUTE_LIST {
    SIZE_T TotalLength; /* of all of it, in bytes */
    NT_PS_ATTRIBUTE Attributes[1];
} NT_PS_ATTRIBUTE_LIST;

#define PS_ATTRIBUTE_IMAGE_INFO      0x00006u /* out: NT_SECTION_IMAGE_INFORMATION */
#define PS_ATTRIBUTE_CLIENT_ID       0x10003u /* out */
#define PS_ATTRIBUTE_TEB_ADDRESS     0x10004u /* out */
#define PS_ATTRIBUTE_IMAGE_NAME      0x20005u /* Size bytes of UTF-16: the program's NT path */
#define PS_ATTRIBUTE_TOKEN           0x60002u /* HANDLE of a primary token */
#define PS_ATTRIBUTE_STD_HANDLE_INFO 0x2000Au /* NT_STD_HANDLE_INFO */

/* Whether the standard handles of the parameters, which are handles of the creator, become handles of the new process. */
#define PS_STD_NEVER_DUPLICATE   0u
#define PS_STD_REQUEST_DUPLICATE 1u /* those that are not inherited anyway, if the program is for SubsystemType */
#define PS_STD_ALWAYS_DUPLICATE  2u
typedef struct _NT_STD_HANDLE_INFO {
    ULONG State; /* bits 0 and 1; from bit 2 on a mask of pseudo handles, which Ringside has none of */
    ULONG SubsystemType;
} NT_STD_HANDLE_INFO;

typedef struct _NT_SECTION_IMAGE_INFORMATION { /* SECTION_IMAGE_INFORMATION */
    PVOID TransferAddress;
    ULONG ZeroBits;
    SIZE_T MaximumStackSize, CommittedStackSize;
    ULONG SubSystemType;
    USHORT SubSystemMinorVersion, SubSystemMajorVersion;
    ULONG OperatingSystemVersion;
    USHORT ImageCharacteristics, DllCharacteristics, Machine;
    BOOLEAN ImageContainsCode;
    UCHAR ImageFlags;
    ULONG LoaderFlags, ImageFileSize, CheckSum;
} NT_SECTION_IMAGE_INFORMATION;
_Static_assert(sizeof(NT_SECTION_IMAGE_INFORMATION) == 0x40, "SECTION_IMAGE_INFORMATION");

enum { /* PS_CREATE_STATE: how far it came */
       PsCreateInitialState,
       PsCreateFailOnFileOpen,
       PsCreateFailOnSectionCreate,
       PsCreateFailExeFormat,
       PsCreateFailMachineMismatch,
       PsCreateFailExeName,
       PsCreateSuccess
};
typedef struct _NT_PS_CREATE_INFO { /* PS_CREATE_INFO */
    SIZE_T Size;
    ULONG State;
    union {
        ULONG InitFlags; /* in; bits 16 to 31: characteristics that the image must not have */
        struct {
            USHORT DllCharacteristics; /* out, PsCreateFailExeFormat */
        } ExeFormat;
        struct { /* out, PsCreateSuccess; Ringside gives no handles of file and section */
            ULONG OutputFlags;
            HANDLE FileHandle, SectionHandle;
            ULONG64 UserProcessParametersNative;
            ULONG UserProcessParametersWow64, CurrentParameterFlags;
            ULONG64 PebAddressNative;
            ULONG PebAddressWow64;
            ULONG64 ManifestAddress;
            ULONG ManifestSize;
        } SuccessState;
    };
} NT_PS_CREATE_INFO;
_Static_assert(sizeof(NT_PS_CREATE_INFO) == 0x58, "PS_CREATE_INFO");

#define PROCESS_CREATE_FLAGS_BREAKAWAY        0x001u
#define PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT 0x002u
#define PROCESS_CREATE_FLAGS_INHERIT_HANDLES  0x004u
#define PROCESS_CREATE_FLAGS_SUSPENDED        0x200u
#define THREAD_CREATE_FLAGS_CREATE_SUSPENDED  0x001u

/* NT_PROCESS_PARAMETERS.Flags and what ConsoleHandle can be instead of a handle. */
#define PROCESS_PARAMETERS_NORMALIZED 1u
#define CONSOLE_DETACHED_PROCESS      ((HANDLE)(LONG_PTR) - 1)
#define CONSOLE_NEW_CONSOLE           ((HANDLE)(LONG_PTR) - 2)
#define CONSOLE_CREATE_NO_WINDOW      ((HANDLE)(LONG_PTR) - 3)
