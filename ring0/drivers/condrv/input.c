/*
 * Console input. A read that cannot be answered waits in a queue, cancelable. When there is input, the machine interrupts; the
 * interrupt queues a DPC, and the DPC answers the reads in the order in which they came: the shape of every driver of a slow device.
 *
 * A terminal is asked whether it has a line whenever somebody wants one. The input of a pipe or a file counts as there, and the host's read waits
 * for it with the whole machine: so the machine interrupts once it has nothing else to do, and each interrupt is good for one such read.
 */
#include "condrvp.h"

/* The IRP's buffer and its room in bytes, for a read and for an IOCTL_CONDRV_READ_WIDE. */
static ULONG ConReadRoom(PIRP Irp, BOOLEAN *Wide) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    *Wide = Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL;
    return *Wide ? Stack->Parameters.DeviceIoControl.OutputBufferLength : Stack->Parameters.Read.Length;
}

static BOOLEAN ConInputIsTerminal(PCON_INPUT_STATE Input) { return ConIsTerminal(CONTAINING_RECORD(Input, CON_CONSOLE, Input), CON_INPUT); }

/* Consoles of terminals that have entered a machine are never waited for by the host, whatever they are. */
static BOOLEAN ConNeverBlocks(PCON_INPUT_STATE Input) { return Input->Number != 0 || ConInputIsTerminal(Input); }

/* The next byte a program gets: on a terminal \n comes as \r\n. */
static UCHAR ConNextByte(PCON_INPUT_STATE Input) {
    UCHAR Byte = Input->Line[Input->First];

    if (Byte == '\n' && ConInputIsTerminal(Input) && !Input->SkipFeed) {
        Input->SkipFeed = TRUE;
        return '\r';
    }
    Input->SkipFeed = FALSE;
    Input->First++;
    return Byte;
}

/* Bytes of the line, up to its end or Room. */
static ULONG ConTakeBytes(PCON_INPUT_STATE Input, UCHAR *Out, ULONG Room) {
    ULONG Taken = 0;

    while (Taken < Room && Input->First < Input->Last) {
        UCHAR Byte = ConNextByte(Input);
        Out[Taken++] = Byte;
        if (Byte == '\n' && ConInputIsTerminal(Input))
            break;
    }
    return Taken;
}

/* The same as UTF-16, in bytes. What is not UTF-8 becomes U+FFFD, byte by byte; so does a sequence that the end of what was read cuts. */
static ULONG ConTakeWide(PCON_INPUT_STATE Input, WCHAR *Out, ULONG Room) {
    ULONG Taken = 0;

    while ((Taken + 2) * sizeof(WCHAR) <= Room && Input->First < Input->Last) {
        const UCHAR *P = Input->Line + Input->First;
        ULONG Have = Input->Last - Input->First, Extra = *P < 0x80 ? 0 : *P < 0xC2 ? 4 : *P < 0xE0 ? 1 : *P < 0xF0 ? 2 : *P < 0xF5 ? 3 : 4;
        ULONG Character = Extra == 1 ? *P & 0x1F : Extra == 2 ? *P & 0x0F : *P & 0x07;

        if (Extra == 0) {
            UCHAR Byte = ConNextByte(Input);
            Out[Taken++] = Byte;
            if (Byte == '\n' && ConInputIsTerminal(Input))
                break;
            continue;
        }
        for (ULONG I = 1; I <= Extra && Extra != 4; I++) {
            if (I >= Have || (P[I] & 0xC0) != 0x80)
                Extra = 4;
            else
                Character = Character << 6 | (P[I] & 0x3F);
        }
        if (Extra == 4 || (Extra == 2 && (Character < 0x800 || (Character >= 0xD800 && Character <= 0xDFFF))) ||
            (Extra == 3 && (Character < 0x10000 || Character > 0x10FFFF))) {
            Out[Taken++] = 0xFFFD;
            Input->First++;
            continue;
        }
        Input->First += 1 + Extra;
        if (Character < 0x10000) {
            Out[Taken++] = (WCHAR)Character;
        } else {
            Out[Taken++] = (WCHAR)(0xD800 + ((Character - 0x10000) >> 10));
            Out[Taken++] = (WCHAR)(0xDC00 + (Character & 0x3FF));
        }
    }
    return Taken * sizeof(WCHAR);
}

/* The next line from the host, or what it returns instead. */
static int64_t ConReadLine(PCON_INPUT_STATE Input) {
    int64_t Count = HalOps->console_read(Input->Number, Input->Line, CON_LINE);

    if (Count >= 0) {
        Input->First = 0;
        Input->Last = (ULONG)Count;
    }
    return Count;
}

/*
 * Answers Irp from the line, reading one from the host, if *MayRead, when that is used up. FALSE: there is nothing yet. Called with Input->Lock held;
 * completes nothing.
 */
static BOOLEAN ConAnswer(PCON_INPUT_STATE Input, PIRP Irp, BOOLEAN *MayRead) {
    BOOLEAN Wide;
    ULONG Room = ConReadRoom(Irp, &Wide);
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;

    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    if (Input->First == Input->Last) {
        int64_t Count;

        if (!*MayRead)
            return FALSE;
        *MayRead = ConNeverBlocks(Input);
        Count = ConReadLine(Input);
        if (Count == -HAL_EAGAIN)
            return FALSE;
        if (Count < 0) {
            Irp->IoStatus.Status = STATUS_IO_DEVICE_ERROR;
            return TRUE;
        }
    }
    Irp->IoStatus.Information = Wide ? ConTakeWide(Input, Buffer, Room) : ConTakeBytes(Input, Buffer, Room);
    return TRUE;
}

