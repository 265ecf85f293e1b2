#!/bin/sh
# T15: power fails. First by the disk model, which lets itself be pulled out after any number of sectors written: each point of a fixed workload (SOAK=1), or every
# thirteenth. Then by `down --kill` and SIGKILL while a program writes. The image is never worse than FAT promises: samples/stack/README.md.
. tests/lib.sh
. tests/fat.sh
mkdir -p -m 700 "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"

for bits in 12 16 32; do
    mkdir "$work/$bits"
    perl tests/pulled.pl "$build" "$work/$bits" $bits $([ "${SOAK:-}" = 1 ] && echo 1 || echo 13) $((bits % 5)) >"$work/out" 2>"$work/err"
    ok $? "FAT$bits: $(tail -n 1 "$work/out")"
    rm -rf "${work:?}/$bits"
done

i=0
while [ $i -lt 400 ]; do
    printf 'put E:\\file%d.dat 0 20000 %d\nmove E:\\file%d.dat E:\\a_longer_name_for_it_%d.dat\ncut E:\\a_longer_name_for_it_%d.dat 9000\ndelete E:\\a_longer_name_for_it_%d.dat\n' \
        $i $i $i $i $i $((i - 3))
    i=$((i + 1))
done >"$work/script"
head -c 50000 "$build/samples/files.exe" >"$work/kept"

# whole NAME: what is allowed, one repair, and what was there before
whole() {
    fsck.fat -n "$image" >"$work/fsck" 2>&1
    ! grep -qi "shar\|bad\|cross\|free cluster\|not a directory\|Invalid\|uplicate" "$work/fsck"
    ok $? "$1: no file holds what is another's"
    fsck.fat -a "$image" >/dev/null 2>&1
    fsck.fat -n "$image" >/dev/null 2>&1
    ok $? "$1: one repair makes it whole"
    mcopy -n -i "$image" ::kept - 2>/dev/null | cmp -s - "$work/kept"
    ok $? "$1: and what was there before is there"
}

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
    whole "down --kill after $delay s"
done
for delay in 0.15 0.3; do
    rm -f "$image"
    mkfs.fat -F 16 -s 1 -C "$image" 8192 >/dev/null
    mcopy -i "$image" "$work/kept" ::
    "$ringside" run --alone --device "stick=$image" -d "$build/samples/disk.sys" -d "$build/samples/volume.sys" -d "$build/samples/fat.sys" "$build/samples/files.exe" \
        <"$work/script" >"$work/out" 2>"$work/err" &
    program=$!
    sleep $delay
    kill -KILL $program
    wait $program 2>/dev/null
    whole "SIGKILL after $delay s"
done
done_testing
