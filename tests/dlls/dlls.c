/* DLLs loaded and freed while the program runs: DllMain, exports, forwarders, circles, failures, threads, search order. */
#include "../user/utap.h"
#include <string.h>

__declspec(dllimport) int log_is(const char *expected);
typedef int (*NUMBER)(void);
typedef int (*FUNCTION)(int);

static void *get(HMODULE dll, const char *name) { return (void *)(ULONG_PTR)GetProcAddress(dll, name); }
static int failed(const char *name, DWORD error) {
    SetLastError(0);
    return !LoadLibraryA(name) && GetLastError() == error;
}
static DWORD WINAPI idle(void *parameter) {
    (void)parameter;
    return 0;
}
static void run_thread(void) {
    HANDLE thread = CreateThread(NULL, 0, idle, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

static void life(void) {
    HMODULE plain = LoadLibraryA("plain.dll"), again, found;
    OK(plain && log_is("P+"), "loaded and told so, without a reserved parameter");
    OK(LoadLibraryA("PLAIN") == plain && log_is(""), "once more, without extension and case: only counted");
    OK(GetModuleHandleA("plain.dll") == plain && GetModuleHandleA("plain") == plain, "it has a handle");
    OK(FreeLibrary(plain) && log_is("") && GetModuleHandleA("plain.dll") == plain, "freed once it stays");
    OK(FreeLibrary(plain) && log_is("P-") && !GetModuleHandleA("plain.dll") && GetLastError() == ERROR_MOD_NOT_FOUND, "twice it goes");
    OK(!FreeLibrary(plain) && GetLastError() == ERROR_MOD_NOT_FOUND, "a third time is an error");
    plain = LoadLibraryA("plain.dll");
    OK(GetModuleHandleExA(0, "plain.dll", &again) && again == plain, "GetModuleHandleEx counts");
    OK(FreeLibrary(plain) && GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, "plain.dll", &again), "so it stays");
    OK(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, (char *)get(plain, "value"),
                          &found) &&
           found == plain,
       "found by an address");
    OK(!GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (char *)&plain, &found) && !found && GetLastError() == ERROR_MOD_NOT_FOUND,
       "one that is in none");
    OK(!GetModuleHandleExA(3, "plain.dll", &found) && GetLastError() == ERROR_INVALID_PARAMETER, "pinned and unchanged together");
    OK(FreeLibrary(plain) && log_is("P+P-"), "and goes");
}

static void exports(void) {
    HMODULE plain = LoadLibraryA("plain.dll");
    char path[MAX_PATH];
    OK(plain && log_is("P+"), "loaded");
    OK(((NUMBER)get(plain, "value"))() == 41, "by name");
    OK(((NUMBER)get(plain, (char *)7))() == 7, "by ordinal");
    OK(*(int *)get(plain, "number") == 1234, "data");
    OK(!get(plain, "Value") && GetLastError() == ERROR_PROC_NOT_FOUND, "names have case");
    OK(!get(plain, "absent") && GetLastError() == ERROR_PROC_NOT_FOUND, "a name that is not there");
    OK(!get(plain, (char *)999) && GetLastError() == ERROR_INVALID_ORDINAL, "an ordinal that is not there");
    OK(log_is(""), "nothing else has been loaded until now");
    OK(((FUNCTION)get(plain, "twice"))(4) == 8 && log_is("O+"), "a forwarder loads the DLL that it leads to");
    OK(get(plain, "third") == get(plain, "twice"), "one that leads to an ordinal");
    OK(get(plain, "heap") == get(GetModuleHandleA("ntdll.dll"), "RtlAllocateHeap"), "one that leads to another one");
    OK(!get(plain, "lost") && GetLastError() == ERROR_PROC_NOT_FOUND, "one that leads to nothing");
    OK(!get(plain, "nowhere") && GetLastError() == ERROR_MOD_NOT_FOUND, "one to a DLL that is not there");
    OK(!get(plain, "circle"), "one that leads to itself");
    OK(GetModuleFileNameA(plain, path, sizeof path) && !strcmp(path, "C:\\plain.dll"), "its path");
    OK(FreeLibrary(plain) && log_is("P-O-"), "what a forwarder has loaded goes with it, after it");
}

