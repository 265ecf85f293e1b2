#!/bin/sh
# T7: PAGE is pageable. Under the verifier what is pageable goes whenever a driver raises IRQL: code and data of PAGE sections and paged pool that are touched at
# DISPATCH_LEVEL stop the machine the first time, and the screen says what it was. Without it the page happens to be there.
. tests/lib.sh
s=$build/samples
stops() { # driver, code, name of code, kind of access, what the memory was
    run "$ringside" run --timeout 60 -d "$build/tests/bad/$1.sys"
    exits 134 "$1"
    err_has "STOP 0x000000$2  $3" "$1: the code"
    grep -q "^ *3  0x000000000000000$4  0 read, 1 write, 8 execute" "$work/err"
    ok $? "$1: the access"
    grep -q "^ *2  0x0000000000000002  IRQL" "$work/err"
    ok $? "$1: the level"
    err_has "$5" "$1: what was touched"
    err_has "which the verifier trimmed when a driver last raised IRQL" "$1: why it was not there"
    err_has "culprit    $1.sys!" "$1: the culprit"
}
forgiven() { # driver, what it says when nothing has stopped it
    run "$ringside" run --timeout 60 --verifier off -d "$build/tests/bad/$1.sys"
    exits 0 "$1, --verifier off"
    err_has "got away with it$2" "$1, --verifier off: the page is there by chance"
}
stops paged-pool D1 DRIVER_IRQL_NOT_LESS_OR_EQUAL 1 "byte 12 of a paged pool block, tag 'Badg', 100 bytes"
forgiven paged-pool ': 3'
stops paged-code D1 DRIVER_IRQL_NOT_LESS_OR_EQUAL 8 'in the PAGE section of paged-code.sys'
address=$(sed -n 's/^ *parameter 1  \(0x[0-9A-F]*\).*/\1/p' "$work/err")
grep -q "^ *4  $address  program counter" "$work/err"
ok $? "paged-code: the address is the instruction's own"
err_has 'paged-code.sys!Pageable' "paged-code: the function"
forgiven paged-code ': 2'
stops paged-lock D1 DRIVER_IRQL_NOT_LESS_OR_EQUAL 8 'in the PAGE section of paged-lock.sys'
err_has 'paged-lock.sys!Pageable' "paged-lock: the function"
forgiven paged-lock
stops paged-dpc D1 DRIVER_IRQL_NOT_LESS_OR_EQUAL 0 'in the PAGEdata section of paged-dpc.sys'
err_has 'paged-dpc.sys!Deferred' "paged-dpc: the function"
forgiven paged-dpc ': 6'
stops paged-spin-lock 0A IRQL_NOT_LESS_OR_EQUAL 0 "byte 0 of a paged pool block, tag 'Badg', 8 bytes"
forgiven paged-spin-lock
run "$ringside" run --timeout 60 -d "$build/tests/bad/paged-unlock.sys"
exits 134 "paged-unlock"
err_has 'STOP 0x0000001A  MEMORY_MANAGEMENT' "paged-unlock: the code"
err_has 'parameter 1  0x0000000000001010' "paged-unlock: a section that is not locked"
run "$ringside" run -d $s/example-direct.sys $s/client.exe hello
exits 0 "a driver whose PAGE code stays below DISPATCH_LEVEL"
done_testing
