/*
 * The Security Descriptor Definition Language ([MS-DTYP] 2.5.1, "Security Descriptor String Format"), read and written: for the kernel (se/sddl.c),
 * advapi32.dll and the library that IoCreateDeviceSecure is in (ringside/cc/wdmsec.c), which share nothing but this text. Bytes are put where they
 * belong, for not all of their headers have the structures. Entries: allow, deny, audit, label, and these for objects; no conditions, no attributes.
 */
#pragma once

/* ---- Names ---- */
typedef struct _SDDL_ALIAS {
    char Name[3];
    unsigned char Authority, Count;
    unsigned int Values[2];
} SDDL_ALIAS;

static const SDDL_ALIAS SddlAliases[] = {
    {"WD", 1, 1, {0}},       {"CO", 3, 1, {0}},       {"CG", 3, 1, {1}},       {"OW", 3, 1, {4}},       {"NU", 5, 1, {2}},
    {"IU", 5, 1, {4}},       {"SU", 5, 1, {6}},       {"AN", 5, 1, {7}},       {"ED", 5, 1, {9}},       {"PS", 5, 1, {10}},
    {"AU", 5, 1, {11}},      {"RC", 5, 1, {12}},      {"SY", 5, 1, {18}},      {"LS", 5, 1, {19}},      {"NS", 5, 1, {20}},
    {"WR", 5, 1, {33}},      {"BA", 5, 2, {32, 544}}, {"BU", 5, 2, {32, 545}}, {"BG", 5, 2, {32, 546}}, {"PU", 5, 2, {32, 547}},
    {"AO", 5, 2, {32, 548}}, {"SO", 5, 2, {32, 549}}, {"PO", 5, 2, {32, 550}}, {"BO", 5, 2, {32, 551}}, {"RE", 5, 2, {32, 552}},
    {"RU", 5, 2, {32, 554}}, {"RD", 5, 2, {32, 555}}, {"NO", 5, 2, {32, 556}}, {"MU", 5, 2, {32, 558}}, {"LU", 5, 2, {32, 559}},
    {"IS", 5, 2, {32, 568}}, {"CY", 5, 2, {32, 569}}, {"ER", 5, 2, {32, 573}}, {"CD", 5, 2, {32, 574}}, {"RA", 5, 2, {32, 575}},
    {"ES", 5, 2, {32, 576}}, {"MS", 5, 2, {32, 577}}, {"HA", 5, 2, {32, 578}}, {"AA", 5, 2, {32, 579}}, {"RM", 5, 2, {32, 580}},
    {"AC", 15, 2, {2, 1}},   {"LW", 16, 1, {4096}},   {"ME", 16, 1, {8192}},   {"MP", 16, 1, {8448}},   {"HI", 16, 1, {12288}},
    {"SI", 16, 1, {16384}},
};

typedef struct _SDDL_WORD {
    char Name[3];
    unsigned int Value;
} SDDL_WORD;

/* The first of those that fit is written. */
static const SDDL_WORD SddlRights[] = {
    {"GA", 0x10000000}, {"GX", 0x20000000}, {"GW", 0x40000000}, {"GR", 0x80000000}, {"FA", 0x001F01FF}, {"FR", 0x00120089}, {"FW", 0x00120116},
    {"FX", 0x001200A0}, {"KA", 0x000F003F}, {"KR", 0x00020019}, {"KW", 0x00020006}, {"KX", 0x00020019}, {"CC", 0x00000001}, {"DC", 0x00000002},
    {"LC", 0x00000004}, {"SW", 0x00000008}, {"RP", 0x00000010}, {"WP", 0x00000020}, {"DT", 0x00000040}, {"LO", 0x00000080}, {"CR", 0x00000100},
    {"SD", 0x00010000}, {"RC", 0x00020000}, {"WD", 0x00040000}, {"WO", 0x00080000}, {"NW", 0x00000001}, {"NR", 0x00000002}, {"NX", 0x00000004},
};
#define SDDL_WHOLE_RIGHTS 12 /* the first of SddlRights stand alone; the others are written one after the other */
#define SDDL_LABEL_RIGHTS 25 /* from here on: for labels */

