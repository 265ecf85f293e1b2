#!/bin/sh
# Runs the same binaries here and under Wine, and compares what they print with differences.tbl. TAP; skipped where there is no 64-bit Wine.
# What differs and is not in the table fails, and so does what is in the table and does not differ.
here=tests/wine
build=${BUILD:-build}
command -v wine >/dev/null 2>&1 || {
    echo "1..0 # skip Wine is not installed (apt install wine wine64)"
    exit 0
}
work=$(mktemp -d)
# Its own prefix: no setting, service or file of the user's Wine is read or written. A display, crash dialogs, Mono and Gecko are not wanted.
WINEPREFIX=$work/prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe=;winedbg.exe=' DISPLAY=
export WINEPREFIX WINEDEBUG WINEDLLOVERRIDES DISPLAY
server=wineserver
command -v wineserver >/dev/null 2>&1 || server=/usr/lib/wine/wineserver
trap '"$server" -k >/dev/null 2>&1; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
timeout 120 wine wineboot -i >"$work/boot" 2>&1 || {
    echo "1..0 # skip Wine does not start: $(tail -n 1 "$work/boot")"
    exit 0
}
wine reg add 'HKCU\\Software\\Wine' /v Version /d win10 /f >/dev/null 2>&1
c=$WINEPREFIX/drive_c
root=$work/root
mkdir "$root"
for file in "$build"/samples/*.sys "$build"/samples/*.exe; do
    cp "$file" "$c" && cp "$file" "$root"
done
printf 'This is not an image.\n' | tee "$c/text.sys" >"$root/text.sys"
: >"$work/differences"

# What is printed as lines of a name, a tab, what is said of it. Names that come again are numbered.
facts() {
    tr -d '\r' | awk '
        /^(not )?ok [0-9]+ - / { said = $1 == "ok" ? "ok" : "not ok"; sub(/^(not )?ok [0-9]+ - /, ""); sub(/ \(line [0-9]+, last error [0-9]+\)$/, ""); fact($0, said); next }
        /^#|^1\.\.|^[ \t]*$/ { next }
        match($0, /: (error )?[0-9]/) { name = substr($0, 1, RSTART - 1); said = substr($0, RSTART + 2); sub(/ \(expected [0-9]+\)$/, "", said); fact(name, said); next }
        match($0, /: (ok|error)/) { fact(substr($0, 1, RSTART - 1), substr($0, RSTART + 2)); next }
        { fact($0, "printed") }
        function fact(name, said) { count[name]++; print name (count[name] > 1 ? " (" count[name] ")" : "") "\t" said }' | LC_ALL=C sort
}

# compare NAME [WINE'S EXIT CODE]: $work/ours and $work/wine hold what each printed. What a program that Wine ended has not printed is one difference.
compare() {
    facts <"$work/ours" >"$work/ours.facts"
    facts <"$work/wine" >"$work/wine.facts"
    LC_ALL=C join -t "$(printf '\t')" -a 1 -a 2 -e '-' -o 0,1.2,2.2 "$work/ours.facts" "$work/wine.facts" | key=$1 code=${2:-0} awk -F '\t' '
        $2 != $3 { print ENVIRON["key"] "\t" ($3 == "-" && ENVIRON["code"] != 0 ? "(ends early)" : $1) "\t" $2 "\t" $3 }' >>"$work/differences"
    compared=$((${compared:-0} + $(wc -l <"$work/ours.facts")))
}
# both NAME COMMAND...: runs what is in the root both here and in Wine
both() {
    name=$1 program=$2
    shift 2
    timeout 60 "$build/ringside" run --timeout 60 --root "$root" ${driver:+-d "$root/$driver"} "$root/$program" "$@" </dev/null >"$work/ours" 2>"$work/ours.err"
    (cd "$c" && timeout 60 wine "C:\\$program" "$@" </dev/null >"$work/wine" 2>/dev/null)
    compare "$name" $?
}

# Programs that need no driver; those in the table with a star are not run, and why is said there.
for source in tests/user/*.c; do
    name=$(basename "$source" .c)
    [ -f "tests/kernel/$name.c" ] && continue
    grep -q "^$name *| \* *|" $here/differences.tbl && continue
    cp "$build/tests/user/$name.exe" "$c" && cp "$build/tests/user/$name.exe" "$root"
    both "$name" "$name.exe"
done

# A driver's service, through the loader. Wine's StartService fails now and then with 1359 (ERROR_INTERNAL_ERROR), or finds the driver that it has
# just stopped still there, and is asked again.
wine_service() {
    for attempt in 1 2 3; do
        (cd "$c" && timeout 60 wine 'C:\loader.exe' "$@" 2>/dev/null) >"$work/wine"
        grep -qE 'error (1359|10[567][0-9])' "$work/wine" || return 0
        sleep 1
    done
}
for kind in buffered direct neither; do
    "$build/ringside" run --timeout 60 --root "$root" "$root/loader.exe" --no-wait "C:\\example-$kind.sys" >"$work/ours" 2>/dev/null
    wine_service --no-wait "C:\\example-$kind.sys"
    compare loader
    driver=example-$kind.sys
    for words in 'Hello from user mode!' '%s%n%d' --evil --unmap-race; do
        for attempt in 1 2 3; do
            wine_service --install "C:\\$driver"
            cp "$work/differences" "$work/before"
            both client client.exe "$words"
            wine_service --remove
            sleep 1
            # The driver before goes when Wine's manager gets round to it, and may take this one's link with it: then once more.
            grep -q CreateFile "$work/wine.facts" || break
            cp "$work/before" "$work/differences"
        done
    done
done
driver=
for path in 'C:\absent.sys' 'C:\absent\example.sys' 'C:\text.sys'; do
    "$build/ringside" run --timeout 60 --root "$root" "$root/loader.exe" --no-wait "$path" >"$work/ours" 2>/dev/null
    wine_service --no-wait "$path"
    compare "loader $path"
done
both 'client without a driver' client.exe nobody
both native native.exe one 'two words'

# The table against what was seen. Columns: program | what | reason.
sed 's/#.*//; s/ *| */|/g; s/ *$//; /^$/d; /|\*|/d' $here/differences.tbl | cut -d '|' -f 1,2 | tr '|' '\t' | LC_ALL=C sort >"$work/listed"
cut -f 1,2 "$work/differences" | LC_ALL=C sort -u >"$work/seen"
n=1
echo "ok $n - $compared facts compared with $(wine --version)"
LC_ALL=C comm -12 "$work/listed" "$work/seen" >"$work/known"
LC_ALL=C comm -23 "$work/listed" "$work/seen" >"$work/gone"
LC_ALL=C comm -13 "$work/listed" "$work/seen" >"$work/new"
tab=$(printf '\t')
while IFS=$tab read -r program what; do
    n=$((n + 1))
    printf '%s\n' "ok $n - $program: $what: differs, and why is known"
done <"$work/known"
while IFS=$tab read -r program what; do
    n=$((n + 1))
    printf '%s\n' "not ok $n - $program: $what: is in $here/differences.tbl and does not differ"
done <"$work/gone"
while IFS=$tab read -r program what; do
    n=$((n + 1))
    printf '%s\n' "not ok $n - $program: $what: differs and is not in $here/differences.tbl"
    key=$program$tab$what awk -F '\t' '$1 "\t" $2 == ENVIRON["key"] { print "# here: " $3 "; Wine: " $4 }' "$work/differences" | sort -u
done <"$work/new"
echo "1..$n"
