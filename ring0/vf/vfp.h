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

/* The bug check for arguments that are not what they have to be. Rest goes on after "example.sys calls KeFoo". Meanings: of parameters 2 to 4. */
DECLSPEC_NORETURN VOID VfpRefuseArguments(const VF_CONTRACT *Contract, const ULONG64 *Arguments, ULONG BugCheck, const ULONG_PTR Parameters[4],
                                          const PCSTR Meanings[3], PCSTR Rest);
/* Of the errors of I/O verification with codes from 0x200 on: the driver's address, an IRP, a device. */
DECLSPEC_NORETURN VOID VfpRefuseRequest(const VF_CONTRACT *Contract, const ULONG64 *Arguments, ULONG Code, PIRP Irp, PDEVICE_OBJECT Device,
                                        PCSTR Rest);
/* Paged pool? */
static inline BOOLEAN VfpIsPageable(const VOID *Address) { return (ULONG_PTR)Address - HAL_PAGED_START < HAL_PAGED_END - HAL_PAGED_START; }
#define VFP_IRP(Arguments, Index)    ((PIRP)(Arguments)[Index])
#define VFP_DEVICE(Arguments, Index) ((PDEVICE_OBJECT)(Arguments)[Index])
