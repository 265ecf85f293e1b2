/* Drives the driver of the same name and compares what reached its dispatch routines with what was asked for. */
#include "utap.h"
#include <winioctl.h>
#include <winternl.h>
#include "../kernel/irp-parameters.h"

enum { MJ_CREATE = 0x00, MJ_CLOSE = 0x02, MJ_READ = 0x03, MJ_WRITE = 0x04, MJ_DEVICE_CONTROL = 0x0E, MJ_CLEANUP = 0x12 };
enum { OPEN = 1, CREATE = 2, OPEN_IF = 3, OVERWRITE = 4, OVERWRITE_IF = 5 };                                /* dispositions */
enum { IRP_BUFFERED = 0x10, IRP_DEALLOCATE = 0x20, IRP_INPUT = 0x40, IRP_READ = 0x100, IRP_WRITE = 0x200 }; /* IRP.Flags */

typedef NTSTATUS(NTAPI *TRANSFER)(HANDLE, HANDLE, PVOID, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER, PULONG);

static const char *const kinds[] = {"buffered", "direct", "neither"};
static const char *const devices[] = {"\\\\.\\IrpBuffered", "\\\\.\\IrpDirect", "\\\\.\\IrpNeither"};
static HANDLE control;
static RECORD r;

static int fetch(void) {
    DWORD size;
    memset(&r, 0xEE, sizeof r);
    return DeviceIoControl(control, IOCTL_FETCH, NULL, 0, &r, sizeof r, &size, NULL) && size == sizeof r;
}

static const char *title(int io, const char *what) {
    static char text[160];
    snprintf(text, sizeof text, "%s: %s", kinds[io], what);
    return text;
}

#define CHECK(condition, what)    check((condition) != 0, title(io, what), __LINE__)
#define IS(value, expected, what) is((ULONG64)(value), (ULONG64)(expected), title(io, what), __LINE__)

static void is(ULONG64 value, ULONG64 expected, const char *what, int line) {
    check(value == expected, what, line);
    if (value != expected)
        printf("# 0x%llx, expected 0x%llx\n", value, expected);
}

/* What is the same for all requests that a program makes. */
static void expect(int io, int major, const char *what) {
    CHECK(fetch() && r.Major == major && r.Io == io, what);
    if (r.Major != major)
        printf("# major function 0x%02x\n", r.Major);
    CHECK(r.Minor == 0 && r.Irql == 0 && r.Process == GetCurrentProcessId(), "minor function 0, PASSIVE_LEVEL, the caller's process");
    IS(r.RequestorMode, major == MJ_CLEANUP || major == MJ_CLOSE ? 0 : 1, "requestor mode");
}

static void expect_end(int io) {
    expect(io, MJ_CLEANUP, "the last handle is closed: cleanup");
    expect(io, MJ_CLOSE, "then close");
}

static void nothing(int io, const char *what) { CHECK(!fetch() && GetLastError() == ERROR_NO_MORE_ITEMS, what); }

static int name_is(const WCHAR *name) { return r.NameLength == wcslen(name) * sizeof(WCHAR) && !memcmp(r.Name, name, r.NameLength); }