static void refusals(void) {
    OK(failed("absent.dll", ERROR_MOD_NOT_FOUND), "a DLL that is not there");
    OK(failed("orphan.dll", ERROR_MOD_NOT_FOUND), "one that imports from such");
    OK(failed("lacking.dll", ERROR_PROC_NOT_FOUND), "one that imports a function that is not there");
    OK(!GetModuleHandleA("other.dll") && !GetModuleHandleA("lacking.dll") && log_is(""), "nothing is left of it, and nobody has been told anything");
    OK(failed("fails.dll", ERROR_DLL_INIT_FAILED), "one that does not want to");
    OK(log_is("O+F+F-O-"), "is told of its end at once, and its import goes as well");
    OK(failed("above.dll", ERROR_DLL_INIT_FAILED) && log_is("O+F+F-O-"), "one whose import does not want to is never told anything");
    OK(!GetModuleHandleA("fails.dll") && !GetModuleHandleA("above.dll") && !GetModuleHandleA("other.dll"), "nothing is left");
    OK(failed("text.dll", ERROR_BAD_EXE_FORMAT), "a text");
    OK(failed("", ERROR_INVALID_PARAMETER) && !LoadLibraryExA("plain.dll", (HANDLE)1, 0) && GetLastError() == ERROR_INVALID_PARAMETER,
       "no name; a file handle");
    OK(!LoadLibraryExA("plain.dll", NULL, LOAD_WITH_ALTERED_SEARCH_PATH | LOAD_LIBRARY_SEARCH_SYSTEM32) && GetLastError() == ERROR_INVALID_PARAMETER,
       "flags that exclude each other");
}

static void graphs(void) {
    HMODULE circle = LoadLibraryA("circle1.dll"), second, outer;
    OK(circle && log_is("2+1+"), "two that import from each other");
    OK(((FUNCTION)get(circle, "circle1"))(3) == 2, "work");
    second = LoadLibraryA("circle2.dll");
    OK(FreeLibrary(circle) && log_is("") && ((FUNCTION)get(second, "circle2"))(1) == 1, "as long as one is needed both stay");
    OK(FreeLibrary(second) && log_is("1-2-") && !GetModuleHandleA("circle1.dll") && !GetModuleHandleA("circle2.dll"), "then both go, the last first");
    outer = LoadLibraryA("outer.dll");
    OK(outer && log_is("(P+O+)N+U+"), "a DllMain that loads: what it has brought is told, what waits for it is not");
    OK(FreeLibrary(outer) && log_is("U-N-P-O-"), "and frees");
}

static void thread_calls(void) {
    HMODULE plain = LoadLibraryA("plain.dll"), quiet = LoadLibraryA("quiet.dll");
    log_is("");
    run_thread();
    OK(log_is("PtPd"), "threads begin and end; a DLL that has disabled the calls is not told");
    FreeLibrary(quiet);
    FreeLibrary(plain);
    OK(log_is("Q-P-"), "both go");
}

static HMODULE tls;
static HANDLE go, ready;
static int counts[3];
static DWORD WINAPI counting(void *parameter) {
    NUMBER count;
    (void)parameter;
    SetEvent(ready);
    WaitForSingleObject(go, INFINITE); /* the DLL is loaded meanwhile */
    count = (NUMBER)get(tls, "count");
    counts[0] = count();
    counts[1] = count();
    counts[2] = ((NUMBER)get(tls, "is_aligned"))();
    return 0;
}

static void storage(void) {
    HANDLE thread;
    ready = CreateEventA(NULL, TRUE, FALSE, NULL);
    go = CreateEventA(NULL, TRUE, FALSE, NULL);
    thread = CreateThread(NULL, 0, counting, NULL, 0, NULL);
    WaitForSingleObject(ready, INFINITE);
    tls = LoadLibraryA("threads.dll");
    OK(tls && log_is("c+T+"), "a DLL with thread local storage: its callback is called before DllMain");
    OK(((NUMBER)get(tls, "count"))() == 101 && ((NUMBER)get(tls, "is_aligned"))(), "initialized and aligned here");
    SetEvent(go);
    WaitForSingleObject(thread, INFINITE);
    OK(counts[0] == 101 && counts[1] == 102 && counts[2], "and in a thread that was there before");
    OK(log_is("cdTd"), "which says good-bye");
    OK(!DisableThreadLibraryCalls(tls), "its thread calls cannot be disabled");
    run_thread();
    OK(log_is("ctTtcdTd") && ((NUMBER)get(tls, "count"))() == 102, "other threads have their own");
    OK(FreeLibrary(tls) && log_is("c-T-"), "it goes");
    tls = LoadLibraryA("threads.dll");
    OK(((NUMBER)get(tls, "count"))() == 101, "and comes back as new");
    FreeLibrary(tls);
    log_is("");
    CloseHandle(thread);
}

/* where.dll: 1 beside the program, 2 in C:\sub, 3 in C:\current, 4 in C:\path; only.dll: 3 and 4. */
static int where(const char *name, DWORD flags) {
    HMODULE dll = LoadLibraryExA(name, NULL, flags);
    int answer = dll ? ((NUMBER)get(dll, "where"))() : -(int)GetLastError();
    if (dll)
        FreeLibrary(dll);
    return answer;
}
static int dependent(const char *name, DWORD flags) {
    HMODULE dll = LoadLibraryExA(name, NULL, flags);
    int answer = dll ? ((NUMBER)get(dll, "dependent"))() : -(int)GetLastError();
    if (dll)
        FreeLibrary(dll);
    return answer;
}

