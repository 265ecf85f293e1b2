#!/bin/sh
# T24: no two devices have one name. A second Example driver finds that out in its DriverEntry, and its status reaches whoever started it.
. tests/lib.sh
s=$build/samples
run "$ringside" run -d $s/example-buffered.sys -d $s/example-direct.sys $s/client.exe hello
exits 126 "the same device from two drivers"
err_has 'STATUS_OBJECT_NAME_COLLISION 0xC0000035' "IoCreateDevice gives the collision, DriverEntry passes it on"
err_lacks "left the symbolic link" "the first driver's link is not the second's to delete"
run "$ringside" run --root $s --and "$s/loader.exe --name Second --no-wait C:\\example-direct.sys" -d $s/example-buffered.sys $s/client.exe hello
exits 0 "the client talks to the first"
out_has 'StartService: error 183' "the second's loader gets 183 (ERROR_ALREADY_EXISTS)"
out_has 'DeleteService: ok' "and cleans up"
done_testing