/* Takes the first read of the queue that nobody is cancelling. One whose cancel routine runs already is left to it: that routine waits for
   the lock, and finds the IRP in a list of its own. */
static PIRP ConFirstWaiting(PCON_INPUT_STATE Input) {
    while (!IsListEmpty(&Input->Waiting)) {
        PLIST_ENTRY Entry = Input->Waiting.Flink;
        PIRP Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);

        if (IoSetCancelRoutine(Irp, NULL) != NULL)
            return Irp;
        RemoveEntryList(Entry);
        InitializeListHead(Entry);
    }
    return NULL;
}

/* A read waits from now on, or no longer. The first and the last of a console tell the host. */
static VOID ConWant(PCON_INPUT_STATE Input, BOOLEAN Wanted) {
    KiEventInterest(HAL_EVENT_CONSOLE, Wanted);
    if (Wanted ? Input->Wanted++ == 0 : --Input->Wanted == 0)
        HalOps->console_want(Input->Number, Wanted);
}

static VOID ConCancelRead(PDEVICE_OBJECT Device, PIRP Irp);

VOID ConServe(PCON_INPUT_STATE Input, BOOLEAN MayRead) {
    for (;;) {
        BOOLEAN Answered = FALSE, Cancelled = FALSE;
        PIRP Irp;
        KIRQL Irql;

        KeAcquireSpinLock(&Input->Lock, &Irql);
        Irp = ConFirstWaiting(Input);
        if (Irp != NULL) {
            Answered = ConAnswer(Input, Irp, &MayRead);
            if (!Answered) {
                /* Back to waiting; it may have been cancelled while it had no cancel routine. */
                IoSetCancelRoutine(Irp, ConCancelRead);
                Cancelled = Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL;
            }
            if (Answered || Cancelled)
                RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
        }
        KeReleaseSpinLock(&Input->Lock, Irql);
        if (!Answered && !Cancelled)
            return;
        ConWant(Input, FALSE);
        if (Cancelled)
            ConComplete(Irp, STATUS_CANCELLED, 0);
        else
            IoCompleteRequest(Irp, IO_KEYBOARD_INCREMENT);
    }
}

static VOID NTAPI ConCancelRead(PDEVICE_OBJECT Device, PIRP Irp) {
    PCON_INPUT_STATE Input = &((PCON_CONSOLE)IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext)->Input;
    KIRQL Irql = Irp->CancelIrql;

    IoReleaseCancelSpinLock(Irql);
    KeAcquireSpinLock(&Input->Lock, &Irql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&Input->Lock, Irql);
    ConWant(Input, FALSE);
    ConComplete(Irp, STATUS_CANCELLED, 0);
}

NTSTATUS ConStartRead(PCON_CONSOLE Console, PIRP Irp) {
    PCON_INPUT_STATE Input = &Console->Input;
    BOOLEAN Cancelled;
    KIRQL Irql;

    /* Queued even if there is input, so that reads are answered in order. Pending before anybody else can see the IRP. */
    KeAcquireSpinLock(&Input->Lock, &Irql);
    IoMarkIrpPending(Irp);
    InsertTailList(&Input->Waiting, &Irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(Irp, ConCancelRead);
    Cancelled = Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL;
    if (Cancelled)
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    else
        ConWant(Input, TRUE);
    KeReleaseSpinLock(&Input->Lock, Irql);
    if (Cancelled)
        ConComplete(Irp, STATUS_CANCELLED, 0);
    else
        ConServe(Input, ConNeverBlocks(Input));
    return STATUS_PENDING;
}

VOID ConCancelReads(PCON_CONSOLE Console, PFILE_OBJECT FileObject) {
    PCON_INPUT_STATE Input = &Console->Input;
    PLIST_ENTRY Entry, Next;
    LIST_ENTRY Gone;
    KIRQL Irql;

    InitializeListHead(&Gone);
    KeAcquireSpinLock(&Input->Lock, &Irql);
    for (Entry = Input->Waiting.Flink; Entry != &Input->Waiting; Entry = Next) {
        PIRP Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);

        Next = Entry->Flink;
        if (IoGetCurrentIrpStackLocation(Irp)->FileObject == FileObject && IoSetCancelRoutine(Irp, NULL) != NULL) {
            RemoveEntryList(Entry);
            InsertTailList(&Gone, Entry);
        }
    }
    KeReleaseSpinLock(&Input->Lock, Irql);
    while (!IsListEmpty(&Gone)) {
        Entry = RemoveHeadList(&Gone);
        ConWant(Input, FALSE);
        ConComplete(CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry), STATUS_CANCELLED, 0);
    }
}

VOID ConFlushInput(PCON_CONSOLE Console) {
    KIRQL Irql;

    KeAcquireSpinLock(&Console->Input.Lock, &Irql);
    Console->Input.First = Console->Input.Last = 0;
    Console->Input.SkipFeed = FALSE;
    KeReleaseSpinLock(&Console->Input.Lock, Irql);
}

ULONG ConCountInput(PCON_CONSOLE Console) {
    PCON_INPUT_STATE Input = &Console->Input;
    ULONG Count;
    KIRQL Irql;

    KeAcquireSpinLock(&Input->Lock, &Irql);
    if (Input->First == Input->Last)
        ConReadLine(Input);
    Count = Input->Last - Input->First;
    KeReleaseSpinLock(&Input->Lock, Irql);
    return Count;
}

VOID ConInitializeInput(PCON_CONSOLE Console) {
    KeInitializeSpinLock(&Console->Input.Lock);
    InitializeListHead(&Console->Input.Waiting);
}