static void search(void) {
    DLL_DIRECTORY_COOKIE cookie;
    WCHAR folder[32];
    OK(SetCurrentDirectoryA("C:\\current") && SetEnvironmentVariableA("PATH", "C:\\nowhere;C:\\path"), "folders to search");
    OK(where("where.dll", 0) == 1, "the program's folder is the first");
    OK(where("only.dll", 0) == 3, "the current directory comes before PATH");
    OK(where("C:\\sub\\where.dll", 0) == 2 && where("..\\sub\\where", 0) == 2, "a path is a path");
    OK(dependent("C:\\sub\\dependent.dll", 0) == 1, "what a DLL imports is looked for as any other");
    OK(dependent("C:\\sub\\dependent.dll", LOAD_WITH_ALTERED_SEARCH_PATH) == 2, "LOAD_WITH_ALTERED_SEARCH_PATH: first where the DLL is");
    OK(dependent("C:\\sub\\dependent.dll", LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR) == 2, "LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR: only there");
    OK(dependent("dependent.dll", LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR) == -ERROR_INVALID_PARAMETER, "for which a path is needed");
    OK(where("where.dll", LOAD_LIBRARY_SEARCH_SYSTEM32) == -ERROR_MOD_NOT_FOUND, "LOAD_LIBRARY_SEARCH_SYSTEM32: only there");
    OK(where("where.dll", LOAD_LIBRARY_SEARCH_APPLICATION_DIR) == 1, "LOAD_LIBRARY_SEARCH_APPLICATION_DIR");
    OK(SetDllDirectoryA("C:\\path") && where("only.dll", 0) == 4, "SetDllDirectory is before the current directory, which is out");
    OK(GetDllDirectoryW(32, folder) == 7 && folder[3] == 'p' && GetDllDirectoryW(0, NULL) == 8, "GetDllDirectory");
    OK(SetDllDirectoryA("") && SetEnvironmentVariableA("PATH", NULL) && where("only.dll", 0) == -ERROR_MOD_NOT_FOUND, "empty: no current directory");
    OK(SetDllDirectoryA(NULL) && where("only.dll", 0) == 3, "and NULL brings it back");
    cookie = AddDllDirectory(L"C:\\path");
    OK(cookie && where("only.dll", LOAD_LIBRARY_SEARCH_USER_DIRS) == 4 && RemoveDllDirectory(cookie), "AddDllDirectory");
    OK(where("only.dll", LOAD_LIBRARY_SEARCH_DEFAULT_DIRS) == -ERROR_MOD_NOT_FOUND, "until it is removed");
    OK(!AddDllDirectory(L"path") && GetLastError() == ERROR_INVALID_PARAMETER, "a relative one");
    OK(LoadLibraryA("C:\\sub\\kernel32.dll") == NULL && LoadLibraryA("kernel32.dll") == GetModuleHandleA("kernel32"),
       "the system's DLLs are the system's");
    OK(SetCurrentDirectoryA("C:\\"), "back");
}

static void as_data(void) {
    HMODULE data = LoadLibraryExA("plain.dll", NULL, LOAD_LIBRARY_AS_DATAFILE), image, bare;
    OK(((ULONG_PTR)data & 3) == 1 && *(WORD *)((ULONG_PTR)data & ~(ULONG_PTR)3) == IMAGE_DOS_SIGNATURE && log_is(""),
       "a data file is mapped, and not told");
    OK(!GetModuleHandleA("plain.dll") && !get(data, "value"), "it is no module");
    image = LoadLibraryExA("plain.dll", NULL, LOAD_LIBRARY_AS_IMAGE_RESOURCE);
    OK(((ULONG_PTR)image & 3) == 2 && *(WORD *)((ULONG_PTR)image & ~(ULONG_PTR)3) == IMAGE_DOS_SIGNATURE, "an image resource");
    OK(FreeLibrary(data) && FreeLibrary(image), "both are freed");
    OK(!LoadLibraryExA("absent.dll", NULL, LOAD_LIBRARY_AS_DATAFILE) && GetLastError() == ERROR_MOD_NOT_FOUND, "absent");
    OK(!LoadLibraryExA("text.dll", NULL, LOAD_LIBRARY_AS_DATAFILE), "a text");
    bare = LoadLibraryExA("above.dll", NULL, DONT_RESOLVE_DLL_REFERENCES);
    OK(bare && GetModuleHandleA("above.dll") == bare && !GetModuleHandleA("fails.dll") && log_is(""), "DONT_RESOLVE_DLL_REFERENCES");
    OK(FreeLibrary(bare) && log_is("") && !GetModuleHandleA("above.dll"), "goes without a word");
}

int main(void) {
    life();
    exports();
    refusals();
    graphs();
    thread_calls();
    storage();
    search();
    as_data();
    HMODULE last = LoadLibraryA("plain.dll");
    log_is("");
    OK(last != NULL, "one that is there when the program ends");
    return done();
}