static void create(int io) {
    static const struct {
        const char *what;
        DWORD access, share, how, flags;
        ULONG disposition, options, granted;
        USHORT attributes;
    } cases[] = {
        {"read and write", GENERIC_READ | GENERIC_WRITE, 3, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, OPEN, 0x60, 0x12019F, 0x80},
        {"no access", 0, 7, OPEN_EXISTING, 0, OPEN, 0x60, 0x100080, 0},
        {"read only", GENERIC_READ, 0, OPEN_EXISTING, 0, OPEN, 0x60, 0x120089, 0},
        {"CREATE_NEW, hidden", GENERIC_WRITE, 1, CREATE_NEW, FILE_ATTRIBUTE_HIDDEN, CREATE, 0x60, 0x120196, 2},
        {"CREATE_ALWAYS", GENERIC_WRITE, 2, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, OVERWRITE_IF, 0x60, 0x120196, 0x80},
        {"OPEN_ALWAYS", GENERIC_READ, 4, OPEN_ALWAYS, 0, OPEN_IF, 0x60, 0x120089, 0},
        {"TRUNCATE_EXISTING", GENERIC_WRITE, 0, TRUNCATE_EXISTING, 0, OVERWRITE, 0x60, 0x120196, 0},
        {"overlapped", GENERIC_READ, 1, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, OPEN, 0x40, 0x120089, 0},
        {"unbuffered, write through", GENERIC_WRITE, 1, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING | FILE_FLAG_WRITE_THROUGH, OPEN, 0x6A, 0x120196, 0},
        {"sequential", GENERIC_READ, 1, OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, OPEN, 0x64, 0x120089, 0},
        {"random", GENERIC_READ, 1, OPEN_EXISTING, FILE_FLAG_RANDOM_ACCESS, OPEN, 0x860, 0x120089, 0},
        {"delete on close", GENERIC_READ, 1, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, OPEN, 0x1060, 0x130089, 0},
        {"backup semantics", GENERIC_READ, 1, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, OPEN, 0x4020, 0x120089, 0},
    };
    char path[80];
    for (unsigned i = 0; i < ARRAYSIZE(cases); i++) {
        snprintf(path, sizeof path, "%s\\sub\\Name", devices[io]);
        HANDLE file = CreateFileA(path, cases[i].access, cases[i].share, NULL, cases[i].how, cases[i].flags, NULL);
        CHECK(file != INVALID_HANDLE_VALUE, cases[i].what);
        expect(io, MJ_CREATE, "create");
        IS(r.Options, cases[i].disposition << 24 | cases[i].options, "disposition and options");
        IS(r.DesiredAccess, cases[i].granted, "desired access");
        IS(r.ShareAccess, cases[i].share, "share access");
        IS(r.FileAttributes, cases[i].attributes, "file attributes");
        CHECK(name_is(L"\\sub\\Name"), "what is left of the name");
        CHECK(r.Buffers == 0 && r.EaLength == 0 && r.StackFlags == 0, "no buffers, no extended attributes, no flags");
        CloseHandle(file);
        expect_end(io);
    }
    snprintf(path, sizeof path, "%s\\", devices[io]);
    CloseHandle(CreateFileA(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL));
    expect(io, MJ_CREATE, "a trailing backslash");
    CHECK(name_is(L"\\"), "is the name");
    expect_end(io);
    snprintf(path, sizeof path, "\\\\.\\GLOBALROOT\\Device\\%s", devices[io] + 4);
    CloseHandle(CreateFileA(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_POSIX_SEMANTICS, NULL));
    expect(io, MJ_CREATE, "by its NT name");
    CHECK(name_is(L""), "no name is left");
    IS(r.StackFlags, 0x80, "SL_CASE_SENSITIVE");
    expect_end(io);
}

static void transfer_buffers(int io, int major, const void *buffer, ULONG length) {
    ULONG expected = io == IO_NEITHER ? (buffer ? HAS_USER_BUFFER : 0) : !length ? 0 : io == IO_BUFFERED ? HAS_SYSTEM_BUFFER : HAS_MDL;
    ULONG flags = (major == MJ_READ ? IRP_READ : IRP_WRITE) |
                  (io == IO_BUFFERED ? IRP_BUFFERED | (length ? IRP_DEALLOCATE : 0) | (major == MJ_READ ? IRP_INPUT : 0) : 0);
    ULONG mask = IRP_BUFFERED | IRP_DEALLOCATE | IRP_INPUT | IRP_READ | IRP_WRITE;
    IS(io == IO_BUFFERED ? r.Buffers & ~HAS_USER_BUFFER : r.Buffers, expected, "which buffers there are");
    IS(r.IrpFlags & mask, flags, "IRP flags");
    IS(r.Length, length, "length");
    if (io == IO_NEITHER)
        IS(r.UserBuffer, (ULONG_PTR)buffer, "the user's address");
    if (io == IO_DIRECT && length)
        CHECK(r.MdlVirtualAddress == (ULONG_PTR)buffer && r.MdlByteCount == length, "address and length of the MDL");
}

