#!/bin/sh
# T42: the driver's file is C:\example.sys, and drive C: a folder of the host.
. tests/lib.sh
s=$build/samples
mkdir "$work/root"
run "$ringside" run --root "$work/root" $s/loader.exe --no-wait
out_has 'StartService: error 2' "without the file: 2 (ERROR_FILE_NOT_FOUND)"
cp $s/example-neither.sys "$work/root/example.sys"
run "$ringside" run --root "$work/root" $s/loader.exe --no-wait
exits 0 "with it, by the name that the loader has of itself"
err_has 'Example: DriverEntry (neither)' "it is loaded"
mkdir "$work/root/drivers"
mv "$work/root/example.sys" "$work/root/drivers/Example Driver.SYS"
run "$ringside" run --root "$work/root" $s/loader.exe --no-wait 'c:\DRIVERS\example driver.sys'
exits 0 "in a folder, with spaces and in other letters"
run "$ringside" run --root "$work/root" $build/tests/programs/act.exe create made.txt
[ -f "$work/root/made.txt" ]
ok $? "what a program makes in C:\\ is in the folder"
done_testing
