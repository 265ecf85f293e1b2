# docs/oracle.md from differences.tbl and unsettled.md.
BEGIN {
    FS = " *[|] *"
    print "# Wine as an oracle"
    print ""
    print "`make check-wine` runs the same binaries under Ringside and under Wine, where that is installed (`apt install wine wine64`; nothing else needs it),"
    print "and compares what they print: the Example driver in its three builds with its loader and its client, the native program, and the programs of"
    print "`tests/user` that need no driver. Wine runs in a prefix of its own, made for the test. A difference that is not listed below fails the test, and so does a"
    print "line below that is no longer true. Where the two differ, documentation decides, not Wine."
    print ""
    print "## What programs see"
    print ""
    print "| program | what | why it differs |"
    print "|---|---|---|"
}
/^#/ || NF < 3 { next }
$2 == "*" { skipped = skipped "\n| " $1 " | " $3 " |"; next }
{ gsub(/\\/, "\\\\", $1); gsub(/\\/, "\\\\", $2); print "| " $1 " | " $2 " | " $3 " |" }
END {
    print ""
    print "## Not compared"
    print ""
    print "| program | why |"
    print "|---|---|" skipped
    print ""
    print "## What only a driver sees"
    print ""
    print "Observed with a probing driver under Wine 8.0. Ringside does what the right column says."
    print ""
    print "| | Wine 8.0 | Windows |"
    print "|---|---|---|"
    print "| METHOD_NEITHER and neither I/O | a copy in winedevice's heap, SystemBuffer set as well | the client's own address, in its context |"
    print "| ProbeForRead, ProbeForWrite | accept every address | raise STATUS_ACCESS_VIOLATION or STATUS_DATATYPE_MISALIGNMENT |"
    print "| GetExceptionCode in a driver | 0 | the status |"
    print "| IRQL | 0, always | what it was raised to |"
    print "| IRP_MJ_CREATE that fails | the program has a handle all the same | the program gets the error |"
    print "| IRP_MJ_CLEANUP | never sent | sent in the context of the process that closes the last handle |"
    print "| IRP_MJ_CLOSE | at some time later | when the last reference goes |"
    print "| FileObject->FileName, `\\\\.\\Example\\name` | empty; fails before the driver is asked | the rest of the name; the driver decides |"
    print "| two requests at once | one after the other | as many as there are threads |"
    print "| the driver's address space | winedevice's | the requesting process's |"
    print "| a stop while a handle is open | stops at once; the handle's requests fail with 5 | waits for the last handle, STOP_PENDING |"
    while ((getline line < "tests/wine/unsettled.md") > 0) print line
}
