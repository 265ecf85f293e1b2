/*
 * What the kernel and user mode share in a process: TEB, PEB, process parameters, loader entries. Offsets are Windows 10
 * x64's (public symbols); fields nobody here uses are padding. Compiles after ntifs.h and after windows.h alike; do not mix it
 * with winternl.h.
 */
#pragma once
#include <stddef.h>

typedef struct _NT_CURDIR {
    UNICODE_STRING DosPath;
    HANDLE Handle;
} NT_CURDIR;

typedef struct _NT_PROCESS_PARAMETERS { /* RTL_USER_PROCESS_PARAMETERS, always normalized here (pointers, not offsets) */
    ULONG MaximumLength;
    ULONG Length;
    ULONG Flags;
    ULONG DebugFlags;
    HANDLE ConsoleHandle;
    ULONG ConsoleFlags;
    HANDLE StandardInput;
    HANDLE StandardOutput;
    HANDLE StandardError;
    NT_CURDIR CurrentDirectory;
    UNICODE_STRING DllPath;
    UNICODE_STRING ImagePathName;
    UNICODE_STRING CommandLine;
    PWSTR Environment; /* NAME=value\0...\0\0 */
    ULONG StartingX, StartingY, CountX, CountY, CountCharsX, CountCharsY, FillAttribute, WindowFlags, ShowWindowFlags;
    UNICODE_STRING WindowTitle;
    UNICODE_STRING DesktopInfo;
    UNICODE_STRING ShellInfo;
    UNICODE_STRING RuntimeData;
    UCHAR CurrentDirectories[0x300];
    SIZE_T EnvironmentSize;
} NT_PROCESS_PARAMETERS;

typedef struct _NT_PEB_LDR_DATA {
    ULONG Length;
    BOOLEAN Initialized;
    HANDLE SsHandle;
    LIST_ENTRY InLoadOrderModuleList;
    LIST_ENTRY InMemoryOrderModuleList;
    LIST_ENTRY InInitializationOrderModuleList;
} NT_PEB_LDR_DATA;

typedef struct _NT_LDR_ENTRY { /* LDR_DATA_TABLE_ENTRY */
    LIST_ENTRY InLoadOrderLinks;
    LIST_ENTRY InMemoryOrderLinks;
    LIST_ENTRY InInitializationOrderLinks;
    PVOID DllBase;
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName;
    UNICODE_STRING BaseDllName;
    ULONG Flags;
    USHORT LoadCount;
    USHORT TlsIndex;
    LIST_ENTRY HashLinks;
    ULONG TimeDateStamp;
} NT_LDR_ENTRY;

typedef struct _NT_PEB {
    BOOLEAN InheritedAddressSpace;
    BOOLEAN ReadImageFileExecOptions;
    BOOLEAN BeingDebugged;
    UCHAR BitField;
    ULONG Padding0;
    PVOID Mutant;
    PVOID ImageBaseAddress;                   /* 10h */
    NT_PEB_LDR_DATA *Ldr;                     /* 18h */
    NT_PROCESS_PARAMETERS *ProcessParameters; /* 20h */
    PVOID SubSystemData;
    PVOID ProcessHeap; /* 30h */
    PVOID FastPebLock;
    UCHAR Unused40[0xB8 - 0x40];
    ULONG NumberOfProcessors; /* B8h */
    ULONG NtGlobalFlag;
    UCHAR UnusedC0[0x118 - 0xC0];
    ULONG OSMajorVersion; /* 118h */
    ULONG OSMinorVersion;
    USHORT OSBuildNumber; /* 120h */
    USHORT OSCSDVersion;
    ULONG OSPlatformId;
    ULONG ImageSubsystem; /* 128h */
    ULONG ImageSubsystemMajorVersion;
    ULONG ImageSubsystemMinorVersion;
    UCHAR Unused134[0x800 - 0x134];
} NT_PEB;
_Static_assert(offsetof(NT_PEB, ProcessHeap) == 0x30, "PEB.ProcessHeap");
_Static_assert(offsetof(NT_PEB, OSMajorVersion) == 0x118, "PEB.OSMajorVersion");

