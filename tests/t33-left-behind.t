#!/bin/sh
# T33: DriverUnload deletes the link and the device. Who leaves one behind is told.
. tests/lib.sh
cat >"$work/left.c" <<'SOURCE'
#include <ntddk.h>
static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Left"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Left");
static PDEVICE_OBJECT Device;
DRIVER_UNLOAD Unload;
VOID Unload(PDRIVER_OBJECT Driver) {
    if (PARTS & 1)
        IoDeleteSymbolicLink(&Link);
    if (PARTS & 2)
        IoDeleteDevice(Device);
}
NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) {
    Driver->DriverUnload = Unload;
    IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    return IoCreateSymbolicLink(&Link, &Name);
}
SOURCE
left() { # what is deleted: 1 the link, 2 the device
    run "$ringside" cc "$work/left.c" -o "$work/left.sys" -- "-DPARTS=$1"
    run "$ringside" run -d "$work/left.sys"
}
left 3
exits 0 "both deleted"
err_lacks 'Left' "nothing is said"
left 2
err_has '\Left' "the link left behind: it is named"
left 1
grep -qE 'left the device .*Left' "$work/err"
ok $? "the device left behind: it is named"
left 0
grep -c 'Left' "$work/err" >"$work/count"
[ "$(cat "$work/count")" -ge 2 ]
ok $? "both left behind: both are named"
done_testing
