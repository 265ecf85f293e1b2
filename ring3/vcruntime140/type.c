/* std::type_info: comparing, hashing and naming types by their decorated names. */
#include "vcruntime.h"

/* Plain names are made once and kept in a list of the module's, which its end frees. */
typedef struct NAME {
    SLIST_ENTRY link;
    char text[];
} NAME;

CRT_EXPORT(int, __std_type_info_compare, (const VCRT_TYPE *a, const VCRT_TYPE *b)) { return a == b ? 0 : strcmp(a->decorated + 1, b->decorated + 1); }

/* FNV-1a over the decorated name, halves folded: a size_t as std::hash wants it. */
CRT_EXPORT(size_t, __std_type_info_hash, (const VCRT_TYPE *type)) {
    size_t hash = 14695981039346656037ull;

    for (const char *p = type->decorated + 1; *p; p++) {
        hash = (hash ^ (unsigned char)*p) * 1099511628211ull;
    }
    return hash ^ hash >> 32;
}

/* Simple types' letters. */
static const struct {
    char code[3];
    const char *name;
} simple[] = {{"C", "signed char"}, {"D", "char"},         {"E", "unsigned char"}, {"F", "short"},         {"G", "unsigned short"},
              {"H", "int"},         {"I", "unsigned int"}, {"J", "long"},          {"K", "unsigned long"}, {"M", "float"},
              {"N", "double"},      {"O", "long double"},  {"X", "void"},          {"_J", "__int64"},      {"_K", "unsigned __int64"},
              {"_N", "bool"},       {"_W", "wchar_t"},     {"_S", "char16_t"},     {"_U", "char32_t"}};

/*
 * "?AVrange@std@@" is "class std::range": the parts come inside out. Classes, structures, unions, enumerations, simple types and pointers to those are
 * named; FALSE for the rest (templates, functions), which keep their decorated names.
 */
static BOOL plain_name(const char *code, char *to, size_t room) {
    static const struct {
        char code[4];
        const char *kind;
    } kinds[] = {{"?AV", "class "}, {"?AU", "struct "}, {"?AT", "union "}, {"?AW4", "enum "}};
    const char *end;

    *to = 0;
    if (code[0] == 'P' && code[1] == 'E' && (code[2] == 'A' || code[2] == 'B')) {
        char pointed[512] = "?";

        strcpy_s(pointed + (code[3] == 'V' || code[3] == 'U' ? 2 : 0), sizeof(pointed) - 2, code + 3);
        if (code[3] == 'V' || code[3] == 'U') {
            pointed[1] = 'A';
        }
        return plain_name(pointed, to, room - 20) && strcat_s(to, room, code[2] == 'B' ? " const * __ptr64" : " * __ptr64") == 0;
    }
    for (size_t i = 0; i < CRT_LENGTH(simple); i++) {
        if (strcmp(simple[i].code, code) == 0) {
            return strcpy_s(to, room, simple[i].name) == 0;
        }
    }
    for (size_t i = 0; i < CRT_LENGTH(kinds); i++) {
        size_t prefix = strnlen(kinds[i].code, sizeof(kinds[i].code));

        if (strncmp(code, kinds[i].code, prefix) != 0) {
            continue;
        }
        code += prefix;
        end = code + strlen(code);
        if (end - code < 3 || strcmp(end - 2, "@@") != 0 || strchr(code, '?') || strcpy_s(to, room, kinds[i].kind)) {
            return FALSE;
        }
        for (end -= 2; end > code;) {
            const char *start = end;

            while (start > code && start[-1] != '@') {
                start--;
            }
            if (start == end || (*start >= '0' && *start <= '9') || strncat_s(to, room, start, (size_t)(end - start)) ||
                (start > code && strcat_s(to, room, "::"))) {
                return FALSE;
            }
            end = start - (start > code);
        }
        return TRUE;
    }
    return FALSE;
}

CRT_EXPORT(const char *, __std_type_info_name, (VCRT_TYPE * type, SLIST_HEADER *names)) {
    char text[1024];
    NAME *name;
    size_t size;

    if (type->name) {
        return type->name;
    }
    if (!plain_name(type->decorated + 1, text, sizeof(text))) {
        strncpy(text, type->decorated + 1, sizeof(text) - 1);
        text[sizeof(text) - 1] = 0;
    }
    size = strlen(text) + 1;
    name = malloc(sizeof(*name) + size);
    if (!name) {
        return NULL;
    }
    memcpy(name->text, text, size);
    if (InterlockedCompareExchangePointer((void **)&type->name, name->text, NULL)) {
        free(name);
    } else {
        InterlockedPushEntrySList(names, &name->link);
    }
    return type->name;
}

CRT_EXPORT(void, __std_type_info_destroy_list, (SLIST_HEADER * names)) {
    PSLIST_ENTRY entry = InterlockedFlushSList(names);

    while (entry) {
        PSLIST_ENTRY next = entry->Next;

        free(CONTAINING_RECORD(entry, NAME, link));
        entry = next;
    }
}
