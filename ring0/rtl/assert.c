/* A driver's failed ASSERT (checked builds of drivers call this). */
#include "rtl/rtlp.h"

VOID NTAPI RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PSTR Message) {
    DbgPrint("\n*** Assertion failed: %s%s\n***   Source File: %s, line %lu\n\n", Message ? Message : "", (PCSTR)FailedAssertion, (PCSTR)FileName,
             LineNumber);
    /* With no debugger to ask what to do, a breakpoint: the caller's handlers see it, or the machine stops and says where. */
    DbgBreakPoint();
}