static const SDDL_WORD SddlFlags[] = {{"OI", 0x01}, {"CI", 0x02}, {"NP", 0x04}, {"IO", 0x08}, {"ID", 0x10}, {"SA", 0x40}, {"FA", 0x80}};
static const SDDL_WORD SddlTypes[] = {{"A", 0x00},  {"D", 0x01},  {"AU", 0x02}, {"AL", 0x03}, {"OA", 0x05},
                                      {"OD", 0x06}, {"OU", 0x07}, {"OL", 0x08}, {"ML", 0x11}};

#define SDDL_COUNT(Array)  (sizeof(Array) / sizeof((Array)[0]))
#define SDDL_SELF_RELATIVE 0x8000
#define SDDL_DACL_PRESENT  0x0004
#define SDDL_SACL_PRESENT  0x0010

static inline int SddlIsObject(unsigned int Type) { return Type >= 5 && Type <= 8; }

/* ---- Reading ---- */
typedef struct _SDDL_READER {
    const WCHAR *At;
    unsigned char *Buffer; /* what does not fit is counted, not written */
    unsigned int Room, Used;
} SDDL_READER;

static inline void SddlPoke(SDDL_READER *Reader, unsigned int Offset, unsigned long long Value, unsigned int Size) {
    for (unsigned int i = 0; i < Size; i++)
        if (Offset + i < Reader->Room)
            Reader->Buffer[Offset + i] = (unsigned char)(Value >> 8 * i);
}

static inline void SddlPut(SDDL_READER *Reader, unsigned long long Value, unsigned int Size) {
    SddlPoke(Reader, Reader->Used, Value, Size);
    Reader->Used += Size;
}

static inline WCHAR SddlUpper(WCHAR C) { return C >= 'a' && C <= 'z' ? (WCHAR)(C - 'a' + 'A') : C; }

static inline void SddlSkipBlanks(SDDL_READER *Reader) {
    while (*Reader->At == ' ' || *Reader->At == '\t' || *Reader->At == '\n' || *Reader->At == '\r')
        Reader->At++;
}

static inline int SddlTake(SDDL_READER *Reader, const char *Word) {
    unsigned int length = 0;
    while (Word[length] != 0 && SddlUpper(Reader->At[length]) == (WCHAR)Word[length])
        length++;
    if (Word[length] != 0)
        return 0;
    Reader->At += length;
    return 1;
}

static inline int SddlDigit(WCHAR C, unsigned int Base) {
    C = SddlUpper(C);
    int digit = C >= '0' && C <= '9' ? C - '0' : C >= 'A' && C <= 'F' ? C - 'A' + 10 : 99;
    return digit < (int)Base ? digit : -1;
}

static inline int SddlNumber(SDDL_READER *Reader, unsigned long long Limit, unsigned long long *Value) {
    unsigned int base = 10, digits = 0;
    if (SddlTake(Reader, "0X"))
        base = 16;
    for (*Value = 0; SddlDigit(*Reader->At, base) >= 0; Reader->At++, digits++) {
        *Value = *Value * base + (unsigned int)SddlDigit(*Reader->At, base);
        if (*Value > Limit)
            return 0;
    }
    return digits != 0;
}

static inline int SddlReadSid(SDDL_READER *Reader) {
    unsigned long long value;
    unsigned int count = 0, start = Reader->Used;
    if (!SddlTake(Reader, "S-1-")) {
        for (unsigned int i = 0; i < SDDL_COUNT(SddlAliases); i++) {
            const SDDL_ALIAS *alias = &SddlAliases[i];
            if (!SddlTake(Reader, alias->Name))
                continue;
            SddlPut(Reader, 1 | (unsigned int)alias->Count << 8, 7);
            SddlPut(Reader, alias->Authority, 1);
            for (unsigned int k = 0; k < alias->Count; k++)
                SddlPut(Reader, alias->Values[k], 4);
            return 1;
        }
        return 0;
    }
    if (!SddlNumber(Reader, 0xFFFFFFFFFFFFull, &value))
        return 0;
    SddlPut(Reader, 1, 2);
    for (int shift = 40; shift >= 0; shift -= 8)
        SddlPut(Reader, value >> shift & 0xFF, 1);
    while (*Reader->At == '-') {
        Reader->At++;
        if (count == 15 || !SddlNumber(Reader, 0xFFFFFFFFull, &value))
            return 0;
        SddlPut(Reader, value, 4);
        count++;
    }
    SddlPoke(Reader, start + 1, count, 1);
    return count != 0;
}

