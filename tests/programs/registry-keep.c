/* Values of every type, for a test that looks whether they are kept: registry-keep.exe set, check, hand. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#define KEY "SOFTWARE\\Registry keep"

static int failed;

static void expect(int fine, const char *what) {
    if (!fine) {
        printf("not as it was: %s\n", what);
        failed = 1;
    }
}

static const unsigned char long_bytes[300] = {1, 2, 3, [299] = 255};
static const wchar_t strings[] = L"one\0two\0", odd[] = {L'a', 0xD800, 10, 0}, wide[] = L"a \"quoted\" C:\\path \x00E4\x20AC";
static const struct {
    const wchar_t *name;
    DWORD type;
    const void *data;
    DWORD size;
} values[] = {
    {L"Text", REG_SZ, wide, sizeof wide},
    {L"Number", REG_DWORD, "\x78\x56\x34\x12", 4},
    {L"Big", REG_QWORD, "\x08\x07\x06\x05\x04\x03\x02\x01", 8},
    {L"Bytes", REG_BINARY, long_bytes, sizeof long_bytes},
    {L"Nothing", REG_BINARY, "", 0},
    {L"Strings", REG_MULTI_SZ, strings, sizeof strings},
    {L"Expand", REG_EXPAND_SZ, L"%SystemRoot%\\x", 30},
    {L"Odd", REG_SZ, odd, sizeof odd},
    {L"No terminator", REG_SZ, L"ab", 4},
    {L"Strange type", 0x12345678, "abc", 3},
    {L"Short number", REG_DWORD, "ab", 2},
    {L"a \"name\" \\ with \x20AC and \x0001", REG_SZ, L"x", 4},
    {L"", REG_SZ, L"default", 16},
};

static HKEY make(HKEY top, const wchar_t *name, DWORD options) {
    HKEY key = NULL;
    LONG error = RegCreateKeyExW(top, name, 0, (wchar_t *)L"A class", options, KEY_ALL_ACCESS, NULL, &key, NULL);
    expect(error == ERROR_SUCCESS, "RegCreateKeyEx");
    return key;
}

static int set(void) {
    HKEY top = make(HKEY_LOCAL_MACHINE, L"" KEY, 0), below;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        expect(RegSetValueExW(top, values[i].name, 0, values[i].type, values[i].data, values[i].size) == ERROR_SUCCESS, "RegSetValueEx");
    below = make(top, L"b[e]low \x00E4 \x0002", 0);
    RegSetValueExA(below, "Lazy", 0, REG_SZ, (const BYTE *)"bones", 6);
    RegSetValueExA(make(top, L"Volatile", REG_OPTION_VOLATILE), "Volatile", 0, REG_SZ, (const BYTE *)"x", 2);
    return failed;
}

static int check(void) {
    HKEY top = NULL, other = NULL;
    wchar_t name[128], class_name[32];
    BYTE data[512];
    FILETIME written;
    SYSTEMTIME time, now;
    DWORD room = 32;
    expect(RegOpenKeyExA(HKEY_LOCAL_MACHINE, KEY, 0, KEY_READ, &top) == ERROR_SUCCESS, "the key");
    for (DWORD i = 0; i < sizeof values / sizeof *values; i++) {
        DWORD name_size = 128, type = 0, size = sizeof data;
        LONG error = RegEnumValueW(top, i, name, &name_size, NULL, &type, data, &size);
        if (error != ERROR_SUCCESS || wcscmp(name, values[i].name) != 0 || type != values[i].type || size != values[i].size ||
            memcmp(data, values[i].data, size) != 0) {
            printf("value %lu (%ls): error %ld, type %lx, size %lu\n", i, values[i].name, error, type, size);
            failed = 1;
        }
    }
    expect(RegQueryInfoKeyW(top, class_name, &room, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &written) == ERROR_SUCCESS, "RegQueryInfoKey");
    expect(wcscmp(class_name, L"A class") == 0, "the class");
    GetSystemTime(&now);
    expect(FileTimeToSystemTime(&written, &time) && time.wYear >= now.wYear - 1, "the time");
    expect(RegOpenKeyExW(top, L"b[e]low \x00E4 \x0002", 0, KEY_READ, &other) == ERROR_SUCCESS, "the key below");
    expect(RegQueryValueExA(other, "Lazy", NULL, NULL, NULL, NULL) == ERROR_SUCCESS, "its value");
    expect(RegOpenKeyExA(top, "Volatile", 0, KEY_READ, &other) == ERROR_FILE_NOT_FOUND, "the volatile key");
    return failed;
}

static int hand(void) {
    HKEY key = NULL;
    BYTE data[64];
    DWORD size = sizeof data;
    expect(RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE\\By hand", 0, KEY_READ, &key) == ERROR_SUCCESS, "a key by hand");
    expect(RegQueryValueExA(key, "Good", NULL, NULL, data, &size) == ERROR_SUCCESS && size == 4, "text by hand");
    size = sizeof data;
    expect(RegQueryValueExA(key, "Bytes", NULL, NULL, data, &size) == ERROR_SUCCESS && size == 4 && data[3] == 4, "bytes on two lines");
    expect(RegQueryValueExA(key, "Bad number", NULL, NULL, NULL, NULL) == ERROR_FILE_NOT_FOUND, "no bad number");
    expect(RegOpenKeyExA(HKEY_CURRENT_USER, "Software\\By hand", 0, KEY_READ, &key) == ERROR_SUCCESS, "a user's key by hand");
    return failed;
}

int main(int argc, char **argv) {
    const char *verb = argc == 2 ? argv[1] : "";
    return strcmp(verb, "set") == 0 ? set() : strcmp(verb, "check") == 0 ? check() : strcmp(verb, "hand") == 0 ? hand() : 2;
}
