#!/bin/sh
# T10: what drivers pass to functions, and what their routines return, is looked at by the verifier: Driver Verifier's code and parameters, the driver, the place.
. tests/lib.sh
bad=$build/tests/bad

while read -r name stop first function sentence; do
    cp "$bad/arguments.sys" "$work/$name.sys"
    run "$ringside" run --alone -d "$work/$name.sys"
    exits 134 "$name"
    err_has "STOP 0x000000$stop" "$name: the code"
    parameter 1 "0x0*$first" "$name"
    err_has "$sentence" "$name: what it says"
    grep -qE "culprit +$name.sys!$function  .*arguments.c:[0-9]+" "$work/err"
    ok $? "$name: the place"
done <<END
allocate-nothing C4 0 AllocateNothing allocate-nothing.sys calls ExAllocatePoolWithTag for 0 bytes
dpc-quota C4 10B QuotaInDpc calls ExAllocatePoolWithQuotaTag in a DPC
free-paged-high C4 11 FreePagedHigh for paged pool above APC_LEVEL
free-irp C4 105 FreeIrp for an IRP
null-handle C4 F5 NullHandle with KernelMode for the handle NULL
closed-handle C4 3C ClosedHandle for a handle that is not open
other-type C4 3C OtherType for a handle of an object of another type
kernel-handle-as-user C4 F7 KernelHandleAsUser with UserMode for a kernel handle in the System process
odd-name C4 E4 OddName with a malformed UNICODE_STRING
long-name C4 E4 LongName with a malformed UNICODE_STRING
user-name C4 E3 UserName with an address of user space
paged-event C4 E1 PagedEvent for an object in paged pool
paged-timer C4 E1 PagedTimer for an object in paged pool
stack-wait C4 123 StackWait with UserMode for an object on the kernel stack
stack-waits C4 123 StackWaits with UserMode for an object on the kernel stack
paged-item C4 131 PagedItem for a work item in paged pool
resource-askew C4 3D ResourceAskew for a resource that is not aligned
unlock-never C4 7C UnlockNever for an MDL whose pages are not locked
unlock-nonpaged C4 7D UnlockNonPaged for an MDL of nonpaged pool
unlock-partial C4 B4 UnlockPartial for a partial MDL
build-paged C4 7F BuildPaged for an MDL of paged pool
lock-nonpaged C4 B0 LockNonPaged for an MDL that describes nonpaged pool
map-unlocked C4 B3 MapUnlocked for an MDL whose pages are not locked
map-twice C4 B2 MapTwice for an MDL that is mapped already
free-mapped C4 B8 FreeMapped for an MDL that is still mapped
send-to-nobody C9 204 SendToNobody with NULL for the device
send-to-nothing C9 4 SendToNothing with what is no device object
send-freed C9 3 SendFreed with what is no IRP
send-cancelable C9 203 SendCancelable for an IRP whose cancel routine is still set
send-raised C9 23A SendRaised at DISPATCH_LEVEL for a request that is for APC_LEVEL or below
send-user-address C4 E2 SendUserAddress with RequestorMode KernelMode and an address of user space
free-twice C9 1 FreeTwice for what is no IRP, or has been freed before
free-threaded C9 2 FreeThreaded for an IRP that is in a thread's list
initialize-allocated C9 20D InitializeAllocated for an IRP that IoAllocateIrp has made
too-much C9 312 TooMuch than the requester's buffer has room for
timer-twice C9 A TimerTwice for a device that has its timer already
delete-attached C9 201 DeleteAttached for a device that is attached to another
detach-twice C9 202 DetachTwice for a device that nothing is attached to
delete-twice C9 240 DeleteTwice IoDeleteDevice was called twice for a device
END

cp "$bad/arguments.sys" "$work/nearly.sys"
for how in '' '--cpus 2' --trace=/dev/null '--verifier off'; do
    run "$ringside" run --alone $how -d "$work/nearly.sys"
    exits 0 "what is just allowed ${how:-as it is}"
    err_has 'all of it was allowed' "what is just allowed goes through ${how:-as it is}"
done

# What a dispatch routine returns, and with what it completes.
while read -r name first sentence; do
    cp "$bad/returns.sys" "$work/$name.sys"
    run "$ringside" run --alone -d "$work/$name.sys" "$build/samples/client.exe" hello
    exits 134 "$name"
    err_has 'STOP 0x000000C9' "$name: the code"
    parameter 1 "0x0*$first" "$name"
    err_has "$sentence" "$name: what it says"
    err_has "culprit    $name.sys!BadControl" "$name: the routine"
done <<END
other-status 224 it returns what it has put into IoStatus.Status
not-marked 23D has not marked the IRP: call IoMarkIrpPending before
marked 23E for an IRP that it has marked pending
END
while read -r name first sentence; do
    cp "$bad/returns.sys" "$work/$name.sys"
    run "$ringside" run --alone -d "$work/$name.sys" "$build/samples/client.exe" hello
    exits 134 "$name"
    parameter 1 "0x0*$first" "$name"
    err_has "$sentence" "$name: what it says"
done <<END
completes-pending 6 IoStatus.Status STATUS_PENDING
END
run "$ringside" run --alone -d "$bad/returns.sys" "$build/samples/client.exe" hello
err_lacks STOP "a request that is marked, completed and said to be pending is right"
done_testing
