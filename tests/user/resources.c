/* What an image carries besides code: resources, messages, its version. resources.rc and resources.mc are what this one carries. */
#include "utap.h"
#include <winver.h>

static char listed[400];
static BOOL CALLBACK on_type(HMODULE module, LPSTR type, LONG_PTR parameter) {
    char text[64];
    snprintf(text, sizeof text, IS_INTRESOURCE(type) ? "#%u " : "%s ", IS_INTRESOURCE(type) ? (UINT)(ULONG_PTR)type : 0);
    if (!IS_INTRESOURCE(type))
        snprintf(text, sizeof text, "%s ", type);
    strncat(listed, text, sizeof listed - strlen(listed) - 1);
    return parameter == 42;
}
static BOOL CALLBACK on_name(HMODULE module, LPCWSTR type, LPWSTR name, LONG_PTR parameter) {
    (*(int *)parameter)++;
    return TRUE;
}
static BOOL CALLBACK on_language(HMODULE module, LPCWSTR type, LPCWSTR name, WORD language, LONG_PTR parameter) {
    *(DWORD *)parameter = *(DWORD *)parameter << 16 | language;
    return TRUE;
}
static BOOL is(HMODULE module, HRSRC resource, const char *text) {
    return resource && SizeofResource(module, resource) >= strlen(text) && !memcmp(LockResource(LoadResource(module, resource)), text, strlen(text));
}

