#!/bin/sh
# T36: neither I/O: the program's own address, probed and touched under __try; memory that goes away in the middle is caught by the handler.
. tests/lib.sh
s=$build/samples
run "$ringside" run -d $s/example-neither.sys $s/client.exe "By address"
err_has 'Example: write (neither): By address' "the driver reads the program's memory"
run "$ringside" run -d $s/example-neither.sys $s/client.exe --evil
for what in 'from NULL' 'from unmapped memory' 'from kernel memory' 'with its last byte on an unmapped page'; do
    out_has "evil: write $what: error 998" "a write $what"
done
out_has 'evil: METHOD_NEITHER into read-only memory: error 998' "memory that may not be written"
run "$ringside" run -d $s/example-neither.sys $s/client.exe --unmap-race
exits 0 "another thread frees the memory while the driver waits"
err_has 'between two bytes: exception 0xC0000005' "GetExceptionCode in the handler is STATUS_ACCESS_VIOLATION"
out_has 'unmap-race: error 998' "which reaches the program as 998"
done_testing
