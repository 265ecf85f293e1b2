#!/bin/sh
# T12: what goes wrong with interrupts and devices, and what is said of it.
. tests/lib.sh

run "$ringside" run --alone --device edu -d "$build/tests/bad/storm.sys"
exits 134 "a line that nobody makes go down"
err_has "0x000000F2" "is an interrupt storm"
err_has "HARDWARE_INTERRUPT_STORM" "by its name"
err_has "storm.sys" "of that driver"

run "$ringside" run --alone --device radio -d "$build/tests/kernel/bus.sys"
exits 125 "a device that does not exist"
err_has "radio: there is no such device" "is refused by name"
run "$ringside" run --alone --device disk -d "$build/tests/kernel/bus.sys"
exits 125 "a disk without an image"
err_has "disk=IMAGE" "is told what it takes"
run "$ringside" run --alone --device disk="$work/absent" -d "$build/tests/kernel/bus.sys"
exits 125 "an image that is not there"
err_has "No such file" "is named"
head -c 700 /dev/zero >"$work/odd"
run "$ringside" run --alone --device disk="$work/odd" -d "$build/tests/kernel/bus.sys"
exits 125 "an image of broken sectors"
run "$ringside" run --alone --device serial="$work/s" --device serial="$work/t" -d "$build/tests/kernel/bus.sys"
exits 125 "two devices at the same ports"
run "$ringside" run --alone --memory 4G --device edu -d "$build/tests/kernel/bus.sys"
exits 125 "no room below 4G"
done_testing
