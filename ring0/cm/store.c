/* The files of the registry: reading them at boot, the log of changes, and writing it. store.h says how they work together. */
#include "cm/store.h"
#include "kd/kd.h"
#include "ke/ke.h"

#define WHOLE_FILE     "registry.reg"
#define LOG_FILE       "registry.log"
#define DAMAGED_FILE   "registry.bad" /* what a file with wrong lines was like, before they were left out for good */
#define MAX_FILE       (64u << 20)
#define FIRST_READ     (64u << 10)
#define LONG_LOG       (64u << 10)       /* bytes in memory that do not wait for the timer */
#define LAZY_FLUSH     (-5 * 10000000ll) /* as on Windows: some seconds */
#define COMPACT_BEYOND (1u << 20)        /* a log longer than this, and than the registry itself, becomes a new registry.reg */

static struct {
    BOOLEAN Open;      /* changes are logged */
    BOOLEAN Rewrite;   /* the log is not enough: the next flush writes everything */
    BOOLEAN Armed;     /* the timer is set */
    BOOLEAN Told;      /* that writing fails */
    CM_TEXT Log;       /* what is in no file */
    PCM_NODE Selected; /* whose changes the log's last key line announces; NULL: none */
    SIZE_T LogFile, WholeFile;
    KTIMER Timer;
    KDPC Dpc;
    WORK_QUEUE_ITEM Item;
} CmpStore;

