/*
 * What keeps the registry of a machine that stays up: two files in its state directory, both standard .reg text (docs/registry.md).
 *
 *   registry.reg   all of it, replaced whole
 *   registry.log   what has changed since: fragments, each ended by a comment with its length and checksum, appended and never rewritten
 *
 * Every change of a kept key is logged into memory. The log goes into the file when somebody flushes, five seconds after its first change, or when it gets
 * long; what has gone there survives whatever happens to the machine. Reading begins with registry.reg and then does again what registry.log tells: doing it
 * twice is the same as doing it once, so nothing is lost between a new registry.reg and an empty registry.log. A machine that is not kept does none of this.
 */
#pragma once
#include "cm/key.h"

/* ---- text.c: writing .reg text ---- */
typedef struct _CM_TEXT {
    PCHAR Bytes; /* pool */
    SIZE_T Size, Capacity;
    BOOLEAN Failed; /* no memory: what is there is not all */
} CM_TEXT, *PCM_TEXT;

VOID CmpFreeText(PCM_TEXT Text);
VOID CmpTextString(PCM_TEXT Text, PCSTR String);
VOID CmpTextHex(PCM_TEXT Text, ULONG Number, ULONG Digits);
VOID CmpTextKey(PCM_TEXT Text, PCM_NODE Node, BOOLEAN Delete); /* its line; what .reg text has no words for follows as comments */
VOID CmpTextTime(PCM_TEXT Text, PCM_NODE Node);                /* a comment: when it was last written */
VOID CmpTextValue(PCM_TEXT Text, PCM_VALUE Value);
VOID CmpTextNoValue(PCM_TEXT Text, PCUNICODE_STRING Name);
ULONG CmpChecksum(const VOID *Bytes, SIZE_T Size); /* CRC-32 */

#define CMP_REG_HEADER       "Windows Registry Editor Version 5.00"
#define CMP_END_COMMENT      ";end "     /* of a fragment: length and checksum of what is before it, as hexadecimal numbers */
#define CMP_ALL_COMMENT      ";complete" /* this file is a whole registry: what it lacks is not to be there */
#define CMP_TIME_COMMENT     ";written "
#define CMP_LINK_COMMENT     ";link"
#define CMP_CLASS_COMMENT    ";class "
#define CMP_SECURITY_COMMENT ";security " /* SDDL; a key without one has its parent's */

/* ---- read.c: reading it ---- */
typedef struct _CM_READ_RESULT {
    ULONG Complaints; /* lines left out; each was told of in a message, up to a limit */
    BOOLEAN Complete;
} CM_READ_RESULT, *PCM_READ_RESULT;

/* Does in the tree what the text says; it is UTF-8 with or without a mark, or UTF-16LE with one. FileName is for messages. STATUS_SUCCESS whatever the text
   is like; STATUS_INSUFFICIENT_RESOURCES, with part of it done. */
NTSTATUS CmpReadText(PCSTR FileName, const CHAR *Text, SIZE_T Size, PCM_READ_RESULT Result);

/* ---- store.c ---- */
/* Reads the files and begins to log. Hives are there, nothing else. TRUE: what was read is a whole registry. */
BOOLEAN CmpOpenStore(VOID);
/* Writes what has been logged. STATUS_REGISTRY_IO_FAILED: it is not in the files, and is tried again later. PASSIVE_LEVEL. */
NTSTATUS CmpFlushStore(VOID);
VOID CmpLogKey(PCM_NODE Node); /* was made */
VOID CmpLogSecurity(PCM_NODE Node);
VOID CmpLogTree(PCM_NODE Node);
VOID CmpLogTime(PCM_NODE Node);
VOID CmpLogNoKey(PCM_NODE Node); /* is about to go */
VOID CmpLogValue(PCM_NODE Node, PCM_VALUE Value);
VOID CmpLogNoValue(PCM_NODE Node, PCUNICODE_STRING Name);
