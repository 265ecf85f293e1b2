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
        SIZE_T size = (Json->Length + Length) * 2;
        PSTR text = ExAllocatePoolWithTag(PagedPool, size, OBP_JSON_TAG);
        if (text == NULL) {
            Json->Failed = TRUE;
            return;
        }
        RtlCopyMemory(text, Json->Text, Json->Length);
        ExFreePoolWithTag(Json->Text, OBP_JSON_TAG);
        Json->Text = text;
        Json->Size = size;
    }
    RtlCopyMemory(Json->Text + Json->Length, Text, Length);
    Json->Length += Length;
}

static VOID ObpJsonCharacter(POBP_JSON Json, ULONG Code) {
    CHAR out[8];
    int length;
    if (Code == '"' || Code == '\\') {
        length = _snprintf(out, sizeof(out), "\\%c", (CHAR)Code);
    } else if (Code < 0x20 || Code == 0x7F) {
        length = _snprintf(out, sizeof(out), "\\u%04x", Code);
    } else if (Code < 0x80) {
        out[0] = (CHAR)Code;
        length = 1;
    } else if (Code < 0x800) {
        out[0] = (CHAR)(0xC0 | Code >> 6);
        out[1] = (CHAR)(0x80 | (Code & 0x3F));
        length = 2;
    } else if (Code < 0x10000) {
        out[0] = (CHAR)(0xE0 | Code >> 12);
        out[1] = (CHAR)(0x80 | (Code >> 6 & 0x3F));
        out[2] = (CHAR)(0x80 | (Code & 0x3F));
        length = 3;
    } else {
        out[0] = (CHAR)(0xF0 | Code >> 18);
        out[1] = (CHAR)(0x80 | (Code >> 12 & 0x3F));
        out[2] = (CHAR)(0x80 | (Code >> 6 & 0x3F));
        out[3] = (CHAR)(0x80 | (Code & 0x3F));
        length = 4;
    }
    ObpJsonPut(Json, out, (SIZE_T)length);
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
    ULONG count = Value->Length / sizeof(WCHAR);
    ObpJsonName(Json, Name);
    ObpJsonPut(Json, "\"", 1);
    for (ULONG i = 0; i < count; i++) {
        ULONG code = Value->Buffer[i];
        if (code >= 0xD800 && code < 0xE000) {
            ULONG low = code < 0xDC00 && i + 1 < count ? Value->Buffer[i + 1] : 0;
            if (low >= 0xDC00 && low < 0xE000) {
                code = 0x10000 + ((code & 0x3FF) << 10 | (low & 0x3FF));
                i++;
            } else {
                code = 0xFFFD;
            }
        }
        ObpJsonCharacter(Json, code);
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
    CHAR text[24];
    ObpJsonName(Json, Name);
    ObpJsonPut(Json, text, (SIZE_T)_snprintf(text, sizeof(text), "%I64d", Value));
}

VOID ObpJsonHex(POBP_JSON Json, PCSTR Name, ULONG64 Value) {
    CHAR text[24];
    _snprintf(text, sizeof(text), "0x%I64X", Value);
    ObpJsonText(Json, Name, text);
}

VOID ObpJsonBoolean(POBP_JSON Json, PCSTR Name, BOOLEAN Value) {
    ObpJsonName(Json, Name);
    ObpJsonPut(Json, Value ? "true" : "false", Value ? 4 : 5);
}
