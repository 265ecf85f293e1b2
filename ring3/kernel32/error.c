/* FormatMessage: the system's texts, the caller's own, and inserts. */
#include "kernel32.h"

static const struct {
    DWORD Code;
    PCSTR Text;
} Messages[] = {
#define MESSAGE(code, text) {code, text},
#include "messages.inc"
#undef MESSAGE
};

static PCSTR FindMessage(DWORD Code) {
    for (ULONG n = 0; n < ARRAYSIZE(Messages); n++)
        if (Messages[n].Code == Code)
            return Messages[n].Text;
    return NULL;
}

/* The text as it grows. */
typedef struct _MESSAGE_BUFFER {
    PWSTR Text;
    SIZE_T Length, Room;
    SIZE_T Line; /* where the current output line began */
    DWORD Error; /* what went wrong, or 0 */
} MESSAGE_BUFFER;

static VOID Put(MESSAGE_BUFFER *Out, PCWSTR Text, SIZE_T Length) {
    if (Out->Length + Length + 1 > Out->Room) {
        SIZE_T room = (Out->Length + Length + 1) * 2 + 128;
        PWSTR grown = Out->Text ? RtlReAllocateHeap(NtPeb()->ProcessHeap, 0, Out->Text, room * sizeof(WCHAR)) : BaseAllocate(room * sizeof(WCHAR));
        if (!grown) {
            Out->Error = ERROR_NOT_ENOUGH_MEMORY;
            return;
        }
        Out->Text = grown;
        Out->Room = room;
    }
    memcpy(Out->Text + Out->Length, Text, Length * sizeof(WCHAR));
    Out->Length += Length;
    Out->Text[Out->Length] = 0;
}

/* Inserts come from a va_list, read in order as far as one asks for, or from an array. Each is 64 bits on x64. */
typedef struct _INSERTS {
    const DWORD_PTR *Array;
    va_list *List;
    DWORD_PTR Read[99];
    ULONG Count;
    BOOL Narrow; /* the A function: %1 without a format is an ANSI string */
} INSERTS;

static DWORD_PTR Insert(INSERTS *Inserts, ULONG Number) {
    if (Inserts->Array)
        return Inserts->Array[Number - 1];
    while (Inserts->Count < Number)
        Inserts->Read[Inserts->Count++] = va_arg(*Inserts->List, DWORD_PTR);
    return Inserts->Read[Number - 1];
}

/* One insert by a printf format without its "%", like "s", "S", "08X", "hs", "I64u". A '*' in it takes further inserts. */
static VOID PutInsert(MESSAGE_BUFFER *Out, INSERTS *Inserts, ULONG Number, PCWSTR Format, SIZE_T Length) {
    CHAR format[40] = "%";
    ULONG at = 1;
    BOOL wide = !Inserts->Narrow, string = FALSE;
    for (SIZE_T n = 0; n < Length; n++) {
        if (Format[n] == '*') {
            at += (ULONG)_snprintf(format + at, sizeof format - at - 4, "%d", (int)Insert(Inserts, Number++));
        } else if (at < sizeof format - 8) {
            format[at++] = (CHAR)Format[n];
        }
    }
    DWORD_PTR value = Insert(Inserts, Number);
    CHAR type = format[at - 1];
    if (type == 's' || type == 'S') {
        string = TRUE;
        CHAR size = at > 1 ? format[at - 2] : 0;
        if (type == 'S')
            wide = !wide;
        if (size == 'h' || size == 'l' || size == 'w') {
            wide = size != 'h';
            at--;
        }
        at--;
    }
    if (!string) {
        CHAR text[128];
        WCHAR characters[128];
        format[at] = 0;
        int length = _snprintf(text, sizeof text, format, value);
        if (length < 0 || length > (int)sizeof text)
            length = sizeof text;
        for (int n = 0; n < length; n++)
            characters[n] = (UCHAR)text[n];
        Put(Out, characters, (SIZE_T)length);
        return;
    }
    /* Width and precision of a string. */
    BOOL left = FALSE;
    SIZE_T width = 0, precision = ~(SIZE_T)0, n = 1;
    for (; n < at && (format[n] == '-' || format[n] == '0'); n++)
        left |= format[n] == '-';
    for (; n < at && format[n] >= '0' && format[n] <= '9'; n++)
        width = width * 10 + (SIZE_T)(format[n] - '0');
    if (n < at && format[n] == '.')
        for (precision = 0, n++; n < at && format[n] >= '0' && format[n] <= '9'; n++)
            precision = precision * 10 + (SIZE_T)(format[n] - '0');
    PWSTR converted = value && !wide ? BaseWide((PCSTR)value) : NULL;
    PCWSTR text = !value ? L"(null)" : wide ? (PCWSTR)value : converted;
    if (!text) {
        Out->Error = ERROR_NOT_ENOUGH_MEMORY;
        return;
    }
    SIZE_T length = 0;
    while (length < precision && text[length])
        length++;
    for (SIZE_T pad = length; !left && pad < width; pad++)
        Put(Out, L" ", 1);
    Put(Out, text, length);
    for (SIZE_T pad = length; left && pad < width; pad++)
        Put(Out, L" ", 1);
    BaseFree(converted);
}

