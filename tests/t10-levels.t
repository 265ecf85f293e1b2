#!/bin/sh
# T10: each function is called at its own levels; the verifier stops who calls it at another, with Windows' code, and names driver, function, levels and place.
. tests/lib.sh
bad=$build/tests/bad

# breaks NAME STOP PARAMETER-1 PARAMETER-2 SENTENCE FUNCTION
breaks() {
    cp "$bad/levels.sys" "$work/$1.sys"
    run "$ringside" run --alone -d "$work/$1.sys"
    exits 134 "$1"
    err_has "STOP 0x000000$2" "$1: the code"
    parameter 1 "0x0*$3" "$1"
    [ "$4" = - ] || parameter 2 "0x0*$4" "$1"
    err_has "$5" "$1: what it says"
    grep -qE "culprit +$1.sys!$6  .*levels.c:[0-9]+" "$work/err"
    ok $? "$1: the place"
}

while read -r name stop first second function sentence; do
    breaks "$name" "$stop" "$first" "$second" "$sentence" "$function"
done <<END
raise-lower C4 30 2 RaiseLower KeRaiseIrql is called at IRQL 2 with 1
raise-beyond C4 30 0 RaiseBeyond KeRaiseIrql is called at IRQL 0 with 16
lower-higher C4 31 0 LowerHigher KeLowerIrql is called at IRQL 0 with 2
dpc-lowers C4 31 2 LoweringDpc a DPC lowers the IRQL to 0
release-low C4 32 0 ReleaseLow release-low.sys calls KeReleaseSpinLock at IRQL 0 (PASSIVE_LEVEL); it is for DISPATCH_LEVEL or above
mutex-high C4 33 2 MutexHigh calls ExAcquireFastMutex at IRQL 2 (DISPATCH_LEVEL); it is for APC_LEVEL or below
mutex-released-low C4 34 0 MutexReleasedLow calls ExReleaseFastMutex at IRQL 0 (PASSIVE_LEVEL); it is for APC_LEVEL
unsafe-mutex C4 39 0 UnsafeMutex call KeEnterCriticalRegion before
unsafe-mutex-released C4 3A 0 UnsafeMutexReleased call KeEnterCriticalRegion before
leave-outside C4 3E - LeaveOutside outside a critical region
at-dpc-low C4 40 0 AtDpcLow raise the IRQL first
from-dpc-low C4 41 0 FromDpcLow raise the IRQL first
acquire-high C4 42 3 AcquireHigh leaves this to a DPC (IoRequestDpc)
paged-high C4 1 2 PagedHigh for paged pool, which is for APC_LEVEL or below
pool-high C4 2 3 PoolHigh nonpaged pool is for DISPATCH_LEVEL or below
map-high C4 73 3 MapHigh it is for DISPATCH_LEVEL or below
user-map-high C4 77 2 UserMapHigh calls MmMapLockedPagesSpecifyCache
set-event-high C4 80 3 SetEventHigh it is for DISPATCH_LEVEL or below
set-event-wait C4 20016 - SetEventWait with Wait TRUE
zw C4 E6 - Zw calls ZwClose at IRQL 1 (APC_LEVEL); it is for PASSIVE_LEVEL
zw-guarded C4 E6 - ZwGuarded inside a guarded region
push-lock C4 EA 0 PushLockOpen call KeEnterCriticalRegion before
enter-high C4 11A 2 EnterHigh it is for APC_LEVEL or below
leave-high C4 11B 2 LeaveHigh it is for APC_LEVEL or below
wait-high C4 120 - WaitHigh a wait is for DISPATCH_LEVEL or below
wait-forever C4 121 - WaitForever without a timeout
wait-long C4 122 - WaitLong with a timeout that is not 0
delay-high C4 2000F - DelayHigh it is for APC_LEVEL or below
queue-low C4 20003 - QueueLow it is for DISPATCH_LEVEL
reference-high C4 2001B - ReferenceHigh it is for PASSIVE_LEVEL
complete-high C9 E 3 CompleteHigh calls IofCompleteRequest at IRQL 3
call-high C9 10 3 CallHigh calls IofCallDriver at IRQL 3
lookup-high C4 E5 2 LookupHigh it is for APC_LEVEL or below
END

run "$ringside" run --alone -d "$bad/resource-open.sys" "$build/samples/client.exe" hello
exits 134 resource-open
parameter 1 0x0*37 resource-open
err_has 'resource-open.c:11' "resource-open: the second time, outside the critical region"

# What a routine leaves behind is found when it returns, and the screen names it, though it is no longer on the stack.
leaves() { # NAME STOP PARAMETER-1 FUNCTION SENTENCE [PROGRAM...]
    name=$1 stop=$2 first=$3 function=$4 sentence=$5
    shift 5
    run "$ringside" run --alone -d "$bad/$name.sys" "$@"
    exits 134 "$name"
    err_has "STOP 0x000000$stop" "$name: the code"
    parameter 1 "0x0*$first" "$name"
    err_has "$sentence" "$name: what it says"
    err_has "culprit    $name.sys!$function" "$name: the routine"
}
leaves raised-return C9 5 BadControl "a dispatch routine was called at IRQL 0 and returned at 2" "$build/samples/client.exe" hello
leaves critical-region C4 C5 BadControl "a dispatch routine returned inside a critical or guarded region" "$build/samples/client.exe" hello
leaves completion-raised C4 FA BadCompletion "a completion routine was called at IRQL 0 and returned at 2" "$build/samples/client.exe" hello
leaves dpc-raised C8 30202 BadDpc "a DPC returned at another IRQL"
leaves worker-raised E1 0000400010.* BadWork "a work item returned at another IRQL"

cp "$bad/levels.sys" "$work/nearly.sys"
for how in '' '--cpus 2' --trace=/dev/null '--verifier off'; do
    run "$ringside" run --alone $how -d "$work/nearly.sys"
    err_has 'all of it was allowed' "what is just allowed goes through ${how:-as it is}"
done

# What Windows finds without a verifier is found without one here.
unverified() { # NAME STOP PARAMETER-1 DRIVER [PROGRAM...]
    name=$1 stop=$2 first=$3 driver=$4
    shift 4
    cp "$driver" "$work/$name.sys"
    run "$ringside" run --alone --verifier off -d "$work/$name.sys" "$@"
    exits 134 "$name, not verified"
    err_has "STOP 0x000000$stop" "$name, not verified: the code"
    [ "$first" = - ] || parameter 1 "$first" "$name, not verified"
}
unverified raise-lower 09 - "$bad/levels.sys"
unverified lower-higher 0A - "$bad/levels.sys"
unverified dpc-lowers C8 - "$bad/levels.sys"
unverified release-low 10 - "$bad/levels.sys"
unverified wait-forever 0A - "$bad/levels.sys"
unverified wait-in-dpc B8 - "$bad/wait-in-dpc.sys"
unverified touch-at-dispatch D1 0x0*12340 "$bad/touch-at-dispatch.sys"
unverified raised-return 4A - "$bad/raised-return.sys" "$build/samples/client.exe" hello
unverified critical-region 01 - "$bad/critical-region.sys" "$build/samples/client.exe" hello
unverified worker-raised E1 - "$bad/worker-raised.sys"
done_testing
