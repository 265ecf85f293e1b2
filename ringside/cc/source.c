#include "cc/source.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum source_kind source_kind(const char *path) {
    static const struct {
        const char *ending;
        enum source_kind kind;
    } kinds[] = {{".c", SOURCE_C},        {".cpp", SOURCE_CXX},    {".cc", SOURCE_CXX},     {".cxx", SOURCE_CXX},
                 {".c++", SOURCE_CXX},    {".o", SOURCE_LINKED},   {".obj", SOURCE_LINKED}, {".a", SOURCE_LINKED},
                 {".lib", SOURCE_LINKED}, {".res", SOURCE_LINKED}, {".def", SOURCE_DEF}};
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot != NULL && i < sizeof kinds / sizeof *kinds; i++)
        if (strcasecmp(dot, kinds[i].ending) == 0)
            return kinds[i].kind;
    return SOURCE_OTHER;
}

/* The next token that is no comment: an identifier, or one character. length 0: the end. */
static const char *next_token(const char **text, size_t *length) {
    const char *at = *text;

    for (;;) {
        at += strspn(at, " \t\r\n\\");
        if (at[0] == '/' && at[1] == '/') {
            at += strcspn(at, "\n");
        } else if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            at = end != NULL ? end + 2 : at + strlen(at);
        } else if (*at == '"' || *at == '\'') {
            char quote = *at++;
            while (*at != '\0' && *at != quote && *at != '\n')
                at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
            at += *at == quote;
        } else {
            break;
        }
    }
    *length = 0;
    while (isalnum((unsigned char)at[*length]) || at[*length] == '_')
        ++*length;
    if (*length == 0 && *at != '\0')
        *length = 1;
    *text = at + *length;
    return at;
}

static bool is(const char *token, size_t length, const char *word) { return length == strlen(word) && memcmp(token, word, length) == 0; }

/* text: after "main". Whether its first parameter's type is one that clang refuses there. */
static bool is_loose(const char *text) {
    static const char *const types[] = {"ULONG", "DWORD", "UINT", "USHORT", "WORD", "LONG", "SIZE_T", "size_t", "unsigned", "long"};
    size_t length, depth = 0;
    const char *token = next_token(&text, &length);

    if (!is(token, length, "("))
        return false;
    do { /* past annotations, _In_range_(0, 9) */
        token = next_token(&text, &length);
        depth += is(token, length, "(");
        if (depth > 0 && is(token, length, ")"))
            depth--, token = next_token(&text, &length);
    } while (length > 0 && (depth > 0 || *token == '_' || is(token, length, "(")));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is(token, length, types[i]))
            return true;
    return false;
}

enum source_main source_main(const char *path) {
    FILE *file = fopen(path, "re");
    enum source_main kind = SOURCE_MAIN_PLAIN;
    char *text = NULL;
    size_t room = 0, length;

    if (file == NULL)
        return kind;
    if (getdelim(&text, &room, '\0', file) > 0) {
        const char *at = text, *token;
        bool is_void = false; /* the token before, calling conventions aside */
        while (kind == SOURCE_MAIN_PLAIN && (token = next_token(&at, &length), length > 0)) {
            if (is(token, length, "main") && is_void && *at != ';')
                kind = SOURCE_MAIN_VOID;
            else if (is(token, length, "main") && is_loose(at))
                kind = SOURCE_MAIN_LOOSE;
            if (!is(token, length, "__cdecl") && !is(token, length, "_cdecl") && !is(token, length, "WINAPIV"))
                is_void = is(token, length, "void") || is(token, length, "VOID");
        }
    }
    free(text);
    fclose(file);
    return kind;
}

/* #include <vector>: standard C++ headers are the ones without an ending. */
bool source_wants_cxx_library(const char *path) {
    FILE *file = fopen(path, "re");
    char *line = NULL, ending;
    size_t room = 0;
    bool wants = false;

    while (file != NULL && !wants && getline(&line, &room, file) > 0)
        wants = sscanf(line, " # include < %*[a-z0-9_/] %c", &ending) == 1 && ending == '>';
    free(line);
    if (file != NULL)
        fclose(file);
    return wants;
}