static inline int SddlReadRights(SDDL_READER *Reader, int IsLabel, unsigned int *Mask) {
    unsigned long long number;
    *Mask = 0;
    SddlSkipBlanks(Reader);
    if (*Reader->At >= '0' && *Reader->At <= '9') {
        if (!SddlNumber(Reader, 0xFFFFFFFFull, &number))
            return 0;
        *Mask = (unsigned int)number;
        return 1;
    }
    while (*Reader->At != ';') {
        unsigned int i = IsLabel ? SDDL_LABEL_RIGHTS : 0;
        while (i < SDDL_COUNT(SddlRights) && !SddlTake(Reader, SddlRights[i].Name))
            i++;
        if (i == SDDL_COUNT(SddlRights) || (!IsLabel && i >= SDDL_LABEL_RIGHTS))
            return 0;
        *Mask |= SddlRights[i].Value;
        SddlSkipBlanks(Reader);
    }
    return 1;
}

/* "bf967aba-0de6-11d0-a285-00aa003049e2"; nothing written when there is none. */
static inline int SddlReadGuid(SDDL_READER *Reader, int *Present) {
    static const unsigned char sizes[] = {4, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1};
    *Present = *Reader->At != ';';
    for (unsigned int i = 0; *Present && i < SDDL_COUNT(sizes); i++) {
        unsigned int value = 0;
        if ((i >= 1 && i <= 3) || i == 5) {
            if (*Reader->At++ != '-')
                return 0;
        }
        for (unsigned int k = 0; k < sizes[i] * 2u; k++, Reader->At++) {
            if (SddlDigit(*Reader->At, 16) < 0)
                return 0;
            value = value << 4 | (unsigned int)SddlDigit(*Reader->At, 16);
        }
        SddlPut(Reader, value, sizes[i]);
    }
    return 1;
}

static inline int SddlSemicolon(SDDL_READER *Reader) {
    SddlSkipBlanks(Reader);
    if (*Reader->At != ';')
        return 0;
    Reader->At++;
    SddlSkipBlanks(Reader);
    return 1;
}

/* What stands between the parentheses. */
static inline int SddlReadAce(SDDL_READER *Reader, unsigned int *Revision) {
    unsigned int start = Reader->Used, type = 0, flags = 0, mask, objectFlags = 0;
    int present;
    SddlSkipBlanks(Reader);
    for (type = 0; type < SDDL_COUNT(SddlTypes); type++) {
        const WCHAR *before = Reader->At;
        if (SddlTake(Reader, SddlTypes[type].Name) && (*Reader->At == ';' || *Reader->At == ' '))
            break;
        Reader->At = before;
    }
    if (type == SDDL_COUNT(SddlTypes) || !SddlSemicolon(Reader))
        return 0;
    type = SddlTypes[type].Value;
    while (*Reader->At != ';') {
        unsigned int i = 0;
        while (i < SDDL_COUNT(SddlFlags) && !SddlTake(Reader, SddlFlags[i].Name))
            i++;
        if (i == SDDL_COUNT(SddlFlags))
            return 0;
        flags |= SddlFlags[i].Value;
        SddlSkipBlanks(Reader);
    }
    if (!SddlSemicolon(Reader) || !SddlReadRights(Reader, type == 0x11, &mask) || !SddlSemicolon(Reader))
        return 0;
    SddlPut(Reader, type | flags << 8, 4);
    SddlPut(Reader, mask, 4);
    if (SddlIsObject(type)) {
        *Revision = 4;
        SddlPut(Reader, 0, 4);
    }
    for (unsigned int bit = 1; bit <= 2; bit <<= 1) {
        if (!SddlReadGuid(Reader, &present) || (present && !SddlIsObject(type)) || !SddlSemicolon(Reader))
            return 0;
        objectFlags |= present ? bit : 0;
    }
    if (!SddlReadSid(Reader))
        return 0;
    SddlSkipBlanks(Reader);
    if (*Reader->At != ')' || Reader->Used - start > 0xFFFC)
        return 0;
    Reader->At++;
    if (SddlIsObject(type))
        SddlPoke(Reader, start + 8, objectFlags, 4);
    SddlPoke(Reader, start + 2, Reader->Used - start, 2);
    return 1;
}