/* Expands Source; Width 0 keeps its line ends, 255 takes only those of "%n", others break lines at spaces too. */
static VOID Expand(MESSAGE_BUFFER *Out, PCWSTR Source, INSERTS *Inserts, BOOL Ignore, ULONG Width) {
    SIZE_T space = 0; /* where the last space of this line is, plus one */
    for (PCWSTR at = Source; *at && !Out->Error; at++) {
        if (*at == '\r' || *at == '\n') {
            if (*at == '\r' && at[1] == '\n')
                at++;
            if (Width) {
                Put(Out, L" ", 1);
                space = Out->Length;
            } else {
                Put(Out, L"\r\n", 2);
            }
        } else if (*at != '%') {
            Put(Out, at, 1);
            if (*at == ' ')
                space = Out->Length;
        } else if (*++at == '0') {
            break; /* the end of the text, without a line end */
        } else if (*at >= '1' && *at <= '9') {
            ULONG number = (ULONG)(*at - '0');
            if (at[1] >= '0' && at[1] <= '9')
                number = number * 10 + (ULONG)(*++at - '0');
            PCWSTR format = L"s";
            SIZE_T length = 1;
            BOOL formatted = at[1] == '!' && !Ignore;
            if (formatted) {
                format = at + 2;
                for (length = 0; format[length] && format[length] != '!'; length++)
                    ;
            }
            if (!Ignore && Inserts) {
                PutInsert(Out, Inserts, number, format, length);
            } else if (!Ignore) {
                Out->Error = ERROR_INVALID_PARAMETER; /* the text asks for what the caller did not give */
            } else {                                  /* passed through as it stands */
                WCHAR plain[] = {'%', (WCHAR)('0' + number / 10), (WCHAR)('0' + number % 10)};
                Put(Out, plain, 1);
                Put(Out, plain + (number < 10 ? 2 : 1), number < 10 ? 1 : 2);
            }
            if (formatted)
                at = format + length - (format[length] ? 0 : 1);
        } else if (*at == 'n') {
            Put(Out, L"\r\n", 2);
            Out->Line = Out->Length;
            space = 0;
        } else if (*at == 'r') {
            Put(Out, L"\r", 1);
        } else if (*at == 't') {
            Put(Out, L"\t", 1);
        } else if (*at == 'b') {
            Put(Out, L" ", 1);
        } else if (*at) {
            Put(Out, at, 1);
        } else {
            break;
        }
        if (Width && Width != FORMAT_MESSAGE_MAX_WIDTH_MASK && Out->Length - Out->Line > Width && space > Out->Line) {
            WCHAR rest[256];
            SIZE_T length = Out->Length - space;
            if (length <= ARRAYSIZE(rest)) {
                memcpy(rest, Out->Text + space, length * sizeof(WCHAR));
                Out->Length = space - 1;
                Put(Out, L"\r\n", 2);
                Out->Line = Out->Length;
                Put(Out, rest, length);
            }
            space = 0;
        }
    }
}

/* A module's message as a block of the process heap, or NULL with the last error set. */
static PWSTR ModuleMessage(HMODULE Module, DWORD Code, DWORD Language) {
    MESSAGE_RESOURCE_ENTRY *entry;
    NTSTATUS status = RtlFindMessage(Module ? (PVOID)Module : NtPeb()->ImageBaseAddress, (ULONG)(ULONG_PTR)RT_MESSAGETABLE, Language, Code, &entry);
    if (!BaseResult(status))
        return NULL;
    if (!(entry->Flags & MESSAGE_RESOURCE_UNICODE))
        return BaseWide((PCSTR)entry->Text);
    SIZE_T length = entry->Length - FIELD_OFFSET(MESSAGE_RESOURCE_ENTRY, Text);
    PWSTR text = BaseAllocate(length + sizeof(WCHAR));
    if (!text) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    memcpy(text, entry->Text, length);
    text[length / sizeof(WCHAR)] = 0;
    return text;
}

