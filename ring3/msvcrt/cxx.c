/* What C++ programs of compilers before Visual C++ 2002 and of the driver kits up to 7.1 import: storage. */
#include "../crt/crt.h"

/* "operator new": the program's handler is asked as long as it says that there may be room now. */
CRT_EXPORT(void *, crt_operator_new, (size_t size)) {
    void *block;

    do {
        block = malloc(size);
    } while (!block && _callnewh(size));
    return block;
}
