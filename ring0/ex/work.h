/* Worker threads, between the files of ex/. */
#pragma once
#include "ke/ke.h"

VOID ExpInitializeWorkQueues(VOID);
