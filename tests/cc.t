#!/bin/sh
# `ringside cc`: the samples built with it run as those that the build makes; beginners' sources compile as they stand; what it says of mistakes.
. tests/lib.sh
TMPDIR=$work/temporary
export TMPDIR
mkdir "$TMPDIR"
s=$build/samples
compile() { run "$ringside" cc "$@"; }
one_line() { [ "$(wc -l <"$work/err")" = 1 ] && grep -q '^ringside: ' "$work/err"; ok $? "$1: one sentence"; }

# The samples
compile samples/example/client.c -o "$work/client.exe"
exits 0 "the sample client"
[ ! -s "$work/err" ]
ok $? "without a warning"
number=1
for kind in buffered direct neither; do
    compile samples/example/example.c -o "$work/example-$kind.sys" -- -DEXAMPLE_IO=$number
    exits 0 "the sample driver, $kind"
    [ ! -s "$work/err" ]
    ok $? "without a warning"
    number=$((number + 1))
    for words in 'Hello from user mode!' --evil; do
        "$ringside" run -d $s/example-$kind.sys $s/client.exe "$words" >"$work/first" 2>&1
        run "$ringside" run -d "$work/example-$kind.sys" "$work/client.exe" "$words"
        exits 0 "$kind, $words"
        cat "$work/out.raw" "$work/err" | sort >"$work/both"
        sort "$work/first" | cmp -s - "$work/both"
        ok $? "$kind, $words: the same as with the build's own"
    done
    run "$ringside" inspect "$work/example-$kind.sys"
    exits 0 "$kind: inspect"
    out_has 'WDM' "$kind: a WDM driver"
    out_has 'INIT' "$kind: with INIT"
    out_has 'DWARF' "$kind: and debug data"
done

# A driver in the style of first tutorials
compile tests/sources/writer.c -o "$work/writer.exe"
exits 0 "a beginner's program"
for kind in NEITHER DIRECT BUFFERED; do
    compile tests/sources/beginner.c -o "$work/note.sys" -- -D__USE_${kind}__
    exits 0 "a beginner's driver, $kind"
    err_lacks 'error' "$kind: no errors"
    for level in off standard; do
        run "$ringside" run --verifier $level -d "$work/note.sys" "$work/writer.exe" '\\.\Note' "Dear diary %s%n"
        exits 0 "$kind, --verifier $level: it works"
        err_has 'Dear diary %s%n' "$kind, --verifier $level: and prints"
        err_has 'Note: Unload' "$kind, --verifier $level: and is unloaded"
    done
    err_has 'neither completed nor pending' "$kind: standard reports the missing completion"
    run "$ringside" run -d "$work/note.sys" "$work/writer.exe" '\\.\Note'
    exits 1 "$kind: a bad buffer"
    out_has 'WriteFile: 998' "$kind: is ERROR_NOACCESS"
done

# C++; headers by names of any case and with backslashes; what newer kits and Visual C++ have
compile tests/sources/counter.cpp -o "$work/counter.sys"
exits 0 "a driver in C++"
[ ! -s "$work/err" ]
ok $? "without a warning"
compile tests/sources/tally.cpp -o "$work/tally.exe" -- -Itests/sources
exits 0 "a program in C++"
[ ! -s "$work/err" ]
ok $? "without a warning"
run "$ringside" run --alone --cpus 4 -d "$work/counter.sys" "$work/tally.exe"
exits 0 "they work"
out_has 'y.exe: 42 by counter.cpp' "and talk to each other"
out_has 'bad buffer: 998' "a bad buffer is found by __try"
err_has 'Control: now 42' "KdPrint prints: builds are checked ones"
err_has 'counter gone' "a virtual destructor"
compile tests/sources/counter.cpp -o "$work/free.sys" -- -DDBG=0
run "$ringside" run --alone -d "$work/free.sys" "$work/tally.exe"
err_lacks 'now 42' "unless -DDBG=0 says otherwise"
compile tests/sources/older.cpp -o "$work/older.sys"
exits 0 "headers in extern \"C\", <ddk/ntddk.h>, sprintf, the address of a cast"
[ ! -s "$work/err" ]
ok $? "without a warning"
run "$ringside" run --alone -d "$work/older.sys"
exits 0 "it works"
err_has 'older: 07x111669149696, block 1' "sprintf is the kernel's"
printf '#include <ntifs.h>\n#include <ntdddisk.h>\n#include <ntddvol.h>\nULONG a[] = {IOCTL_DISK_IS_CLUSTERED, IOCTL_VOLUME_QUERY_ALLOCATION_HINT};\n%s' \
    'NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING r) { return STATUS_UNSUCCESSFUL; }' >"$work/disk.c"
