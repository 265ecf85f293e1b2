/* linux NAME COUNT: what ops.exe does, as a Linux program does it: the figures beside ours. A name that it does not know: exit code 2. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 1000

static const char text[22] = "Hello from user mode!";
static char buffer[sizeof text];
static int first, second;
static pid_t peer;

static void need(int condition, const char *what) {
    if (!condition) {
        perror(what);
        if (peer > 0)
            kill(peer, SIGKILL);
        exit(1);
    }
}

static void yield(unsigned long count) {
    while (count--)
        getppid();
}

static void write_text(unsigned long count) {
    int file = open("/dev/null", O_WRONLY);
    while (count--)
        need(write(file, text, sizeof text) == sizeof text, "write");
}

static void read_text(unsigned long count) {
    int file = open("/dev/zero", O_RDONLY);
    while (count--)
        need(read(file, buffer, sizeof buffer) == sizeof buffer, "read");
}

static void control(unsigned long count) {
    int file = eventfd(0, 0);
    while (count--)
        ioctl(file, FIONREAD, buffer);
}

static void open_close(unsigned long count) {
    while (count--)
        close(open("/dev/null", O_RDWR));
}

static void give(int event) {
    uint64_t one = 1;
    need(write(event, &one, sizeof one) == sizeof one, "eventfd");
}
static void take(int event) {
    uint64_t got;
    need(read(event, &got, sizeof got) == sizeof got, "eventfd");
}

static void make_events(void) {
    first = eventfd(0, 0);
    second = eventfd(0, 0);
    need(first >= 0 && second >= 0, "eventfd");
}
static void event(unsigned long count) {
    make_events();
    while (count--) {
        give(first);
        take(first);
    }
}

static void *pong(void *unused) {
    (void)unused;
    for (;;) {
        take(first);
        give(second);
    }
}
static void *idle(void *unused) {
    (void)unused;
    for (;;)
        pause();
}

/* Both run on one processor, as ours do. */
static void ping(unsigned long count) {
    while (count--) {
        give(first);
        take(second);
    }
}
static void pin(void) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
}
static void start_thread(void *(*routine)(void *)) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    need(pthread_create(&thread, &attributes, routine, NULL) == 0, "pthread_create");
}
static void threads(unsigned long count) {
    make_events();
    pin();
    start_thread(pong);
    ping(count);
}
static void with_process(unsigned long count, int others) {
    make_events();
    pin();
    peer = fork();
    for (int i = 0; i < others; i++)
        start_thread(idle);
    if (peer == 0)
        pong(NULL);
    ping(count);
    kill(peer, SIGKILL);
}
static void processes(unsigned long count) { with_process(count, 0); }
static void large(unsigned long count) { with_process(count, MANY); }

static void *nothing(void *unused) { return unused; }
static void thread(unsigned long count) {
    while (count--) {
        pthread_t made;
        need(pthread_create(&made, NULL, nothing, NULL) == 0 && pthread_join(made, NULL) == 0, "pthread_create");
    }
}

static void process(unsigned long count) {
    char *arguments[] = {"linux", "nothing", "0", NULL};
    while (count--) {
        pid_t made;
        int status;
        need(posix_spawn(&made, "/proc/self/exe", NULL, NULL, arguments, NULL) == 0 && waitpid(made, &status, 0) == made, "posix_spawn");
    }
}

static void pages(unsigned long count) {
    while (count--) {
        char *memory = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        need(memory != MAP_FAILED, "mmap");
        memory[0] = 1;
        munmap(memory, 65536);
    }
}

static void heap(unsigned long count) {
    while (count--) {
        void *volatile block = malloc(64);
        free(block);
    }
}

static const struct {
    const char *name;
    void (*run)(unsigned long count);
} ops[] = {
    {"yield", yield},     {"write", write_text}, {"read", read_text},      {"control", control}, {"open", open_close},
    {"event", event},     {"threads", threads},  {"processes", processes}, {"large", large},     {"thread", thread},
    {"process", process}, {"pages", pages},      {"heap", heap},
};

int main(int argc, char **argv) {
    unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (argc > 1 && strcmp(argv[1], "nothing") == 0)
        return 0;
    for (size_t i = 0; argc > 2 && i < sizeof ops / sizeof ops[0]; i++)
        if (strcmp(argv[1], ops[i].name) == 0) {
            ops[i].run(count);
            return 0;
        }
    return 2;
}
