/* Between the files of vf/. */
#pragma once
#include "vf/vf.h"

#define C4 0xC4 /* DRIVER_VERIFIER_DETECTED_VIOLATION */
#define C9 0xC9 /* DRIVER_VERIFIER_IOMANAGER_VIOLATION */

/*
 * What Windows' Driver Verifier stops with for a call of this function at a wrong level: the subcode of its bug check and the meaning of the other three
 * parameters, a letter each: i the level, a digit that argument, d DISPATCH_LEVEL, t the sentence, 0 nothing.
 */
typedef struct _VFP_CODE {
    PCSTR Name;
    UCHAR From;     /* for a call at this level or above */
    ULONG BugCheck; /* 0xC4 or 0xC9 */
    ULONG Code;
    PCSTR Parameters;
    PCSTR Argument; /* what the digit is */
} VFP_CODE;
const VFP_CODE *VfpFindCode(PCSTR Name, KIRQL Irql);
