#!/bin/sh
# T37: what a program wrote is text, printed when it is terminated within its length, and never a format.
. tests/lib.sh
s=$build/samples
for kind in buffered direct neither; do
    run "$ringside" run -d $s/example-$kind.sys $s/client.exe --evil
    out_has 'evil: write without a terminator: error 87' "$kind: text without a terminator is refused"
    out_has 'evil: write of length 0: error 87' "$kind: so is none"
    err_lacks 'noend' "$kind: and none of it is printed"
    for text in '%s%n%d' '%p%p%p%p' '%1000000s' '%wZ%Z%C%S'; do
        run "$ringside" run -d $s/example-$kind.sys $s/client.exe "$text"
        exits 0 "$kind: '$text'"
        err_has "): $text" "$kind: '$text' is printed as it is"
    done
done
done_testing
