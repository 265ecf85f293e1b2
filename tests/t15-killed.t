#!/bin/sh
# T15: the memory stick is pulled: `down --kill` while a program writes. The image is never worse than FAT promises: nothing that a check does not repair
# without loss of what was written before.
. tests/lib.sh
mkdir -p -m 700 "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"

for tool in mkfs.fat mcopy fsck.fat; do
    if ! command -v $tool >/dev/null && ! [ -x /usr/sbin/$tool ]; then
        echo "1..0 # SKIP $tool is not here (Debian: dosfstools, mtools)"
        exit 0
    fi
done
PATH=$PATH:/usr/sbin
MTOOLS_SKIP_CHECK=1
export MTOOLS_SKIP_CHECK
image=$work/stick.img
i=0
while [ $i -lt 400 ]; do
    printf 'put E:\\file%d.dat 0 20000 %d\ncut E:\\file%d.dat 9000\ndelete E:\\file%d.dat\n' $i $i $i $((i - 3))
    i=$((i + 1))
done >"$work/script"
head -c 50000 "$build/samples/files.exe" >"$work/kept"

for delay in 0.1 0.2 0.3; do
    rm -f "$image"
    mkfs.fat -C "$image" 8192 >/dev/null
    mcopy -i "$image" "$work/kept" ::
    "$ringside" up --device "disk=$image" >"$work/out" 2>"$work/err"
    for driver in disk volume fat; do "$ringside" load "$build/samples/$driver.sys" >>"$work/out" 2>>"$work/err"; done
    "$ringside" run "$build/samples/files.exe" <"$work/script" >"$work/out" 2>"$work/err" &
    program=$!
    sleep $delay
    "$ringside" down --kill >/dev/null 2>&1
    wait $program
    ok "$([ "$(mdir -b -i "$image" 2>/dev/null | wc -l)" -gt 1 ] && echo 0 || echo 1)" "something had been written after $delay s"
    fsck.fat -n "$image" >"$work/fsck" 2>&1
    ! grep -qi "shar\|bad\|cross\|free cluster\|not a directory\|Invalid" "$work/fsck"
    ok $? "pulled after $delay s: no file holds what is another's"
    fsck.fat -a "$image" >/dev/null 2>&1
    fsck.fat -n "$image" >/dev/null 2>&1
    ok $? "one repair makes it whole"
    mcopy -n -i "$image" ::kept - 2>/dev/null | cmp -s - "$work/kept"
    ok $? "and what was there before is there"
done
done_testing
