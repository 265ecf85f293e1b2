/*
 * __try, __except and __finally for kernel code. The compiler knows _exception_code and its kin as intrinsics, allowed only inside a
 * filter, an __except block or a __finally block; mingw-w64's excpt.h defines GetExceptionInformation without parentheses, so that
 * GetExceptionInformation()->ExceptionRecord does not compile. These are the same names as function-like macros.
 */
#pragma once

#undef GetExceptionCode
#undef exception_code
#undef GetExceptionInformation
#undef exception_info
#undef AbnormalTermination
#undef abnormal_termination
#define GetExceptionCode()        ((NTSTATUS)_exception_code())
#define GetExceptionInformation() ((struct _EXCEPTION_POINTERS *)_exception_info())
#define AbnormalTermination()     (_abnormal_termination())
