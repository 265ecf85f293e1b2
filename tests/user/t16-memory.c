/* T16, the program's side: pages leave the working set and come back with what was in them, locked pages stay, and no more is committed than there is. */
#include "utap.h"
#include <psapi.h>
#include <winternl.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

NTSTATUS NTAPI NtOpenSection(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);

WINBOOL WINAPI K32EmptyWorkingSet(HANDLE);
WINBOOL WINAPI K32QueryWorkingSetEx(HANDLE, PVOID, DWORD);

static BOOL resident(const void *address) {
    PSAPI_WORKING_SET_EX_INFORMATION page = {.VirtualAddress = (PVOID)address};
    return K32QueryWorkingSetEx(GetCurrentProcess(), &page, sizeof page) && page.VirtualAttributes.Valid;
}

static void fill(volatile DWORD *pages, SIZE_T count, DWORD seed) {
    for (SIZE_T i = 0; i < count; i++)
        pages[i * (PAGE / sizeof(DWORD)) + i % 1000] = seed + (DWORD)i;
}

static BOOL filled(const volatile DWORD *pages, SIZE_T count, DWORD seed) {
    for (SIZE_T i = 0; i < count; i++)
        if (pages[i * (PAGE / sizeof(DWORD)) + i % 1000] != seed + (DWORD)i)
            return FALSE;
    return TRUE;
}

static void trim(void) {
    char *memory = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    SIZE_T least, most;
    DWORD old;
    fill((DWORD *)memory, 16, 100);
    OK(resident(memory) && resident(memory + 15 * PAGE), "pages that were written are in the working set");
    OK(VirtualLock(memory + 2 * PAGE, PAGE), "VirtualLock");
    OK(VirtualProtect(memory + 3 * PAGE, PAGE, PAGE_READONLY, &old), "one is read-only");
    OK(K32EmptyWorkingSet(GetCurrentProcess()), "EmptyWorkingSet");
    OK(!resident(memory) && !resident(memory + 3 * PAGE), "they are out");
    OK(resident(memory + 2 * PAGE), "but for the locked one");
    MEMORY_BASIC_INFORMATION information;
    OK(VirtualQuery(memory, &information, sizeof information) && information.RegionSize == 3 * PAGE && information.State == MEM_COMMIT,
       "and still committed");
    OK(filled((DWORD *)memory, 16, 100), "touched, they have what was in them");
    OK(resident(memory), "and are in again");
    OK(VirtualUnlock(memory + 2 * PAGE, PAGE), "VirtualUnlock");
    OK(!VirtualUnlock(memory + 2 * PAGE, PAGE) && GetLastError() == ERROR_NOT_LOCKED, "once");
    OK(SetProcessWorkingSetSize(GetCurrentProcess(), (SIZE_T)-1, (SIZE_T)-1) && !resident(memory + 2 * PAGE),
       "SetProcessWorkingSetSize(-1, -1) empties it too");
    BOOL caught = FALSE;
    __try {
        memory[3 * PAGE] = 1;
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION) {
        caught = TRUE;
    }
    OK(caught, "a page that is out keeps its protection");
    K32EmptyWorkingSet(GetCurrentProcess());
    SIZE_T done = 0;
    DWORD value = 0;
    OK(ReadProcessMemory(GetCurrentProcess(), memory + 5 * PAGE + 5 * sizeof(DWORD), &value, sizeof value, &done) && value == 105,
       "ReadProcessMemory of a page that is out");
    K32EmptyWorkingSet(GetCurrentProcess());
    OK(VirtualFree(memory + 8 * PAGE, 8 * PAGE, MEM_DECOMMIT), "pages that are out can be decommitted");
    OK(VirtualAlloc(memory + 8 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) && *(volatile DWORD *)(memory + 8 * PAGE + 32) == 0,
       "and are zero when they come again");
    OK(VirtualFree(memory, 0, MEM_RELEASE), "released");
    OK(GetProcessWorkingSetSize(GetCurrentProcess(), &least, &most) && least == 50 * PAGE && most == 345 * PAGE,
       "the limits that a process starts with");
    memory = VirtualAlloc(NULL, 100 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    OK(!VirtualLock(memory, 100 * PAGE) && GetLastError() == ERROR_WORKING_SET_QUOTA, "no more is locked than the least working set holds");
    OK(SetProcessWorkingSetSize(GetCurrentProcess(), 200 * PAGE, 400 * PAGE) && VirtualLock(memory, 100 * PAGE), "a larger one holds more");
    OK(VirtualFree(memory, 0, MEM_RELEASE), "locked memory can be freed");
    OK(!VirtualLock(memory, PAGE) && GetLastError() == ERROR_NOACCESS, "what is not there is not locked");
    OK(!SetProcessWorkingSetSize(GetCurrentProcess(), 400 * PAGE, 200 * PAGE), "the least is less than the most");
}

static void share(void) {
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 8 * PAGE, "t16");
    char *one = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0), *two = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 4 * PAGE);
    char *copy = MapViewOfFile(mapping, FILE_MAP_COPY, 0, 0, 0);
    OK(mapping && one && two && copy, "a section of the paging file and three views");
    fill((DWORD *)one, 8, 500);
    copy[PAGE + 4] = 9;
    K32EmptyWorkingSet(GetCurrentProcess());
    OK(!resident(one) && !resident(two), "its pages go");
    OK(filled((DWORD *)two, 4, 500) && resident(two) && !resident(one), "they come back to the view that is read");
    one[0] = 77;
    OK(two[0] == 77 && copy[0] == 77, "and are the same pages still");
    OK(copy[PAGE + 4] == 9 && one[PAGE + 4] != 9, "a copied page is private, also after it was out");
    HANDLE again = OpenFileMappingA(FILE_MAP_READ, FALSE, "t16");
    OK(again != NULL && !MapViewOfFile(again, FILE_MAP_WRITE, 0, 0, 0) && GetLastError() == ERROR_ACCESS_DENIED,
       "a handle for reading maps no writable view");
    CloseHandle(again);
    UnmapViewOfFile(one);
    CloseHandle(mapping);
    OK(two[0] == 77, "the section lives as long as its views");
    OK(UnmapViewOfFile(two) && UnmapViewOfFile(copy), "unmapped");
    OK(!UnmapViewOfFile(two) && GetLastError() == ERROR_INVALID_ADDRESS, "once");
}

