/* A counter that nothing protects: one instruction, but two accesses. */
#include "races.h"

static volatile LONG Counter;

static VOID Prepare(VOID) {}

static VOID Body(ULONG Who) {
    UNREFERENCED_PARAMETER(Who);
    Counter++;
    Counter++;
}

static BOOLEAN Right(VOID) { return Counter == 4; }
