/*
 * Requests of files that are bound to the thread pool: one completion port, and a thread that takes its packets to the pool. An object is the key of its packets, and
 * stays after it is closed: nobody can say that none is on its way.
 */
#include "threadpool.h"

static HANDLE Port;

static DWORD WINAPI TakePackets(LPVOID Context) {
    for (;;) {
        POOL_PACKET packet = {.Next = NULL}, *copy;
        IO_STATUS_BLOCK io;
        PVOID key;
        if (!NT_SUCCESS(NtRemoveIoCompletion(Port, &key, &packet.Request, &io, NULL)))
            return 0;
        POOL_OBJECT *object = key;
        LARGE_INTEGER pause = {.QuadPart = -100000};
        while (!(copy = BaseAllocate(sizeof *copy))) /* a packet is never lost */
            NtDelayExecution(FALSE, &pause);
        *copy = packet;
        copy->Status = io.Status;
        copy->Information = io.Information;
        PoolAcquire();
        if (object->Requests)
            object->Requests--;
        if (object->Closed) {
            BaseFree(copy);
        } else {
            *object->LastPacket = copy;
            object->LastPacket = &copy->Next;
            PoolPost(object);
        }
        PoolRelease();
    }
}

static POOL_OBJECT *Bind(POOL_KIND Kind, HANDLE File, PVOID Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment) {
    POOL_OBJECT *object = PoolNew(Kind, Callback, Context, Environment);
    if (!object)
        return NULL;
    PoolAcquire();
    if (!Port && (Port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0))) {
        HANDLE thread = CreateThread(NULL, 0, TakePackets, NULL, 0, NULL);
        if (thread) {
            NtClose(thread);
        } else {
            NtClose(Port);
            Port = NULL;
        }
    }
    PoolRelease();
    if (Port && CreateIoCompletionPort(File, Port, (ULONG_PTR)object, 0))
        return object;
    PoolClose(object);
    return NULL;
}

PTP_IO WINAPI CreateThreadpoolIo(HANDLE File, PTP_WIN32_IO_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment) {
    return (PTP_IO)Bind(PoolIo, File, (PVOID)(ULONG_PTR)Callback, Context, Environment);
}
VOID WINAPI StartThreadpoolIo(PTP_IO Io) {
    PoolAcquire();
    ((POOL_OBJECT *)Io)->Requests++;
    PoolRelease();
}
VOID WINAPI CancelThreadpoolIo(PTP_IO Io) {
    PoolAcquire();
    if (((POOL_OBJECT *)Io)->Requests)
        ((POOL_OBJECT *)Io)->Requests--;
    PoolRelease();
}
VOID WINAPI WaitForThreadpoolIoCallbacks(PTP_IO Io, WINBOOL Cancel) {
    LARGE_INTEGER pause = {.QuadPart = -10000};
    PoolAcquire();
    while (!Cancel && ((POOL_OBJECT *)Io)->Requests) { /* until what was started has come */
        PoolRelease();
        NtDelayExecution(FALSE, &pause);
        PoolAcquire();
    }
    PoolRelease();
    PoolDrain((POOL_OBJECT *)Io, Cancel);
}
VOID WINAPI CloseThreadpoolIo(PTP_IO Io) {
    PoolAcquire();
    ((POOL_OBJECT *)Io)->Closed = ((POOL_OBJECT *)Io)->Kept = TRUE;
    PoolRelease();
}
WINBOOL WINAPI BindIoCompletionCallback(HANDLE File, LPOVERLAPPED_COMPLETION_ROUTINE Routine, ULONG Flags) {
    return Bind(PoolBoundIo, File, (PVOID)(ULONG_PTR)Routine, NULL, NULL) != NULL;
}
