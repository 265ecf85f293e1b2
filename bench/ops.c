/*
 * ops.exe NAME COUNT [steps]: does one thing COUNT times, after twenty times to warm up; bench/run.sh takes the time. With `steps`, under tests/tools/steps, the instructions of all
 * COUNT are counted. Exit code 0: done; 1: it failed, and how is on stdout.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>

#include "sink.h"
#include "steps.h"

#define MANY 1000

static const char text[22] = "Hello from user mode!";

static void need(int condition, const char *what) {
    if (!condition) {
        printf("%s: error %lu\n", what, GetLastError());
        ExitProcess(1);
    }
}

static HANDLE open_sink(const char *name) {
    HANDLE device = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    need(device != INVALID_HANDLE_VALUE, name);
    return device;
}

static HANDLE sink, first, second;
static HKEY key;

static void to_buffered(void) { sink = open_sink("\\\\.\\SinkBuffered"); }
static void to_direct(void) { sink = open_sink("\\\\.\\SinkDirect"); }
static void to_neither(void) { sink = open_sink("\\\\.\\SinkNeither"); }

static void yield(unsigned long count) {
    while (count--)
        SwitchToThread();
}

static void write_text(unsigned long count) {
    DWORD written;
    while (count--)
        need(WriteFile(sink, text, sizeof text, &written, NULL) && written == sizeof text, "WriteFile");
}

static void read_text(unsigned long count) {
    char buffer[sizeof text];
    DWORD got;
    while (count--)
        need(ReadFile(sink, buffer, sizeof buffer, &got, NULL) && got == sizeof buffer, "ReadFile");
}

static void control(unsigned long count) {
    char buffer[sizeof text];
    DWORD got;
    while (count--)
        need(DeviceIoControl(sink, IOCTL_SINK_ECHO, (void *)text, sizeof text, buffer, sizeof buffer, &got, NULL) && got == sizeof buffer,
             "DeviceIoControl");
}

static void open_close(unsigned long count) {
    while (count--)
        CloseHandle(open_sink("\\\\.\\SinkBuffered"));
}

static void in_kernel(DWORD code, unsigned long count) {
    DWORD got, input = count;
    need(DeviceIoControl(sink, code, &input, sizeof input, NULL, 0, &got, NULL), "DeviceIoControl");
}
static void pool(unsigned long count) { in_kernel(IOCTL_SINK_POOL, count); }
static void lock(unsigned long count) { in_kernel(IOCTL_SINK_LOCK, count); }
static void kernel_event(unsigned long count) { in_kernel(IOCTL_SINK_EVENT, count); }
static void irp(unsigned long count) { in_kernel(IOCTL_SINK_IRP, count); }

static void make_events(void) {
    first = CreateEventA(NULL, FALSE, FALSE, "OpsFirst");
    second = CreateEventA(NULL, FALSE, FALSE, "OpsSecond");
    need(first != NULL && second != NULL, "CreateEvent");
}

static void event(unsigned long count) {
    while (count--) {
        SetEvent(first);
        WaitForSingleObject(first, INFINITE);
    }
}

/* There and back: two switches. */
static void ping(unsigned long count) {
    while (count--)
        need(SignalObjectAndWait(first, second, INFINITE, FALSE) == WAIT_OBJECT_0, "SignalObjectAndWait");
}
static DWORD WINAPI pong(LPVOID unused) {
    (void)unused;
    WaitForSingleObject(first, INFINITE);
    while (SignalObjectAndWait(second, first, INFINITE, FALSE) == WAIT_OBJECT_0)
        continue;
    return 0;
}

static void start_thread(LPTHREAD_START_ROUTINE routine) {
    HANDLE thread = CreateThread(NULL, 65536, routine, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    need(thread != NULL, "CreateThread");
    CloseHandle(thread);
}
static void two_threads(void) {
    make_events();
    start_thread(pong);
}

static DWORD WINAPI idle(LPVOID unused) {
    (void)unused;
    Sleep(INFINITE);
    return 0;
}
static void many_threads(void) {
    for (int i = 0; i < MANY; i++)
        start_thread(idle);
    Sleep(100); /* so that all of them have begun */
}

/* The other process is this program as `ops.exe peer` or `ops.exe peers`; it goes when this one does. */
static HANDLE start(const char *arguments) {
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    char line[MAX_PATH + 32], self[MAX_PATH];
    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" %s", self, arguments);
    need(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process), line);
    CloseHandle(process.hThread);
    return process.hProcess;
}
static HANDLE peer;
static void two_processes(void) {
    make_events();
    peer = start("peer");
}
static void two_large_processes(void) {
    make_events();
    many_threads();
    peer = start("peers");
}

