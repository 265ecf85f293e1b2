#!/bin/sh
# A driver that completes nothing works, is told so, and leaves nothing behind.
. tests/lib.sh
t=$build/tests
run "$ringside" run --verifier off -d $t/kernel/article.sys $t/user/article.exe
exits 0 "verifier off"
err_has 'dbg: Article: Read all about it' "the text written is printed"
err_lacks 'neither completed nor pending' "nothing is said about it"
run "$ringside" run -d $t/kernel/article.sys $t/user/article.exe
err_has 'dbg: Article: Second edition' "standard: it works all the same"
err_has 'major function 0x04 returned 0x00000000, and the IRP is neither completed nor pending' "and is reported"
err_lacks 'keeps a request' "no request is left when the program ends"
# 50,000 requests of 4 KiB are 200 MiB of buffers alone: a machine of 48 MiB that kept them would run out.
run "$ringside" run --memory 48M --verifier off -d $t/kernel/article.sys $t/user/article.exe 50000
exits 0 "50,000 writes in a machine of 48 MiB"
out_has 'ok 6 - written many times' "no request is kept"
done_testing
