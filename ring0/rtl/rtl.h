/*
 * The run-time library: exceptions and unwinding, strings, formatting, C functions, status codes. Public functions are as the DDK
 * declares them; this header declares those that it leaves out, and what the rest of the project may use besides.
 *
 * Each file marked "shared" is compiled twice: for the kernel, and with -DRTL_USER_MODE for ntdll.dll (ring3/ntdll/shared.mk).
 * Unless said otherwise a function may be called at any IRQL on memory that may be touched there.
 */
#pragma once
#include "nt/nt.h"

/* ---- Unwinding: rtl/unwind.c, shared ---------------------------------------------------------------------------------------- */
/* Function table entry for ControlPc; NULL in a leaf function or outside of every image. HistoryTable may be NULL. */
PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase, PUNWIND_HISTORY_TABLE HistoryTable);
/* Makes Context that of the caller. FunctionEntry NULL: a leaf function. Returns the language handler if one of HandlerType applies at ControlPc.
   Raises STATUS_BAD_FUNCTION_TABLE. */
PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc, PRUNTIME_FUNCTION FunctionEntry, PCONTEXT Context,
                                          PVOID *HandlerData, PULONG64 EstablisherFrame, PKNONVOLATILE_CONTEXT_POINTERS ContextPointers);
/* One frame up, touching no memory outside [Low, High), which the caller knows to be readable. FALSE: the stack ends here or is damaged. */
BOOLEAN RtlpUnwindFrame(PCONTEXT Context, ULONG64 Low, ULONG64 High);

/* As RtlVirtualUnwind within [Low, High); FALSE when the frame would lead out of it. */
typedef struct _RTLP_FRAME {
    ULONG64 ControlPc; /* in */
    ULONG64 Low, High; /* in */
    ULONG64 ImageBase;
    PRUNTIME_FUNCTION FunctionEntry;
    ULONG64 EstablisherFrame;
    PEXCEPTION_ROUTINE Handler;
    PVOID HandlerData;
    BOOLEAN IsMalformed;   /* it is the function's description that leads nowhere */
    BOOLEAN IsInterrupted; /* the caller's Rip is not a return address: it lies above a machine frame */
} RTLP_FRAME, *PRTLP_FRAME;
BOOLEAN RtlpVirtualUnwind(ULONG HandlerType, PRTLP_FRAME Frame, PCONTEXT Context, PKNONVOLATILE_CONTEXT_POINTERS Pointers);

/* ---- Exceptions: rtl/exception.c, specific_handler.c, context.S, shared ----------------------------------------------------------- */
/* Calls the handlers of the frames from Context upwards. TRUE: one wants execution to go on at Context (the caller resumes it). FALSE: nobody
   took it.
   Does not return when an __except block takes it. */
BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD Record, PCONTEXT Context);
VOID NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record, PVOID ReturnValue, PCONTEXT Context,
                       PUNWIND_HISTORY_TABLE HistoryTable);
VOID NTAPI RtlUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record, PVOID ReturnValue);
/* RtlUnwindEx; Interrupted, if not NULL, is the context of an exception that came in the target frame itself, whose volatile registers are kept. */
VOID RtlpUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record, PVOID ReturnValue, PCONTEXT Context, PUNWIND_HISTORY_TABLE HistoryTable,
                const CONTEXT *Interrupted);