static void start_process(unsigned long count) {
    while (count--) {
        HANDLE process = start("nothing");
        DWORD code;
        WaitForSingleObject(process, INFINITE);
        need(GetExitCodeProcess(process, &code) && code == 0, "the process that was started");
        CloseHandle(process);
    }
}

/* C:\sink.sys becomes a service, is loaded, unloaded and is none again. */
static SC_HANDLE services;
static void open_services(void) { need((services = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS)) != NULL, "OpenSCManager"); }
static void load_driver(unsigned long count) {
    while (count--) {
        SERVICE_STATUS status;
        SC_HANDLE service = CreateServiceA(services, "Sink", NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                                           SERVICE_ERROR_NORMAL, "C:\\sink.sys", NULL, NULL, NULL, NULL, NULL);
        need(service != NULL, "CreateService");
        need(StartServiceA(service, 0, NULL), "StartService");
        need(ControlService(service, SERVICE_CONTROL_STOP, &status), "ControlService");
        need(DeleteService(service), "DeleteService");
        CloseServiceHandle(service);
    }
}

static DWORD WINAPI nothing(LPVOID unused) {
    (void)unused;
    return 0;
}
static void thread(unsigned long count) {
    while (count--) {
        HANDLE made = CreateThread(NULL, 65536, nothing, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        need(made != NULL && WaitForSingleObject(made, INFINITE) == WAIT_OBJECT_0, "CreateThread");
        CloseHandle(made);
    }
}

static void open_key(void) {
    need(RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", 0, KEY_READ, &key) == 0, "RegOpenKeyEx");
}
static void query_value(unsigned long count) {
    BYTE data[256];
    while (count--) {
        DWORD size = sizeof data;
        need(RegQueryValueExW(key, L"CurrentBuildNumber", NULL, NULL, data, &size) == 0, "RegQueryValueEx");
    }
}

static void pages(unsigned long count) {
    while (count--) {
        char *memory = VirtualAlloc(NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        need(memory != NULL, "VirtualAlloc");
        memory[0] = 1;
        VirtualFree(memory, 0, MEM_RELEASE);
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
    void (*prepare)(void);
    void (*run)(unsigned long count);
} ops[] = {
    {"yield", NULL, yield},
    {"write", to_buffered, write_text},
    {"direct", to_direct, write_text},
    {"neither", to_neither, write_text},
    {"read", to_buffered, read_text},
    {"control", to_buffered, control},
    {"open", NULL, open_close},
    {"event", make_events, event},
    {"threads", two_threads, ping},
    {"processes", two_processes, ping},
    {"large", two_large_processes, ping},
    {"thread", NULL, thread},
    {"process", NULL, start_process},
    {"driver", open_services, load_driver},
    {"registry", open_key, query_value},
    {"pages", NULL, pages},
    {"heap", NULL, heap},
    {"pool", to_buffered, pool},
    {"lock", to_buffered, lock},
    {"kevent", to_buffered, kernel_event},
    {"irp", to_buffered, irp},
};

static int be_peer(const char *name) {
    if (strcmp(name, "nothing") == 0)
        return 0;
    if (strcmp(name, "peers") == 0)
        many_threads();
    first = OpenEventA(EVENT_ALL_ACCESS, FALSE, "OpsFirst");
    second = OpenEventA(EVENT_ALL_ACCESS, FALSE, "OpsSecond");
    need(first != NULL && second != NULL, "OpenEvent");
    return (int)pong(NULL);
}

int main(int argc, char **argv) {
    if (argc == 2)
        return be_peer(argv[1]);
    unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (argc < 3 || strcmp(argv[1], ops[i].name) != 0)
            continue;
        if (ops[i].prepare != NULL)
            ops[i].prepare();
        ops[i].run(20);
        if (argc > 3)
            StepsBeginAll();
        ops[i].run(count);
        if (argc > 3)
            StepsEnd(StepsName(ops[i].name), 0, count);
        if (peer != NULL)
            TerminateProcess(peer, 0);
        return 0;
    }
    printf("usage: ops NAME COUNT [steps]\n");
    return 1;
}
