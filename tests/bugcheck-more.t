#!/bin/sh
# Drivers with one mistake each: Windows' bug check for it, with its parameters, and the place.
. tests/lib.sh
s=$build/samples

# stops NAME STOP-CODE NAME-OF-CODE PLACE [PROGRAM...]
stops() {
    name=$1 code=$2 title=$3 place=$4
    shift 4
    run "$ringside" run --timeout 300 -d "$build/tests/bad/$name.sys" "$@"
    exits 134 "$name"
    err_has "STOP $code" "$name: the code"
    [ -z "$title" ] || err_has "$title" "$name: its name"
    err_has "$name.sys!$place" "$name: the place"
    err_has "culprit    $name.sys" "$name: the culprit"
}

stops double-free 0x000000C2 BAD_POOL_CALLER Mistake
parameter 1 0x0000000000000007 double-free
err_has "has been freed before." "double-free: the sentence"
stops wrong-tag 0x000000C2 BAD_POOL_CALLER Mistake
parameter 1 0x000000000000000A wrong-tag
err_has "was allocated with the tag 'Test' and is freed with 'Wrng'." "wrong-tag: the sentence"
stops disconnect-twice 0x000000C2 BAD_POOL_CALLER Mistake
parameter 1 0x0000000000000007 disconnect-twice
stops touch-at-dispatch 0x000000D1 DRIVER_IRQL_NOT_LESS_OR_EQUAL Mistake
parameter 1 0x0000000000012340 touch-at-dispatch
parameter 2 0x0000000000000002 touch-at-dispatch
parameter 3 0x0000000000000001 touch-at-dispatch
stops bad-address 0x00000050 PAGE_FAULT_IN_NONPAGED_AREA Mistake
parameter 1 0x00007FFFFFFF0000 bad-address
parameter 2 0x0000000000000000 bad-address
stops write-text 0x000000BE ATTEMPTED_WRITE_TO_READONLY_MEMORY Mistake
stops execute-pool 0x000000FC ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY Mistake
stops stack-overflow 0x0000007F UNEXPECTED_KERNEL_MODE_TRAP Deeper
parameter 1 0x0000000000000008 stack-overflow
stops double-complete 0x00000044 MULTIPLE_IRP_COMPLETE_REQUESTS BadControl "$s/client.exe" hello
stops no-stack-location 0x00000035 NO_MORE_IRP_STACK_LOCATIONS BadControl "$s/client.exe" hello
stops fast-fail 0x00000139 KERNEL_SECURITY_CHECK_FAILURE Mistake
parameter 1 0x0000000000000003 fast-fail
stops registry-type 0x00000139 KERNEL_SECURITY_CHECK_FAILURE Mistake
parameter 1 0x0000000000000009 registry-type
stops thread-exception 0x0000007E SYSTEM_THREAD_EXCEPTION_NOT_HANDLED BadThread
parameter 1 0xFFFFFFFFC00000A3 thread-exception
stops worker-exception 0x0000007E SYSTEM_THREAD_EXCEPTION_NOT_HANDLED BadWork
parameter 1 0xFFFFFFFFC0000094 worker-exception
stops dpc-exception 0x0000001E KMODE_EXCEPTION_NOT_HANDLED BadDpc
parameter 1 0xFFFFFFFFC0000094 dpc-exception
stops wait-blocks 0x0000000C MAXIMUM_WAIT_OBJECTS_EXCEEDED Mistake
stops thread-priority 0x00000139 KERNEL_SECURITY_CHECK_FAILURE Mistake
parameter 1 0x0000000000000005 thread-priority
stops own-code 0xE0001234 "" Mistake
parameter 2 0x0000000000000002 own-code
parameter 4 0xFFFFFFFFFFFFFFFF own-code
stops breakpoint 0x0000007E SYSTEM_THREAD_EXCEPTION_NOT_HANDLED Mistake
parameter 1 0xFFFFFFFF80000003 breakpoint
stops recursive-lock 0x0000000F SPIN_LOCK_ALREADY_OWNED Mistake
stops wait-at-dispatch 0x000000C4 DRIVER_VERIFIER_DETECTED_VIOLATION Mistake
parameter 1 0x0000000000000121 wait-at-dispatch
stops wait-in-dpc 0x000000C4 DRIVER_VERIFIER_DETECTED_VIOLATION BadDpc
parameter 1 0x0000000000000121 wait-in-dpc
stops exit-owning-mutex 0x4000008A THREAD_TERMINATE_HELD_MUTEX BadThread
stops loop-at-dispatch 0x00000133 DPC_WATCHDOG_VIOLATION Mistake

# Found when the driver has returned: the screen names the system call, and no driver is on the stack.
run "$ringside" run --verifier off -d "$build/tests/bad/critical-region.sys" "$s/client.exe" hello
exits 134 critical-region
err_has 'STOP 0x00000001' "critical-region: the code"
err_has APC_INDEX_MISMATCH "critical-region: its name"
parameter 3 0x000000000000FFFF critical-region
run "$ringside" run --verifier off -d "$build/tests/bad/raised-return.sys" "$s/client.exe" hello
exits 134 raised-return
err_has 'STOP 0x0000004A' "raised-return: the code"
err_has IRQL_GT_ZERO_AT_SYSTEM_SERVICE "raised-return: its name"
parameter 2 0x0000000000000002 raised-return
done_testing
