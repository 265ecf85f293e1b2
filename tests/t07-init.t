#!/bin/sh
# T7: INIT is gone after DriverEntry. Whoever comes back to it, by call, dispatch table, pointer or DriverUnload, stops the machine, and the screen says why.
. tests/lib.sh
s=$build/samples
stops() { # driver, code, name of code, place in the driver
    run "$ringside" run --timeout 60 -d "$build/tests/bad/$1.sys" $s/client.exe hello
    exits 134 "$1"
    err_has "STOP 0x000000$2  $3" "$1: the code"
    err_has "discarded INIT section of $1.sys" "$1: the reason"
    [ -z "$4" ] || err_has "$1.sys!$4" "$1: the place"
    err_has "culprit    $1.sys" "$1: the culprit"
    grep -qE "^ *(parameter +)?1  0x000040001[0-9A-F]{7}( |\$)" "$work/err"
    ok $? "$1: the first parameter is the address"
}
stops init-call 50 PAGE_FAULT_IN_NONPAGED_AREA Mistake
stops init-dispatch 50 PAGE_FAULT_IN_NONPAGED_AREA ''
stops init-read 50 PAGE_FAULT_IN_NONPAGED_AREA Mistake
stops init-dispatch-level D1 DRIVER_IRQL_NOT_LESS_OR_EQUAL Mistake
stops init-unload 50 PAGE_FAULT_IN_NONPAGED_AREA ''
run "$ringside" inspect $s/example-buffered.sys
out_has 'INIT' "inspect shows the section"
out_has 'gone after the entry has returned' "and that it goes"
run "$ringside" run -d $s/example-buffered.sys $s/client.exe hello
exits 0 "a driver that leaves its INIT alone"
done_testing