compile "$work/disk.c" -o "$work/disk.sys"
exits 0 "control codes of disks and volumes"
for before in '#define INITGUID\n#include <windows.h>\n' '#include <windows.h>\n#include <initguid.h>\n'; do
    printf "$before"'#include <winioctl.h>\nint main(void) { return GUID_DEVINTERFACE_DISK.Data1 != 0x53f56307; }\n' >"$work/guid.c"
    compile "$work/guid.c" -o "$work/guid.exe"
    exits 0 "GUIDs of winioctl.h after $before"
    run "$ringside" run --alone "$work/guid.exe"
    exits 0 "are there"
done
printf '#include <vector>\nint main() { return missing; }\n' >"$work/vector.cpp"
compile "$work/vector.cpp" -o "$work/vector.exe"
exits 1 "a standard C++ header"
grep -q "g++-mingw-w64\|'missing'" "$work/err"
ok $? "is not there, and how to get it; or there"
compile tests/sources/kit.c -o "$work/kit.sys" -- -laux_klib -lntstrsafe -lwdmsec -llibcntpr
exits 0 "the kit's libraries by name"
[ ! -s "$work/err" ]
ok $? "without a warning"
run "$ringside" run --alone -d "$work/kit.sys"
exits 0 "they work"
err_has ': ntoskrnl.exe, last: kit.sys' "aux_klib lists the modules"
err_lacks 'wrong:' "nothing is wrong"
compile tests/sources/newer.c -o "$work/newer.sys"
exits 0 "annotations, roles, locks, counted strings"
[ ! -s "$work/err" ]
ok $? "without a warning"
run "$ringside" run --alone -d "$work/newer.sys"
exits 0 "they work"
err_has 'checked build: € é' "text in UTF-8 is shown as that"
err_lacks 'wrong:' "nothing is wrong"
printf '#include <windows.h>\n#include <stdio.h>\nVOID __cdecl\nmain(\n    _In_ ULONG argc, /* how many */\n    _In_reads_(argc) PCHAR argv[])\n{ printf("%%lu %%s\\n", argc, argv[1]); }\n' >"$work/void.c"
compile "$work/void.c" -o "$work/void.exe"
exits 0 "VOID main(ULONG, PCHAR[])"
run "$ringside" run --alone "$work/void.exe" a
exits 0 "its exit code is 0"
out_has '2 a' "it gets its arguments"
printf 'int __cdecl main(unsigned argc, char **argv) { return argc; }\n' >"$work/void.c"
compile "$work/void.c" -o "$work/void.exe"
run "$ringside" run --alone "$work/void.exe" a b
exits 3 "int main(unsigned, char **)"

for crt in msvcrt ucrt; do
    compile tests/sources/formats.c --crt $crt -o "$work/formats.exe"
    exits 0 "formats of Windows, $crt"
    run "$ringside" run --alone "$work/formats.exe" wide
    exits 0 "$crt: it runs"
    out_has 'wide narrow wide narrow' "$crt: %s is wide in wide functions"
    out_has 'narrow wide wide narrow' "$crt: %ws and %S"
    out_has '-5 123456789abcdef 6 64 7 0000BEEF' "$crt: %I64d, %lld, %zu, %Iu"
    out_has 'wide|x| 2.50' "$crt: swprintf_s, %ws"
done

# Options
compile -v tests/sources/writer.c -o "$work/v.exe"
err_has '--target=x86_64-w64-windows-gnu' "-v prints the commands"
compile tests/sources/beginner.c -o "$work/up.sys" -- -Wl,-driver:uponly
exits 0 "-Wl, goes to the linker"
run "$ringside" inspect "$work/up.sys"
out_has '(UP)' "and arrives there"
printf 'int __stdcall DllMain(void *m, unsigned long r, void *p) { return 1; }\n__declspec(dllexport) int Twice(int x) { return 2 * x; }\n' >"$work/twice.c"
compile "$work/twice.c" -o "$work/twice.dll"
exits 0 "a library"
run "$ringside" inspect "$work/twice.dll"
exits 0 "can be loaded"
out_has 'a DLL' "and is one"
printf '#include <stdio.h>\nint other(void);\nint main(void) { printf("%%d\\n", other()); return 0; }\n' >"$work/one.c"
printf 'int other(void) { return 42; }\n' >"$work/two.c"
compile "$work/one.c" "$work/two.c" -o "$work/both.exe"
run "$ringside" run "$work/both.exe"
out_has 42 "two sources"
[ -z "$(ls -A "$TMPDIR")" ]
ok $? "nothing is left in the directory for temporary files"

