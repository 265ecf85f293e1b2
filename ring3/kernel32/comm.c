/* Serial ports: each function is a control request to the port's driver ("Communications Functions"). */
#include "kernel32.h"
#include <winioctl.h>

#include "../../include/ddk-fix/ntddser.h"

/* A request with an event of its own, for the handle may be one for overlapped use. */
static BOOL Control(HANDLE File, ULONG Code, PVOID In, ULONG InLength, PVOID Out, ULONG OutLength) {
    IO_STATUS_BLOCK io;
    HANDLE event;
    if (!BaseResult(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NtSynchronizationEvent, FALSE)))
        return FALSE;
    NTSTATUS status = NtDeviceIoControlFile(File, event, NULL, NULL, &io, Code, In, InLength, Out, OutLength);
    if (status == STATUS_PENDING) {
        NtWaitForSingleObject(event, FALSE, NULL);
        status = io.Status;
    }
    NtClose(event);
    return BaseResult(status);
}
static BOOL Set(HANDLE File, ULONG Code, PVOID In, ULONG Length) { return Control(File, Code, In, Length, NULL, 0); }
static BOOL Get(HANDLE File, ULONG Code, PVOID Out, ULONG Length) { return Control(File, Code, NULL, 0, Out, Length); }

WINBOOL WINAPI GetCommState(HANDLE File, LPDCB State) {
    SERIAL_BAUD_RATE baud;
    SERIAL_LINE_CONTROL line;
    SERIAL_CHARS chars;
    SERIAL_HANDFLOW flow;
    if (!Get(File, IOCTL_SERIAL_GET_BAUD_RATE, &baud, sizeof baud) || !Get(File, IOCTL_SERIAL_GET_LINE_CONTROL, &line, sizeof line) ||
        !Get(File, IOCTL_SERIAL_GET_CHARS, &chars, sizeof chars) || !Get(File, IOCTL_SERIAL_GET_HANDFLOW, &flow, sizeof flow))
        return FALSE;
    memset(State, 0, sizeof *State);
    State->DCBlength = sizeof *State;
    State->BaudRate = baud.BaudRate;
    State->fBinary = TRUE;
    State->fParity = line.Parity != NOPARITY;
    State->fOutxCtsFlow = (flow.ControlHandShake & SERIAL_CTS_HANDSHAKE) != 0;
    State->fOutxDsrFlow = (flow.ControlHandShake & SERIAL_DSR_HANDSHAKE) != 0;
    State->fDtrControl = flow.ControlHandShake & SERIAL_DTR_MASK;
    State->fDsrSensitivity = (flow.ControlHandShake & SERIAL_DSR_SENSITIVITY) != 0;
    State->fTXContinueOnXoff = (flow.FlowReplace & SERIAL_XOFF_CONTINUE) != 0;
    State->fOutX = (flow.FlowReplace & SERIAL_AUTO_TRANSMIT) != 0;
    State->fInX = (flow.FlowReplace & SERIAL_AUTO_RECEIVE) != 0;
    State->fErrorChar = (flow.FlowReplace & SERIAL_ERROR_CHAR) != 0;
    State->fNull = (flow.FlowReplace & SERIAL_NULL_STRIPPING) != 0;
    State->fRtsControl = (flow.FlowReplace & SERIAL_RTS_MASK) >> 6;
    State->fAbortOnError = (flow.ControlHandShake & SERIAL_ERROR_ABORT) != 0;
    State->XonLim = (WORD)flow.XonLimit;
    State->XoffLim = (WORD)flow.XoffLimit;
    State->ByteSize = line.WordLength;
    State->Parity = line.Parity;
    State->StopBits = line.StopBits;
    State->XonChar = (char)chars.XonChar;
    State->XoffChar = (char)chars.XoffChar;
    State->ErrorChar = (char)chars.ErrorChar;
    State->EofChar = (char)chars.EofChar;
    State->EvtChar = (char)chars.EventChar;
    return TRUE;
}

