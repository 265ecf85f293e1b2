/* What file objects and requests are asked that has one answer here. */
#include "io/io.h"

BOOLEAN NTAPI IoIsInitiator32bitProcess(PIRP Irp);

/* There are no transactions, and no 32-bit programs. */
PTXN_PARAMETER_BLOCK NTAPI IoGetTransactionParameterBlock(PFILE_OBJECT FileObject) { return NULL; }

BOOLEAN NTAPI IoIsInitiator32bitProcess(PIRP Irp) { return FALSE; }
