#!/bin/sh
# What a driver does wrong with a DMA adapter is bug check E6, with the parameters of its page.
. tests/lib.sh
bad=$build/tests/bad

while read -r name first second function sentence; do
    cp "$bad/dma.sys" "$work/$name.sys"
    run "$ringside" run --alone -d "$work/$name.sys"
    exits 134 "$name"
    err_has "STOP 0x000000E6" "$name: the code"
    parameter 1 "0x0*$first" "$name"
    [ "$second" = - ] || parameter 2 "0x0*$second" "$name"
    err_has "$sentence" "$name: what it says"
    grep -qE "culprit +$name.sys!.*dma.c:[0-9]+" "$work/err"
    ok $? "$name: the place"
    grep -q "$name.sys!$function" "$work/err"
    ok $? "$name: the function"
done <<END
forget-flush 10 1 ForgetFlush map registers are given back while a transfer is mapped
forget-flush-of-channel 10 1 ForgetFlushOfChannel map registers are given back while a transfer is mapped
flush-first 20 - FlushFirst buffers are flushed for which no transfer is mapped
flush-twice 20 - FlushTwice buffers are flushed for which no transfer is mapped
map-too-much D 3000 MapTooMuch more is mapped than there are map registers for
map-outside 1B - MapOutside a transfer is mapped from outside its MDL
map-beyond 24 1 MapBeyond longer than what its MDL describes
free-twice 5 2 FreeTwice map registers are freed that were not allocated so
free-no-channel 4 1 FreeNoChannel an adapter channel is freed that nobody has
leave-registers 9 - LeaveRegisters an adapter is put back whose map registers have not been freed
leave-list A - LeaveList an adapter is put back whose scatter/gather lists have not
leave-channel 8 - LeaveChannel an adapter is put back whose channel is in use
leave-common-buffer 7 - LeaveCommonBuffer an adapter is put back whose common buffers have not been freed
list-twice 6 0 ListTwice a scatter/gather list is put back that the driver does not have
list-below 13 1 ListBelow for DISPATCH_LEVEL is called at another level
END

# Windows finds none of that without Driver Verifier.
cp "$bad/dma.sys" "$work/forget-flush.sys"
run "$ringside" run --alone --verifier off -d "$work/forget-flush.sys"
ok "$([ "$status" != 134 ] && echo 0 || echo 1)" "without the verifier a transfer that is not flushed stops nothing"
done_testing
