#!/bin/sh
# T31: COM1 is a device with no real port behind it.
. tests/lib.sh

run "$ringside" run --alone -d "$build/samples/serial.sys" "$build/samples/terminal.exe" "a line for the other side"
exits 0 "the sample's terminal"
out_has "said  25 bytes at 115200 baud" "what it said"
out_has "heard 'a line for the other side'" "came back"
out_has "then  0 bytes: nobody says more" "and a read that ends with its time"

run "$ringside" run --alone -d "$build/samples/serial.sys" "$build/tests/user/comm.exe"
exits 0 "the communications functions"
join_tap
ok "$([ $count -gt 45 ] && echo 0 || echo 1)" "all of it ran"

run "$ringside" run --alone "$build/samples/terminal.exe"
exits 1 "without the driver"
out_has "COM1: error 2" "there is no COM1"
done_testing
