/* Schedule points inside a driver's code: ke/points.c. Only on a machine with several processors. */
#pragma once
#include "nt/nt.h"

/* Before the image at Base, of Size bytes, is protected and runs: puts a breakpoint at each of its points, or says why it has none. */
VOID KiPlantPoints(PVOID Base, ULONG Size, PCSTR Name);
/* The image at Base goes. */
VOID KiForgetPoints(PVOID Base);
/* A trap in kernel mode. TRUE: it came from a point and is served; the frame is to be resumed. FALSE: it is the driver's own. */
BOOLEAN KiServePoint(hal_trap_frame *Frame);
