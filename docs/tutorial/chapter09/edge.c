/* Writes a text that ends where a page ends, without a terminator; behind it is nothing. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static void Post(HANDLE Box, const char *What, const void *Text, DWORD Length) {
    DWORD Written;

    if (WriteFile(Box, Text, Length, &Written, NULL))
        printf("%s: posted\n", What);
    else
        printf("%s: error %lu\n", What, GetLastError());
}

int main(int argc, char **argv) {
    HANDLE Box = CreateFileA("\\\\.\\Postbox", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    char *Page = VirtualAlloc(NULL, 8192, MEM_RESERVE, PAGE_NOACCESS);

    if (Box == INVALID_HANDLE_VALUE || Page == NULL || VirtualAlloc(Page, 4096, MEM_COMMIT, PAGE_READWRITE) == NULL) {
        printf("error %lu\n", GetLastError());
        return 1;
    }
    memcpy(Page + 4096 - 9, "no end...", 9);
    Post(Box, "up to the page's end", Page + 4096 - 9, 9);
    Post(Box, "beyond the page's end", Page + 4096 - 9, 50);
    Post(Box, "from nowhere", (void *)16, 9);
    Post(Box, "from the kernel", (void *)0xFFFF800000001000, 9);
    Post(Box, "nothing", Page, 0);
    memset(Page, 'x', 200);
    Post(Box, "far too much", Page, 200);
    return 0;
}
