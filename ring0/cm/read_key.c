/* The lines of .reg text that name a key. */
#include "cm/reader.h"

/* A part of a key's path: up to a single backslash or the end of the line. Two backslashes and four digits are a code unit. */
static BOOLEAN CmpTakePart(PCM_READER Reader, PUNICODE_STRING Name) {
    SIZE_T Count = 0;
    if (!CmpReserveUnits(Reader))
        return FALSE;
    while (Reader->At < Reader->Stop) {
        ULONG Character;
        if (CmpTake(Reader, "\\\\")) {
            if (CmpTakeHex(Reader, 4, &Character) != 4)
                return CmpComplain(Reader, "an empty part in a key's path: the key and its values are left out");
        } else if (*Reader->At == '\\') {
            break;
        } else {
            Character = CmpTakeCharacter(Reader);
        }
        if (Character == ~0u)
            return CmpComplain(Reader, "a key whose name is not UTF-8, or has a control character: it and its values are left out");
        CmpPutCharacter(Reader, &Count, Character);
    }
    if (Count == 0 || Count * sizeof(WCHAR) > CMP_MAX_KEY_NAME)
        return CmpComplain(Reader, "a key with a part that is empty or longer than 256 characters: it and its values are left out");
    Name->Buffer = Reader->Units;
    Name->Length = Name->MaximumLength = (USHORT)(Count * sizeof(WCHAR));
    return TRUE;
}

/* While the files are read CurrentControlSet leads nowhere yet: it is the set that the next boot would choose. */
static VOID CmpResolvePart(PCM_NODE Parent, PUNICODE_STRING Name) {
    UNICODE_STRING Link, System;
    RtlInitUnicodeString(&Link, L"CurrentControlSet");
    RtlInitUnicodeString(&System, L"SYSTEM");
    if (RtlEqualUnicodeString(Name, &Link, TRUE) && RtlEqualUnicodeString(&Parent->Name, &System, TRUE) && Parent->Fixed)
        *Name = *CmpDefaultControlSet();
}

/* The path that is left, below Node, which becomes where it ends: *Found if it is all there. The parts of keys to be deleted are not made. */
static BOOLEAN CmpFollowPath(PCM_READER Reader, PCM_NODE *Node, BOOLEAN Create, PBOOLEAN Found) {
    ULONG Depth = CmpDepth(*Node);
    *Found = TRUE;
    while (Reader->At < Reader->Stop) {
        UNICODE_STRING Name;
        Reader->At++; /* a backslash */
        if (!CmpTakePart(Reader, &Name))
            return FALSE;
        CmpResolvePart(*Node, &Name);
        PCM_NODE Child = *Found ? CmpFindChild(*Node, &Name) : NULL;
        if (Child == NULL && Create) {
            if (!(*Node)->Kept)
                return CmpComplain(Reader, "a key of a part of the registry that is made new at each boot: it and its values are left out");
            if (Depth + 1 >= CMP_MAX_DEPTH)
                return CmpComplain(Reader, "a key deeper than 512 levels: it and its values are left out");
            Child = CmpCreateNode(*Node, &Name);
            if (Child == NULL)
                return CmpFailRead(Reader);
        }
        *Found = Child != NULL;
        if (Child != NULL)
            *Node = Child;
        Depth++;
    }
    return TRUE;
}

static PCM_NODE CmpStartOfPath(PCM_READER Reader) {
    static const struct {
        PCSTR Name;
        PCWSTR Path;
    } Roots[] = {
        {"HKEY_LOCAL_MACHINE", L"\\REGISTRY\\MACHINE"},
        {"HKEY_USERS", L"\\REGISTRY\\USER"},
        {"HKEY_CURRENT_USER", L"\\REGISTRY\\USER\\.DEFAULT"},
        {"HKEY_CLASSES_ROOT", L"\\REGISTRY\\MACHINE\\SOFTWARE\\Classes"},
    };
    for (ULONG I = 0; I < RTL_NUMBER_OF(Roots); I++) {
        const CHAR *At = Reader->At;
        if (CmpTake(Reader, Roots[I].Name) && (Reader->At == Reader->Stop || *Reader->At == '\\'))
            return CmpNodeByPath(Roots[I].Path);
        Reader->At = At;
    }
    CmpComplain(Reader, "a key that does not begin with HKEY_LOCAL_MACHINE or HKEY_USERS: it and its values are left out");
    return NULL;
}

VOID CmpReadKey(PCM_READER Reader) {
    BOOLEAN Remove, Found;
    Reader->Node = NULL;
    Reader->Skipping = TRUE;
    Reader->At++;
    if (Reader->At == Reader->Stop || Reader->Stop[-1] != ']') {
        CmpComplain(Reader, "a key without its closing bracket: it and its values are left out");
        return;
    }
    Reader->Stop--;
    Remove = CmpTake(Reader, "-");
    PCM_NODE Node = CmpStartOfPath(Reader);
    if (Node == NULL || !CmpFollowPath(Reader, &Node, !Remove, &Found))
        return;
    if (!Remove) {
        Reader->Node = Node;
        Reader->Skipping = FALSE;
    } else if (Found && !Node->Kept) {
        CmpComplain(Reader, "a key of a part of the registry that is made new at each boot: it is not deleted");
    } else if (Found && Node->Fixed) {
        CmpComplain(Reader, "the root of a hive cannot be deleted: left out");
    } else if (Found) {
        CmpDeleteTree(Node);
    }
}
