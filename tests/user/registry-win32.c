/* The registry functions of advapi32: trees, classes, one-call values, waiting for changes, and their errors; A and W. */
#include "utap.h"
#include <string.h>

NTSTATUS NTAPI NtQueryKey(HANDLE, int, void *, ULONG, ULONG *);

static HKEY top;

static HKEY make(HKEY above, const char *name) {
    HKEY key = NULL;
    RegCreateKeyExA(above, name, 0, (char *)"a class", 0, KEY_ALL_ACCESS, NULL, &key, NULL);
    return key;
}

/* Names and tags may be asked of a handle that may not ask for anything else. */
static void without_rights(void) {
    HKEY key = make(top, "asked"), poor = NULL;
    char answer[600];
    ULONG length;
    RegOpenKeyExA(top, "asked", 0, KEY_SET_VALUE, &poor);
    OK(NtQueryKey(poor, 0, answer, sizeof answer, &length) == (NTSTATUS)0xC0000022, "a key that may not be queried");
    OK(NtQueryKey(poor, 3, answer, sizeof answer, &length) == 0, "says its name");
    OK(NtQueryKey(poor, 7, answer, sizeof answer, &length) == 0 && length == 4 && *(ULONG *)answer == 0, "and its handle's tags");
    RegCloseKey(poor);
    RegCloseKey(key);
    RegDeleteKeyA(top, "asked");
}

static void keys(void) {
    HKEY key = NULL, below;
    DWORD disposition = 0, room, count, longest, values, size;
    char name[64], class_name[32];
    FILETIME written;
    OK(RegCreateKeyExA(top, "a\\b\\c", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, &disposition) == 0 && disposition == REG_CREATED_NEW_KEY,
       "a key, with those on the way");
    RegCloseKey(key);
    OK(RegCreateKeyExA(top, "A\\B\\C", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, &disposition) == 0 && disposition == REG_OPENED_EXISTING_KEY,
       "once more: it is there");
    RegCloseKey(key);
    OK(RegOpenKeyExA(top, "\\a", 0, KEY_READ, &key) == ERROR_BAD_PATHNAME, "a backslash in front");
    OK(RegOpenKeyExA(top, "none", 0, KEY_READ, &key) == ERROR_FILE_NOT_FOUND, "no such key");
    OK(RegDeleteKeyA(top, "a") == ERROR_ACCESS_DENIED, "a key with subkeys cannot be deleted");
    below = make(top, "with a class");
    RegSetValueExA(below, "value", 0, REG_SZ, (const BYTE *)"text", 5);
    room = sizeof class_name;
    OK(RegQueryInfoKeyA(below, class_name, &room, NULL, &count, &longest, NULL, &values, NULL, &size, NULL, &written) == 0 && room == 7 &&
           strcmp(class_name, "a class") == 0 && count == 0 && values == 1 && size == 10,
       "RegQueryInfoKey: class, values, the longest data");
    room = 3;
    OK(RegQueryInfoKeyA(below, class_name, &room, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) == ERROR_MORE_DATA, "no room for the class");
    room = sizeof name;
    size = sizeof class_name;
    OK(RegEnumKeyExA(top, 1, name, &room, NULL, class_name, &size, NULL) == 0 && strcmp(name, "with a class") == 0 &&
           strcmp(class_name, "a class") == 0,
       "RegEnumKeyEx: name and class");
    room = 4;
    OK(RegEnumKeyExA(top, 1, name, &room, NULL, NULL, NULL, NULL) == ERROR_MORE_DATA, "no room for the name");
    OK(RegEnumKeyExA(top, 2, name, &room, NULL, NULL, NULL, NULL) == ERROR_NO_MORE_ITEMS, "no third key");
    OK(RegDeleteKeyExA(top, "with a class", KEY_WOW64_64KEY, 0) == 0, "RegDeleteKeyEx");
    OK(RegSetValueExA(below, "value", 0, REG_SZ, (const BYTE *)"x", 2) == ERROR_KEY_DELETED, "a handle to a deleted key");
    OK(RegCloseKey(below) == 0, "can be closed");
    OK(RegCloseKey(below) == ERROR_INVALID_HANDLE, "once");
}

static void trees(void) {
    HKEY copy = make(top, "copy"), key;
    DWORD size = 4, number = 0;
    key = make(top, "tree\\branch\\leaf");
    RegSetKeyValueA(top, "tree\\branch", "Number", REG_DWORD, "\7\0\0", 4);
    OK(RegGetValueA(top, "tree\\branch", "Number", RRF_RT_REG_DWORD, NULL, &number, &size) == 0 && number == 7, "RegSetKeyValue, RegGetValue");
    OK(RegCopyTreeA(top, "tree", copy) == 0, "RegCopyTree");
    number = 0;
    size = 4;
    OK(RegGetValueA(copy, "branch", "Number", RRF_RT_DWORD, NULL, &number, &size) == 0 && number == 7, "the copy has the values");
    RegCloseKey(key);
    OK(RegOpenKeyExA(copy, "branch\\leaf", 0, KEY_READ, &key) == 0, "and the keys");
    RegCloseKey(key);
    OK(RegRenameKey(copy, L"branch", L"twig") == 0 && RegOpenKeyExA(copy, "twig\\leaf", 0, KEY_READ, &key) == 0, "RegRenameKey");
    RegCloseKey(key);
    OK(RegDeleteKeyValueA(copy, "twig", "Number") == 0 && RegDeleteKeyValueA(copy, "twig", "Number") == ERROR_FILE_NOT_FOUND, "RegDeleteKeyValue");
    OK(RegDeleteTreeA(top, "tree") == 0 && RegOpenKeyExA(top, "tree", 0, KEY_READ, &key) == ERROR_FILE_NOT_FOUND, "RegDeleteTree");
    RegSetValueExA(copy, "x", 0, REG_NONE, NULL, 0);
    OK(RegDeleteTreeW(copy, NULL) == 0 && RegQueryValueExA(copy, "x", NULL, NULL, NULL, NULL) == ERROR_FILE_NOT_FOUND, "of all that is in a key");
    OK(RegDeleteKeyA(top, "copy") == 0, "which stays");
    RegCloseKey(copy);
}