/*
 * One block per thread serves as TEB and, for drivers, as KPCR: GS points at it in both modes, through a kernel address of
 * the same page frames, so that it is there whichever process is mapped. The marked fields are the KPCR's.
 */
typedef struct _NT_TEB {
    PVOID ExceptionList;
    PVOID StackBase;    /* 08h */
    PVOID StackLimit;   /* 10h */
    PVOID SubSystemTib; /* 18h: KPCR.Self in kernel and user mode alike */
    PVOID FiberData;    /* 20h: KPCR.CurrentPrcb until a program makes fibers */
    PVOID ArbitraryUserPointer;
    struct _NT_TEB *Self; /* 30h: the TEB's user address */
    PVOID EnvironmentPointer;
    HANDLE UniqueProcess; /* 40h */
    HANDLE UniqueThread;  /* 48h */
    PVOID ActiveRpcHandle;
    PVOID ThreadLocalStoragePointer; /* 58h */
    NT_PEB *Peb;                     /* 60h */
    ULONG LastErrorValue;            /* 68h */
    ULONG CountOfOwnedCriticalSections;
    UCHAR Unused70[0x184 - 0x70];
    ULONG PcrProcessorNumber; /* 184h: KPRCB.Number */
    PVOID PcrCurrentThread;   /* 188h: KPRCB.CurrentThread */
    UCHAR Unused190[0x1A4 - 0x190];
    ULONG PcrNumber; /* 1A4h: KPRCB.Number where newer headers read it */
    UCHAR Unused1A8[0x2C0 - 0x1A8];
    ULONG ExceptionCode; /* 2C0h */
    UCHAR Unused2C4[0x1250 - 0x2C4];
    ULONG LastStatusValue; /* 1250h */
    ULONG Padding1254;
    UNICODE_STRING StaticUnicodeString;
    WCHAR StaticUnicodeBuffer[261];
    PVOID DeallocationStack; /* 1478h */
    PVOID TlsSlots[64];      /* 1480h */
    LIST_ENTRY TlsLinks;     /* 1680h */
    UCHAR Unused1690[0x16B0 - 0x1690];
    ULONG HardErrorMode; /* 16B0h */
    UCHAR Unused16B4[0x1748 - 0x16B4];
    ULONG GuaranteedStackBytes; /* 1748h */
    UCHAR Unused174C[0x1780 - 0x174C];
    PVOID *TlsExpansionSlots; /* 1780h */
    UCHAR Unused1788[0x17C8 - 0x1788];
    PVOID FlsData; /* 17C8h */
    UCHAR Unused17D0[0x2000 - 0x17D0];
} NT_TEB;
_Static_assert(offsetof(NT_TEB, Self) == 0x30, "TEB.Self");
_Static_assert(offsetof(NT_TEB, Peb) == 0x60, "TEB.Peb");
_Static_assert(offsetof(NT_TEB, PcrCurrentThread) == 0x188, "KPRCB.CurrentThread");
_Static_assert(offsetof(NT_TEB, LastStatusValue) == 0x1250, "TEB.LastStatusValue");
_Static_assert(offsetof(NT_TEB, DeallocationStack) == 0x1478, "TEB.DeallocationStack");
_Static_assert(offsetof(NT_TEB, GuaranteedStackBytes) == 0x1748, "TEB.GuaranteedStackBytes");
_Static_assert(offsetof(NT_TEB, TlsExpansionSlots) == 0x1780, "TEB.TlsExpansionSlots");
_Static_assert(offsetof(NT_TEB, FlsData) == 0x17C8, "TEB.FlsData");
_Static_assert(sizeof(NT_TEB) == 0x2000, "TEB: two pages");

/*
 * The start of a thread in user mode. The kernel enters ntdll!LdrInitializeThunk(NT_START *, ntdll base) on the new user stack,
 * which is at the higher end of [StackLimit, StackBase); the thunk, when the process is ready, enters RtlUserThreadStart(Start, Argument).
 */
typedef struct _NT_START {
    PVOID StartAddress;
    PVOID Argument;
} NT_START;