/* Flags and entries after "D:" or "S:". *Null: a DACL that is there and allows everything. */
static inline int SddlReadAcl(SDDL_READER *Reader, int IsDacl, unsigned int *Control, int *Null) {
    unsigned int start = Reader->Used, count = 0, revision = 2;
    *Null = 0;
    for (;;) {
        SddlSkipBlanks(Reader);
        if (SddlTake(Reader, "NO_ACCESS_CONTROL"))
            *Null = 1;
        else if (SddlTake(Reader, "AR"))
            *Control |= IsDacl ? 0x0100u : 0x0200u;
        else if (SddlTake(Reader, "AI"))
            *Control |= IsDacl ? 0x0400u : 0x0800u;
        else if (SddlTake(Reader, "P"))
            *Control |= IsDacl ? 0x1000u : 0x2000u;
        else
            break;
    }
    if (*Null)
        return *Reader->At != '(';
    SddlPut(Reader, 0, 8);
    while (*Reader->At == '(') {
        Reader->At++;
        if (!SddlReadAce(Reader, &revision))
            return 0;
        count++;
        SddlSkipBlanks(Reader);
    }
    if (Reader->Used - start > 0xFFFC)
        return 0;
    SddlPoke(Reader, start, revision, 1);
    SddlPoke(Reader, start + 2, Reader->Used - start, 2);
    SddlPoke(Reader, start + 4, count, 2);
    return 1;
}

/* A terminated string as a self-relative descriptor. *Size: the bytes that it takes, more than Room if it did not fit (then Buffer is of no use).
   Returns 0 when the text is none. */
static inline int SddlParse(const WCHAR *Text, void *Buffer, unsigned int Room, unsigned int *Size) {
    SDDL_READER reader = {Text, Buffer, Room, 20};
    unsigned int control = SDDL_SELF_RELATIVE, offsets[4] = {0}, seen = 0; /* owner, group, SACL, DACL, as in the descriptor */
    int null, fine;
    for (;;) {
        static const char *const parts[] = {"O:", "G:", "S:", "D:"};
        unsigned int part = 0;
        SddlSkipBlanks(&reader);
        if (*reader.At == 0)
            break;
        while (part < SDDL_COUNT(parts) && !SddlTake(&reader, parts[part]))
            part++;
        if (part == SDDL_COUNT(parts) || seen & 1u << part)
            return 0;
        seen |= 1u << part;
        offsets[part] = reader.Used;
        if (part < 2) {
            SddlSkipBlanks(&reader);
            fine = SddlReadSid(&reader);
        } else {
            control |= part == 3 ? SDDL_DACL_PRESENT : SDDL_SACL_PRESENT;
            fine = SddlReadAcl(&reader, part == 3, &control, &null);
            if (fine && null)
                offsets[part] = 0;
        }
        if (!fine)
            return 0;
    }
    SddlPoke(&reader, 0, 1 | (unsigned long long)control << 16, 4);
    for (unsigned int i = 0; i < 4; i++)
        SddlPoke(&reader, 4 + 4 * i, offsets[i], 4);
    *Size = reader.Used;
    return 1;
}

/* A SID alone; to the end of the text. */
static inline int SddlParseSid(const WCHAR *Text, void *Buffer, unsigned int Room, unsigned int *Size) {
    SDDL_READER reader = {Text, Buffer, Room, 0};
    int fine = SddlReadSid(&reader) && *reader.At == 0;
    *Size = reader.Used;
    return fine;
}

