#!/bin/sh
# `make install` puts down one program, its man page, completions and documents, and that program is whole: nothing of the build tree is needed.
. tests/lib.sh
run make --no-print-directory BUILD=$build SAN=1 install DESTDIR=$work/root PREFIX=/usr
exits 0 "make install"
for file in bin/ringside share/man/man1/ringside.1 share/bash-completion/completions/ringside share/zsh/site-functions/_ringside \
    share/fish/vendor_completions.d/ringside.fish share/doc/ringside/README.md share/doc/ringside/exports.md share/doc/ringside/LICENSE; do
    [ -f "$work/root/usr/$file" ]
    ok $? "$file"
done
cp $build/samples/example-direct.sys $build/samples/client.exe $work/
cd $work
run root/usr/bin/ringside run -d example-direct.sys client.exe hello
exits 0 "the installed program runs a driver"
err_has 'write (direct): hello' "and shows what it prints"
done_testing
