/*
 * Every service of ntdll with arguments that no sane program passes: fuzz-services [SEED [COUNT [v]]], v prints each call. A call may return any
 * status or raise an exception here; the machine, and this program, go on. Calls are typed, so that they get past the first check, and any argument
 * may still be anything.
 */
#include "fuzz-arguments.h"
#include <stdlib.h>

static void find_services(void) {
    const BYTE *base = (const BYTE *)GetModuleHandleA("ntdll.dll");
    for (unsigned i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        const BYTE *stub = (const BYTE *)GetProcAddress((HMODULE)base, signatures[i][0]);
        if (!stub) {
            printf("# %s is not there\n", signatures[i][0]);
            continue;
        }
        struct service *service = &services[service_count++];
        *service = (struct service){signatures[i][0], signatures[i][1], (ULONG64)stub, *(const ULONG *)(stub + 4)};
        if (service->number > highest_number)
            highest_number = service->number;
    }
    /* A service without a line above gets arguments of any kind. */
    const IMAGE_NT_HEADERS *headers = (const IMAGE_NT_HEADERS *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    const IMAGE_EXPORT_DIRECTORY *exports = (const void *)(base + headers->OptionalHeader.DataDirectory[0].VirtualAddress);
    for (unsigned i = 0; i < exports->NumberOfNames; i++) {
        const char *name = (const char *)base + ((const ULONG *)(base + exports->AddressOfNames))[i];
        const BYTE *stub = (const BYTE *)GetProcAddress((HMODULE)base, name);
        unsigned known = 0;
        while (known < service_count && strcmp(services[known].name, name))
            known++;
        if (name[0] == 'N' && name[1] == 't' && stub && !memcmp(stub, "\x49\x89\xCA\xB8", 4) && known == service_count) {
            if (service_count == sizeof services / sizeof *services)
                break;
            services[service_count++] = (struct service){name, "?????????????", (ULONG64)stub, *(const ULONG *)(stub + 4)};
        }
    }
}

static ULONG64 good_calls, exceptions, refusals;

/* What a call made that later ones would trip over. */
static void undo(const struct service *service, const ULONG64 *arguments) {
    if (!strcmp(service->name, "NtAllocateVirtualMemory")) {
        ULONG64 base = *(ULONG64 *)arguments[1];
        if (base < ARENA || base >= page(PAGES))
            VirtualFree((PVOID)base, 0, MEM_RELEASE);
    } else if (!strcmp(service->name, "NtMapViewOfSection")) {
        ULONG64 base = *(ULONG64 *)arguments[2];
        if (base < ARENA || base >= page(PAGES))
            NtUnmapViewOfSection(GetCurrentProcess(), (PVOID)base);
    } else if (!strcmp(service->name, "NtCreateThreadEx")) {
        NtTerminateThread(*(HANDLE *)arguments[0], 0);
    }
}

static int verbose;
static void call(const struct service *service, const ULONG64 *arguments, ULONG64 target, ULONG64 cpu_flags) {
    __try {
        LONG status = (LONG)call_service(target, service->number, arguments, cpu_flags);
        if (status >= 0) {
            good_calls++;
            undo(service, arguments);
        } else {
            refusals++;
        }
        if (verbose)
            printf("= %08lx\n", status);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        exceptions++;
        __asm__ volatile("pushfq\n\tandq $~0x40500, (%%rsp)\n\tpopfq" ::: "cc", "memory");
        if (verbose)
            printf("! %08lx\n", GetExceptionCode());
    }
}

static void one_call(unsigned index) {
    /* DF and AC: a program may have set them, and the kernel runs with its own. */
    static const ULONG64 cpu_flags[] = {0, 0, 0, 0, 0, 0x400, 0x40000, 0x40400};
    const struct service *service = &services[below(service_count)];
    ULONG64 arguments[SLOTS], cpu = ONE_OF(cpu_flags), target = below(8) ? service->address : 0;
    struct service random = {"int 2Eh", "", 0, below(2) ? highest_number + 1 + below(4096) : (ULONG)next() | 0x1000};
    __try {
        size_t count = strlen(service->signature);
        for (unsigned i = 0; i < SLOTS; i++)
            arguments[i] = i < count ? typed_argument(service->signature[i]) : number();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return; /* the last calls took the arena away */
    }
    if (!strcmp(service->name, "NtCreateThreadEx"))
        arguments[6] |= 1; /* suspended: undo() ends it */
    if (below(64) == 0) {
        service = &random;
        target = 0;
    }
    if (verbose) {
        printf("%u %s(", index, service->name);
        for (unsigned i = 0; i < 11; i++)
            printf("%s%llx", i ? ", " : "", arguments[i]);
        printf(") flags %llx %s", cpu, target ? "" : "int 2Eh ");
    }
    call(service, arguments, target, cpu);
}

static LONG WINAPI last_words(EXCEPTION_POINTERS *pointers) {
    printf("\n# thread %lu: exception 0x%08lx at %p, address %p\n", GetCurrentThreadId(), pointers->ExceptionRecord->ExceptionCode,
           pointers->ExceptionRecord->ExceptionAddress, (void *)pointers->ExceptionRecord->ExceptionInformation[1]);
    return EXCEPTION_CONTINUE_SEARCH;
}

int main(int argc, char **argv) {
    SetUnhandledExceptionFilter(last_words);
    unsigned seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 1, calls = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 30000;
    verbose = argc > 3;
    if (verbose)
        setvbuf(stdout, NULL, _IONBF, 0);
    state = 0x9E3779B97F4A7C15ull * (seed + 1);
    find_services();
    OK(service_count > 90, "the services of ntdll");
    OK(restore_arena(), "memory of each kind");
    for (ULONG64 handle = 4; handle < HANDLE_END; handle += 4)
        kept[handle / 4] = is_open(handle);
    open_handles();
    OK(handle_count > 12 && thread_count == 3, "handles of each type");
    fflush(stdout); /* NtDisplayString writes there too */
    int restored = 1;
    for (unsigned i = 0; i < calls; i++) {
        if (i % 64 == 63 && !restore_arena()) {
            restored = 0;
            break;
        }
        if (i % 512 == 511)
            open_handles();
        one_call(i);
    }
    close_handles();
    printf("\n");
    OK(restored, "memory can be put back");
    printf("# seed %u: %llu calls succeeded, %llu were refused, %llu raised exceptions\n", seed, good_calls, refusals, exceptions);
    OK(good_calls > calls / 20 && refusals > calls / 4, "calls of both kinds");
    return done();
}
