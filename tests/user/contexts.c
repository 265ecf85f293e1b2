/* Drives tests/kernel/contexts.c. With an argument, buffered, direct or neither: that part alone. */
#include "utap.h"
#include <string.h>
#include "../kernel/contexts.h"

static CONTEXTS seen;
static char *page;

static BOOL write(const char *name) {
    HANDLE device = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE control = CreateFileA("\\\\.\\ContextsBuffered", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD done = 0;
    BOOL good;

    memset(page, 'u', 4096);
    good = WriteFile(device, page, 4096, &done, NULL) && done == 4096;
    good = ReadFile(control, &seen, sizeof seen, &done, NULL) && good;
    CloseHandle(control);
    CloseHandle(device);
    return good;
}

static void buffered(void) {
    OK(write("\\\\.\\ContextsBuffered"), "a buffered write, completed by a work item");
    OK(seen.Irql == 2 && seen.FirstInDpc == 'u', "the system buffer is read at DISPATCH_LEVEL");
    OK(seen.FirstInWorker == 'u' && seen.WorkerId == 4, "and in the System process");
    OK(page[0] == 'u', "it is a copy");
}

static void direct(void) {
    OK(write("\\\\.\\ContextsDirect"), "a direct write, completed by a work item");
    OK(seen.Irql == 2 && seen.FirstInDpc == 'u', "the MDL's system address is read at DISPATCH_LEVEL");
    OK(seen.FirstInWorker == 'u' && seen.WorkerId == 4, "and in the System process");
    OK(seen.Direct && page[0] == '!' && page[1] == 'u', "no copy: what is written there is in the program's memory");
}

static void neither(void) {
    OK(write("\\\\.\\ContextsNeither"), "a neither write, completed by a work item");
    OK(seen.UserAddress == (ULONG64)(ULONG_PTR)page, "the driver has the program's own address");
    OK(seen.CallerId == GetCurrentProcessId() && seen.UserInCaller == 0, "it is read in the program's context");
    OK(seen.WorkerId == 4 && seen.UserInWorker == (LONG)STATUS_ACCESS_VIOLATION, "and is not there in the System process");
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {{"buffered", buffered}, {"direct", direct}, {"neither", neither}};

    page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (int i = 0; i < 3; i++)
        if (argc < 2 || strcmp(argv[1], parts[i].name) == 0)
            parts[i].run();
    return done();
}
