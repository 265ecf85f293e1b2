#!/bin/sh
# Event tracing: what drivers write is in the log and the trace when somebody has enabled the provider, and nowhere when not.
. tests/lib.sh
id='{11223344-5566-7788-99AA-BBCCDDEEFF00}'
other='{A0A0A0A0-0001-0002-0304-05060708090A}'
run "$ringside" run --etw --trace="$work/trace" --log "$work/log" -d "$build/tests/kernel/events.sys"
exits 0 "a driver that writes events"
sed -n 's/^dbg: //p' "$work/err" | tr -d '\r' >"$work/out"
join_tap
err_has "etw: $id 7: \"wide text\", \"narrow\", 0x0000CAFE, 01 02 03 FF 00" "EtwWrite: strings, a number, bytes"
err_has '... (40 bytes)' "of many bytes the first"
err_has "etw: $id 8: \"narrow\" opcode 1 activity $other related $id" "EtwWriteTransfer: activities"
err_has "etw: $id 8: 0x0000CAFE opcode 1" "EtwWriteEx"
err_has "etw: $id 0: \"a string alone\"" "EtwWriteString"
err_has "etw: Contoso.Driver 0: \"named\"" "EtwSetInformation: the provider has a name"
err_has 'etw: Contoso.Driver Started port=3 name="COM1" where="here" sizes=[-1 300]' "an event that describes itself"
err_has 'etw: Contoso.Driver Broken port= (the rest is not as its description says)' "one whose description breaks off"
err_has "etw: $other 12: 0x0000004D, \"text\"" "WmiTraceMessage"
err_has "etw: $other 13: 0x0000004D" "WmiTraceMessageVa"
run "$ringside" log --read "$work/log" --component ETW --level WARNING
out_has 'ETW/WARNING' "the log has them with component and level"
out_has 'ETW/ERROR' "errors are more important"
! grep -q 'Started' "$work/out"
ok $? "information is less"
run "$ringside" log --read "$work/log" --component ETW --json
out_has '"driver":"events.sys","component":"ETW","level":1' "and as JSON"
grep -q "event $id 7: \"wide text\"" "$work/trace"
ok $? "the trace has them too"

cat >"$work/left.c" <<'SOURCE'
#include <ntddk.h>
static const GUID Id = {0x11223344, 0x5566, 0x7788, {0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0x00}};
static REGHANDLE Handle;
static VOID NTAPI Enabled(LPCGUID Source, ULONG Code, UCHAR Level, ULONGLONG Any, ULONGLONG All, PEVENT_FILTER_DESCRIPTOR Filter, PVOID Context) {
    DbgPrint("level %u any 0x%I64X all 0x%I64X\n", Level, Any, All);
}
static VOID Unload(PDRIVER_OBJECT Driver) {
#ifndef LEFT
    EtwUnregister(Handle);
#endif
}
static VOID Set(PCWSTR Path, PCWSTR Name, ULONG64 Number) {
    RtlCreateRegistryKey(RTL_REGISTRY_CONTROL, L"WMI");
    RtlCreateRegistryKey(RTL_REGISTRY_CONTROL, L"WMI\\Autologger");
    RtlCreateRegistryKey(RTL_REGISTRY_CONTROL, L"WMI\\Autologger\\Mine");
    RtlCreateRegistryKey(RTL_REGISTRY_CONTROL, (PWSTR)Path);
    RtlWriteRegistryValue(RTL_REGISTRY_CONTROL, Path, Name, Number > 0xFF ? REG_QWORD : REG_DWORD, &Number, Number > 0xFF ? 8 : 4);
}
NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) {
    EVENT_DESCRIPTOR Event = {.Id = 1, .Level = 3, .Keyword = 0x100}, Fine = {.Id = 2, .Level = 4, .Keyword = 0x100}, Odd = {.Id = 3, .Level = 3, .Keyword = 1};
#define KEY L"WMI\\Autologger\\Mine\\{11223344-5566-7788-99AA-BBCCDDEEFF00}"
    Driver->DriverUnload = Unload;
#ifdef SESSION
    Set(KEY, L"Enabled", 1);
    Set(KEY, L"EnableLevel", 3);
    Set(KEY, L"MatchAnyKeyword", 0x300);
    Set(L"WMI\\Autologger\\Mine", L"Start", SESSION);
#endif
    EtwRegister(&Id, Enabled, NULL, &Handle);
    DbgPrint("enabled %u %u %u\n", EtwEventEnabled(Handle, &Event), EtwEventEnabled(Handle, &Fine), EtwEventEnabled(Handle, &Odd));
    EtwWrite(Handle, &Event, NULL, 0, NULL);
    EtwWrite(Handle, &Fine, NULL, 0, NULL);
    EtwWrite(Handle, &Odd, NULL, 0, NULL);
    return STATUS_SUCCESS;
}
SOURCE
built() {
    run "$ringside" cc "$work/left.c" -o "$work/left.sys" -- "$@"
    run "$ringside" run -d "$work/left.sys"
}
built -DLEFT
err_has 'enabled 0 0 0' "nobody has enabled it"
err_lacks 'etw:' "nothing is in the log"
err_lacks 'level' "its callback is not called"
err_has "left: left the event provider $id behind: call EtwUnregister" "left behind at unload: it is named"
built -DSESSION=1
err_lacks 'left the event provider' "unregistered: nothing is said"
err_has 'level 3 any 0x300 all 0x0' "a session of the registry enables it, with level and keywords"
err_has 'enabled 1 0 0' "that level and those keywords"
err_has "etw: $id 1" "its event is in the log"
err_lacks "etw: $id 2" "a less important one is not"
err_lacks "etw: $id 3" "one of other keywords neither"
built -DSESSION=0
err_has 'enabled 0 0 0' "a session that is not started enables nothing"
run "$ringside" run --etw -d "$build/tests/kernel/wmi.sys"
err_has 'etw: data block, instances {10203040-0001-0002-0304-05060708090A} 2' "a WMI provider's blocks are shown"
err_has 'etw: event, bytes {50607080-0001-0002-0304-05060708090A} 4656' "and its events"
err_has 'left a device registered with WMI' "left registered at unload: it is named"
done_testing
