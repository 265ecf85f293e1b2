/* What the driver of counter.cpp and its program tally.cpp share. */
#pragma once
#define COUNTER_NAME  L"Counter"
#define COUNTER_ADD   CTL_CODE(0x8000, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define COUNTER_TOTAL CTL_CODE(0x8000, 0x801, METHOD_NEITHER, FILE_ANY_ACCESS)
struct CounterTotal {
    ULONG Calls;
    WCHAR Who[40];
};