/* The message as a block of the process heap, or NULL with the last error set. Source: the text, wide already, or the module. */
static PWSTR MakeMessage(DWORD Flags, LPCVOID Source, DWORD Code, DWORD Language, INSERTS *Inserts, SIZE_T *Length) {
    MESSAGE_BUFFER out = {0};
    ULONG width = Flags & FORMAT_MESSAGE_MAX_WIDTH_MASK;
    BOOL ignore = (Flags & FORMAT_MESSAGE_IGNORE_INSERTS) != 0;
    BOOL string = (Flags & FORMAT_MESSAGE_FROM_STRING) != 0; /* a module is not looked at then */
    PWSTR own = !string && (Flags & FORMAT_MESSAGE_FROM_HMODULE) ? ModuleMessage((HMODULE)(ULONG_PTR)Source, Code, Language) : NULL;
    if (string) {
        if (!Source) {
            BaseFail(ERROR_INVALID_PARAMETER);
            return NULL;
        }
        Expand(&out, Source, Inserts, ignore, width);
    } else if (own) {
        Expand(&out, own, Inserts, ignore, width);
        BaseFree(own);
    } else if (Flags & FORMAT_MESSAGE_FROM_SYSTEM) {
        PCSTR text = FindMessage(Code >> 16 == 0x8007 ? Code & 0xFFFF : Code); /* HRESULT_FROM_WIN32 finds the same text */
        if (!text) {
            BaseFail(ERROR_MR_MID_NOT_FOUND);
            return NULL;
        }
        PWSTR wide = BaseWide(text);
        if (!wide)
            return NULL;
        Expand(&out, wide, Inserts, ignore, width);
        Expand(&out, L"\r\n", NULL, TRUE, width);
        BaseFree(wide);
    } else {
        if (!(Flags & FORMAT_MESSAGE_FROM_HMODULE)) /* otherwise the module's error stands */
            BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!out.Error && !out.Text)
        Put(&out, L"", 0);
    if (out.Error) {
        BaseFree(out.Text);
        BaseFail(out.Error);
        return NULL;
    }
    *Length = out.Length;
    return out.Text;
}

static INSERTS MakeInserts(DWORD Flags, va_list *Arguments, BOOL Narrow) {
    INSERTS inserts = {.Narrow = Narrow};
    if (Flags & FORMAT_MESSAGE_ARGUMENT_ARRAY)
        inserts.Array = (const DWORD_PTR *)Arguments;
    else
        inserts.List = Arguments;
    return inserts;
}

DWORD WINAPI FormatMessageW(DWORD Flags, LPCVOID Source, DWORD Code, DWORD Language, LPWSTR Buffer, DWORD Size, va_list *Arguments) {
    SIZE_T length;
    INSERTS inserts = MakeInserts(Flags, Arguments, FALSE);
    PWSTR text = MakeMessage(Flags, Source, Code, Language, Arguments ? &inserts : NULL, &length);
    if (!text)
        return 0;
    if (Flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) { /* freed with LocalFree, which is the process heap's; Size is the least to allocate */
        PWSTR block = length + 1 < Size ? RtlReAllocateHeap(NtPeb()->ProcessHeap, 0, text, (SIZE_T)Size * sizeof(WCHAR)) : text;
        if (!block) {
            BaseFree(text);
            return (DWORD)BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        }
        *(PWSTR *)(PVOID)Buffer = block;
        return (DWORD)length;
    }
    BOOL fits = length < Size;
    if (fits)
        memcpy(Buffer, text, (length + 1) * sizeof(WCHAR));
    BaseFree(text);
    return fits ? (DWORD)length : (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
}
DWORD WINAPI FormatMessageA(DWORD Flags, LPCVOID Source, DWORD Code, DWORD Language, LPSTR Buffer, DWORD Size, va_list *Arguments) {
    SIZE_T length;
    INSERTS inserts = MakeInserts(Flags, Arguments, TRUE);
    PWSTR source = (Flags & FORMAT_MESSAGE_FROM_STRING) && Source ? BaseWide(Source) : NULL;
    if ((Flags & FORMAT_MESSAGE_FROM_STRING) && Source && !source)
        return 0;
    PWSTR text = MakeMessage(Flags, source ? source : Source, Code, Language, Arguments ? &inserts : NULL, &length);
    BaseFree(source);
    if (!text)
        return 0;
    DWORD room = length + 1 > Size ? (DWORD)length + 1 : Size;
    PSTR target = (Flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) ? BaseAllocate(room) : Buffer;
    if (Flags & FORMAT_MESSAGE_ALLOCATE_BUFFER)
        Size = room;
    BOOL fits = length < Size;
    if (target && fits)
        BaseNarrow(text, length, target, Size);
    BaseFree(text);
    if (!target)
        return (DWORD)BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    if (!fits)
        return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    if (Flags & FORMAT_MESSAGE_ALLOCATE_BUFFER)
        *(PSTR *)(PVOID)Buffer = target;
    return (DWORD)length;
}
