/*
 * wsprintf: conversions c C d i p s S u x X with '-', '#', '0', width, precision and the sizes h l w I I32 I64, into at most 1024 characters ("wsprintf"). Both forms
 * are made of one engine, which puts one character after the other.
 */
#include "user32.h"

#define MOST_CHARACTERS 1024u

typedef struct _PRINTER {
    PVOID Buffer;
    BOOL Wide;
    ULONG Length;
} PRINTER;

static VOID Put(PRINTER *Printer, WCHAR Char, BOOL IsWide) {
    if (Printer->Length >= MOST_CHARACTERS - 1)
        return;
    if (Printer->Wide)
        ((PWSTR)Printer->Buffer)[Printer->Length++] = IsWide ? Char : UserWideChar((CHAR)Char);
    else
        ((PSTR)Printer->Buffer)[Printer->Length++] = IsWide ? UserNarrowChar(Char) : (CHAR)Char;
}
static VOID Pad(PRINTER *Printer, WCHAR Char, ULONG Count) {
    for (; Count && Printer->Length < MOST_CHARACTERS - 1; Count--)
        Put(Printer, Char, TRUE);
}

typedef struct _SPEC {
    BOOL Left, Zero, Alternate, Short, Long, Pointer; /* Long: l or w; Pointer: 64 bits */
    ULONG Width;
    LONG Precision; /* -1: none */
} SPEC;

static VOID PutText(PRINTER *Printer, const SPEC *Spec, LPCVOID Text, BOOL IsWide) {
    ULONG length = 0;
    if (!Text)
        Text = IsWide ? (LPCVOID)L"(null)" : (LPCVOID) "(null)";
    while ((Spec->Precision < 0 || length < (ULONG)Spec->Precision) && (IsWide ? ((PCWSTR)Text)[length] : ((PCSTR)Text)[length]))
        length++;
    ULONG fill = Spec->Width > length ? Spec->Width - length : 0;
    if (!Spec->Left)
        Pad(Printer, Spec->Zero ? '0' : ' ', fill);
    for (ULONG n = 0; n < length; n++)
        Put(Printer, IsWide ? ((PCWSTR)Text)[n] : (WCHAR)(UCHAR)((PCSTR)Text)[n], IsWide);
    if (Spec->Left)
        Pad(Printer, ' ', fill);
}

static VOID PutNumber(PRINTER *Printer, const SPEC *Spec, ULONG64 Value, BOOL Negative, ULONG Base, BOOL Upper) {
    CHAR digits[24];
    LONG count = 0;
    do
        digits[count++] = (Upper ? "0123456789ABCDEF" : "0123456789abcdef")[Value % Base];
    while ((Value /= Base) != 0);
    ULONG prefix = Negative ? 1 : Spec->Alternate && Base == 16 ? 2 : 0;
    ULONG zeros = Spec->Precision > count ? (ULONG)(Spec->Precision - count) : 0, length = (ULONG)count + zeros + prefix;
    ULONG fill = Spec->Width > length ? Spec->Width - length : 0;
    if (Spec->Zero && !Spec->Left && Spec->Precision < 0) {
        zeros += fill;
        fill = 0;
    }
    if (!Spec->Left)
        Pad(Printer, ' ', fill);
    if (Negative)
        Put(Printer, '-', TRUE);
    if (prefix == 2) {
        Put(Printer, '0', TRUE);
        Put(Printer, Upper ? 'X' : 'x', TRUE);
    }
    Pad(Printer, '0', zeros);
    while (count)
        Put(Printer, (WCHAR)digits[--count], TRUE);
    if (Spec->Left)
        Pad(Printer, ' ', fill);
}

static WCHAR At(PRINTER *Printer, LPCVOID Format, ULONG Index) {
    return Printer->Wide ? ((PCWSTR)Format)[Index] : (WCHAR)(UCHAR)((PCSTR)Format)[Index];
}
static ULONG Number(PRINTER *Printer, LPCVOID Format, ULONG *Index) {
    ULONG value = 0;
    for (; At(Printer, Format, *Index) >= '0' && At(Printer, Format, *Index) <= '9'; ++*Index)
        value = value < MOST_CHARACTERS ? value * 10 + (At(Printer, Format, *Index) - '0') : value;
    return value;
}

