#include "log/record.h"

#include <jansson.h>
#include <string.h>

#define PLAIN_COMPONENT "DEFAULT"
#define PLAIN_LEVEL     3u

static const char *string_of(json_t *object, const char *name, const char *otherwise) {
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : otherwise;
}

static uint64_t number_of(json_t *object, const char *name) {
    json_int_t number = json_integer_value(json_object_get(object, name));
    return number > 0 ? (uint64_t)number : 0;
}

static uint64_t up_time_of(json_t *object) {
    double seconds = json_number_value(json_object_get(object, "up"));
    return seconds > 0 && seconds < 1e11 ? (uint64_t)(seconds * 1e7 + 0.5) : 0;
}

bool log_record_parse(const char *line, size_t size, struct log_record *record) {
    json_t *object = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);

    if (!json_is_object(object) || !json_is_string(json_object_get(object, "text")) || !json_is_integer(json_object_get(object, "seq"))) {
        json_decref(object);
        return false;
    }
    *record = (struct log_record){
        .sequence = number_of(object, "seq"),
        .lost = number_of(object, "lost"),
        .up_time = up_time_of(object),
        .time = string_of(object, "time", ""),
        .cpu = (uint32_t)number_of(object, "cpu"),
        .pid = (uint32_t)number_of(object, "pid"),
        .tid = (uint32_t)number_of(object, "tid"),
        .level = (uint32_t)number_of(object, "level"),
        .process = string_of(object, "process", ""),
        .driver = string_of(object, "driver", ""),
        .component = string_of(object, "component", PLAIN_COMPONENT),
        .text = string_of(object, "text", ""),
        .is_message = json_object_get(object, "pid") == NULL,
        .owner = object,
    };
    record->is_plain = record->is_message || (record->level == PLAIN_LEVEL && strcmp(record->component, PLAIN_COMPONENT) == 0);
    return true;
}

void log_record_free(struct log_record *record) { json_decref(record->owner); }

char *log_record_json(const struct log_record *record) { return json_dumps(record->owner, JSON_COMPACT | JSON_PRESERVE_ORDER); }