static VOID FlowOf(const DCB *State, SERIAL_HANDFLOW *Flow) {
    Flow->ControlHandShake = State->fDtrControl | (State->fOutxCtsFlow ? SERIAL_CTS_HANDSHAKE : 0) |
                             (State->fOutxDsrFlow ? SERIAL_DSR_HANDSHAKE : 0) | (State->fDsrSensitivity ? SERIAL_DSR_SENSITIVITY : 0) |
                             (State->fAbortOnError ? SERIAL_ERROR_ABORT : 0);
    Flow->FlowReplace = (ULONG)State->fRtsControl << 6 | (State->fTXContinueOnXoff ? SERIAL_XOFF_CONTINUE : 0) |
                        (State->fOutX ? SERIAL_AUTO_TRANSMIT : 0) | (State->fInX ? SERIAL_AUTO_RECEIVE : 0) |
                        (State->fErrorChar ? SERIAL_ERROR_CHAR : 0) | (State->fNull ? SERIAL_NULL_STRIPPING : 0);
    Flow->XonLimit = State->XonLim;
    Flow->XoffLimit = State->XoffLim;
}

/* When one of the settings is refused, those before it are put back as they were. */
WINBOOL WINAPI SetCommState(HANDLE File, LPDCB State) {
    SERIAL_BAUD_RATE baud = {State->BaudRate}, old_baud;
    SERIAL_LINE_CONTROL line = {State->StopBits, State->Parity, State->ByteSize}, old_line;
    SERIAL_CHARS chars = {(UCHAR)State->EofChar, (UCHAR)State->ErrorChar, 0, (UCHAR)State->EvtChar, (UCHAR)State->XonChar, (UCHAR)State->XoffChar},
                 old;
    SERIAL_HANDFLOW flow;
    if (State->DCBlength != sizeof *State || !State->fBinary)
        return BaseFail(ERROR_INVALID_PARAMETER);
    FlowOf(State, &flow);
    if (!Get(File, IOCTL_SERIAL_GET_BAUD_RATE, &old_baud, sizeof old_baud) || !Get(File, IOCTL_SERIAL_GET_LINE_CONTROL, &old_line, sizeof old_line) ||
        !Get(File, IOCTL_SERIAL_GET_CHARS, &old, sizeof old))
        return FALSE;
    if (Set(File, IOCTL_SERIAL_SET_BAUD_RATE, &baud, sizeof baud) &&
        Set(File, State->fRtsControl == RTS_CONTROL_ENABLE ? IOCTL_SERIAL_SET_RTS : IOCTL_SERIAL_CLR_RTS, NULL, 0) &&
        Set(File, State->fDtrControl == DTR_CONTROL_ENABLE ? IOCTL_SERIAL_SET_DTR : IOCTL_SERIAL_CLR_DTR, NULL, 0) &&
        Set(File, IOCTL_SERIAL_SET_LINE_CONTROL, &line, sizeof line) && Set(File, IOCTL_SERIAL_SET_CHARS, &chars, sizeof chars) &&
        Set(File, IOCTL_SERIAL_SET_HANDFLOW, &flow, sizeof flow))
        return TRUE;
    DWORD error = RtlGetLastWin32Error();
    Set(File, IOCTL_SERIAL_SET_BAUD_RATE, &old_baud, sizeof old_baud);
    Set(File, IOCTL_SERIAL_SET_LINE_CONTROL, &old_line, sizeof old_line);
    Set(File, IOCTL_SERIAL_SET_CHARS, &old, sizeof old);
    return BaseFail(error);
}