/* What stands between '%' and the conversion; *Index is left at the conversion. */
static SPEC ReadSpec(PRINTER *Printer, LPCVOID Format, ULONG *Index) {
    SPEC spec = {.Precision = -1};
    for (;; ++*Index) {
        WCHAR flag = At(Printer, Format, *Index);
        if (flag == '-')
            spec.Left = TRUE;
        else if (flag == '#')
            spec.Alternate = TRUE;
        else if (flag == '0')
            spec.Zero = TRUE;
        else
            break;
    }
    spec.Width = Number(Printer, Format, Index);
    if (At(Printer, Format, *Index) == '.') {
        ++*Index;
        spec.Precision = (LONG)Number(Printer, Format, Index);
    }
    WCHAR size = At(Printer, Format, *Index);
    if (size == 'h')
        spec.Short = TRUE;
    else if (size == 'l' || size == 'w')
        spec.Long = TRUE;
    if (spec.Short || spec.Long) {
        ++*Index;
    } else if (size == 'I') {
        WCHAR first = At(Printer, Format, *Index + 1), second = first ? At(Printer, Format, *Index + 2) : 0;
        spec.Pointer = !(first == '3' && second == '2');
        *Index += (first == '3' && second == '2') || (first == '6' && second == '4') ? 3 : 1;
    }
    return spec;
}

static int Print(PRINTER *Printer, LPCVOID Format, va_list Arguments) {
    for (ULONG n = 0; At(Printer, Format, n); n++) {
        WCHAR conversion = At(Printer, Format, n);
        if (conversion != '%') {
            Put(Printer, conversion, Printer->Wide);
            continue;
        }
        n++;
        SPEC spec = ReadSpec(Printer, Format, &n);
        conversion = At(Printer, Format, n);
        if (!conversion)
            break;
        BOOL other = conversion == 'C' || conversion == 'S';
        BOOL wide = spec.Long || (!spec.Short && Printer->Wide != other);
        ULONG64 value;
        switch (conversion) {
        case 'c':
        case 'C': {
            WCHAR text[2] = {(WCHAR)va_arg(Arguments, int), 0};
            CHAR narrow[2] = {(CHAR)text[0], 0};
            spec.Precision = 1;
            PutText(Printer, &spec, wide ? (LPCVOID)text : (LPCVOID)narrow, wide);
            break;
        }
        case 's':
        case 'S': PutText(Printer, &spec, va_arg(Arguments, LPCVOID), wide); break;
        case 'd':
        case 'i': {
            LONG64 number = spec.Pointer ? va_arg(Arguments, LONG64) : spec.Short ? (SHORT)va_arg(Arguments, int) : va_arg(Arguments, int);
            PutNumber(Printer, &spec, number < 0 ? 0 - (ULONG64)number : (ULONG64)number, number < 0, 10, FALSE);
            break;
        }
        case 'p':
            spec.Precision = 2 * sizeof(PVOID);
            PutNumber(Printer, &spec, va_arg(Arguments, ULONG_PTR), FALSE, 16, TRUE);
            break;
        case 'u':
        case 'x':
        case 'X':
            value = spec.Pointer ? va_arg(Arguments, ULONG64) : spec.Short ? (USHORT)va_arg(Arguments, int) : va_arg(Arguments, UINT);
            PutNumber(Printer, &spec, value, FALSE, conversion == 'u' ? 10 : 16, conversion == 'X');
            break;
        default: Put(Printer, conversion, Printer->Wide); break; /* %% and what is none: the character itself */
        }
    }
    if (Printer->Wide)
        ((PWSTR)Printer->Buffer)[Printer->Length] = 0;
    else
        ((PSTR)Printer->Buffer)[Printer->Length] = 0;
    return (int)Printer->Length;
}

int WINAPI wvsprintfW(LPWSTR Buffer, LPCWSTR Format, va_list Arguments) { return Print(&(PRINTER){Buffer, TRUE, 0}, Format, Arguments); }
int WINAPI wvsprintfA(LPSTR Buffer, LPCSTR Format, va_list Arguments) { return Print(&(PRINTER){Buffer, FALSE, 0}, Format, Arguments); }
int WINAPIV wsprintfW(LPWSTR Buffer, LPCWSTR Format, ...) {
    va_list arguments;
    va_start(arguments, Format);
    int length = wvsprintfW(Buffer, Format, arguments);
    va_end(arguments);
    return length;
}
int WINAPIV wsprintfA(LPSTR Buffer, LPCSTR Format, ...) {
    va_list arguments;
    va_start(arguments, Format);
    int length = wvsprintfA(Buffer, Format, arguments);
    va_end(arguments);
    return length;
}
