/* Interrupts of devices: lines, vectors, levels, interrupt objects. The machine's own events (console, clock) are in idle.c and clock.c. */
#pragma once
#include "nt/nt.h"

/*
 * A line has one vector, and a vector's upper half is its level, as on x64 Windows. The lower a line, the higher its level: lines 0 to 2 interrupt at 11,
 * 21 to 23 at 4. Messages (MSI) are lines that know edges only: numbers 24 to 31, all of level 3, vectors HAL_MESSAGE_VECTOR on.
 */
#define KI_LINES               24u
#define KI_MESSAGES            HAL_MESSAGES
#define KI_MESSAGE_IRQL        ((KIRQL)(HAL_MESSAGE_VECTOR >> 4))
#define KI_LINE_IRQL(Line)     ((Line) < KI_LINES ? (KIRQL)(11 - (Line) / 3) : KI_MESSAGE_IRQL)
#define KI_LINE_VECTOR(Line)   ((Line) < KI_LINES ? (ULONG)KI_LINE_IRQL(Line) << 4 | (Line) % 3 : HAL_MESSAGE_VECTOR + (Line) - KI_LINES)
#define KI_IS_MESSAGE(Vector)  ((Vector) >= HAL_MESSAGE_VECTOR && (Vector) < HAL_MESSAGE_VECTOR + KI_MESSAGES)
#define KI_VECTOR_LINE(Vector) (KI_IS_MESSAGE(Vector) ? (Vector) - HAL_MESSAGE_VECTOR + KI_LINES : (11 - ((Vector) >> 4)) * 3 + ((Vector) & 15))
#define KI_IS_VECTOR(Vector)   (KI_IS_MESSAGE(Vector) || ((Vector) >> 4 >= 4 && (Vector) >> 4 <= 11 && ((Vector) & 15) < 3))

struct _KINTERRUPT {
    LIST_ENTRY Link; /* of its line, in the order of connection */
    PKSERVICE_ROUTINE ServiceRoutine;
    PVOID ServiceContext;
    PKMESSAGE_SERVICE_ROUTINE MessageRoutine; /* what ServiceRoutine calls, of an interrupt by message */
    ULONG MessageId;
    PKSPIN_LOCK ActualLock;
    KSPIN_LOCK SpinLock; /* ActualLock, if the driver gave none */
    ULONG Line;
    KIRQL Irql;
    KIRQL SynchronizeIrql;
    KINTERRUPT_MODE Mode;
    BOOLEAN ShareVector;
    KAFFINITY Affinity;
};

/* FALSE: the line is taken by somebody who does not share it, or in the other mode. PASSIVE_LEVEL. */
BOOLEAN KiConnectInterrupt(PKINTERRUPT Interrupt);
/* FALSE: it is not connected, or none. */
BOOLEAN KiDisconnectInterrupt(PKINTERRUPT Interrupt);

/* After the host may have changed lines or times: what waits now, and when to look again. Any IRQL. */
VOID KiLookAtDevices(VOID);
/* Runs the service routines of the highest line that waits, if its level is above Irql, at which the processor is and stays. FALSE: none did. */
BOOLEAN KiDeliverDeviceInterrupt(KIRQL Irql);
