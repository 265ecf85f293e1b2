/* The program of counter.cpp, in C++: wmain, new and delete, %ws. */
#include <Windows.h>
#include <Stdio.h>
#include <shared\COUNTER.H>

int wmain(int, wchar_t **Arguments) {
    HANDLE Device = CreateFileW(L"\\\\.\\" COUNTER_NAME, GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
    DWORD Done;
    auto Total = new CounterTotal();
    const ULONG Counts[] = {2, 40};
    for (auto Count : Counts)
        if (!DeviceIoControl(Device, COUNTER_ADD, &Count, sizeof(Count), nullptr, 0, &Done, nullptr))
            printf("add: %lu\n", GetLastError());
    if (!DeviceIoControl(Device, COUNTER_TOTAL, nullptr, 0, Total, sizeof(*Total), &Done, nullptr))
        printf("total: %lu\n", GetLastError());
    printf("%ws: %lu by %ws\n", wcsrchr(Arguments[0], L'y'), Total->Calls, Total->Who);
    delete Total;
    if (!DeviceIoControl(Device, COUNTER_TOTAL, nullptr, 0, (void *)16, sizeof(*Total), &Done, nullptr))
        printf("bad buffer: %lu\n", GetLastError());
    CloseHandle(Device);
}