WINBOOL WINAPI GetCommTimeouts(HANDLE File, LPCOMMTIMEOUTS Timeouts) {
    _Static_assert(sizeof(COMMTIMEOUTS) == sizeof(SERIAL_TIMEOUTS), "the same five numbers");
    return Get(File, IOCTL_SERIAL_GET_TIMEOUTS, Timeouts, sizeof *Timeouts);
}
WINBOOL WINAPI SetCommTimeouts(HANDLE File, LPCOMMTIMEOUTS Timeouts) { return Set(File, IOCTL_SERIAL_SET_TIMEOUTS, Timeouts, sizeof *Timeouts); }
WINBOOL WINAPI PurgeComm(HANDLE File, DWORD Flags) { return Set(File, IOCTL_SERIAL_PURGE, &Flags, sizeof Flags); }
WINBOOL WINAPI SetCommBreak(HANDLE File) { return Set(File, IOCTL_SERIAL_SET_BREAK_ON, NULL, 0); }
WINBOOL WINAPI ClearCommBreak(HANDLE File) { return Set(File, IOCTL_SERIAL_SET_BREAK_OFF, NULL, 0); }
WINBOOL WINAPI TransmitCommChar(HANDLE File, char Character) { return Set(File, IOCTL_SERIAL_IMMEDIATE_CHAR, &Character, sizeof Character); }
WINBOOL WINAPI SetupComm(HANDLE File, DWORD InSize, DWORD OutSize) {
    SERIAL_QUEUE_SIZE size = {InSize, OutSize};
    return Set(File, IOCTL_SERIAL_SET_QUEUE_SIZE, &size, sizeof size);
}
WINBOOL WINAPI GetCommModemStatus(HANDLE File, LPDWORD Status) { return Get(File, IOCTL_SERIAL_GET_MODEMSTATUS, Status, sizeof *Status); }

WINBOOL WINAPI EscapeCommFunction(HANDLE File, DWORD Function) {
    static const ULONG codes[] = {[SETXOFF] = IOCTL_SERIAL_SET_XOFF,      [SETXON] = IOCTL_SERIAL_SET_XON,        [SETRTS] = IOCTL_SERIAL_SET_RTS,
                                  [CLRRTS] = IOCTL_SERIAL_CLR_RTS,        [SETDTR] = IOCTL_SERIAL_SET_DTR,        [CLRDTR] = IOCTL_SERIAL_CLR_DTR,
                                  [SETBREAK] = IOCTL_SERIAL_SET_BREAK_ON, [CLRBREAK] = IOCTL_SERIAL_SET_BREAK_OFF};
    if (Function >= ARRAYSIZE(codes) || !codes[Function])
        return BaseFail(ERROR_INVALID_PARAMETER);
    return Set(File, codes[Function], NULL, 0);
}

WINBOOL WINAPI ClearCommError(HANDLE File, LPDWORD Errors, LPCOMSTAT Status) {
    SERIAL_STATUS status;
    if (!Get(File, IOCTL_SERIAL_GET_COMMSTATUS, &status, sizeof status))
        return FALSE;
    if (Errors) /* from the driver's bits to CE_ ones: break, framing, overrun, queue overrun, parity */
        *Errors = (status.Errors & 0x01 ? CE_BREAK : 0) | (status.Errors & 0x02 ? CE_FRAME : 0) | (status.Errors & 0x08 ? CE_OVERRUN : 0) |
                  (status.Errors & SERIAL_ERROR_QUEUEOVERRUN ? CE_RXOVER : 0) | (status.Errors & 0x10 ? CE_RXPARITY : 0);
    if (Status) {
        memset(Status, 0, sizeof *Status);
        Status->fCtsHold = (status.HoldReasons & 0x01) != 0;
        Status->fDsrHold = (status.HoldReasons & 0x02) != 0;
        Status->fRlsdHold = (status.HoldReasons & 0x04) != 0;
        Status->fXoffHold = (status.HoldReasons & 0x08) != 0;
        Status->fXoffSent = (status.HoldReasons & 0x10) != 0;
        Status->fEof = status.EofReceived;
        Status->fTxim = status.WaitForImmediate;
        Status->cbInQue = status.AmountInInQueue;
        Status->cbOutQue = status.AmountInOutQueue;
    }
    return TRUE;
}

