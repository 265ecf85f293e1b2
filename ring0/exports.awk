# The contract tables -> ntoskrnl.def, hal.def, contract.c, twins.S, proved.inc, exports.md. Columns of exports.tbl are described in docs/exports.md's head below.
/^#/ || NF == 0 { next }
NF != 5 { printf "%s:%d: five columns wanted: name dll irql arguments test\n", FILENAME, FNR > "/dev/stderr"; failed = 1; next }
{
    split($1, part, "=")
    exported = part[1]; internal = part[2] == "" ? part[1] : part[2]
    if (exported in seen) { printf "%s:%d: %s is already in %s\n", FILENAME, FNR, exported, seen[exported] > "/dev/stderr"; failed = 1 }
    seen[exported] = FILENAME
    n = count++
    ename[n] = exported; iname[n] = internal; dll[n] = $2; irql[n] = $3; args[n] = $4; test[n] = $5
}
function level(s) {
    if (s == "PASSIVE") return 0
    if (s == "APC") return 1
    if (s == "DISPATCH") return 2
    if (s == "SYNCH") return 12
    if (s == "IPI") return 14
    if (s == "HIGH") return 15
    return -1
}
END {
    if (failed) exit 1
    def = out "/ntoskrnl.def"; hal = out "/hal.def"; c = out "/contract.c"; s = out "/twins.S"; proved = "LC_ALL=C sort >" out "/proved.inc"
    print "LIBRARY ntoskrnl.exe\nEXPORTS" > def
    print "LIBRARY hal.dll\nEXPORTS" > hal
    print "/* Made from the exports.tbl files. */\n#include \"vf/vf.h\"" > c
    print "/* Made from the exports.tbl files. A twin names itself and goes on in VfpTwin. */\n.text" > s
    print "# Exports of ntoskrnl.exe and hal.dll\n\nGenerated from the `exports.tbl` files. The level is the IRQL range in which the function may be called; what a word after `&` or `+` asks for besides is in [verifier.md](verifier.md). Arguments are a letter each:" > doc
    print "`p` pointer, `h` handle, `u` 32-bit, `q` 64-bit or size, `b` 8-bit, `w` 16-bit, `U` UNICODE_STRING, `A` ANSI_STRING, `s` 8-bit text, `W` 16-bit text, `O` OBJECT_ATTRIBUTES, `D` driver object, `d` device object, `i` IRP, `f` format, `v` the rest varies; after the colon the result: `s` NTSTATUS, `n` nothing. The test is the one that fails when the export is replaced by an immediate return (`make mutants`, which also names the few exports that rightly do nothing); `-`: there is none yet.\n" > doc
    print "| function | in | IRQL | arguments | test |\n|---|---|---|---|---|" > doc
    for (n = 0; n < count; n++) {
        if (dll[n] == "hal") printf "    %s=ntoskrnl.%s\n", ename[n], ename[n] > hal
        printf "    %s%s%s\n", ename[n], iname[n] == ename[n] ? "" : "=" iname[n], args[n] == "data" ? " DATA" : "" > def
        printf "extern char contract_%d[] __asm__(\"%s\");\n", n, iname[n] > c
        if (args[n] != "data") {
            printf "extern char twin_%d[] __asm__(\"VfTwin_%s\"), check_%d[] __asm__(\"VfCheck_%s\");\n", n, ename[n], n, ename[n] > c
            printf ".globl VfTwin_%s\nVfTwin_%s:\n    movl $%d, %%eax\n    jmp VfpTwin\n", ename[n], ename[n], n > s
            printf ".globl VfCheck_%s\nVfCheck_%s:\n    movl $%d, %%eax\n    jmp VfpCheckedTwin\n", ename[n], ename[n], n > s
        }
        if (dll[n] == "inbox") continue # of use to the drivers that are carried along, and nobody else's
        if (test[n] != "-") printf "\"%s\",\n", ename[n] | proved
        printf "| %s | %s | %s | %s | %s |\n", ename[n], dll[n], irql[n], args[n], test[n] > doc
    }
    close(proved)
    print "const VF_CONTRACT VfContracts[] = {" > c
    for (n = 0; n < count; n++) {
        lo = 0; hi = 15; l = irql[n]; rule = "none"; number = 0; check = "none"
        split(args[n], b, ":")
        if (split(l, a, "+") == 2) { l = a[1]; check = a[2] }
        else if (ename[n] ~ /^Zw/ && b[1] ~ /[UO]/) check = "names"
        if (split(l, a, "&") == 2) { l = a[1]; rule = a[2]; if (match(rule, /[0-9]$/)) { number = substr(rule, RSTART); rule = substr(rule, 1, RSTART - 1) } }
        else if (ename[n] ~ /^Zw/ && l ~ /PASSIVE/) rule = "special"
        if (l ~ /^<=/) hi = level(substr(l, 3)); else if (l ~ /^>=/) lo = level(substr(l, 3)); else if (l ~ /^=/) lo = hi = level(substr(l, 2)); else if (l ~ /^</) hi = level(substr(l, 2)) - 1; else if (l != "any") lo = -1
        if (lo < 0 || hi < 0) { printf "%s: bad irql '%s'\n", ename[n], l > "/dev/stderr"; exit 1 }
        split(args[n], a, ":")
        printf "    {\"%s\", contract_%d, %s, \"%s\", '%s', %d, %d, VF_RULE_%s, %d, %s, VfCheck_%s},\n", ename[n], n, args[n] == "data" ? "0, 0" : "twin_" n ", check_" n, a[1], a[2] == "" ? "p" : a[2], lo, hi, rule, number, check != "none" ? "0" : "VF_LEVELS(" lo ", " hi ", VF_ASKED_" rule ")", check > c
        a[2] = ""
    }
    printf "};\nconst ULONG VfContractCount = %d;\n", count > c
}
