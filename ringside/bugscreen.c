#include "machine.h"
#include "symbols.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 78

static FILE *out;
static int coloured;

static const char *colour(const char *code) { return coloured ? code : ""; }

/* is_caller: pc is a return address, and the place wanted that of the call before it. */
static void print_location(const hal_stack_frame *frame, int is_caller) {
    struct symbol_location location;
    hal_stack_frame place = *frame;
    place.pc -= is_caller ? 1 : 0;
    if (!symbols_find(&place, &location)) {
        if (frame->symbol[0] != '\0') {
            fprintf(out, "%s!%s+0x%x", frame->image, frame->symbol, frame->symbol_offset);
        } else if (frame->image[0] != '\0') {
            fprintf(out, "%s+0x%llx", frame->image, (unsigned long long)(frame->pc - frame->image_base));
        } else {
            fprintf(out, "(no image)");
        }
        return;
    }
    fprintf(out, "%s!%s", frame->image, location.function);
    if (location.line != 0) {
        fprintf(out, "  %s:%u", location.file, location.line);
    }
    for (unsigned i = 0; i < location.inlined_count; i++) {
        fprintf(out, "%s %s", i == 0 ? ", in inlined" : ",", location.inlined[i].function);
        if (location.inlined[i].line != 0)
            fprintf(out, " (line %u)", location.inlined[i].line);
    }
}

/* The first frame in the culprit's image, with its place in the source. */
static void print_culprit(const hal_bugcheck *report) {
    for (uint32_t i = 0; i < report->frame_count; i++) {
        if (strcmp(report->frames[i].image, report->culprit) == 0) {
            fprintf(out, "  culprit    ");
            print_location(&report->frames[i], i > 0);
            fputc('\n', out);
            return;
        }
    }
}

static void print_rule(void) {
    for (int i = 0; i < WIDTH; i++) {
        fputc('-', out);
    }
    fputc('\n', out);
}

void bugscreen_print(FILE *stream, int with_colour, const hal_bugcheck *report) {
    out = stream;
    coloured = with_colour;
    fputs(colour("\033[97;44m"), out);
    print_rule();
    fprintf(out, "*** STOP 0x%08X", report->code);
    if (report->name != NULL && report->name[0] != '\0') {
        fprintf(out, "  %s", report->name);
    }
    fprintf(out, "%s\n\n", colour("\033[0m"));
    if (report->message[0] != '\0') {
        fprintf(out, "  %s.\n\n", report->message);
    }
    for (int i = 0; i < 4; i++) {
        const char *meaning = report->parameter_meaning[i] != NULL ? report->parameter_meaning[i] : "";
        fprintf(out, "  %s %d  0x%016llX%s%s\n", i == 0 ? "parameter" : "         ", i + 1, (unsigned long long)report->parameter[i],
                meaning[0] != '\0' ? "  " : "", meaning);
    }
    if (report->culprit[0] != '\0') {
        print_culprit(report);
    }
    fprintf(out, "  running    %s (process %u, thread %u), IRQL %u, processor %u\n\n", report->process, report->pid, report->tid, report->irql,
            report->cpu);
    for (uint32_t i = 0; i < report->frame_count; i++) {
        fprintf(out, "  %2u %016llX  ", i, (unsigned long long)report->frames[i].pc);
        print_location(&report->frames[i], i > 0);
        fputc('\n', out);
    }
    fputs(colour("\033[97;44m"), out);
    print_rule();
    fputs(colour("\033[0m"), out);
}
