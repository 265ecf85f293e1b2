#!/bin/sh
# `ringside inspect`: what it says of good and bad images, as text and as JSON, and that it agrees with the loader about what is refused.
. tests/lib.sh
s=$build/samples
i=$build/tests/images
inspects() { # exit code, words, file, name
    run "$ringside" inspect "$3"
    exits $1 "$4"
    out_has "$2" "$4: $2"
}
inspects 0 'WDM' $s/example-neither.sys "a driver"
out_has 'INIT' "its sections"
out_has 'gone after the entry has returned' "what becomes of INIT"
out_has 'pageable' "and of PAGE"
out_has 'IofCompleteRequest' "its imports"
out_has 'it can be loaded' "the verdict"
inspects 0 'console program' $s/client.exe "a program"
out_has 'KERNEL32.dll: Ringside has' "its imports"
inspects 126 'ARM64' $i/arm64.sys "an ARM64 driver"
inspects 126 'x86 (32-bit)' $i/x86.sys "an x86 driver"
inspects 126 'nosuch.sys' $i/missing-dll.sys "a driver that imports from a DLL that is not there"
inspects 0 'lacks RtlDoesNotExist' $i/missing-export.sys "a driver that imports what Ringside lacks"
inspects 126 'NoSuchFunction' $build/tests/programs/lacks.exe "a program that imports what its DLL lacks"
inspects 126 'MZ' tests/inspect.t "text"
: >"$work/empty.sys"
inspects 126 'empty' "$work/empty.sys" "an empty file"
head -c 3000 $s/example-neither.sys >"$work/short.sys"
inspects 126 'cut off' "$work/short.sys" "a truncated image"
cp $s/example-neither.sys "$work/sum.sys"
printf '\377' | dd of="$work/sum.sys" bs=1 seek=2000 conv=notrunc 2>/dev/null
inspects 126 'checksum is wrong' "$work/sum.sys" "a wrong checksum"
run "$ringside" inspect "$work/none.sys"
exits 127 "an absent file"
run "$ringside" inspect /dev/zero
exits 126 "a device"
run "$ringside" inspect "$work"
exits 126 "a directory"
run "$ringside" inspect $s/client.exe "$work/empty.sys" "$work/none.sys"
exits 127 "several files: the worst exit code"
out_has 'client.exe: a console program' "and all of them are shown"

run "$ringside" inspect --json $s/example-neither.sys $i/arm64.sys "$work/none.sys"
exits 127 "--json"
json() { # filter that gives true, name
    if command -v jq >/dev/null; then
        jq -e "$1" "$work/out" >/dev/null
        ok $? "--json: $2"
    else
        ok 0 "--json: $2 # skip jq is not there"
    fi
}
json 'length == 3' "an object for each file"
json '.[0] | .loadable and .wdm and .exit_code == 0 and (.imports[0].functions | length > 5)' "of the driver"
json '.[1] | (.loadable | not) and .machine == "ARM64"' "of what is refused"
json '.[2].exit_code == 127' "of what is absent"

# Damaged images: refused by both or by neither. What DriverEntry returns, and what is called that is not there, only running can tell.
copies=60 differ=0
"$build/tests/tools/mutate" 5000 $copies $s/example-buffered.sys "$work" || exit 1
for n in $(seq 5000 $((5000 + copies - 1))); do
    "$ringside" inspect "$work/$n.sys" >"$work/out" 2>&1
    inspected=$?
    "$ringside" run --timeout 10 -d "$work/$n.sys" >"$work/err" 2>&1 </dev/null
    status=$?
    loaded=0
    [ $status = 126 ] && ! grep -q 'DriverEntry returned\|Ringside does not have' "$work/err" && loaded=126
    if [ $inspected != $loaded ]; then
        differ=$((differ + 1))
        echo "# copy $n: inspect says $inspected, the loader $loaded"
    fi
done
[ $differ = 0 ]
ok $? "$copies damaged images: inspect and loader differ over $differ"
done_testing
