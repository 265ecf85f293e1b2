/* Made on first use, with neither a call nor an interlocked operation between the look and the making. */
#include "races.h"

static struct {
    volatile LONG Made, Times;
} Singleton;

static VOID Prepare(VOID) {}

static VOID Body(ULONG Who) {
    UNREFERENCED_PARAMETER(Who);
    if (!Singleton.Made) {
        Singleton.Made = 1;
        Singleton.Times = Singleton.Times + 1;
    }
}

static BOOLEAN Right(VOID) { return Singleton.Times == 1; }