/* ---- Reading ---- */
/* A whole file in pool; *Bytes NULL if there is none. STATUS_INSUFFICIENT_RESOURCES, STATUS_REGISTRY_IO_FAILED. */
static NTSTATUS CmpReadFile(PCSTR Name, PCHAR *Bytes, PSIZE_T Size) {
    *Bytes = NULL;
    *Size = 0;
    for (SIZE_T room = FIRST_READ;; room *= 4) {
        PCHAR bytes = ExAllocatePoolWithTag(PagedPool, room, CMP_TAG);
        if (bytes == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        int64_t got = HalOps->state_read(Name, 0, bytes, room);
        if (got > 0 && (SIZE_T)got < room) {
            *Bytes = bytes;
            *Size = (SIZE_T)got;
            return STATUS_SUCCESS;
        }
        ExFreePoolWithTag(bytes, CMP_TAG);
        if (got == 0 || got == -HAL_ENOENT)
            return STATUS_SUCCESS;
        if (got < 0)
            return STATUS_REGISTRY_IO_FAILED;
        if (room >= MAX_FILE)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
}

static const CHAR *CmpLineEnd(const CHAR *At, const CHAR *End) {
    while (At < End && *At != '\n')
        At++;
    return At < End ? At + 1 : At;
}

/* Is Line, which is Size bytes behind the start of its fragment, what CmpEndFragment wrote? */
static BOOLEAN CmpIsRightEnd(const CHAR *Fragment, SIZE_T Size, const CHAR *Line, const CHAR *Next) {
    CM_TEXT text = {NULL, 0, 0, FALSE};
    CmpTextString(&text, CMP_END_COMMENT);
    CmpTextHex(&text, (ULONG)Size, 8);
    CmpTextString(&text, " ");
    CmpTextHex(&text, CmpChecksum(Fragment, Size), 8);
    CmpTextString(&text, "\n");
    BOOLEAN right = !text.Failed && text.Size == (SIZE_T)(Next - Line) && RtlCompareMemory(text.Bytes, Line, text.Size) == text.Size;
    CmpFreeText(&text);
    return right;
}

/* How much of the log counts: what is behind the last end was being written when the machine ended. */
static SIZE_T CmpCompleteLog(const CHAR *Log, SIZE_T Size) {
    const CHAR *end = Log + Size, *fragment = Log;
    ULONG line = 1;
    for (const CHAR *at = Log, *next; at < end; at = next, line++) {
        next = CmpLineEnd(at, end);
        if ((SIZE_T)(next - at) < sizeof(CMP_END_COMMENT) - 1 || memcmp(at, CMP_END_COMMENT, sizeof(CMP_END_COMMENT) - 1) != 0 || next[-1] != '\n')
            continue;
        if (!CmpIsRightEnd(fragment, (SIZE_T)(at - fragment), at, next))
            KdMessage(LOG_FILE ", line %lu: what is before this line is damaged or was edited; what makes sense of it is used", line);
        fragment = next;
    }
    return (SIZE_T)(fragment - Log);
}

static NTSTATUS CmpReadStored(PCSTR Name, BOOLEAN IsLog, PSIZE_T FileSize, PCM_READ_RESULT Result) {
    PCHAR bytes;
    SIZE_T size;
    NTSTATUS status = CmpReadFile(Name, &bytes, &size);
    *FileSize = size;
    if (!NT_SUCCESS(status) || bytes == NULL)
        return status;
    RtlZeroMemory(Result, sizeof(*Result));
    status = CmpReadText(Name, bytes, IsLog ? CmpCompleteLog(bytes, size) : size, Result);
    if (NT_SUCCESS(status) && Result->Complaints != 0) {
        if (HalOps->state_replace(DAMAGED_FILE, bytes, size) == 0)
            KdMessage("%s: %lu lines were left out; the file as it was is kept beside it as " DAMAGED_FILE, Name, Result->Complaints);
        else
            status = STATUS_REGISTRY_IO_FAILED;
    }
    ExFreePoolWithTag(bytes, CMP_TAG);
    return status;
}

/* ---- Writing ---- */
static VOID CmpEndSelection(VOID) {
    if (CmpStore.Selected != NULL)
        CmpTextTime(&CmpStore.Log, CmpStore.Selected);
    CmpStore.Selected = NULL;
}

static VOID CmpSelect(PCM_NODE Node) {
    if (CmpStore.Selected == Node)
        return;
    CmpEndSelection();
    CmpTextKey(&CmpStore.Log, Node, FALSE);
    CmpStore.Selected = Node;
}

static VOID CmpTellFailure(PCSTR Name, int64_t Error) {
    if (!CmpStore.Told)
        KdMessage("%s: cannot be written (%s): what has changed in the registry is kept in memory and tried again", Name,
                  Error == -HAL_ENOSPC   ? "no space is left"
                  : Error == -HAL_EACCES ? "no permission"
                                         : "an I/O error");
    CmpStore.Told = TRUE;
}

static VOID CmpTextTree(PCM_TEXT Text, PCM_NODE Top) {
    for (PCM_NODE node = Top; node != NULL; node = CmpNextNode(Top, node)) {
        if (!node->Kept)
            continue;
        CmpTextKey(Text, node, FALSE);
        for (ULONG i = 0; i < node->ValueCount; i++)
            CmpTextValue(Text, node->Values[i]);
        CmpTextTime(Text, node);
    }
}

/* Everything anew. The log's file is emptied after that; if it is not, its changes are made twice at the next boot. */
static NTSTATUS CmpWriteWhole(VOID) {
    CM_TEXT text = {NULL, 0, 0, FALSE};
    CmpTextString(&text, CMP_REG_HEADER "\n\n" CMP_ALL_COMMENT "\n");
    for (PCM_NODE node = CmpRoot; node != NULL; node = CmpNextNode(CmpRoot, node))
        if (node->Fixed && node->Kept)
            CmpTextTree(&text, node);
    int64_t error = text.Failed ? -HAL_ENOMEM : HalOps->state_replace(WHOLE_FILE, text.Bytes, text.Size);
    SIZE_T size = text.Size;
    CmpFreeText(&text);
    if (error != 0) {
        CmpTellFailure(WHOLE_FILE, error);
        return error == -HAL_ENOMEM ? STATUS_INSUFFICIENT_RESOURCES : STATUS_REGISTRY_IO_FAILED;
    }
    CmpStore.WholeFile = size;
    CmpStore.Rewrite = CmpStore.Told = FALSE;
    CmpStore.Selected = NULL;
    CmpFreeText(&CmpStore.Log);
    if (CmpStore.LogFile != 0 && HalOps->state_replace(LOG_FILE, NULL, 0) == 0)
        CmpStore.LogFile = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpAppendLog(VOID) {
    PCM_TEXT log = &CmpStore.Log;
    CmpEndSelection();
    SIZE_T size = log->Size;
    ULONG checksum = CmpChecksum(log->Bytes, size);
    CmpTextString(log, CMP_END_COMMENT);
    CmpTextHex(log, (ULONG)size, 8);
    CmpTextString(log, " ");
    CmpTextHex(log, checksum, 8);
    CmpTextString(log, "\n");
    int64_t error = log->Failed ? -HAL_ENOMEM : HalOps->state_append(LOG_FILE, log->Bytes, log->Size);
    if (error != 0) { /* part of it may be in the file: a new beginning is sure */
        CmpStore.Rewrite = TRUE;
        CmpFreeText(log);
        CmpTellFailure(LOG_FILE, error);
        return STATUS_REGISTRY_IO_FAILED;
    }
    CmpStore.LogFile += log->Size;
    CmpStore.Told = FALSE;
    log->Size = 0;
    return STATUS_SUCCESS;
}

static VOID CmpArm(VOID) {
    LARGE_INTEGER due = {.QuadPart = LAZY_FLUSH};
    if (!CmpStore.Armed)
        KeSetTimer(&CmpStore.Timer, due, &CmpStore.Dpc);
    CmpStore.Armed = TRUE;
}

NTSTATUS CmpFlushStore(VOID) {
    NTSTATUS status = STATUS_SUCCESS;
    if (!CmpStore.Open)
        return STATUS_SUCCESS;
    if (CmpStore.Rewrite)
        status = CmpWriteWhole();
    else if (CmpStore.Log.Size != 0)
        status = CmpAppendLog();
    if (NT_SUCCESS(status) && CmpStore.LogFile > COMPACT_BEYOND && CmpStore.LogFile > CmpStore.WholeFile)
        CmpWriteWhole(); /* what has been flushed is safe whether this succeeds or not */
    if (!NT_SUCCESS(status))
        CmpArm();
    return status;
}

VOID CmShutdownSystem(VOID) {
    if (!CmpStore.Open)
        return;
    KeCancelTimer(&CmpStore.Timer);
    if (CmpStore.Rewrite || CmpStore.Log.Size != 0 || CmpStore.LogFile != 0)
        CmpWriteWhole();
}

static VOID NTAPI CmpLazyFlush(PVOID Context) {
    CmpStore.Armed = FALSE;
    CmpFlushStore();
}

static VOID NTAPI CmpLazyDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) { ExQueueWorkItem(&CmpStore.Item, DelayedWorkQueue); }

/* ---- The log ---- */
/* Is a change of Node to be written into the log now? When everything is going to be written anyway, only the time of that matters. */
static BOOLEAN CmpIsLogged(PCM_NODE Node) {
    if (!CmpStore.Open || !Node->Kept)
        return FALSE;
    if (CmpStore.Rewrite) {
        CmpArm();
        return FALSE;
    }
    if (CmpStore.Log.Size == 0 && CmpStore.LogFile == 0)
        CmpTextString(&CmpStore.Log, CMP_REG_HEADER "\n");
    return TRUE;
}

static VOID CmpLogged(VOID) {
    if (CmpStore.Log.Failed) { /* it is no use: everything has to be written, when there is memory for it */
        CmpStore.Rewrite = TRUE;
        CmpStore.Selected = NULL;
        CmpFreeText(&CmpStore.Log);
    }
    if (CmpStore.Log.Size > LONG_LOG)
        CmpFlushStore();
    else
        CmpArm();
}

VOID CmpLogKey(PCM_NODE Node) {
    if (!CmpIsLogged(Node))
        return;
    CmpSelect(Node);
    CmpLogged();
}

/* The key's own line once more, with what belongs to it. */
VOID CmpLogSecurity(PCM_NODE Node) {
    if (!CmpIsLogged(Node) || Node->Fixed)
        return;
    CmpEndSelection();
    CmpSelect(Node);
    CmpLogged();
}

VOID CmpLogTree(PCM_NODE Node) {
    if (!CmpIsLogged(Node))
        return;
    CmpEndSelection();
    CmpTextTree(&CmpStore.Log, Node);
    CmpLogged();
}

VOID CmpLogTime(PCM_NODE Node) {
    if (!CmpIsLogged(Node))
        return;
    CmpSelect(Node);
    CmpEndSelection();
    CmpLogged();
}

VOID CmpLogNoKey(PCM_NODE Node) {
    if (!CmpIsLogged(Node))
        return;
    CmpEndSelection();
    CmpTextKey(&CmpStore.Log, Node, TRUE);
    CmpLogged();
}

VOID CmpLogValue(PCM_NODE Node, PCM_VALUE Value) {
    if (!CmpIsLogged(Node))
        return;
    CmpSelect(Node);
    CmpTextValue(&CmpStore.Log, Value);
    CmpLogged();
}

VOID CmpLogNoValue(PCM_NODE Node, PCUNICODE_STRING Name) {
    if (!CmpIsLogged(Node))
        return;
    CmpSelect(Node);
    CmpTextNoValue(&CmpStore.Log, Name);
    CmpLogged();
}

BOOLEAN CmpOpenStore(VOID) {
    CM_READ_RESULT whole = {0, FALSE}, log = {0, FALSE};
    if (!KiMachine->stays_up)
        return FALSE;
    NTSTATUS status = CmpReadStored(WHOLE_FILE, FALSE, &CmpStore.WholeFile, &whole);
    if (NT_SUCCESS(status))
        status = CmpReadStored(LOG_FILE, TRUE, &CmpStore.LogFile, &log);
    if (!NT_SUCCESS(status)) {
        KdMessage("the registry's files cannot be %s: nothing that changes now is kept, and they stay as they are",
                  status == STATUS_INSUFFICIENT_RESOURCES ? "read whole (the machine's memory is too small for them)" : "read or copied");
        return whole.Complete;
    }
    KeInitializeTimer(&CmpStore.Timer);
    KeInitializeDpc(&CmpStore.Dpc, CmpLazyDpc, NULL);
    ExInitializeWorkItem(&CmpStore.Item, CmpLazyFlush, NULL);
    CmpStore.Open = TRUE;
    CmpStore.Rewrite = CmpStore.LogFile != 0 || CmpStore.WholeFile == 0 || whole.Complaints != 0 || !whole.Complete;
    return whole.Complete;
}
