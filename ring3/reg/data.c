/* Data of values as text, and text as data. */
#include "reg.h"
#include <stdlib.h>
#include <wchar.h>

static const wchar_t *const types[] = {L"REG_NONE",
                                       L"REG_SZ",
                                       L"REG_EXPAND_SZ",
                                       L"REG_BINARY",
                                       L"REG_DWORD",
                                       L"REG_DWORD_BIG_ENDIAN",
                                       L"REG_LINK",
                                       L"REG_MULTI_SZ",
                                       L"REG_RESOURCE_LIST",
                                       L"REG_FULL_RESOURCE_DESCRIPTOR",
                                       L"REG_RESOURCE_REQUIREMENTS_LIST",
                                       L"REG_QWORD"};

const wchar_t *TypeName(DWORD type) { return type < ARRAYSIZE(types) ? types[type] : L"REG_UNKNOWN"; }

BOOL FindType(const wchar_t *name, DWORD *type) {
    for (*type = 0; *type < ARRAYSIZE(types); ++*type)
        if (_wcsicmp(name, types[*type]) == 0)
            return TRUE;
    return FALSE;
}

static BOOL IsText(DWORD type) { return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ; }

/* A list is shown with \0 between its strings. */
static wchar_t *FormatText(const wchar_t *data, DWORD count) {
    wchar_t *text = malloc((2 * (size_t)count + 1) * sizeof *text);
    size_t used = 0;

    if (text == NULL)
        return NULL;
    while (count > 0 && data[count - 1] == 0)
        count--;
    for (DWORD i = 0; i < count; i++) {
        if (data[i] == 0)
            text[used++] = '\\';
        text[used++] = data[i] != 0 ? data[i] : '0';
    }
    text[used] = 0;
    return text;
}

wchar_t *FormatData(DWORD type, const BYTE *data, DWORD size) {
    wchar_t *text;

    if (IsText(type))
        return FormatText((const wchar_t *)data, size / sizeof(wchar_t));
    text = malloc((2 * (size_t)size + 24) * sizeof *text);
    if (text == NULL)
        return NULL;
    text[0] = 0;
    if (type == REG_DWORD && size == sizeof(DWORD))
        _snwprintf(text, 24, L"0x%lx", *(const DWORD *)data);
    else if (type == REG_QWORD && size == sizeof(ULONGLONG))
        _snwprintf(text, 24, L"0x%I64x", *(const ULONGLONG *)data);
    else
        for (DWORD i = 0; i < size; i++)
            _snwprintf(text + 2 * i, 3, L"%02X", data[i]);
    return text;
}

static BYTE *MakeNumber(const wchar_t *text, DWORD size) {
    wchar_t *end;
    ULONGLONG number = _wcstoui64(text, &end, 0), *data = malloc(sizeof *data);

    if (data == NULL || end == text || *end != 0 || (size == sizeof(DWORD) && number > MAXDWORD)) {
        free(data);
        return NULL;
    }
    *data = number;
    return (BYTE *)data;
}

static int Digit(wchar_t digit) {
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

static BYTE *MakeBytes(const wchar_t *text, DWORD *size) {
    size_t length = wcslen(text);
    BYTE *data = malloc(length / 2 + 1);

    for (size_t i = 0; data != NULL && i < length; i += 2) {
        if (Digit(text[i]) < 0 || Digit(text[i + 1]) < 0) { /* the terminator is no digit */
            free(data);
            return NULL;
        }
        data[i / 2] = (BYTE)(Digit(text[i]) * 16 + Digit(text[i + 1]));
    }
    *size = (DWORD)(length / 2);
    return data;
}

/* Strings of a list are separated as the user says, by \0 if nothing is said. */
static BYTE *MakeList(const wchar_t *text, const wchar_t *separator, DWORD *size) {
    size_t length = wcslen(text), skip = wcslen(separator), used = 0;
    wchar_t *list = malloc((length + 2) * sizeof *list);

    if (list == NULL || skip == 0) {
        free(list);
        return NULL;
    }
    for (size_t i = 0; i < length;) {
        if (wcsncmp(text + i, separator, skip) == 0) {
            list[used++] = 0;
            i += skip;
        } else {
            list[used++] = text[i++];
        }
    }
    if (used != 0 && list[used - 1] != 0)
        list[used++] = 0;
    list[used++] = 0;
    *size = (DWORD)(used * sizeof *list);
    return (BYTE *)list;
}

BYTE *MakeData(DWORD type, const wchar_t *text, const wchar_t *separator, DWORD *size) {
    wchar_t *copy;

    switch (type) {
    case REG_DWORD: *size = sizeof(DWORD); return MakeNumber(text, *size);
    case REG_QWORD: *size = sizeof(ULONGLONG); return MakeNumber(text, *size);
    case REG_BINARY:
    case REG_NONE: return MakeBytes(text, size);
    case REG_MULTI_SZ: return MakeList(text, separator, size);
    case REG_SZ:
    case REG_EXPAND_SZ:
        *size = (DWORD)((wcslen(text) + 1) * sizeof *text);
        copy = malloc(*size);
        return copy != NULL ? (BYTE *)wcscpy(copy, text) : NULL;
    default: return NULL;
    }
}