VOID NTAPI RtlRestoreContext(PCONTEXT Context, PEXCEPTION_RECORD Record); /* does not return */
VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD Record);                   /* returns if a filter says EXCEPTION_CONTINUE_EXECUTION */
DECLSPEC_NORETURN VOID NTAPI RtlRaiseStatus(NTSTATUS Status);
VOID _local_unwind(PVOID TargetFrame, PVOID TargetIp);
DECLSPEC_NORETURN VOID RtlpLoadContext(PCONTEXT Context);
ULONG64 RtlpConsolidateFrames(PCONTEXT Context, PEXCEPTION_RECORD Record);
EXCEPTION_DISPOSITION RtlpExecuteHandlerForException(PEXCEPTION_RECORD, PVOID EstablisherFrame, PCONTEXT, PDISPATCHER_CONTEXT);
EXCEPTION_DISPOSITION RtlpExecuteHandlerForUnwind(PEXCEPTION_RECORD, PVOID EstablisherFrame, PCONTEXT, PDISPATCHER_CONTEXT);
EXCEPTION_DISPOSITION RtlpExceptionHandler(PEXCEPTION_RECORD, PVOID EstablisherFrame, PCONTEXT, PDISPATCHER_CONTEXT);
EXCEPTION_DISPOSITION RtlpUnwindHandler(PEXCEPTION_RECORD, PVOID EstablisherFrame, PCONTEXT, PDISPATCHER_CONTEXT);
#ifdef RTL_USER_MODE
/* For ntdll to set. Called before the frames; TRUE: a vectored handler wants execution to go on. */
extern BOOLEAN (*RtlpVectoredHandlers)(PEXCEPTION_RECORD Record, PCONTEXT Context);
extern VOID (*RtlpContinueHandlers)(PEXCEPTION_RECORD Record, PCONTEXT Context);
/* For ntdll to set: functions that no image describes (RtlAddFunctionTable). */
extern PRUNTIME_FUNCTION (*RtlpDynamicFunctions)(ULONG64 ControlPc, PULONG64 ImageBase);
#endif

/* ---- Stack walks of the caller: rtl/backtrace.c ---------------------------------------------------------------------------------- */
PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage);
#undef RtlGetCallersAddress /* the DDK has it as an intrinsic as well */
VOID NTAPI RtlGetCallersAddress(PVOID *CallersAddress, PVOID *CallersCaller);

/* ---- Images in memory: rtl/image.c (ntdll has its own) --------------------------------------------------------------------------- */
PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base);
/* Base | 1: mapped as a file. NULL: no such directory. */
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Directory, PULONG Size);
PVOID NTAPI RtlFindExportedRoutineByName(PVOID Base, PCSTR Name); /* NULL for a forwarder */

/* ---- Formatting: rtl/format.c, shared -------------------------------------------------------------------------------------------- */
/* Where formatted text goes. Put takes Count characters, CHAR or WCHAR as Wide says. */
typedef struct _RTL_FORMAT_SINK {
    VOID (*Put)(struct _RTL_FORMAT_SINK *Sink, const VOID *Text, SIZE_T Count);
    BOOLEAN Wide;
    BOOLEAN IsoWide;      /* in a wide format %s and %c take narrow text, %S and %C wide: ISO C's way, where Microsoft's is the default */
    BOOLEAN ModernFloats; /* the Universal C run-time library's: "inf" and "nan", exponents of two digits */
    SIZE_T Total;         /* characters put so far, counted by the engine */
} RTL_FORMAT_SINK, *PRTL_FORMAT_SINK;
/*
 * The one printf engine. Format is CHAR or WCHAR text as WideFormat says, which is also what %s and %c take; Microsoft's sizes and types
 * (docs/debug-output.md). A NULL string prints "(null)". A string that cannot be read raises its exception here, with
 * what went before already put. %n takes its argument and does nothing. Floating point only with RTL_USER_MODE.
 */
VOID RtlpFormat(PRTL_FORMAT_SINK Sink, const VOID *Format, BOOLEAN WideFormat, va_list Arguments);
/* C library's semantics, for the msvcrt and kernel functions alike: the length, or -1 when Count is too small (then without terminator when Strict is
   FALSE; with one, and truncated, when TRUE). */
