/*
 * What the parts that read .reg text share: where a reader is in its text, and how it takes pieces of it. PASSIVE_LEVEL, while the machine boots.
 * The functions that return BOOLEAN return FALSE after they have told of what is wrong, or have set Status because there is no memory.
 */
#pragma once
#include "cm/store.h"

typedef struct _CM_READER {
    PCSTR FileName;
    const CHAR *Next, *End; /* what has not been read */
    const CHAR *At, *Stop;  /* what is left of the line; both in the file, or in Joined */
    PCHAR Joined;           /* pool: lines that a backslash at the end of the line puts together */
    SIZE_T JoinedRoom;
    ULONG Line, NextLine; /* numbers */
    PCM_NODE Node;        /* of the last key line; NULL: there was none, or it was wrong */
    BOOLEAN Skipping;     /* values have no key because of an error that was told of */
    PWSTR Units;          /* pool: names and strings as they are decoded */
    SIZE_T UnitRoom;
    PCM_READ_RESULT Result;
    NTSTATUS Status; /* STATUS_INSUFFICIENT_RESOURCES ends it */
} CM_READER, *PCM_READER;

/* Tells of the line that is being read, up to a number of lines. FALSE, for `return`. */
BOOLEAN CmpComplain(PCM_READER Reader, PCSTR Problem);

/* There is no memory: the reading ends. FALSE, for `return`. */
BOOLEAN CmpFailRead(PCM_READER Reader);

/* The next line, without blanks around it; FALSE: there is none. Bytes of a value may go on after a backslash; keys and comments do not. */
BOOLEAN CmpNextLine(PCM_READER Reader);

BOOLEAN CmpIsBlank(CHAR Char);

/* Takes Text, in any case, if it comes next; FALSE without a word if it does not. */
BOOLEAN CmpTake(PCM_READER Reader, PCSTR Text);

/* Up to Count hexadecimal digits; the number of digits. */
ULONG CmpTakeHex(PCM_READER Reader, ULONG Count, PULONG Number);

/* One UTF-8 character, shortest form, no surrogate, no control character but a tab; ~0: something else. */
ULONG CmpTakeCharacter(PCM_READER Reader);

/* Room in Units for what the rest of the line can become. */
BOOLEAN CmpReserveUnits(PCM_READER Reader);

/* Character to Units, which have room, as one unit or two. */
VOID CmpPutCharacter(PCM_READER Reader, PSIZE_T Count, ULONG Character);

/* What is between quotes, into Units; the first quote has been taken. */
BOOLEAN CmpTakeQuoted(PCM_READER Reader, PSIZE_T Count);

/* A key's line, [path] or [-path]: sets Node and Skipping. */
VOID CmpReadKey(PCM_READER Reader);