cp "$work/twice.dll" "$work/x.rc"
compile "$work/one.c" "$work/x.rc" -o "$work/both.exe"
exits 125 "a resource script"
err_has 'x.rc: it is no C or C++ source' "is refused by name, with what to do"
one_line "a resource script"
printf 'LIBRARY\nEXPORTS\n  Other = other\n' >"$work/two.def"
compile "$work/two.c" "$work/two.def" -o "$work/two.dll" -- "-Wl,-implib:$work/two.lib"
exits 0 "a .def file"
printf '__declspec(dllimport) int Other(void);\nint main(void) { return Other(); }\n' >"$work/three.c"
compile "$work/three.c" "$work/two.lib" -o "$work/three.exe"
exits 0 "a library among the sources"
run "$ringside" run "$work/three.exe"
exits 42 "both work"

# Mistakes
printf 'int main(void) { return x; }\n' >"$work/bad.c"
compile "$work/bad.c" -o "$work/bad.exe"
exits 1 "an error in the source"
err_has "bad.c:1:25: error: use of undeclared identifier 'x'" "is the compiler's"
[ ! -e "$work/bad.exe" ]
ok $? "and there is no image"
printf 'int nowhere(void);\nint main(void) { return nowhere(); }\n' >"$work/bad.c"
compile "$work/bad.c" -o "$work/bad.exe"
exits 1 "an undefined symbol"
err_has 'nowhere' "is named"
printf '#include <wdm.h>\nNTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING r) { __try { d->Flags = 1; } __finally { return 1; } }\n' >"$work/bad.c"
compile "$work/bad.c" -o "$work/bad.sys"
exits 1 "return out of __finally"
cat >"$work/later.c" <<'END'
#include <ntddk.h>
static VOID Unload(PDRIVER_OBJECT d) { UNREFERENCED_PARAMETER(d); }
NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING r) {
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'tseT'), Zero = ExAllocatePoolZero(PagedPool, 16, 'tseT');
    UNREFERENCED_PARAMETER(r);
    d->DriverUnload = Unload;
    DbgPrint("zeroed: %d\n", Block && Zero && !Block[63] && !Zero[15]);
    ExFreePool2(Block, 'tseT', NULL, 0);
    ExFreePoolWithTag(Zero, 'tseT');
    return STATUS_SUCCESS;
}
END
printf '#include <ntddk.h>\nNTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING r) { return STATUS_SUCCESS; }\n' >"$work/mangled.cpp"
compile "$work/mangled.cpp" -o "$work/mangled.sys"
exits 1 "an entry that is mangled"
err_has 'declare it extern "C"' "is told from one that is missing"
: >"$work/empty.c"
for what in 'sys DriverEntry' 'exe main'; do
    compile "$work/empty.c" -o "$work/empty.${what%% *}"
    exits 1 "an empty source, .${what%% *}"
    err_has "no source has a ${what#* }()" "says what is missing"
    one_line "an empty source"
done
compile "$work/later.c" -o "$work/later.sys"
exits 0 "what the kit has later than mingw-w64"
run "$ringside" run --alone --timeout 60 -d "$work/later.sys"
grep -hq 'zeroed: 1' "$work/out" "$work/err"
ok $? "works"
compile "$work/none.c" -o "$work/none.sys"
exits 125 "a source that is not there"
one_line "a source that is not there"
compile tests/sources/writer.c -o "$work/writer.obj"
exits 125 "an ending that says nothing"
one_line "an ending that says nothing"
compile tests/sources/writer.c
exits 125 "no output"
run env PATH=/nonexistent "$(realpath "$ringside")" cc tests/sources/writer.c -o "$work/x.exe"
exits 125 "no compiler"
err_has 'apt install' "and how to get one"
done_testing
