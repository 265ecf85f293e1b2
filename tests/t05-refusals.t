#!/bin/sh
# Images that cannot be drivers: one sentence, exit 126 (absent: 127) from run -d, and Windows' error from StartService.
. tests/lib.sh
s=$build/samples
good=$s/example-buffered.sys
refused() { # file, words of the sentence, name
    run "$ringside" run -d "$1" $s/client.exe hello
    exits 126 "$3"
    err_has "$2" "$3: the sentence says why"
    err_lacks 'own mistake' "$3: no mistake of ours"
    one_sentence "$3"
    grep -qE 'STATUS_[A-Z0-9_]+ 0x[0-9A-F]{8}, Win32 error [0-9]+' "$work/err"
    ok $? "$3: with status and Win32 error"
}
one_sentence() { [ "$(wc -l <"$work/err")" = 1 ] && grep -q '^ringside: .*: .*: ' "$work/err"; ok $? "$1: one sentence with what, why and what to do"; }
service_error() { # file in the root, win32 error, name
    run "$ringside" run --root "$work" $s/loader.exe --no-wait "C:\\$1"
    grep -qE "error $2\b" "$work/out"
    ok $? "$3: StartService gives $2"
}

run "$ringside" run -d $work/absent.sys $s/client.exe hello
exits 127 "an absent file"
err_has 'absent.sys' "an absent file is named"
one_sentence "an absent file"
run "$ringside" run --root "$work" -d 'C:\absent.sys' $s/client.exe hello
exits 127 "an absent file in the machine"
one_sentence "an absent file in the machine"
: >$work/empty.sys
refused $work/empty.sys empty "an empty file"
printf 'This is not a driver.\n' >$work/text.sys
refused $work/text.sys 'not' "text renamed to .sys"
head -c 8192 $ringside | tail -c 4096 >$work/random.sys
refused $work/random.sys 'not' "random bytes"
refused $s/client.exe '' "a console program as driver"
head -c 3000 $good >$work/short.sys
refused $work/short.sys '' "a truncated image"
cp $good $work/sum.sys
printf '\377' | dd of=$work/sum.sys bs=1 seek=2000 conv=notrunc 2>/dev/null
refused $work/sum.sys checksum "a wrong checksum"
for kind in x86 arm64 dll missing-dll; do
    refused $build/tests/images/$kind.sys '' "$kind"
done
cp $build/tests/images/*.sys $work/
service_error empty.sys 193 "an empty file"
service_error text.sys 193 "text"
service_error short.sys 193 "a truncated image"
service_error sum.sys 193 "a wrong checksum"
service_error x86.sys 193 "an x86 driver"
service_error missing-dll.sys 2 "an import from a DLL that does not exist"
service_error nothing-there.sys 2 "an absent file"

run "$ringside" run -d $build/tests/images/missing-export.sys $s/client.exe hello
err_has 'RtlDoesNotExist' "an import that we do not have stops with its name when called"
err_lacks 'own mistake' "and that is no mistake of ours"
one_sentence "an import that we do not have"
run "$ringside" run -d $build/tests/bad/failing-entry.sys
exits 126 "a DriverEntry that returns an error"
err_has 'STATUS_UNSUCCESSFUL' "names its status"
one_sentence "a DriverEntry that returns an error"
done_testing