/* ---- Writing ---- */
typedef struct _SDDL_WRITER { /* counts on when the buffer is full; of Wide and Narrow one is NULL */
    WCHAR *Wide;
    char *Narrow;
    unsigned int Room, Length;
} SDDL_WRITER;

static inline void SddlChar(SDDL_WRITER *Writer, char C) {
    if (Writer->Length < Writer->Room) {
        if (Writer->Wide)
            Writer->Wide[Writer->Length] = (WCHAR)(unsigned char)C;
        else
            Writer->Narrow[Writer->Length] = C;
    }
    Writer->Length++;
}

static inline void SddlText(SDDL_WRITER *Writer, const char *Text) {
    while (*Text)
        SddlChar(Writer, *Text++);
}

static inline void SddlWriteNumber(SDDL_WRITER *Writer, unsigned long long Value, unsigned int Base, unsigned int Width) {
    char digits[24];
    unsigned int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[Value % Base];
        Value /= Base;
    } while (Value != 0 || count < Width);
    while (count != 0)
        SddlChar(Writer, digits[--count]);
}

static inline unsigned int SddlPeek(const unsigned char *At, unsigned int Size) {
    unsigned int value = 0;
    for (unsigned int i = 0; i < Size; i++)
        value |= (unsigned int)At[i] << 8 * i;
    return value;
}

static inline void SddlWriteNumericSid(SDDL_WRITER *Writer, const unsigned char *Sid) {
    unsigned long long authority = 0;
    for (unsigned int i = 2; i < 8; i++)
        authority = authority << 8 | Sid[i];
    SddlText(Writer, "S-1-");
    if (authority >> 32)
        SddlText(Writer, "0x");
    SddlWriteNumber(Writer, authority, authority >> 32 ? 16 : 10, authority >> 32 ? 12 : 1);
    for (unsigned int i = 0; i < Sid[1]; i++) {
        SddlChar(Writer, '-');
        SddlWriteNumber(Writer, SddlPeek(Sid + 8 + 4 * i, 4), 10, 1);
    }
}

static inline void SddlWriteSid(SDDL_WRITER *Writer, const unsigned char *Sid) {
    for (unsigned int i = 0; i < SDDL_COUNT(SddlAliases); i++) {
        const SDDL_ALIAS *alias = &SddlAliases[i];
        unsigned int k = 0;
        if (Sid[1] != alias->Count || Sid[7] != alias->Authority || SddlPeek(Sid + 2, 4) != 0 || Sid[6] != 0)
            continue;
        while (k < alias->Count && SddlPeek(Sid + 8 + 4 * k, 4) == alias->Values[k])
            k++;
        if (k == alias->Count) {
            SddlText(Writer, alias->Name);
            return;
        }
    }
    SddlWriteNumericSid(Writer, Sid);
}

static inline void SddlWriteRights(SDDL_WRITER *Writer, unsigned int Mask, int IsLabel) {
    unsigned int first = IsLabel ? SDDL_LABEL_RIGHTS : SDDL_WHOLE_RIGHTS, end = IsLabel ? SDDL_COUNT(SddlRights) : SDDL_LABEL_RIGHTS, left = Mask;
    for (unsigned int i = 0; !IsLabel && i < SDDL_WHOLE_RIGHTS; i++)
        if (SddlRights[i].Value == Mask) {
            SddlText(Writer, SddlRights[i].Name);
            return;
        }
    for (unsigned int i = 0; !IsLabel && i < 4; i++)
        left &= ~SddlRights[i].Value;
    for (unsigned int i = first; i < end; i++)
        left &= ~SddlRights[i].Value;
    if (left != 0) {
        SddlText(Writer, "0x");
        SddlWriteNumber(Writer, Mask, 16, 1);
        return;
    }
    for (unsigned int i = 0; !IsLabel && i < 4; i++)
        if (Mask & SddlRights[i].Value)
            SddlText(Writer, SddlRights[i].Name);
    for (unsigned int i = first; i < end; i++)
        if (Mask & SddlRights[i].Value)
            SddlText(Writer, SddlRights[i].Name);
}