/* A copy of this program with four bytes of it changed, mapped as data, must be survived. */
static void hostile(const char *own) {
    HANDLE file = CreateFileA(own, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    DWORD size = GetFileSize(file, NULL), used, refused = 0;
    BYTE *image = malloc(size);
    OK(ReadFile(file, image, size, &used, NULL) && used == size, "the program's own file");
    CloseHandle(file);
    IMAGE_NT_HEADERS *nt = (IMAGE_NT_HEADERS *)(image + ((IMAGE_DOS_HEADER *)image)->e_lfanew);
    DWORD rva = nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_RESOURCE].VirtualAddress, start = 0;
    IMAGE_SECTION_HEADER *section = IMAGE_FIRST_SECTION(nt);
    for (int n = 0; n < nt->FileHeader.NumberOfSections; n++, section++)
        if (rva >= section->VirtualAddress && rva - section->VirtualAddress < section->SizeOfRawData)
            start = section->PointerToRawData + (rva - section->VirtualAddress);
    for (DWORD at = 0; at < 400; at += 4) {
        DWORD was = *(DWORD *)(image + start + at);
        *(DWORD *)(image + start + at) = at % 8 ? 0xFFFFFFFF : 0x80001000;
        file = CreateFileA("damaged.dll", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
        WriteFile(file, image, size, &used, NULL);
        CloseHandle(file);
        HMODULE module = LoadLibraryExA("damaged.dll", NULL, LOAD_LIBRARY_AS_DATAFILE);
        if (!is(module, FindResourceA(module, MAKEINTRESOURCEA(101), RT_RCDATA), "the numbered one"))
            refused++;
        listed[0] = 0;
        EnumResourceTypesA(module, on_type, 42);
        FreeLibrary(module);
        *(DWORD *)(image + start + at) = was;
    }
    DeleteFileA("damaged.dll");
    free(image);
    OK(refused > 0 && refused < 100, "damaged trees are survived, and what is not touched by it is found");
}

int main(int argc, char **argv) {
    HRSRC found = FindResourceA(NULL, MAKEINTRESOURCEA(101), RT_RCDATA);
    OK(is(NULL, found, "the numbered one") && SizeofResource(NULL, found) == 16, "by number");
    OK(found == FindResourceA(NULL, "#101", "#10") && found == FindResourceW(GetModuleHandleW(NULL), L"#101", MAKEINTRESOURCEW(10)),
       "by number as text");
    OK(is(NULL, FindResourceA(NULL, "Payload", "driver"), "the named one"), "by name, in any case");
    OK(is(NULL, FindResourceA(NULL, MAKEINTRESOURCEA(102), RT_RCDATA), "english"), "in the user's language");
    OK(is(NULL, FindResourceExA(NULL, RT_RCDATA, MAKEINTRESOURCEA(102), 0x407), "deutsch"), "in another");
    OK(is(NULL, FindResourceA(NULL, MAKEINTRESOURCEA(103), RT_RCDATA), "nur deutsch"), "in the only one there is");
    OK(!FindResourceExA(NULL, RT_RCDATA, MAKEINTRESOURCEA(103), 0x40C) && GetLastError() == ERROR_RESOURCE_LANG_NOT_FOUND, "no French: 1815");
    OK(!FindResourceA(NULL, MAKEINTRESOURCEA(999), RT_RCDATA) && GetLastError() == ERROR_RESOURCE_NAME_NOT_FOUND, "no such name: 1814");
    OK(!FindResourceA(NULL, "PAYLOAD", "NONE") && GetLastError() == ERROR_RESOURCE_TYPE_NOT_FOUND, "no such type: 1813");
    OK(!FindResourceA(NULL, "#70000", RT_RCDATA) && GetLastError() == ERROR_INVALID_PARAMETER, "a number that is none: 87");
    OK(!FreeResource(LoadResource(NULL, found)), "FreeResource has nothing to do");

    OK(EnumResourceTypesA(NULL, on_type, 42) && !strcmp(listed, "DRIVER #10 #11 #16 "), "the types");
    int names = 0;
    DWORD languages = 0;
    OK(EnumResourceNamesW(NULL, MAKEINTRESOURCEW(10), on_name, (LONG_PTR)&names) && names == 3, "the names of one");
    OK(EnumResourceLanguagesW(NULL, MAKEINTRESOURCEW(10), MAKEINTRESOURCEW(102), on_language, (LONG_PTR)&languages) && languages == 0x4070409,
       "the languages of one");
    OK(!EnumResourceTypesA(NULL, on_type, 0) && GetLastError() == ERROR_RESOURCE_ENUM_USER_STOP, "stopped by the callback: 15106");

    char text[200], own[MAX_PATH], *piece;
    DWORD_PTR inserts[] = {(DWORD_PTR) "example.sys", 0xABCD};
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY, NULL, 0x100, 0, text, sizeof text, (va_list *)inserts);
    OK(length && !strcmp(text, "The driver example.sys is loaded at 0000ABCD.\r\n"), "a message of the program's own, with inserts");
    FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ALLOCATE_BUFFER, GetModuleHandleA(NULL), 0x200, 0x407, (char *)&piece, 0, NULL);
    OK(!strcmp(piece, "Er ist fort.\r\n"), "in another language");
    LocalFree(piece);
    OK(!FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE, NULL, 0x300, 0, text, sizeof text, NULL) && GetLastError() == ERROR_MR_MID_NOT_FOUND,
       "no such message: 317");
    OK(FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, 5, 0, text, sizeof text,
                      NULL) &&
           !strncmp(text, "Access is denied.", 17),
       "then the system's");

    /* The same by the file. */
    GetModuleFileNameA(NULL, own, sizeof own);
    HMODULE data = LoadLibraryExA(own, NULL, LOAD_LIBRARY_AS_DATAFILE), image = LoadLibraryExA(own, NULL, LOAD_LIBRARY_AS_IMAGE_RESOURCE);
    OK(is(data, FindResourceA(data, "PAYLOAD", "DRIVER"), "the named one"), "in a data file");
    OK(is(image, FindResourceA(image, "PAYLOAD", "DRIVER"), "the named one"), "in an image that is not run");
    FreeLibrary(data);
    FreeLibrary(image);

    DWORD ignored = 1, size = GetFileVersionInfoSizeA(own, &ignored);
    BYTE *info = malloc(size);
    VS_FIXEDFILEINFO *fixed;
    UINT used;
    OK(size > 100 && !ignored && GetFileVersionInfoA(own, 0, size, info), "the version is read");
    OK(VerQueryValueA(info, "\\", (void **)&fixed, &used) && used == sizeof *fixed && fixed->dwSignature == VS_FFI_SIGNATURE &&
           fixed->dwFileVersionMS == 0x10002 && fixed->dwFileVersionLS == 0x30004,
       "1.2.3.4");
    WORD *translation;
    OK(VerQueryValueW(info, L"\\VarFileInfo\\Translation", (void **)&translation, &used) && used == 4 && translation[0] == 0x409 &&
           translation[1] == 1200,
       "the translation");
    WCHAR *wide;
    OK(VerQueryValueW(info, L"\\StringFileInfo\\040904b0\\FileDescription", (void **)&wide, &used) && !wcscmp(wide, L"Resources, \xE9 included") &&
           used == wcslen(wide) + 1,
       "a string");
    OK(VerQueryValueA(info, "\\StringFileInfo\\040904B0\\FileDescription", (void **)&piece, &used) && !strcmp(piece, "Resources, \xE9 included"),
       "as ANSI");
    OK(!VerQueryValueA(info, "\\StringFileInfo\\040904B0\\Comments", (void **)&piece, &used) && GetLastError() == ERROR_RESOURCE_TYPE_NOT_FOUND,
       "a string that is not there: 1813");
    OK(!GetFileVersionInfoSizeA("C:\\absent.dll", NULL) && GetLastError() == ERROR_FILE_NOT_FOUND, "a file that is not there: 2");
    free(info);
    hostile(own);
    return done();
}