static void values(void) {
    BYTE data[64];
    DWORD type, size, number;
    HKEY key = make(top, "values");
    RegSetValueExA(key, "Path", 0, REG_EXPAND_SZ, (const BYTE *)"%SystemRoot%\\x", 15);
    RegSetValueExW(key, L"Cut", 0, REG_SZ, (const BYTE *)L"abc", 6);
    RegSetValueExA(key, "Three", 0, REG_BINARY, (const BYTE *)"abc", 3);
    size = sizeof data;
    OK(RegGetValueA(key, NULL, "Path", RRF_RT_REG_SZ, &type, data, &size) == 0 && type == REG_SZ && strcmp((char *)data, "C:\\Windows\\x") == 0 &&
           size == 13,
       "RegGetValue expands");
    size = sizeof data;
    OK(RegGetValueA(key, NULL, "Path", RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, &type, data, &size) == 0 && type == REG_EXPAND_SZ && size == 15,
       "or not");
    OK(RegGetValueA(key, NULL, "Path", RRF_RT_REG_EXPAND_SZ, &type, data, &size) == ERROR_INVALID_PARAMETER, "but not both");
    size = sizeof data;
    OK(RegGetValueW(key, NULL, L"Cut", RRF_RT_ANY, NULL, data, &size) == 0 && size == 8 && wcscmp((wchar_t *)data, L"abc") == 0,
       "it ends text that nobody has ended");
    size = 6;
    OK(RegGetValueW(key, NULL, L"Cut", RRF_RT_ANY, NULL, data, &size) == ERROR_MORE_DATA && size == 8, "and asks for that room");
    size = 4;
    OK(RegGetValueA(key, NULL, "Three", RRF_RT_REG_SZ, NULL, data, &size) == ERROR_UNSUPPORTED_TYPE, "another type");
    OK(RegGetValueA(key, NULL, "Three", RRF_RT_DWORD, NULL, &number, &size) == ERROR_INVALID_DATA, "three bytes are no number");
    memset(data, 1, sizeof data);
    size = 8;
    OK(RegGetValueA(key, NULL, "None", RRF_RT_ANY | RRF_ZEROONFAILURE, NULL, data, &size) == ERROR_FILE_NOT_FOUND && data[7] == 0 && data[8] == 1,
       "no such value, and the buffer is cleared");
    size = 2;
    type = 0;
    OK(RegQueryValueExA(key, "Three", NULL, &type, data, &size) == ERROR_MORE_DATA && size == 3 && type == REG_BINARY,
       "RegQueryValueEx: too little room");
    RegDeleteTreeA(top, "values");
    RegCloseKey(key);
}

static DWORD WINAPI change(void *context) {
    Sleep(50);
    RegSetValueExA(context, "late", 0, REG_SZ, (const BYTE *)"x", 2);
    return 0;
}

static void changes(void) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), thread;
    HKEY key = make(top, "changes"), below;
    OK(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, NULL, TRUE) == ERROR_INVALID_PARAMETER, "an event is needed");
    OK(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, event, TRUE) == 0, "RegNotifyChangeKeyValue");
    OK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT, "nothing has changed");
    RegSetValueExA(key, "x", 0, REG_SZ, (const BYTE *)"x", 2);
    OK(WaitForSingleObject(event, 1000) == WAIT_OBJECT_0, "a value is set");
    thread = CreateThread(NULL, 0, change, key, 0, NULL);
    OK(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, NULL, FALSE) == 0, "waiting in the call");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    OK(RegNotifyChangeKeyValue(HKEY_CURRENT_USER, TRUE, REG_NOTIFY_CHANGE_NAME, event, TRUE) == 0, "all of HKEY_CURRENT_USER");
    below = make(key, "below");
    OK(WaitForSingleObject(event, 1000) == WAIT_OBJECT_0, "a key somewhere below");
    RegCloseKey(below);
    RegCloseKey(key);
    RegDeleteTreeA(top, "changes");
    CloseHandle(event);
}

int main(void) {
    HKEY key;
    top = make(HKEY_CURRENT_USER, "Software\\registry test");
    OK(top != NULL, "a key of the user's");
    without_rights();
    keys();
    trees();
    values();
    changes();
    RegCloseKey(top);
    OK(RegDeleteTreeA(HKEY_CURRENT_USER, "Software\\registry test") == 0, "all gone");
    OK(RegOpenKeyExA(HKEY_CLASSES_ROOT, NULL, 0, KEY_READ, &key) == 0 && RegFlushKey(key) == 0, "HKEY_CLASSES_ROOT");
    OK(RegFlushKey(HKEY_LOCAL_MACHINE) == 0 && RegCloseKey(HKEY_LOCAL_MACHINE) == 0, "RegFlushKey");
    return done();
}
