#!/bin/sh
# T39: DeviceIoControl by each of the four methods, and the access that a control code asks for.
. tests/lib.sh
s=$build/samples
for kind in buffered direct neither; do
    run "$ringside" run -d $s/example-$kind.sys $s/client.exe "Four ways"
    exits 0 "$kind"
    out_has 'METHOD_BUFFERED, reversed: syaw ruoF' "$kind: METHOD_BUFFERED"
    out_has 'METHOD_IN_DIRECT, appended: Four ways And more.' "$kind: METHOD_IN_DIRECT"
    out_has 'METHOD_OUT_DIRECT, statistics: 2 reads, 1 writes' "$kind: METHOD_OUT_DIRECT"
    out_has 'METHOD_NEITHER, length: 9' "$kind: METHOD_NEITHER"
    run "$ringside" run -d $s/example-$kind.sys $s/client.exe --evil
    out_has 'evil: control that needs write access without it: error 5' "$kind: FILE_WRITE_ACCESS"
    out_has 'evil: control that needs read access without it: error 5' "$kind: FILE_READ_ACCESS"
    out_has 'evil: control that needs read access on a handle with none: error 5' "$kind: a handle without rights"
    out_has 'evil: unknown control code: error 1' "$kind: a code that the driver does not know"
done
run "$ringside" run --trace -d $s/example-buffered.sys $s/client.exe "traced"
err_has 'IRP_MJ_DEVICE_CONTROL' "the trace shows them"
done_testing
