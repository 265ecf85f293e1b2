#!/bin/sh
# T1: the subsystem in an image says what it is and how it is to be loaded. Each kind, loaded as what it is not.
. tests/lib.sh
s=$build/samples i=$build/tests/images
says() { # file, words, name
    run "$ringside" inspect "$1"
    out_has "$2" "inspect: $3"
}
says $s/client.exe 'console program' "a console program"
says $s/native.exe 'native program' "a native program"
says $s/example-neither.sys 'driver' "a driver"
says $build/ring3/kernel32.dll 'a DLL' "a DLL"
printf '#include <windows.h>\nint WINAPI WinMain(HINSTANCE a, HINSTANCE b, LPSTR c, int d) { return 5; }\n' >"$work/gui.c"
run "$ringside" cc "$work/gui.c" -o "$work/gui.exe" -- -Wl,-subsystem:windows
exits 0 "a GUI program is linked"
says "$work/gui.exe" 'GUI program' "a GUI program"

refused() { # name, status, arguments of run...
    name=$1 wanted=$2
    shift 2
    run "$ringside" run "$@"
    exits 126 "$name"
    err_has "$wanted" "$name: with Windows' status"
    [ "$(wc -l <"$work/err")" = 1 ] && grep -q '^ringside: .*: .*: ' "$work/err"
    ok $? "$name: one sentence"
}
refused "a console program as driver" 'STATUS_OBJECT_NAME_NOT_FOUND 0xC0000034' -d $s/client.exe
refused "a DLL as driver" 'STATUS_' -d $build/ring3/kernel32.dll
refused "a driver as program" 'STATUS_DLL_NOT_FOUND 0xC0000135' $s/example-neither.sys
refused "a DLL as program" 'STATUS_INVALID_IMAGE_FORMAT 0xC000007B' $build/ring3/kernel32.dll
refused "a 32-bit image as driver" 'STATUS_' -d $i/x86.sys
refused "a 32-bit image as program" 'STATUS_INVALID_IMAGE_WIN_32 0xC0000359' $i/x86.sys
refused "an ARM64 image as driver" 'STATUS_' -d $i/arm64.sys
refused "an ARM64 image as program" 'STATUS_INVALID_IMAGE_FORMAT 0xC000007B' $i/arm64.sys
head -c 3000 $s/example-neither.sys >"$work/short.sys"
refused "a truncated driver" 'STATUS_' -d "$work/short.sys"
head -c 3000 $s/client.exe >"$work/short.exe"
refused "a truncated program" 'STATUS_' "$work/short.exe"
done_testing
