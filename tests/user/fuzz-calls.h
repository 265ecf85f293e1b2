/* fuzz-services: the services, what they take, and how one is called. */
#pragma once
#include <windows.h>

#define SLOTS 16

/*
 * Arguments, a letter each: h handle, v thread or process that may be ended, g handle that may be closed, m access mask, o object attributes, u
 * counted string, s I/O status block, b buffer, l length, p pointer to a value, c information class, k control code, ? any of these, t timeout, d
 * address whose memory may go, r pointer to one, a APC routine, q address of code, n any number, B address where nothing is, f flags. z the same
 * but never running, D this process or thread. B, D, v, z, g, t, d, r, a and q stay what they are.
 */
/* clang-format off */
static const char *const signatures[][2] = {
    {"NtWaitForSingleObject", "hft"}, {"NtReadFile", "heabsblpp"}, {"NtDeviceIoControlFile", "heapskblbl"}, {"NtWriteFile", "heabsblpp"},
    {"NtReleaseSemaphore", "hnp"}, {"NtSetInformationThread", "hcbl"}, {"NtSetEvent", "hp"}, {"NtClose", "g"}, {"NtQueryObject", "hcblp"},
    {"NtQueryInformationFile", "hsblc"}, {"NtOpenKey", "pmo"}, {"NtEnumerateValueKey", "hncblp"}, {"NtQueryKey", "hcblp"},
    {"NtQueryValueKey", "hucblp"}, {"NtAllocateVirtualMemory", "hrnpff"}, {"NtQueryInformationProcess", "hcblp"},
    {"NtSetInformationProcess", "hcbl"}, {"NtCreateKey", "pmonufp"}, {"NtFreeVirtualMemory", "hrpf"}, {"NtReleaseMutant", "hp"},
    {"NtQueryInformationToken", "hcblp"}, {"NtQueryVirtualMemory", "hbcblp"}, {"NtOpenThreadToken", "hmfp"}, {"NtQueryInformationThread", "hcblp"},
    {"NtOpenProcess", "pmop"}, {"NtSetInformationFile", "hsblc"}, {"NtMapViewOfSection", "hhrnlpplff"}, {"NtUnmapViewOfSection", "hd"},
    {"NtTerminateProcess", "vn"}, {"NtOpenThreadTokenEx", "hmffp"}, {"NtOpenProcessTokenEx", "hmfp"}, {"NtQueryPerformanceCounter", "pp"},
    {"NtEnumerateKey", "hncblp"}, {"NtOpenFile", "pmosff"}, {"NtDelayExecution", "ft"}, {"NtQueryDirectoryFile", "heapsblcfuf"},
    {"NtQuerySystemInformation", "cblp"}, {"NtOpenSection", "pmo"}, {"NtFsControlFile", "heapskblbl"}, {"NtWriteVirtualMemory", "hdblp"},
    {"NtDuplicateObject", "Dghpmff"}, {"NtQueryAttributesFile", "ob"}, {"NtClearEvent", "h"}, {"NtReadVirtualMemory", "hbdlp"},
    {"NtOpenEvent", "pmo"}, {"NtAdjustPrivilegesToken", "hfblbp"}, {"NtContinue", "Bf"}, {"NtQueueApcThread", "vqnnn"}, {"NtCreateEvent", "pmoff"},
    {"NtQueryVolumeInformationFile", "hsblc"}, {"NtCreateSection", "pmopffh"}, {"NtFlushBuffersFile", "hs"}, {"NtProtectVirtualMemory", "hrpfp"},
    {"NtResumeThread", "Dp"}, {"NtTerminateThread", "vn"}, {"NtCreateFile", "pmospfffffbl"}, {"NtQueryEvent", "hcblp"},
    {"NtOpenDirectoryObject", "pmo"}, {"NtQuerySystemTime", "p"}, {"NtWaitForMultipleObjects", "fbfft"}, {"NtSetInformationObject", "hcbl"},
    {"NtCancelIoFile", "hs"}, {"NtUnlockFile", "hsppn"}, {"NtQueryEaFile", "hsblfblpf"}, {"NtSetEaFile", "hsbl"}, {"NtSetValueKey", "hunfbl"}, {"NtAlertThread", "h"}, {"NtAlertThreadByThreadId", "n"},
    {"NtWaitForAlertByThreadId", "nt"}, {"NtCancelIoFileEx", "hss"}, {"NtCreateDirectoryObject", "pmo"}, {"NtCreateMutant", "pmof"},
    {"NtCreateSemaphore", "pmonn"}, {"NtCreateSymbolicLinkObject", "pmou"}, {"NtCreateThreadEx", "pmohqnfnllb"}, {"NtDeleteFile", "o"},
    {"NtDeleteKey", "h"}, {"NtDeleteValueKey", "hu"}, {"NtDisplayString", "u"}, {"NtFlushInstructionCache", "hbl"}, {"NtFlushKey", "h"},
    {"NtGetContextThread", "vb"}, {"NtLoadDriver", "u"}, {"NtMakeTemporaryObject", "g"}, {"NtOpenKeyEx", "pmof"}, {"NtOpenMutant", "pmo"},
    {"NtOpenProcessToken", "hmp"}, {"NtOpenSemaphore", "pmo"}, {"NtOpenSymbolicLinkObject", "pmo"}, {"NtOpenThread", "pmop"}, {"NtPulseEvent", "hp"},
    {"NtQueryDirectoryObject", "hblffpp"}, {"NtQueryFullAttributesFile", "ob"}, {"NtQuerySymbolicLinkObject", "hup"}, {"NtRaiseException", "BBf"},
    {"NtResetEvent", "hp"}, {"NtSetContextThread", "zb"}, {"NtSignalAndWaitForSingleObject", "hhft"}, {"NtSuspendThread", "vp"},
    {"NtCreateJobObject", "pmo"}, {"NtOpenJobObject", "pmo"}, {"NtAssignProcessToJobObject", "hv"}, {"NtTerminateJobObject", "hn"},
    {"NtIsProcessInJob", "hh"}, {"NtQueryInformationJobObject", "hcblp"}, {"NtSetInformationJobObject", "hcbl"},
    {"NtUnloadDriver", "u"}, {"NtCreateIoCompletion", "pmof"}, {"NtOpenIoCompletion", "pmo"}, {"NtQueryIoCompletion", "hcblp"},
    {"NtSetIoCompletion", "hnnnn"}, {"NtRemoveIoCompletion", "hppst"}, {"NtRemoveIoCompletionEx", "hblptf"}, {"NtCancelSynchronousIoFile", "hss"},
    {"NtCreateTimer", "pmof"}, {"NtOpenTimer", "pmo"}, {"NtSetTimer", "hpanfnp"}, {"NtCancelTimer", "hp"}, {"NtQueryTimer", "hcblp"},
    {"NtCreateKeyedEvent", "pmof"}, {"NtOpenKeyedEvent", "pmo"}, {"NtReleaseKeyedEvent", "hnft"}, {"NtWaitForKeyedEvent", "hnft"},
};
/* clang-format on */

