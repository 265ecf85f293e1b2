/* A serial port as programs use it: tests/t31-com1.t runs it with samples/serial's driver. */
#include "utap.h"

#define TICK 16 /* what GetTickCount counts in */

static HANDLE open_port(DWORD flags) { return CreateFileA("COM1", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL); }
static int fails(BOOL done, DWORD error) { return !done && GetLastError() == error; }
static char got[8192];

static DWORD read_some(HANDLE port, DWORD length) {
    DWORD count = 0;
    memset(got, 0, sizeof got);
    return ReadFile(port, got, length, &count, NULL) ? count : ~0u;
}
static int times(HANDLE port, DWORD interval, DWORD multiplier, DWORD constant) {
    COMMTIMEOUTS timeouts = {interval, multiplier, constant, 0, 0};
    return SetCommTimeouts(port, &timeouts);
}
static void say(HANDLE port, const char *text) {
    DWORD count;
    WriteFile(port, text, (DWORD)strlen(text), &count, NULL);
}

static void state(HANDLE port) {
    DCB dcb = {.DCBlength = sizeof dcb}, other;
    OK(GetCommState(port, &dcb) && dcb.BaudRate == 1200 && dcb.ByteSize == 7 && dcb.Parity == EVENPARITY, "the state it starts with");
    OK(BuildCommDCBA("9600,n,8,1", &dcb) && dcb.BaudRate == 9600 && dcb.ByteSize == 8 && dcb.Parity == NOPARITY && dcb.StopBits == ONESTOPBIT,
       "a short form");
    OK(BuildCommDCBA("COM1: baud=96 parity=O data=7 stop=2 dtr=on rts=off xon=on", &dcb) && dcb.BaudRate == 9600 && dcb.Parity == ODDPARITY &&
           dcb.ByteSize == 7 && dcb.StopBits == TWOSTOPBITS && dcb.fDtrControl == DTR_CONTROL_ENABLE && !dcb.fRtsControl && dcb.fOutX && dcb.fInX,
       "a long one");
    other = dcb;
    OK(fails(BuildCommDCBA("baud=nothing", &dcb), ERROR_INVALID_PARAMETER) && !memcmp(&dcb, &other, sizeof dcb), "one that is none changes nothing");
    OK(BuildCommDCBW(L"115200,n,8,1", &dcb) && SetCommState(port, &dcb), "SetCommState");
    memset(&other, 0, sizeof other);
    OK(GetCommState(port, &other) && other.BaudRate == 115200 && other.ByteSize == 8 && other.fDtrControl == dcb.fDtrControl && other.fOutX,
       "is kept");
    dcb.ByteSize = 9;
    dcb.BaudRate = 300;
    OK(fails(SetCommState(port, &dcb), ERROR_INVALID_PARAMETER), "nine bits");
    OK(GetCommState(port, &other) && other.BaudRate == 115200, "are refused, and the rest is as it was");
    COMMTIMEOUTS timeouts = {1, 2, 3, 4, 5}, kept;
    OK(SetCommTimeouts(port, &timeouts) && GetCommTimeouts(port, &kept) && !memcmp(&timeouts, &kept, sizeof kept), "timeouts");
    OK(fails(times(port, MAXDWORD, MAXDWORD, MAXDWORD), ERROR_INVALID_PARAMETER), "impossible ones");
    OK(SetupComm(port, 4096, 4096), "SetupComm");
}

static void reading(HANDLE port) {
    DWORD errors, count, start;
    COMSTAT status;
    times(port, 0, 0, 200);
    say(port, "hello");
    OK(ClearCommError(port, &errors, &status) && status.cbInQue == 5 && !errors, "what has come is counted");
    OK(read_some(port, 5) == 5 && !strcmp(got, "hello"), "and read");
    say(port, "abc");
    start = GetTickCount();
    OK(read_some(port, 10) == 3 && !strcmp(got, "abc") && GetTickCount() - start + TICK >= 200, "the total time is waited for the rest");
    times(port, MAXDWORD, 0, 0);
    start = GetTickCount();
    OK(read_some(port, 10) == 0 && GetTickCount() - start < 100, "a read that takes what is there: nothing");
    say(port, "xy");
    OK(read_some(port, 10) == 2, "or two");
    times(port, MAXDWORD, MAXDWORD, 300);
    say(port, "q");
    start = GetTickCount();
    OK(read_some(port, 10) == 1 && GetTickCount() - start < 100, "one that ends with the first byte");
    OK(read_some(port, 10) == 0 && GetTickCount() - start + TICK >= 300, "or with its time");
    times(port, 20, 0, 0);
    say(port, "part");
    OK(read_some(port, 100) == 4, "one that ends with a pause");
    times(port, 0, 10, 0);
    start = GetTickCount();
    OK(read_some(port, 10) == 0 && GetTickCount() - start + TICK >= 100, "time for each byte");
    memset(got, 'x', sizeof got);
    OK(WriteFile(port, got, 5000, &count, NULL) && count == 5000 && ClearCommError(port, &errors, &status) && errors == CE_RXOVER &&
           status.cbInQue == 4096,
       "what finds no room is lost, and said so");
    OK(PurgeComm(port, PURGE_RXCLEAR) && ClearCommError(port, &errors, &status) && !errors && !status.cbInQue, "PurgeComm");
    OK(fails(PurgeComm(port, 0x100), ERROR_INVALID_PARAMETER), "of something else");
    OK(TransmitCommChar(port, '!') && read_some(port, 1) == 1 && got[0] == '!', "TransmitCommChar");
}