WINBOOL WINAPI SetCommMask(HANDLE File, DWORD Mask) { return Set(File, IOCTL_SERIAL_SET_WAIT_MASK, &Mask, sizeof Mask); }
WINBOOL WINAPI GetCommMask(HANDLE File, LPDWORD Mask) { return Get(File, IOCTL_SERIAL_GET_WAIT_MASK, Mask, sizeof *Mask); }
WINBOOL WINAPI WaitCommEvent(HANDLE File, LPDWORD Mask, LPOVERLAPPED Request) {
    if (!Request)
        return Get(File, IOCTL_SERIAL_WAIT_ON_MASK, Mask, sizeof *Mask);
    return DeviceIoControl(File, IOCTL_SERIAL_WAIT_ON_MASK, NULL, 0, Mask, sizeof *Mask, NULL, Request);
}

/* ---- "9600,n,8,1" and "baud=9600 parity=n data=8 stop=1" ---------------------------------------------------------------------------------------- */

static CHAR Lower(CHAR c) { return c >= 'A' && c <= 'Z' ? (CHAR)(c + 32) : c; }

static BOOL TakeNumber(PCSTR *Text, DWORD *Number) {
    DWORD value = 0;
    PCSTR start = *Text;
    for (; **Text >= '0' && **Text <= '9'; (*Text)++) {
        if (value > 100000000)
            return FALSE;
        value = value * 10 + (DWORD)(**Text - '0');
    }
    *Number = value;
    return *Text != start;
}
static BOOL TakeBaud(PCSTR *Text, LPDCB State) { /* 11, 15, 30 and 12, 24, 48, 96, 19 are short forms of MODE's */
    static const struct {
        DWORD Short, Rate;
    } rates[] = {{11, 110}, {15, 150}, {30, 300}, {60, 600}, {12, 1200}, {24, 2400}, {48, 4800}, {96, 9600}, {19, 19200}};
    if (!TakeNumber(Text, &State->BaudRate))
        return FALSE;
    for (ULONG n = 0; n < ARRAYSIZE(rates); n++)
        if (State->BaudRate == rates[n].Short)
            State->BaudRate = rates[n].Rate;
    return TRUE;
}
static BOOL TakeParity(PCSTR *Text, LPDCB State) {
    static const CHAR letters[] = "noems";
    for (BYTE n = 0; letters[n]; n++)
        if (Lower(**Text) == letters[n]) {
            (*Text)++;
            State->Parity = n;
            State->fParity = n != NOPARITY;
            return TRUE;
        }
    return FALSE;
}
static BOOL TakeData(PCSTR *Text, LPDCB State) {
    DWORD bits;
    if (!TakeNumber(Text, &bits) || bits < 5 || bits > 8)
        return FALSE;
    State->ByteSize = (BYTE)bits;
    return TRUE;
}
static BOOL TakeStop(PCSTR *Text, LPDCB State) {
    DWORD bits;
    if (!TakeNumber(Text, &bits))
        return FALSE;
    BOOL half = (*Text)[0] == '.' && (*Text)[1] == '5';
    if (half)
        *Text += 2;
    if ((bits != 1 && bits != 2) || (half && bits != 1))
        return FALSE;
    State->StopBits = half ? ONE5STOPBITS : bits == 1 ? ONESTOPBIT : TWOSTOPBITS;
    return TRUE;
}
static BOOL TakeSwitch(PCSTR *Text, BOOL *On) {
    *On = Lower((*Text)[0]) == 'o' && Lower((*Text)[1]) == 'n';
    if (*On)
        *Text += 2;
    else if (Lower((*Text)[0]) == 'o' && Lower((*Text)[1]) == 'f' && Lower((*Text)[2]) == 'f')
        *Text += 3;
    else
        return FALSE;
    return TRUE;
}
static BOOL TakeWord(PCSTR *Text, PCSTR Word) {
    SIZE_T n = 0;
    while (Word[n] && Lower((*Text)[n]) == Word[n])
        n++;
    if (Word[n])
        return FALSE;
    *Text += n;
    return TRUE;
}