static void reserve(void) {
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 64 * PAGE, NULL);
    char *one = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0), *two = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    BOOL caught = FALSE;
    OK(mapping && one && two, "a section that is reserved");
    __try {
        one[0] = 1;
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION) {
        caught = TRUE;
    }
    OK(caught, "has no pages");
    OK(VirtualAlloc(one + 16 * PAGE, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE) == one + 16 * PAGE, "until they are committed");
    one[17 * PAGE] = 5;
    OK(two[17 * PAGE] == 5, "in every view");
    UnmapViewOfFile(one);
    UnmapViewOfFile(two);
    CloseHandle(mapping);
}

static void files(void) {
    HANDLE file = CreateFileA("C:\\t16.dat", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0, NULL);
    char text[32] = "";
    DWORD done;
    OK(!CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL) && GetLastError() == ERROR_FILE_INVALID, "an empty file has nothing to map");
    WriteFile(file, "what the file had", 17, &done, NULL);
    HANDLE mapping = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    char *view = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    OK(view && !memcmp(view, "what the file had", 18), "a view of a file, zero behind its end");
    OK(SetFilePointer(file, 0, NULL, FILE_CURRENT) == 17, "mapping does not move the file's position");
    HANDLE second = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    char *other = MapViewOfFile(second, FILE_MAP_READ, 0, 0, 0);
    view[16] = 'D';
    OK(other && other[16] == 'D', "another section of the file has the same pages");
    SetFilePointer(file, 16, NULL, FILE_BEGIN);
    OK(WriteFile(file, "d", 1, &done, NULL) && view[16] == 'd' && other[16] == 'd', "what is written to the file is seen in them");
    SetFilePointer(file, 4, NULL, FILE_BEGIN);
    OK(!SetEndOfFile(file) && GetLastError() == ERROR_USER_MAPPED_FILE, "the file is not cut off below what is mapped");
    UnmapViewOfFile(other);
    CloseHandle(second);
    memcpy(view, "WHAT", 4);
    OK(FlushViewOfFile(view, 0), "FlushViewOfFile");
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    OK(ReadFile(file, text, sizeof text, &done, NULL) && done == 17 && !memcmp(text, "WHAT the", 8), "is in the file, which has its length");
    view[5] = 'T';
    K32EmptyWorkingSet(GetCurrentProcess());
    view[6] = 'H';
    UnmapViewOfFile(view);
    CloseHandle(mapping);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    OK(ReadFile(file, text, sizeof text, &done, NULL) && !memcmp(text, "WHAT THe", 8), "what was written since is there when the last view has gone");
    mapping = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 3 * PAGE, NULL);
    OK(mapping && GetFileSize(file, NULL) == 3 * PAGE, "a larger mapping makes the file longer");
    view = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    view[2 * PAGE] = 'z';
    CloseHandle(mapping);
    CloseHandle(file);
    UnmapViewOfFile(view);
    file = CreateFileA("C:\\t16.dat", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    SetFilePointer(file, 2 * PAGE, NULL, FILE_BEGIN);
    OK(ReadFile(file, text, 1, &done, NULL) && text[0] == 'z', "a view outlives the handles of its file, and is still written back");
    OK(!CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL) && GetLastError() == ERROR_ACCESS_DENIED, "writing needs a handle for writing");
    mapping = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    OK(mapping && !MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0), "and a section for writing");
    view = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    OK(view && view[0] == 'W', "a read-only section can be read");
    UnmapViewOfFile(view);
    CloseHandle(mapping);
    OK(!CreateFileMappingA(file, NULL, PAGE_READONLY, 1, 0, NULL) && GetLastError() == ERROR_NOT_ENOUGH_MEMORY, "and is not larger than its file");
    CloseHandle(file);
    DeleteFileA("C:\\t16.dat");
}

