#!/bin/sh
# samples/timer: a periodic timer with its DPC, the device's I/O timer, coalescing.
. tests/lib.sh
. tests/samples.sh
built timer
as_shown timer 1 2 3
sample --realtime -- -d metronome.sys dance.exe
exits 0 "by the clock on the wall"
out_has "one that the driver loses patience with: error 121" "the driver's patience"
done_testing
