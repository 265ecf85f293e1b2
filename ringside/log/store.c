#include "log/store.h"
#include "files/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* As they lie in the ring: this, the three names and the text, rounded up to 8. No record goes across the ring's end. */
struct record {
    uint32_t size, text_size;
    uint64_t time, up_time;
    uint32_t cpu, pid, tid, component, level;
    uint8_t component_name_size, process_size, driver_size, is_message;
};

#define INDEX (LOG_STORE_BYTES / sizeof(struct record)) /* no more records than this fit */

static _Alignas(8) char ring[LOG_STORE_BYTES];
static uint32_t ring_offsets[INDEX]; /* of record n at n % INDEX */
static struct {
    uint64_t first, next; /* numbers: of the oldest record that is there, of the one to come; they begin at 1 */
    uint64_t last_time, last_up_time, boot_time;
    uint64_t (*wall_time)(void);
    bool kept;
    int file, file_error;
} store = {.first = 1, .next = 1, .file = -1};

static struct record *record_at(uint64_t number) { return (struct record *)&ring[ring_offsets[number % INDEX]]; }

void log_store_start(uint64_t (*wall_time)(void), uint64_t boot_time) {
    store.wall_time = wall_time;
    store.last_time = store.boot_time = boot_time;
    store.kept = true;
}

void log_store_clear(void) { store.first = store.next; }

uint64_t log_store_last(uint64_t count) { return store.next - store.first > count ? store.next - count - 1 : 0; }

/* ---- Putting in -------------------------------------------------------------------------------- */

/* Where `size` bytes go: behind the newest record, or at the ring's beginning where they do not fit. Records in the way are forgotten. */
static uint32_t make_room(uint32_t size) {
    uint32_t begin = 0;

    if (store.first != store.next) {
        begin = ring_offsets[(store.next - 1) % INDEX] + record_at(store.next - 1)->size;
        if (begin + size > LOG_STORE_BYTES) {
            while (store.first != store.next && ring_offsets[store.first % INDEX] >= begin)
                store.first++;
            begin = 0;
        }
    }
    while (store.first != store.next && ring_offsets[store.first % INDEX] >= begin && ring_offsets[store.first % INDEX] < begin + size)
        store.first++;
    return begin;
}

static uint8_t name_size(const char *name) { return (uint8_t)strnlen(name, LOG_STORE_NAME_MAX); }

static void append_to_file(void);

static void keep(const hal_debug_line *line, bool is_message) {
    struct record record = {
        .text_size = line->size < LOG_STORE_TEXT_MAX ? (uint32_t)line->size : LOG_STORE_TEXT_MAX,
        .time = line->time,
        .up_time = line->up_time,
        .cpu = line->cpu,
        .pid = line->pid,
        .tid = line->tid,
        .component = line->component,
        .level = line->level,
        .component_name_size = name_size(line->component_name),
        .process_size = name_size(line->process),
        .driver_size = name_size(line->driver),
        .is_message = is_message,
    };
    uint32_t offset;
    char *at;

    record.size = (uint32_t)sizeof record + record.component_name_size + record.process_size + record.driver_size + record.text_size;
    record.size = (record.size + 7) & ~7u;
    offset = make_room(record.size);
    at = ring + offset;
    memcpy(at, &record, sizeof record);
    at = mempcpy(at + sizeof record, line->component_name, record.component_name_size);
    at = mempcpy(at, line->process, record.process_size);
    at = mempcpy(at, line->driver, record.driver_size);
    memcpy(at, line->text, record.text_size);
    ring_offsets[store.next++ % INDEX] = offset;
    store.last_time = line->time;
    store.last_up_time = line->up_time;
    if (store.file >= 0)
        append_to_file();
}

void log_store_add(const hal_debug_line *line) {
    if (store.kept)
        keep(line, false);
}

void log_store_message(const char *text, uint64_t size) {
    hal_debug_line line = {.component = ~0u, .level = 3, .component_name = "ringside", .process = "", .driver = "", .text = text, .size = size};

    if (!store.kept)
        return;
    line.time = store.wall_time != NULL ? store.wall_time() : store.last_time;
    line.up_time = store.wall_time != NULL && line.time > store.boot_time ? line.time - store.boot_time : store.last_up_time;
    keep(&line, true);
}

/* ---- Taking out -------------------------------------------------------------------------------- */

struct writer {
    char *at, *end;
};

static void put(struct writer *out, const char *text, size_t size) {
    if (size <= (size_t)(out->end - out->at))
        out->at = mempcpy(out->at, text, size);
}

static void put_text(struct writer *out, const char *text) { put(out, text, strlen(text)); }

static void put_digits(struct writer *out, uint64_t number, unsigned digits) {
    char text[20];
    unsigned used = 0;

    do {
        text[sizeof text - ++used] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0 || used < digits);
    put(out, text + sizeof text - used, used);
}

static void put_field(struct writer *out, const char *name, uint64_t number) {
    put_text(out, name);
    put_digits(out, number, 1);
}

