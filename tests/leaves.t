#!/bin/sh
# Memory that goes while the kernel still uses something in it: freed pool and unloaded images, each with Windows' code, the object and the driver.
. tests/lib.sh
bad=$build/tests/bad

while read -r name stop first function sentence; do
    cp "$bad/leaves.sys" "$work/$name.sys"
    run "$ringside" run --alone -d "$work/$name.sys"
    exits 134 "$name"
    err_has "STOP 0x000000$stop" "$name: the code"
    parameter 1 "0x0*$first" "$name"
    err_has "$sentence" "$name: what it says"
    if [ "$function" != - ]; then
        grep -q "$name.sys!$function " "$work/err"
        ok $? "$name: the place"
    fi
done <<END
freed-timer C4 15 FreedTimer pool is freed while a timer in it is set: call KeCancelTimer first
freed-dpc C7 1 FreedDpc pool is freed while a DPC in it is queued: call KeFlushQueuedDpcs
freed-threaded-dpc C7 1 FreedThreadedDpc pool is freed while a DPC in it is queued
freed-dpc-of-timer C7 1 - a timer goes off whose DPC is none any more
freed-work E4 0 FreedWork pool is freed while a work item in it is queued: wait until its routine has run
freed-waiting-work E4 0 FreedWaitingWork pool is freed while a work item in it is queued
freed-io-work E4 2 FreedIoWork a work item was freed while it is queued
freed-resource C4 D2 FreedResource pool is freed while a resource in it is in use: call ExDeleteResourceLite first
freed-lookaside C4 CC FreedLookaside pool is freed while a lookaside list in it is in use: delete the list first
freed-extension C4 15 FreedExtension pool is freed while a timer in it is set
resource-again C4 D0 ResourceAgain a resource is initialized that is in use already
resource-deleted-twice C4 D1 ResourceDeletedTwice a resource is deleted that was never initialized, or has been deleted before
lookaside-again C4 CA LookasideAgain a lookaside list is initialized that is in use already
lookaside-never C4 CB LookasideNever a lookaside list is deleted that was never initialized
work-again E4 1 WorkAgain a work item is queued that is queued already
unloaded-timer C7 0 - unloaded-timer.sys is unloaded while a timer of its own is set
unloaded-routine C7 0 - unloaded-routine.sys is unloaded while a timer of its own is set
unloaded-resource C4 D2 - unloaded-resource.sys is unloaded while a resource in it is in use
unloaded-lookaside C4 CC - unloaded-lookaside.sys is unloaded while a lookaside list in it is in use
unloaded-work E4 0 - unloaded-work.sys is unloaded while a work item of its own is queued
END

cp "$bad/leaves.sys" "$work/nearly.sys"
for cpus in 1 4; do
    run "$ringside" run --alone --cpus $cpus -d "$work/nearly.sys"
    exits 0 "what is taken down in time, $cpus processors"
    err_has 'all of it was taken down' "goes, $cpus processors"
done

# Without the verifier, what Windows finds without Driver Verifier.
cp "$bad/leaves.sys" "$work/unloaded-resource.sys"
run "$ringside" run --alone --verifier off -d "$work/unloaded-resource.sys"
exits 0 "--verifier off: a resource that is left behind goes unseen"
cp "$bad/leaves.sys" "$work/unloaded-timer.sys"
run "$ringside" run --alone --verifier off -d "$work/unloaded-timer.sys"
exits 134 "--verifier off: a timer does not"
done_testing
