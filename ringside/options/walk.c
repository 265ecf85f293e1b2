#include "options/walk.h"

#include <stdio.h>
#include <string.h>

/* ---- Words and numbers -------------------------------------------------------------------------------- */

bool options_parse_number(const char *text, uint64_t *number) {
    unsigned base = 10;
    uint64_t value = 0;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned digit;
        if (*text >= '0' && *text <= '9')
            digit = (unsigned)(*text - '0');
        else if (*text >= 'a' && *text <= 'f')
            digit = (unsigned)(*text - 'a') + 10;
        else if (*text >= 'A' && *text <= 'F')
            digit = (unsigned)(*text - 'A') + 10;
        else
            return false;
        if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) || __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    *number = value;
    return true;
}

bool options_parse_size(const char *text, uint64_t *size) {
    char digits[24];
    size_t length = strspn(text, "0123456789");
    const char *suffix = text + length;
    unsigned shift = 0;
    uint64_t value;

    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (*suffix != '\0') {
        static const char units[] = "kmgKMG";
        const char *unit = strchr(units, *suffix);
        if (unit == NULL)
            return false;
        shift = 10 * (unsigned)((unit - units) % 3 + 1);
        suffix++;
        if (*suffix != '\0' && strcmp(suffix, "B") != 0 && strcmp(suffix, "iB") != 0)
            return false;
    }
    if (!options_parse_number(digits, &value) || value > UINT64_MAX >> shift)
        return false;
    *size = value << shift;
    return true;
}

/* Edit distance with adjacent swaps counted once, for words shorter than 32 characters; longer ones are like nothing. */
static unsigned distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    unsigned row[3][33];

    if (n > 32 || m > 32)
        return 99;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

const char *options_suggest(const char *word, const char *const *words) {
    const char *best = NULL;
    unsigned nearest = 99;
    size_t length = strlen(word);

    for (; *words != NULL; words++) {
        unsigned d = distance(word, *words);
        if (length > 4 && strncmp(word, *words, length) == 0)
            d = 1; /* an abbreviation */
        if (d < nearest) {
            nearest = d;
            best = *words;
        }
    }
    return nearest <= 1 + length / 4 ? best : NULL;
}

/* ---- Errors -------------------------------------------------------------------------------- */

/* A word of the user's inside a message: control characters become '?', and a long one is cut. */
void options_put_word(char *out, size_t size, const char *word) {
    size_t used = 0, end = size - 1;

    for (; *word != '\0'; word++) {
        if (used == end) {
            memcpy(out + end - 3, "...", 3);
            break;
        }
        unsigned char c = (unsigned char)*word;
        out[used++] = c < 0x20 || c == 0x7F ? '?' : (char)c;
    }
    out[used] = '\0';
}

bool options_fail(struct usage_error *error, const char *what, const char *why, const char *advice) {
    options_put_word(error->what, sizeof error->what, what);
    snprintf(error->why, sizeof error->why, "%s", why);
    snprintf(error->advice, sizeof error->advice, "%s", advice);
    return false;
}

bool options_fail_unknown(struct usage_error *error, const char *option, const char *const *known, const char *command) {
    char name[64];
    const char *meant;

    options_put_word(name, sizeof name, option);
    name[strcspn(name, "=")] = '\0';
    meant = options_suggest(name, known);
    options_fail(error, name, "unknown option", "");
    if (meant != NULL)
        snprintf(error->advice, sizeof error->advice, "did you mean %s? `ringside help %s` lists the options", meant, command);
    else
        snprintf(error->advice, sizeof error->advice, "`ringside help %s` lists the options", command);
    return false;
}

/* ---- A walk over options -------------------------------------------------------------------------------- */

/* Is argv[next] the option `name`, alone or as name=value? */
bool options_is_option(const struct walk *walk, const char *name) {
    const char *word = walk->argv[walk->next];
    size_t length = strlen(name);
    return strncmp(word, name, length) == 0 && (word[length] == '\0' || (word[length] == '=' && name[1] == '-'));
}

/* The value of the option at argv[next], which is `--name=value` or `--name value`; next moves behind it. */
bool options_take_value(struct walk *walk, const char *meaning, const char **value) {
    const char *word = walk->argv[walk->next++];
    const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
    char advice[120];

    if (equals != NULL)
        *value = equals + 1;
    else if (walk->next < walk->argc)
        *value = walk->argv[walk->next++];
    else
        *value = "";
    if (**value != '\0')
        return true;
    snprintf(advice, sizeof advice, "it takes %s", meaning);
    return options_fail(walk->error, word, "its value is missing", advice);
}

/* An option that takes none. */
bool options_take_flag(struct walk *walk, bool *flag) {
    const char *word = walk->argv[walk->next++];

    if (strchr(word, '=') != NULL)
        return options_fail(walk->error, word, "this option takes no value", "leave out the = and what follows it");
    *flag = true;
    return true;
}

bool options_take_number(struct walk *walk, const char *meaning, uint64_t *number) {
    const char *word = walk->argv[walk->next], *value;
    char why[160], shown[48];

    if (!options_take_value(walk, meaning, &value))
        return false;
    if (options_parse_number(value, number))
        return true;
    options_put_word(shown, sizeof shown, value);
    snprintf(why, sizeof why, "'%s' is not a number from 0 to 2^64-1", shown);
    char name[32];
    options_put_word(name, sizeof name, word);
    name[strcspn(name, "=")] = '\0';
    return options_fail(walk->error, name, why, "give a decimal number, or a hexadecimal one after 0x");
}
