/* Calling registry filters around an operation. */
#pragma once
#include "cm/key.h"

#define CMP_MAX_CALLBACKS 16u /* registrations at a time */

typedef struct _CM_CALLBACK *PCM_CALLBACK;
typedef struct _CM_CALL { /* an operation's calls under way; lives from CmpPre to CmpPostCall */
    ULONG Count;
    PVOID Information;
    PCM_KEY Key;
    struct {
        PCM_CALLBACK Callback;
        PVOID Context;
    } Called[CMP_MAX_CALLBACKS];
} CM_CALL, *PCM_CALL;

/*
 * Before an operation on Key, referenced; Information is a REG_..._INFORMATION. TRUE: it is to be done. FALSE: a filter does not let it pass, or did it, or the
 * key has been deleted meanwhile; *Status is its outcome. Either way CmpPostCall comes next. Threads may run. PASSIVE_LEVEL.
 */
#define CmpPre(Call, Notify, Information, Key, Status)                                                                                               \
    CmpPreCall(Call, Notify, Information, Key, &(Information)->CallContext, &(Information)->ObjectContext, Status)
BOOLEAN CmpPreCall(PCM_CALL Call, REG_NOTIFY_CLASS Notify, PVOID Information, PCM_KEY Key, PVOID *CallContext, PVOID *ObjectContext,
                   NTSTATUS *Status);
/* After it: Status is its outcome; returns that of the service. Object: the key object, the new one for a create or open; NULL: there is none. */
NTSTATUS CmpPostCall(PCM_CALL Call, REG_NOTIFY_CLASS Notify, PVOID Object, NTSTATUS Status);
/* The key object goes: its contexts go back to whose they are. */
VOID CmpDropContexts(PCM_KEY Key);

/* Exports that the DDK headers do not declare. */
NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID, PCUNICODE_STRING *ObjectName, ULONG Flags);
VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName);