static struct service {
    const char *name, *signature;
    ULONG64 address;
    ULONG number;
} services[256];
static unsigned service_count;
static ULONG highest_number;

/*
 * call_service(target, number, arguments, flags): calls a service's stub, or int 2Eh when target is 0, with SLOTS arguments and with these bits of
 * the flags register set, as hostile code can.
 */
ULONG64 call_service(ULONG64 target, ULONG64 number, const ULONG64 *arguments, ULONG64 flags);
__asm__(".text\n.globl call_service\n.def call_service; .scl 2; .type 32; .endef\n.seh_proc call_service\ncall_service:\n"
        "push %rbp\n.seh_pushreg %rbp\npush %rsi\n.seh_pushreg %rsi\npush %rdi\n.seh_pushreg %rdi\npush %rbx\n.seh_pushreg %rbx\n"
        "sub $0x88, %rsp\n.seh_stackalloc 0x88\nmov %rsp, %rbp\n.seh_setframe %rbp, 0\n.seh_endprologue\n"
        "mov %rcx, %rbx\nmov %rdx, %rax\nmov %r8, %rsi\nmov %r9, %r11\n"
        "lea 0x20(%rsi), %rsi\nlea 0x20(%rsp), %rdi\nmov $12, %ecx\nrep movsq\n"
        "mov -0x80(%rsi), %r10\nmov -0x78(%rsi), %rdx\nmov -0x70(%rsi), %r8\nmov -0x68(%rsi), %r9\nmov %r10, %rcx\n"
        "test %rbx, %rbx\njz 1f\n"
        "pushfq\nor %r11, (%rsp)\npopfq\ncall *%rbx\njmp 2f\n"
        /* A stub's caller has left its return address below the arguments: so that they are in the same place. */
        "1: sub $8, %rsp\npushfq\nor %r11, (%rsp)\npopfq\nint $0x2e\nadd $8, %rsp\n"
        "2: pushfq\nandq $~0x40500, (%rsp)\npopfq\n"
        "lea 0x88(%rbp), %rsp\npop %rbx\npop %rdi\npop %rsi\npop %rbp\nret\n.seh_endproc\n");
