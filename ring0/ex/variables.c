/* Variables that drivers read to learn what they run on. */
#include "ex/ex.h"

ULONG NtBuildNumber = 0xF0004A65; /* 19045, a free (not checked) build */
ULONG InitSafeBootMode = 0;       /* a normal boot */
BOOLEAN Mm64BitPhysicalAddress = TRUE;
