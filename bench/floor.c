/*
 * The floor of a buffered write, by hand: check a handle, take a request from a free list and clear it, copy 22 bytes in, two indirect calls, give it back.
 * floor COUNT
 */
#include <stdint.h>
#include <stdlib.h>

struct request {
    struct request *next;
    uint8_t bytes[272];
};
struct object {
    uint32_t magic;
    void (*volatile dispatch)(struct request *);
};
static struct request *free_list;
static volatile uint64_t total;
static void (*volatile complete)(struct request *);

static void copy(void *to, const void *from, uint64_t size) { __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory"); }
static void done(struct request *request) { total += request->bytes[0]; }
static void dispatch(struct request *request) { complete(request); }

int main(int argc, char **argv) {
    static struct object object = {0x5544, dispatch};
    static struct object *volatile handles[16] = {&object};
    static struct request one;
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    complete = done;
    free_list = &one;
    for (unsigned long i = 0; i < count; i++) {
        struct object *at = handles[0];
        if (at == 0 || at->magic != 0x5544) {
            return 1;
        }
        struct request *request = free_list;
        free_list = request->next;
        __builtin_memset(request, 0, sizeof *request);
        copy(request->bytes, "Hello from user mode!", 22);
        at->dispatch(request);
        request->next = free_list;
        free_list = request;
    }
    return total == 0;
}