static void lines(HANDLE port) {
    DWORD modem;
    EscapeCommFunction(port, CLRDTR);
    EscapeCommFunction(port, CLRRTS);
    OK(GetCommModemStatus(port, &modem) && modem == 0, "no line is up");
    OK(EscapeCommFunction(port, SETRTS) && GetCommModemStatus(port, &modem) && modem == MS_CTS_ON, "RTS is CTS");
    OK(EscapeCommFunction(port, SETDTR) && GetCommModemStatus(port, &modem) && modem == (MS_CTS_ON | MS_DSR_ON | MS_RLSD_ON), "DTR is DSR and RLSD");
    OK(fails(EscapeCommFunction(port, 77), ERROR_INVALID_PARAMETER), "a function that is none");
}

static void overlapped(void) {
    HANDLE port = open_port(FILE_FLAG_OVERLAPPED);
    OVERLAPPED one = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)}, two = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD mask = 99, count;
    char byte[4] = "";
    OK(port != INVALID_HANDLE_VALUE, "opened for overlapped use");
    times(port, 0, 0, 0);
    OK(fails(WaitCommEvent(port, &mask, &one), ERROR_INVALID_PARAMETER), "no event is asked for yet");
    OK(SetCommMask(port, EV_RXCHAR | EV_CTS) && GetCommMask(port, &count) && count == (EV_RXCHAR | EV_CTS), "SetCommMask");
    OK(fails(WaitCommEvent(port, &mask, &one), ERROR_IO_PENDING), "a wait pends");
    OVERLAPPED second = {.hEvent = two.hEvent};
    DWORD other;
    OK(fails(WaitCommEvent(port, &other, &second), ERROR_INVALID_PARAMETER), "a second one is refused");
    OK(fails(ReadFile(port, byte, 2, NULL, &two), ERROR_IO_PENDING), "a read without a time limit pends");
    OVERLAPPED out = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    WriteFile(port, "Z", 1, NULL, &out);
    OK(GetOverlappedResult(port, &out, &count, TRUE) && count == 1, "a write");
    OK(GetOverlappedResult(port, &one, &count, TRUE) && mask == EV_RXCHAR, "ends the wait");
    OK(WaitForSingleObject(two.hEvent, 0) == WAIT_TIMEOUT, "the read wants one more");
    OK(CancelIoEx(port, &two) && !GetOverlappedResult(port, &two, &count, TRUE) && GetLastError() == ERROR_OPERATION_ABORTED, "and is cancelled");
    OK(fails(ReadFile(port, byte, 1, NULL, &two), ERROR_IO_PENDING) || GetLastError() == NO_ERROR || GetLastError() == ERROR_IO_PENDING,
       "the byte is still there");
    OK(GetOverlappedResult(port, &two, &count, TRUE) && count == 1 && byte[0] == 'Z', "nothing is lost by it");
    OK(fails(WaitCommEvent(port, &mask, &one), ERROR_IO_PENDING), "one more wait");
    OK(SetCommMask(port, EV_CTS) && GetOverlappedResult(port, &one, &count, TRUE) && mask == 0, "ends, with nothing, when the mask changes");
    OK(fails(WaitCommEvent(port, &mask, &one), ERROR_IO_PENDING), "another");
    OK(CancelIo(port) && !GetOverlappedResult(port, &one, &count, TRUE) && GetLastError() == ERROR_OPERATION_ABORTED, "is cancelled");
    OK(fails(ReadFile(port, byte, 1, NULL, &two), ERROR_IO_PENDING), "a read that waits");
    OK(PurgeComm(port, PURGE_RXABORT) && !GetOverlappedResult(port, &two, &count, TRUE) && GetLastError() == ERROR_OPERATION_ABORTED,
       "is ended by PURGE_RXABORT");
    ReadFile(port, byte, 1, NULL, &two);
    CloseHandle(port);
    OK(WaitForSingleObject(two.hEvent, 1000) == WAIT_OBJECT_0, "closing the handle ends what waits");
}

int main(void) {
    HANDLE port = open_port(0);
    OK(port != INVALID_HANDLE_VALUE, "COM1");
    OK(open_port(0) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED, "is one program's at a time");
    state(port);
    reading(port);
    lines(port);
    CloseHandle(port);
    overlapped();
    HANDLE file = CreateFileA("\\\\.\\NUL", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    DCB dcb = {.DCBlength = sizeof dcb};
    OK(!GetCommState(file, &dcb), "the null device is no port");
    CloseHandle(file);
    return done();
}
