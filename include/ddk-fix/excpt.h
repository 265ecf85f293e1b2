/*
 * Found before mingw-w64's excpt.h, which it includes. There GetExceptionInformation is a cast without parentheses around it, so that
 * GetExceptionInformation()->ExceptionRecord does not compile; and __C_specific_handler is marked as imported, which keeps a
 * program from bringing its own. Works for drivers, programs and C++.
 */
#ifndef RINGSIDE_EXCPT_H
#define RINGSIDE_EXCPT_H

#include_next <excpt.h>

#undef GetExceptionCode
#undef exception_code
#undef GetExceptionInformation
#undef exception_info
#undef AbnormalTermination
#undef abnormal_termination
#define GetExceptionCode()        (_exception_code())
#define exception_code()          (_exception_code())
#define GetExceptionInformation() ((struct _EXCEPTION_POINTERS *)_exception_info())
#define exception_info()          ((struct _EXCEPTION_POINTERS *)_exception_info())
#define AbnormalTermination()     (_abnormal_termination())
#define abnormal_termination()    (_abnormal_termination())

#endif