int RtlpFormatNarrow(CHAR *Buffer, SIZE_T Count, BOOLEAN Terminate, const CHAR *Format, va_list Arguments);
int RtlpFormatWide(WCHAR *Buffer, SIZE_T Count, BOOLEAN Terminate, const WCHAR *Format, va_list Arguments);
#ifdef RTL_USER_MODE
/* %e %f %g %a: digits of Value into Text (at least RTLP_FLOAT_TEXT + Precision characters) without sign; Modern is the sink's ModernFloats. rtl/float.c. */
#define RTLP_FLOAT_TEXT 340
SIZE_T RtlpFormatFloat(CHAR *Text, double Value, CHAR Conversion, int Precision, BOOLEAN Alternate, BOOLEAN Modern);
#endif

/* ---- Names and numbers of codes: rtl/status.c (shared), rtl/bugcodes.c -------------------------------------------------------------- */
PCSTR RtlpStatusName(NTSTATUS Status); /* "STATUS_SUCCESS", or NULL */
PCSTR RtlpBugCheckName(ULONG Code);    /* "IRQL_NOT_LESS_OR_EQUAL", or NULL */

/* ---- GUIDs as text: rtl/guid.c, shared ---------------------------------------------------------------------------------------- */
#define RTLP_GUID_ROOM 39 /* characters of one in braces, and a zero */
VOID RtlpFormatGuid(LPCGUID Guid, WCHAR Text[RTLP_GUID_ROOM]);

/* ---- Characters: rtl/codepage.c, case.c, shared. ANSI is code page 1252, OEM 437, as on a Windows for the USA. -------------------------- */
extern const WCHAR RtlpAnsiHigh[32];    /* 80h to 9Fh; the rest of 1252 is Unicode's own */
extern const WCHAR RtlpOemHigh[128];    /* 80h to FFh */
CHAR RtlpUnicodeToAnsiChar(WCHAR Char); /* '?' when the page has nothing like it */
CHAR RtlpUnicodeToOemChar(WCHAR Char);
static inline WCHAR RtlpAnsiToUnicodeChar(CHAR Char) {
    UCHAR Byte = (UCHAR)Char;
    return Byte >= 0x80 && Byte < 0xA0 ? RtlpAnsiHigh[Byte - 0x80] : Byte;
}
/* One code point as UTF-8, 1 to 4 bytes; returns how many. */
ULONG RtlpEncodeUtf8(ULONG CodePoint, CHAR *Text);
WCHAR RtlpUpcase(WCHAR Char);
WCHAR RtlpDowncase(WCHAR Char);

/* ---- Public functions that the DDK headers do not declare ------------------------------------------------------------------------------ */
DECLSPEC_NORETURN VOID NTAPI ExRaiseAccessViolation(VOID);
DECLSPEC_NORETURN VOID NTAPI ExRaiseDatatypeMisalignment(VOID);
NTSTATUS NTAPI RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value);
NTSTATUS NTAPI RtlUnicodeStringToInt64(PCUNICODE_STRING String, ULONG Base, PLONG64 Number, PWSTR *EndPointer);
NTSTATUS NTAPI RtlIntegerToChar(ULONG Value, ULONG Base, LONG Length, PSTR String);
NTSTATUS NTAPI RtlIntegerToUnicode(ULONG Value, ULONG Base, LONG Length, PWSTR String);
WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR *SourceCharacter);
BOOLEAN NTAPI RtlPrefixString(const STRING *Prefix, const STRING *String, BOOLEAN CaseInsensitive);
NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(PANSI_STRING, PCUNICODE_STRING, BOOLEAN Allocate);
VOID NTAPI RtlFreeOemString(POEM_STRING String);
NTSTATUS NTAPI RtlFindCharInUnicodeString(ULONG Flags, PCUNICODE_STRING String, PCUNICODE_STRING Set, PUSHORT Position);
BOOLEAN NTAPI RtlIsTextUnicode(const VOID *Buffer, int Size, int *Result);
VOID NTAPI RtlEraseUnicodeString(PUNICODE_STRING String);
NTSTATUS NTAPI RtlAppendAsciizToString(PSTRING Destination, PCSZ Source);
BOOLEAN NTAPI RtlCreateUnicodeStringFromAsciiz(PUNICODE_STRING Destination, PCSZ Source);