/* With "32": 16 MiB of RAM hold 32 MiB in turns. */
static void more_than_ram(SIZE_T megabytes) {
    SIZE_T pages = megabytes << 20 >> 12, kept = 0;
    char *memory = VirtualAlloc(NULL, megabytes << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    OK(memory != NULL, "more is committed than there is RAM");
    if (!memory)
        return;
    fill((DWORD *)memory, pages, 7);
    OK(filled((DWORD *)memory, pages, 7), "each page has what was written to it");
    fill((DWORD *)memory, pages, 9000);
    OK(filled((DWORD *)memory, pages, 9000), "again");
    for (SIZE_T i = 0; i < pages; i++)
        kept += resident(memory + i * PAGE);
    OK(kept != 0 && kept < pages, "some of them are in, some out");
    OK(!VirtualAlloc(NULL, 64 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) && GetLastError() == ERROR_COMMITMENT_LIMIT,
       "more than RAM and the paging file hold is not committed");
    void *reserved = VirtualAlloc(NULL, 64 << 20, MEM_RESERVE, PAGE_READWRITE);
    OK(reserved != NULL, "but can be reserved");
    OK(filled((DWORD *)memory, pages, 9000), "nothing was lost by that");
    OK(VirtualFree(memory, 0, MEM_RELEASE) && VirtualAlloc(NULL, 8 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE),
       "freed memory can be committed again");
}

/* The section that shows all of RAM: programs are not let at it. */
static void physical_memory(void) {
    WCHAR text[] = L"\\Device\\PhysicalMemory";
    UNICODE_STRING name = {sizeof text - 2, sizeof text, text};
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes, .ObjectName = &name, .Attributes = OBJ_CASE_INSENSITIVE};
    HANDLE section = NULL;
    OK(NtOpenSection(&section, SECTION_MAP_READ, &attributes) == (NTSTATUS)0xC0000022 && section == NULL,
       "\\Device\\PhysicalMemory is not for programs");
}

int main(int argc, char **argv) {
    if (argc > 1) {
        more_than_ram((SIZE_T)atoi(argv[1]));
        return done();
    }
    trim();
    share();
    reserve();
    files();
    physical_memory();
    return done();
}