static void transfers(int io) {
    TRANSFER NtRead = (TRANSFER)(void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtReadFile");
    TRANSFER NtWrite = (TRANSFER)(void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtWriteFile");
    HANDLE file = CreateFileA(devices[io], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    OVERLAPPED at = {.Offset = 0x55667788, .OffsetHigh = 0x11223344};
    LARGE_INTEGER offset = {.QuadPart = 0x123456789A};
    ULONG key = 0xCAFE;
    IO_STATUS_BLOCK iosb;
    char buffer[64] = "Written by a program";
    DWORD size = 99;

    expect(io, MJ_CREATE, "create without a name");
    CHECK(name_is(L""), "the name is empty");
    CHECK(WriteFile(file, buffer, 22, &size, NULL) && size == 22, "write");
    expect(io, MJ_WRITE, "write");
    transfer_buffers(io, MJ_WRITE, buffer, 22);
    CHECK(r.Key == 0 && r.ByteOffset == 0 && r.StackFlags == 0 && r.FirstByte == 'W', "no key, offset 0, no flags, the data");
    CHECK(WriteFile(file, buffer, 0, &size, NULL) && size == 0, "write nothing");
    expect(io, MJ_WRITE, "write of length 0");
    transfer_buffers(io, MJ_WRITE, buffer, 0);
    CHECK(ReadFile(file, buffer, 33, &size, NULL) && size == 33 && buffer[0] == 'r' && buffer[32] == 'r' && buffer[33] == 0, "read");
    expect(io, MJ_READ, "read");
    transfer_buffers(io, MJ_READ, buffer, 33);
    CHECK(r.Key == 0 && r.ByteOffset == 0 && r.StackFlags == 0, "no key, offset 0: a device moves no file pointer");
    CHECK(ReadFile(file, buffer, 0, &size, NULL) && size == 0, "read nothing");
    expect(io, MJ_READ, "read of length 0");
    transfer_buffers(io, MJ_READ, buffer, 0);

    CHECK(WriteFile(file, buffer, 1, &size, &at), "write at an offset");
    expect(io, MJ_WRITE, "write");
    IS(r.ByteOffset, 0x1122334455667788, "offset");
    CHECK(ReadFile(file, buffer, 1, &size, &at), "read at an offset");
    expect(io, MJ_READ, "read");
    IS(r.ByteOffset, 0x1122334455667788, "offset");
    CHECK(SetFilePointerEx(file, offset, NULL, FILE_BEGIN), "SetFilePointerEx");
    nothing(io, "makes no request of a synchronous file");
    ReadFile(file, buffer, 1, &size, NULL);
    expect(io, MJ_READ, "read at the file pointer");
    IS(r.ByteOffset, 0x123456789A, "offset");
    offset.QuadPart = 7;
    IS(NtWrite(file, NULL, NULL, NULL, &iosb, buffer, 5, &offset, &key), 0, "NtWriteFile with a key");
    expect(io, MJ_WRITE, "write");
    CHECK(r.Key == 0xCAFE && r.ByteOffset == 7, "key and offset");
    IS(NtRead(file, NULL, NULL, NULL, &iosb, buffer, 5, &offset, &key), 0, "NtReadFile with a key");
    expect(io, MJ_READ, "read");
    CHECK(r.Key == 0xCAFE && r.ByteOffset == 7, "key and offset");
    CHECK(iosb.Information == 5, "the status block has the length");
    CloseHandle(file);
    expect_end(io);
}

/* What is refused before a driver sees it. */
static void refusals(int io) {
    HANDLE file = CreateFileA(devices[io], GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_WRITE_THROUGH, NULL);
    char *page = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READONLY), buffer[8];
    DWORD size;
    expect(io, MJ_CREATE, "create for writing only");
    CHECK(!ReadFile(file, buffer, 8, &size, NULL) && GetLastError() == ERROR_ACCESS_DENIED, "no read through a handle for writing");
    CHECK(!DeviceIoControl(file, IOCTL_PROBE(METHOD_BUFFERED, FILE_READ_ACCESS), NULL, 0, buffer, 8, &size, NULL) &&
              GetLastError() == ERROR_ACCESS_DENIED,
          "no control code with FILE_READ_ACCESS");
    CHECK(DeviceIoControl(file, IOCTL_PROBE(METHOD_BUFFERED, FILE_WRITE_ACCESS), NULL, 0, buffer, 8, &size, NULL), "one with FILE_WRITE_ACCESS");
    expect(io, MJ_DEVICE_CONTROL, "is sent");
    IS(r.Code, IOCTL_PROBE(METHOD_BUFFERED, FILE_WRITE_ACCESS), "code");
    WriteFile(file, buffer, 1, &size, NULL);
    expect(io, MJ_WRITE, "write through a handle that writes through");
    IS(r.StackFlags, 0x04, "SL_WRITE_THROUGH");
    CHECK(WriteFile(file, page, 8, &size, NULL), "write from memory that may only be read");
    expect(io, MJ_WRITE, "is sent");
    CloseHandle(file);
    expect_end(io);
    file = CreateFileA(devices[io], GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    expect(io, MJ_CREATE, "create for reading only");
    CHECK(!ReadFile(file, page, 8, &size, NULL) && GetLastError() == ERROR_NOACCESS, "no read into memory that may only be read");
    CHECK(!ReadFile(file, (void *)(ULONG_PTR)0x10, 8, &size, NULL) && GetLastError() == ERROR_NOACCESS, "none into memory that is not there");
    CHECK(!WriteFile(file, buffer, 8, &size, NULL) && GetLastError() == ERROR_ACCESS_DENIED, "no write through a handle for reading");
    nothing(io, "the driver has seen nothing of that");
    CloseHandle(file);
    expect_end(io);
    VirtualFree(page, 0, MEM_RELEASE);
}

static void control_code(int io, HANDLE file, int method, int in, int out) {
    static const char *const methods[] = {"METHOD_BUFFERED", "METHOD_IN_DIRECT", "METHOD_OUT_DIRECT", "METHOD_NEITHER"};
    char input[16] = "Input", output[16] = "D", what[80];
    DWORD size = 99;
    snprintf(what, sizeof what, "%s, %d in, %d out", methods[method], in, out);
    CHECK(DeviceIoControl(file, IOCTL_PROBE(method, FILE_ANY_ACCESS), input, (DWORD)in, output, (DWORD)out, &size, NULL) && size == (DWORD)out, what);
    expect(io, MJ_DEVICE_CONTROL, what);
    CHECK(r.Code == (ULONG)IOCTL_PROBE(method, FILE_ANY_ACCESS) && r.InputLength == (ULONG)in && r.OutputLength == (ULONG)out, "code and lengths");
    CHECK(r.StackFlags == 5, "the access that the handle was opened with"); /* SL_READ_ACCESS_GRANTED, SL_WRITE_ACCESS_GRANTED */
    switch (method) {
    case METHOD_BUFFERED: IS(r.Buffers & ~HAS_USER_BUFFER, in || out ? HAS_SYSTEM_BUFFER : 0, "a system buffer if there is anything to hold"); break;
    case METHOD_NEITHER:
        IS(r.Buffers, HAS_USER_BUFFER | HAS_TYPE3_BUFFER, "nothing but the user's addresses");
        CHECK(r.Type3InputBuffer == (ULONG_PTR)input && r.UserBuffer == (ULONG_PTR)output, "as they were given");
        break;
    default:
        IS(r.Buffers & ~HAS_USER_BUFFER, (in ? HAS_SYSTEM_BUFFER : 0) | (out ? HAS_MDL : 0), "a system buffer for input, an MDL for output");
        if (out)
            CHECK(r.MdlVirtualAddress == (ULONG_PTR)output && r.MdlByteCount == (ULONG)out, "address and length of the MDL");
    }
    if (in || (method == METHOD_IN_DIRECT && out))
        IS(r.FirstByte, method == METHOD_IN_DIRECT && out ? 'D' : 'I', "the data that went in");
    if (out && method != METHOD_IN_DIRECT)
        CHECK(output[0] == 'o' && output[out - 1] == 'o' && output[out] == 0, "the data that came out");
    if (out && method == METHOD_IN_DIRECT)
        CHECK(output[0] == 'D', "nothing came out");
}

static void controls(int io) {
    HANDLE file = CreateFileA(devices[io], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD size;
    char buffer[8];
    expect(io, MJ_CREATE, "create");
    for (int method = METHOD_BUFFERED; method <= METHOD_NEITHER; method++) {
        control_code(io, file, method, 5, 9);
        control_code(io, file, method, 9, 5);
        control_code(io, file, method, 5, 0);
        control_code(io, file, method, 0, 9);
        control_code(io, file, method, 0, 0);
    }
    DeviceIoControl(file, IOCTL_PROBE(METHOD_BUFFERED, FILE_ANY_ACCESS), NULL, 5, NULL, 9, &size, NULL);
    expect(io, MJ_DEVICE_CONTROL, "buffered, no buffers but lengths");
    CHECK(r.InputLength == 0 && r.OutputLength == 0 && r.Buffers == 0, "no buffer, no length");
    CHECK(!DeviceIoControl(file, IOCTL_PROBE(METHOD_NEITHER, FILE_ANY_ACCESS), (void *)(ULONG_PTR)0x10, 5, buffer, 8, &size, NULL) &&
              GetLastError() == ERROR_NOACCESS,
          "a bad address and METHOD_NEITHER: the driver catches it");
    expect(io, MJ_DEVICE_CONTROL, "for it has been called");
    IS(r.Type3InputBuffer, 0x10, "with the address");
    CHECK(!DeviceIoControl(file, IOCTL_PROBE(METHOD_BUFFERED, FILE_ANY_ACCESS), (void *)(ULONG_PTR)0x10, 5, buffer, 8, &size, NULL) &&
              GetLastError() == ERROR_NOACCESS,
          "a bad address and METHOD_BUFFERED");
    CHECK(!DeviceIoControl(file, IOCTL_PROBE(METHOD_OUT_DIRECT, FILE_ANY_ACCESS), NULL, 0, (void *)(ULONG_PTR)0x10, 8, &size, NULL) &&
              GetLastError() == ERROR_NOACCESS,
          "a bad address and METHOD_OUT_DIRECT");
    nothing(io, "the driver has seen neither");
    CloseHandle(file);
    expect_end(io);
}

/* Cleanup belongs to the last handle and comes in its process; close to the last reference, in whatever process drops it. */
static void closing(int io) {
    HANDLE file = CreateFileA(devices[io], GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL), second;
    DWORD size;
    int tries = 0;
    expect(io, MJ_CREATE, "create");
    DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &second, 0, FALSE, DUPLICATE_SAME_ACCESS);
    CloseHandle(file);
    nothing(io, "one of two handles closed: nothing happens");
    CHECK(DeviceIoControl(second, IOCTL_KEEP, NULL, 0, NULL, 0, &size, NULL), "the driver keeps a reference");
    CloseHandle(second);
    expect(io, MJ_CLEANUP, "the other one closed: cleanup, in this process");
    while (!fetch() && tries++ < 100)
        Sleep(5);
    CHECK(tries > 0 && r.Major == MJ_CLOSE, "close comes later");
    IS(r.Process, 4, "in the System process, where the last reference was dropped");
}

int main(void) {
    control = CreateFileA("\\\\.\\IrpControl", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    OK(control != INVALID_HANDLE_VALUE, "the control device");
    for (int io = IO_BUFFERED; io < IO_KINDS; io++) {
        create(io);
        transfers(io);
        refusals(io);
        controls(io);
        closing(io);
    }
    CloseHandle(control);
    return done();
}