/* The length of the UTF-8 character at text, 0 if there is none. */
static size_t character(const char *text, size_t size) {
    const unsigned char *c = (const unsigned char *)text;
    size_t length = c[0] < 0x80 ? 1 : c[0] < 0xC2 ? 0 : c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : c[0] < 0xF5 ? 4 : 0;

    if (length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((c[i] & 0xC0) != 0x80)
            return 0;
    if ((c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xED && c[1] > 0x9F) || (c[0] == 0xF0 && c[1] < 0x90) || (c[0] == 0xF4 && c[1] > 0x8F))
        return 0;
    return length;
}

static void put_string(struct writer *out, const char *name, const char *text, size_t size) {
    put_text(out, name);
    for (size_t i = 0; i < size;) {
        size_t length = character(text + i, size - i);
        unsigned char c = (unsigned char)text[i];
        if (length == 0)
            put_text(out, "\xEF\xBF\xBD"); /* U+FFFD */
        else if (c == '"' || c == '\\')
            put(out, (char[]){'\\', (char)c}, 2);
        else if (c < 0x20 || c == 0x7F)
            put(out, (char[]){'\\', 'u', '0', '0', (char)('0' + (c >> 4)), "0123456789abcdef"[c & 15]}, 6);
        else
            put(out, text + i, length);
        i += length == 0 ? 1 : length;
    }
    put_text(out, "\"");
}

/* NT time, 100 ns since 1601, as 2024-01-31T12:00:00.0000000Z. Days are counted in years that begin in March, which put the leap day last. */
static void put_time(struct writer *out, uint64_t time) {
    uint64_t seconds = time / 10000000, day = seconds / 86400 + 306; /* since 1600-03-01 */
    uint64_t era = day / 146097, of_era = day % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    uint64_t of_month = of_year - (153 * month + 2) / 5 + 1;

    put_digits(out, 1600 + era * 400 + year + (month >= 10), 4);
    put_text(out, "-");
    put_digits(out, month < 10 ? month + 3 : month - 9, 2);
    put_text(out, "-");
    put_digits(out, of_month, 2);
    put_text(out, "T");
    put_digits(out, seconds / 3600 % 24, 2);
    put_text(out, ":");
    put_digits(out, seconds / 60 % 60, 2);
    put_text(out, ":");
    put_digits(out, seconds % 60, 2);
    put_text(out, ".");
    put_digits(out, time % 10000000, 7);
    put_text(out, "Z");
}

static size_t format(uint64_t number, uint64_t lost, char *line, size_t size) {
    const struct record *record = record_at(number);
    const char *name = (const char *)(record + 1), *process = name + record->component_name_size, *driver = process + record->process_size;
    struct writer out = {line, line + size - 1};

    put_field(&out, "{\"seq\":", number);
    if (lost != 0)
        put_field(&out, ",\"lost\":", lost);
    put_text(&out, ",\"time\":\"");
    put_time(&out, record->time);
    put_field(&out, "\",\"up\":", record->up_time / 10000000);
    put_text(&out, ".");
    put_digits(&out, record->up_time % 10000000, 7);
    if (!record->is_message) {
        put_field(&out, ",\"cpu\":", record->cpu);
        put_string(&out, ",\"process\":\"", process, record->process_size);
        put_field(&out, ",\"pid\":", record->pid);
        put_field(&out, ",\"tid\":", record->tid);
        put_string(&out, ",\"driver\":\"", driver, record->driver_size);
        if (record->component != ~0u)
            put_field(&out, ",\"component_id\":", record->component);
    }
    if (record->component_name_size != 0)
        put_string(&out, ",\"component\":\"", name, record->component_name_size);
    put_field(&out, ",\"level\":", record->level);
    put_string(&out, ",\"text\":\"", driver + record->driver_size, record->text_size);
    put_text(&out, "}");
    *out.at = '\0';
    return (size_t)(out.at - line);
}

size_t log_store_next(uint64_t *cursor, char *line, size_t size, uint64_t *lost) {
    uint64_t number = *cursor + 1;

    *lost = 0;
    if (number < store.first) {
        *lost = *cursor == 0 ? 0 : store.first - number;
        number = store.first;
    }
    if (number >= store.next)
        return 0;
    *cursor = number;
    return format(number, *lost, line, size);
}

/* ---- The file -------------------------------------------------------------------------------- */

int log_store_to_file(const char *path) {
    store.file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return store.file < 0 ? -errno : 0;
}

static void append_to_file(void) {
    static char line[LOG_STORE_LINE_MAX + 2];
    size_t size = format(store.next - 1, 0, line, sizeof line - 1);

    line[size++] = '\n';
    if (store.file_error == 0)
        store.file_error = write_whole(store.file, line, size);
}

int log_store_stop(void) {
    if (store.file >= 0 && close(store.file) != 0 && store.file_error == 0)
        store.file_error = -errno;
    store.file = -1;
    return store.file_error;
}
