#include "ob/json.h"
#include "rtl/crt.h"

#define OBP_JSON_TAG  'sJbO'
#define OBP_JSON_SIZE 1024u

VOID ObpJsonStart(POBP_JSON Json) {
    RtlZeroMemory(Json, sizeof(*Json));
    Json->Text = ExAllocatePoolWithTag(PagedPool, OBP_JSON_SIZE, OBP_JSON_TAG);
    Json->Size = OBP_JSON_SIZE;
    Json->Failed = Json->Text == NULL;
}

VOID ObpJsonFree(POBP_JSON Json) {
    if (Json->Text != NULL)
        ExFreePoolWithTag(Json->Text, OBP_JSON_TAG);
}

static VOID ObpJsonPut(POBP_JSON Json, PCSTR Text, SIZE_T Length) {
    if (Json->Failed)
        return;
    if (Length > Json->Size - Json->Length) {
        SIZE_T Size = (Json->Length + Length) * 2;
        PSTR Larger = ExAllocatePoolWithTag(PagedPool, Size, OBP_JSON_TAG);
        if (Larger == NULL) {
            Json->Failed = TRUE;
            return;
        }
        RtlCopyMemory(Larger, Json->Text, Json->Length);
        ExFreePoolWithTag(Json->Text, OBP_JSON_TAG);
        Json->Text = Larger;
        Json->Size = Size;
    }
    RtlCopyMemory(Json->Text + Json->Length, Text, Length);
    Json->Length += Length;
}

static VOID ObpJsonCharacter(POBP_JSON Json, ULONG Code) {
    CHAR Out[8];
    int Length;
    if (Code == '"' || Code == '\\') {
        Length = _snprintf(Out, sizeof(Out), "\\%c", (CHAR)Code);
    } else if (Code < 0x20 || Code == 0x7F) {
        Length = _snprintf(Out, sizeof(Out), "\\u%04x", Code);
    } else if (Code < 0x80) {
        Out[0] = (CHAR)Code;
        Length = 1;
    } else if (Code < 0x800) {
        Out[0] = (CHAR)(0xC0 | Code >> 6);
        Out[1] = (CHAR)(0x80 | (Code & 0x3F));
        Length = 2;
    } else if (Code < 0x10000) {
        Out[0] = (CHAR)(0xE0 | Code >> 12);
        Out[1] = (CHAR)(0x80 | (Code >> 6 & 0x3F));
        Out[2] = (CHAR)(0x80 | (Code & 0x3F));
        Length = 3;
    } else {
        Out[0] = (CHAR)(0xF0 | Code >> 18);
        Out[1] = (CHAR)(0x80 | (Code >> 12 & 0x3F));
        Out[2] = (CHAR)(0x80 | (Code >> 6 & 0x3F));
        Out[3] = (CHAR)(0x80 | (Code & 0x3F));
        Length = 4;
    }
    ObpJsonPut(Json, Out, (SIZE_T)Length);
}

static VOID ObpJsonName(POBP_JSON Json, PCSTR Name) {
    if (Json->Comma)
        ObpJsonPut(Json, ",", 1);
    Json->Comma = TRUE;
    if (Name != NULL) {
        ObpJsonPut(Json, "\"", 1);
        ObpJsonPut(Json, Name, strlen(Name));
        ObpJsonPut(Json, "\":", 2);
    }
}

VOID ObpJsonOpen(POBP_JSON Json, PCSTR Name, CHAR Bracket) {
    ObpJsonName(Json, Name);
    ObpJsonPut(Json, &Bracket, 1);
    Json->Comma = FALSE;
}

VOID ObpJsonClose(POBP_JSON Json, CHAR Bracket) {
    ObpJsonPut(Json, &Bracket, 1);
    Json->Comma = TRUE;
}

VOID ObpJsonString(POBP_JSON Json, PCSTR Name, PCUNICODE_STRING Value) {
    ULONG Count = Value->Length / sizeof(WCHAR);
    ObpJsonName(Json, Name);
    ObpJsonPut(Json, "\"", 1);
    for (ULONG I = 0; I < Count; I++) {
        ULONG Code = Value->Buffer[I];
        if (Code >= 0xD800 && Code < 0xE000) {
            ULONG Low = Code < 0xDC00 && I + 1 < Count ? Value->Buffer[I + 1] : 0;
            if (Low >= 0xDC00 && Low < 0xE000) {
                Code = 0x10000 + ((Code & 0x3FF) << 10 | (Low & 0x3FF));
                I++;
            } else {
                Code = 0xFFFD;
            }
        }
        ObpJsonCharacter(Json, Code);
    }
    ObpJsonPut(Json, "\"", 1);
}

VOID ObpJsonText(POBP_JSON Json, PCSTR Name, PCSTR Value) {
    ObpJsonName(Json, Name);
    ObpJsonPut(Json, "\"", 1);
    for (; *Value != 0; Value++)
        if ((UCHAR)*Value < 0x80)
            ObpJsonCharacter(Json, (UCHAR)*Value);
        else
            ObpJsonPut(Json, Value, 1);
    ObpJsonPut(Json, "\"", 1);
}

VOID ObpJsonNumber(POBP_JSON Json, PCSTR Name, LONG64 Value) {
    CHAR Text[24];
    ObpJsonName(Json, Name);
    ObpJsonPut(Json, Text, (SIZE_T)_snprintf(Text, sizeof(Text), "%I64d", Value));
}

VOID ObpJsonHex(POBP_JSON Json, PCSTR Name, ULONG64 Value) {
    CHAR Text[24];
    _snprintf(Text, sizeof(Text), "0x%I64X", Value);
    ObpJsonText(Json, Name, Text);
}

VOID ObpJsonBoolean(POBP_JSON Json, PCSTR Name, BOOLEAN Value) {
    ObpJsonName(Json, Name);
    ObpJsonPut(Json, Value ? "true" : "false", Value ? 4 : 5);
}
