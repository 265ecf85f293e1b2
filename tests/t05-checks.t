#!/bin/sh
# T5: every check of the loader, in its order, with Windows' status. What refusals.t has is not repeated: there are the everyday ones.
. tests/lib.sh
s=$build/samples
i=$build/tests/images
good=$s/example-buffered.sys
refused() { # file, status, name
    run "$ringside" run --strict -d "$1" $s/client.exe hello
    exits 126 "$3"
    err_has "$2" "$3: $2"
    err_lacks 'own mistake' "$3: no mistake of ours"
}
number() { od -An -tu4 -j $2 -N 4 $1 | tr -d ' '; } # file offset
# damaged NAME OFFSET BYTES: the good driver with other bytes at an offset
damaged() {
    cp $good $work/$1.sys
    printf "$3" | dd of=$work/$1.sys bs=1 seek=$2 conv=notrunc 2>/dev/null
}
pe=$(number $good 60)
optional=$((pe + 24))
sections=$((optional + 240))

damaged offset 60 '\377\377\377\177'
refused $work/offset.sys STATUS_INVALID_IMAGE_FORMAT "the offset of the PE header leads out of the file"
damaged signature $pe 'XX'
refused $work/signature.sys STATUS_INVALID_IMAGE_FORMAT "no PE signature"
damaged sections $((pe + 6)) '\377\377'
refused $work/sections.sys STATUS_INVALID_IMAGE_FORMAT "more sections than the headers have room for"
damaged magic $optional '\007\001'
refused $work/magic.sys STATUS_INVALID_IMAGE_FORMAT "a magic number that is none"
damaged executable $((pe + 22)) '\040\000'
refused $work/executable.sys STATUS_INVALID_IMAGE_FORMAT "an object file: not executable"
damaged entry $((optional + 16)) '\000\000\000\177'
refused $work/entry.sys STATUS_INVALID_IMAGE_FORMAT "an entry point outside the image"
damaged alignment $((optional + 32)) '\003\000\000\000'
refused $work/alignment.sys STATUS_INVALID_IMAGE_FORMAT "an alignment that is no power of two"
damaged size $((optional + 56)) '\000\020\000\000'
refused $work/size.sys STATUS_INVALID_IMAGE_FORMAT "an image smaller than its sections"
damaged raw $((sections + 20)) '\000\000\000\177'
refused $work/raw.sys STATUS_INVALID_IMAGE_FORMAT "a section whose bytes are not in the file"
damaged virtual $((sections + 12)) '\000\000\000\177'
refused $work/virtual.sys STATUS_INVALID_IMAGE_FORMAT "a section outside the image"
damaged overlap $((sections + 40 + 12)) '\000\020\000\000'
refused $work/overlap.sys STATUS_INVALID_IMAGE_FORMAT "two sections at the same place"
damaged imports $((optional + 112 + 8)) '\000\000\000\177'
refused $work/imports.sys STATUS_INVALID_IMAGE_FORMAT "imports outside the image"
damaged relocations $((optional + 112 + 40)) '\000\000\000\177\020\000\000\000'
refused $work/relocations.sys STATUS_INVALID_IMAGE_FORMAT "relocations outside the image"
damaged zero $((optional + 64)) '\000\000\000\000'
refused $work/zero.sys STATUS_IMAGE_CHECKSUM_MISMATCH "no checksum"
refused $i/fixed.sys STATUS_CONFLICTING_ADDRESSES "no relocations"
refused $i/ordinal.sys STATUS_DRIVER_ORDINAL_NOT_FOUND "an ordinal that is not exported"
refused $i/missing-export.sys STATUS_DRIVER_ENTRYPOINT_NOT_FOUND "a name that is not exported, with --strict"
refused $i/noentry.sys STATUS_INVALID_IMAGE_FORMAT "no entry point"
run "$ringside" run -d $good -d $good $s/client.exe hello
[ "$status" != 0 ]
ok $? "the same driver twice is refused"
run "$ringside" run -d $good $s/client.exe hello
exits 0 "and undamaged it runs"
done_testing