static inline void SddlWriteGuid(SDDL_WRITER *Writer, const unsigned char *Guid) {
    SddlWriteNumber(Writer, SddlPeek(Guid, 4), 16, 8);
    SddlChar(Writer, '-');
    SddlWriteNumber(Writer, SddlPeek(Guid + 4, 2), 16, 4);
    SddlChar(Writer, '-');
    SddlWriteNumber(Writer, SddlPeek(Guid + 6, 2), 16, 4);
    for (unsigned int i = 8; i < 16; i++) {
        if (i == 8 || i == 10)
            SddlChar(Writer, '-');
        SddlWriteNumber(Writer, Guid[i], 16, 2);
    }
}

/* Entries of other types are shown as their number. */
static inline void SddlWriteAcl(SDDL_WRITER *Writer, const unsigned char *Acl) {
    const unsigned char *ace = Acl + 8;
    for (unsigned int i = 0; i < SddlPeek(Acl + 4, 2); i++, ace += SddlPeek(ace + 2, 2)) {
        const unsigned char *sid = ace + 8;
        unsigned int objectFlags = SddlIsObject(ace[0]) ? SddlPeek(ace + 8, 4) : 0, type = 0;
        while (type < SDDL_COUNT(SddlTypes) && SddlTypes[type].Value != ace[0])
            type++;
        SddlChar(Writer, '(');
        if (type == SDDL_COUNT(SddlTypes)) {
            SddlText(Writer, "0x");
            SddlWriteNumber(Writer, ace[0], 16, 1);
            SddlChar(Writer, ')');
            continue;
        }
        SddlText(Writer, SddlTypes[type].Name);
        SddlChar(Writer, ';');
        for (unsigned int k = 0; k < SDDL_COUNT(SddlFlags); k++)
            if (ace[1] & SddlFlags[k].Value)
                SddlText(Writer, SddlFlags[k].Name);
        SddlChar(Writer, ';');
        SddlWriteRights(Writer, SddlPeek(ace + 4, 4), ace[0] == 0x11);
        SddlChar(Writer, ';');
        if (SddlIsObject(ace[0]))
            sid += 4;
        for (unsigned int bit = 1; bit <= 2; bit <<= 1) {
            if (objectFlags & bit) {
                SddlWriteGuid(Writer, sid);
                sid += 16;
            }
            SddlChar(Writer, ';');
        }
        SddlWriteSid(Writer, sid);
        SddlChar(Writer, ')');
    }
}

static inline void SddlWriteAclPart(SDDL_WRITER *Writer, const unsigned char *Acl, unsigned int Control, int IsDacl) {
    SddlText(Writer, IsDacl ? "D:" : "S:");
    if (Control & (IsDacl ? 0x1000u : 0x2000u))
        SddlChar(Writer, 'P');
    if (Control & (IsDacl ? 0x0100u : 0x0200u))
        SddlText(Writer, "AR");
    if (Control & (IsDacl ? 0x0400u : 0x0800u))
        SddlText(Writer, "AI");
    if (Acl)
        SddlWriteAcl(Writer, Acl);
    else
        SddlText(Writer, "NO_ACCESS_CONTROL");
}

/* The parts of a valid descriptor: those that are wanted and there. */
static inline void SddlFormat(SDDL_WRITER *Writer, const unsigned char *Owner, const unsigned char *Group, const unsigned char *Dacl,
                              const unsigned char *Sacl, unsigned int Control) {
    if (Owner) {
        SddlText(Writer, "O:");
        SddlWriteSid(Writer, Owner);
    }
    if (Group) {
        SddlText(Writer, "G:");
        SddlWriteSid(Writer, Group);
    }
    if (Control & SDDL_DACL_PRESENT)
        SddlWriteAclPart(Writer, Dacl, Control, 1);
    if (Sacl)
        SddlWriteAclPart(Writer, Sacl, Control, 0);
}
