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
    for (SIZE_T Room = FIRST_READ;; Room *= 4) {
        PCHAR Buffer = ExAllocatePoolWithTag(PagedPool, Room, CMP_TAG);
        if (Buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        int64_t Got = HalOps->state_read(Name, 0, Buffer, Room);
        if (Got > 0 && (SIZE_T)Got < Room) {
            *Bytes = Buffer;
            *Size = (SIZE_T)Got;
            return STATUS_SUCCESS;
        }
        ExFreePoolWithTag(Buffer, CMP_TAG);
        if (Got == 0 || Got == -HAL_ENOENT)
            return STATUS_SUCCESS;
        if (Got < 0)
            return STATUS_REGISTRY_IO_FAILED;
        if (Room >= MAX_FILE)
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
    CM_TEXT Text = {NULL, 0, 0, FALSE};
    CmpTextString(&Text, CMP_END_COMMENT);
    CmpTextHex(&Text, (ULONG)Size, 8);
    CmpTextString(&Text, " ");
    CmpTextHex(&Text, CmpChecksum(Fragment, Size), 8);
    CmpTextString(&Text, "\n");
    BOOLEAN Right = !Text.Failed && Text.Size == (SIZE_T)(Next - Line) && RtlCompareMemory(Text.Bytes, Line, Text.Size) == Text.Size;
    CmpFreeText(&Text);
    return Right;
}

/* How much of the log counts: what is behind the last end was being written when the machine ended. */
static SIZE_T CmpCompleteLog(const CHAR *Log, SIZE_T Size) {
    const CHAR *End = Log + Size, *Fragment = Log;
    ULONG Line = 1;
    for (const CHAR *At = Log, *Next; At < End; At = Next, Line++) {
        Next = CmpLineEnd(At, End);
        if ((SIZE_T)(Next - At) < sizeof(CMP_END_COMMENT) - 1 || memcmp(At, CMP_END_COMMENT, sizeof(CMP_END_COMMENT) - 1) != 0 || Next[-1] != '\n')
            continue;
        if (!CmpIsRightEnd(Fragment, (SIZE_T)(At - Fragment), At, Next))
            KdMessage(LOG_FILE ", line %lu: what is before this line is damaged or was edited; what makes sense of it is used", Line);
        Fragment = Next;
    }
    return (SIZE_T)(Fragment - Log);
}

static NTSTATUS CmpReadStored(PCSTR Name, BOOLEAN IsLog, PSIZE_T FileSize, PCM_READ_RESULT Result) {
    PCHAR Bytes;
    SIZE_T Size;
    NTSTATUS Status = CmpReadFile(Name, &Bytes, &Size);
    *FileSize = Size;
    if (!NT_SUCCESS(Status) || Bytes == NULL)
        return Status;
    RtlZeroMemory(Result, sizeof(*Result));
    Status = CmpReadText(Name, Bytes, IsLog ? CmpCompleteLog(Bytes, Size) : Size, Result);
    if (NT_SUCCESS(Status) && Result->Complaints != 0) {
        if (HalOps->state_replace(DAMAGED_FILE, Bytes, Size) == 0)
            KdMessage("%s: %lu lines were left out; the file as it was is kept beside it as " DAMAGED_FILE, Name, Result->Complaints);
        else
            Status = STATUS_REGISTRY_IO_FAILED;
    }
    ExFreePoolWithTag(Bytes, CMP_TAG);
    return Status;
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
    for (PCM_NODE Node = Top; Node != NULL; Node = CmpNextNode(Top, Node)) {
        if (!Node->Kept)
            continue;
        CmpTextKey(Text, Node, FALSE);
        for (ULONG I = 0; I < Node->ValueCount; I++)
            CmpTextValue(Text, Node->Values[I]);
        CmpTextTime(Text, Node);
    }
}

/* Everything anew. The log's file is emptied after that; if it is not, its changes are made twice at the next boot. */
static NTSTATUS CmpWriteWhole(VOID) {
    CM_TEXT Text = {NULL, 0, 0, FALSE};
    CmpTextString(&Text, CMP_REG_HEADER "\n\n" CMP_ALL_COMMENT "\n");
    for (PCM_NODE Node = CmpRoot; Node != NULL; Node = CmpNextNode(CmpRoot, Node))
        if (Node->Fixed && Node->Kept)
            CmpTextTree(&Text, Node);
    int64_t Error = Text.Failed ? -HAL_ENOMEM : HalOps->state_replace(WHOLE_FILE, Text.Bytes, Text.Size);
    SIZE_T Size = Text.Size;
    CmpFreeText(&Text);
    if (Error != 0) {
        CmpTellFailure(WHOLE_FILE, Error);
        return Error == -HAL_ENOMEM ? STATUS_INSUFFICIENT_RESOURCES : STATUS_REGISTRY_IO_FAILED;
    }
    CmpStore.WholeFile = Size;
    CmpStore.Rewrite = CmpStore.Told = FALSE;
    CmpStore.Selected = NULL;
    CmpFreeText(&CmpStore.Log);
    if (CmpStore.LogFile != 0 && HalOps->state_replace(LOG_FILE, NULL, 0) == 0)
        CmpStore.LogFile = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpAppendLog(VOID) {
    PCM_TEXT Log = &CmpStore.Log;
    CmpEndSelection();
    SIZE_T Size = Log->Size;
    ULONG Checksum = CmpChecksum(Log->Bytes, Size);
    CmpTextString(Log, CMP_END_COMMENT);
    CmpTextHex(Log, (ULONG)Size, 8);
    CmpTextString(Log, " ");
    CmpTextHex(Log, Checksum, 8);
    CmpTextString(Log, "\n");
    int64_t Error = Log->Failed ? -HAL_ENOMEM : HalOps->state_append(LOG_FILE, Log->Bytes, Log->Size);
    if (Error != 0) { /* part of it may be in the file: a new beginning is sure */
        CmpStore.Rewrite = TRUE;
        CmpFreeText(Log);
        CmpTellFailure(LOG_FILE, Error);
        return STATUS_REGISTRY_IO_FAILED;
    }
    CmpStore.LogFile += Log->Size;
    CmpStore.Told = FALSE;
    Log->Size = 0;
    return STATUS_SUCCESS;
}

static VOID CmpArm(VOID) {
    LARGE_INTEGER Due = {.QuadPart = LAZY_FLUSH};
    if (!CmpStore.Armed)
        KeSetTimer(&CmpStore.Timer, Due, &CmpStore.Dpc);
    CmpStore.Armed = TRUE;
}

NTSTATUS CmpFlushStore(VOID) {
    NTSTATUS Status = STATUS_SUCCESS;
    if (!CmpStore.Open)
        return STATUS_SUCCESS;
    if (CmpStore.Rewrite)
        Status = CmpWriteWhole();
    else if (CmpStore.Log.Size != 0)
        Status = CmpAppendLog();
    if (NT_SUCCESS(Status) && CmpStore.LogFile > COMPACT_BEYOND && CmpStore.LogFile > CmpStore.WholeFile)
        CmpWriteWhole(); /* what has been flushed is safe whether this succeeds or not */
    if (!NT_SUCCESS(Status))
        CmpArm();
    return Status;
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
    CM_READ_RESULT Whole = {0, FALSE}, Log = {0, FALSE};
    if (!KiMachine->stays_up)
        return FALSE;
    NTSTATUS Status = CmpReadStored(WHOLE_FILE, FALSE, &CmpStore.WholeFile, &Whole);
    if (NT_SUCCESS(Status))
        Status = CmpReadStored(LOG_FILE, TRUE, &CmpStore.LogFile, &Log);
    if (!NT_SUCCESS(Status)) {
        KdMessage("the registry's files cannot be %s: nothing that changes now is kept, and they stay as they are",
                  Status == STATUS_INSUFFICIENT_RESOURCES ? "read whole (the machine's memory is too small for them)" : "read or copied");
        return Whole.Complete;
    }
    KeInitializeTimer(&CmpStore.Timer);
    KeInitializeDpc(&CmpStore.Dpc, CmpLazyDpc, NULL);
    ExInitializeWorkItem(&CmpStore.Item, CmpLazyFlush, NULL);
    CmpStore.Open = TRUE;
    CmpStore.Rewrite = CmpStore.LogFile != 0 || CmpStore.WholeFile == 0 || Whole.Complaints != 0 || !Whole.Complete;
    return Whole.Complete;
}
