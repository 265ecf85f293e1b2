#!/bin/sh
# T44: a program opens a device by its DOS name, or by its NT name through GLOBALROOT.
. tests/lib.sh

for kind in buffered direct neither; do
    run "$ringside" run --alone -d "$build/samples/example-$kind.sys" "$build/tests/user/open-device.exe"
    exits 0 "$kind"
    join_tap
    for text in 'by its link' 'by its NT name' 'by the global link'; do
        err_has "Example: write ($kind): $text" "$kind: the driver has it $text"
    done
done

# Without the driver there is no name.
run "$ringside" run --alone "$build/samples/client.exe" hello
ok "$([ "$status" != 0 ] && echo 0 || echo 1)" "the sample's client fails without the driver"
done_testing