static BOOL TakeOption(PCSTR *Text, LPDCB State) {
    BOOL on;
    if (TakeWord(Text, "baud="))
        return TakeBaud(Text, State);
    if (TakeWord(Text, "parity="))
        return TakeParity(Text, State);
    if (TakeWord(Text, "data="))
        return TakeData(Text, State);
    if (TakeWord(Text, "stop="))
        return TakeStop(Text, State);
    if (TakeWord(Text, "xon=")) {
        if (!TakeSwitch(Text, &on))
            return FALSE;
        State->fOutX = State->fInX = on;
        return TRUE;
    }
    if (TakeWord(Text, "odsr=")) {
        if (!TakeSwitch(Text, &on))
            return FALSE;
        State->fOutxDsrFlow = on;
        return TRUE;
    }
    if (TakeWord(Text, "octs=")) {
        if (!TakeSwitch(Text, &on))
            return FALSE;
        State->fOutxCtsFlow = on;
        return TRUE;
    }
    if (TakeWord(Text, "dtr=")) {
        if (!TakeSwitch(Text, &on))
            return FALSE;
        State->fDtrControl = on ? DTR_CONTROL_ENABLE : DTR_CONTROL_DISABLE;
        return TRUE;
    }
    if (TakeWord(Text, "rts=")) {
        if (!TakeSwitch(Text, &on))
            return FALSE;
        State->fRtsControl = on ? RTS_CONTROL_ENABLE : RTS_CONTROL_DISABLE;
        return TRUE;
    }
    return FALSE;
}

static BOOL TakeShortForm(PCSTR *Text, LPDCB State) {
    static BOOL (*const takers[])(PCSTR *, LPDCB) = {TakeBaud, TakeParity, TakeData, TakeStop};
    for (ULONG n = 0; n < ARRAYSIZE(takers); n++) {
        if (**Text != ',' && **Text && !takers[n](Text, State))
            return FALSE;
        if (**Text != ',')
            break;
        (*Text)++;
    }
    return TRUE;
}

WINBOOL WINAPI BuildCommDCBA(LPCSTR Text, LPDCB State) {
    DCB made = *State;
    if (!Text)
        return BaseFail(ERROR_INVALID_PARAMETER);
    made.DCBlength = sizeof made;
    made.fBinary = TRUE;
    if (TakeWord(&Text, "com")) { /* "COM1:" may stand in front */
        DWORD port;
        if (!TakeNumber(&Text, &port))
            return BaseFail(ERROR_INVALID_PARAMETER);
        if (*Text == ':')
            Text++;
    }
    while (*Text == ' ')
        Text++;
    BOOL good = *Text >= '0' && *Text <= '9' ? TakeShortForm(&Text, &made) : TRUE;
    while (good && *Text) {
        if (*Text == ' ')
            Text++;
        else
            good = TakeOption(&Text, &made);
    }
    if (!good)
        return BaseFail(ERROR_INVALID_PARAMETER);
    *State = made;
    return TRUE;
}
WINBOOL WINAPI BuildCommDCBW(LPCWSTR Text, LPDCB State) {
    CHAR narrow[256];
    SIZE_T n = 0;
    if (!Text)
        return BaseFail(ERROR_INVALID_PARAMETER);
    for (; Text[n] && n < sizeof narrow - 1; n++)
        narrow[n] = Text[n] < 0x80 ? (CHAR)Text[n] : '?';
    narrow[n] = 0;
    return Text[n] ? BaseFail(ERROR_INVALID_PARAMETER) : BuildCommDCBA(narrow, State);
}
