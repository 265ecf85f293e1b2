#!/bin/sh
# T38: ReadFile, for each of the three: what was written comes back, no byte more than there is room for, and hostile buffers give 998.
. tests/lib.sh
s=$build/samples
for kind in buffered direct neither; do
    run "$ringside" run -d $s/example-$kind.sys $s/client.exe "To be read"
    out_has 'read 11 bytes: To be read' "$kind: what was written comes back"
    run "$ringside" run -d $s/example-$kind.sys $s/client.exe --evil
    for what in 'into NULL' 'into unmapped memory' 'into read-only memory' 'into kernel memory' 'with its last byte on an unmapped page'; do
        out_has "evil: read $what: error 998" "$kind: a read $what"
    done
done
done_testing
