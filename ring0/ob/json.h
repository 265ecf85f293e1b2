/* A JSON object on one line, put together piece by piece in pool. PASSIVE_LEVEL. */
#pragma once
#include "ob/ob.h"

typedef struct _OBP_JSON {
    PSTR Text; /* from ObpJsonStart; not terminated */
    SIZE_T Length, Size;
    BOOLEAN Comma;  /* the next member needs one before it */
    BOOLEAN Failed; /* no memory: what follows is ignored */
} OBP_JSON, *POBP_JSON;

/* An empty line; its text is freed by ObpJsonFree. */
VOID ObpJsonStart(POBP_JSON Json);
VOID ObpJsonFree(POBP_JSON Json);
/* Objects and arrays nest. Name is NULL in an array and outermost. Bracket: '{', '[', '}', ']'. */
VOID ObpJsonOpen(POBP_JSON Json, PCSTR Name, CHAR Bracket);
VOID ObpJsonClose(POBP_JSON Json, CHAR Bracket);
/* Members; half of a surrogate pair becomes U+FFFD. Text is UTF-8. */
VOID ObpJsonString(POBP_JSON Json, PCSTR Name, PCUNICODE_STRING Value);
VOID ObpJsonText(POBP_JSON Json, PCSTR Name, PCSTR Value);
VOID ObpJsonNumber(POBP_JSON Json, PCSTR Name, LONG64 Value);
VOID ObpJsonHex(POBP_JSON Json, PCSTR Name, ULONG64 Value); /* "0x1F" as a string */
VOID ObpJsonBoolean(POBP_JSON Json, PCSTR Name, BOOLEAN Value);
