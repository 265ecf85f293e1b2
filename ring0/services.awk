# services.tbl -> services.c (the kernel's table), zw.S (Zw exports), ntdll-services.S and .def.
function hex(s,    i, n, c) {
    n = 0
    s = tolower(substr(s, 3))
    for (i = 1; i <= length(s); i++) { c = index("0123456789abcdef", substr(s, i, 1)); n = n * 16 + c - 1 }
    return n
}
/^#/ || NF == 0 { next }
{
    number = $1 == "?" ? next_own++ + 768 : hex($1)
    name[number] = $2
    arguments[number] = $3
    if (number + 1 > limit) limit = number + 1
    order[count++] = number
}
END {
    c = out "/services.c"; zw = out "/zw.S"; s = out "/ntdll-services.S"; def = out "/ntdll-services.def"
    print "/* Made from ring0/services.tbl. */\n#include \"ke/ke.h\"" > c
    print "/* Made from ring0/services.tbl. */\n.text" > zw
    print "/* Made from ring0/services.tbl. */\n.text" > s
    printf "" > def
    for (i = 0; i < count; i++) {
        n = order[i]; short = substr(name[n], 3)
        # The prototype is the DDK's or the owner's; an address is all that is needed here.
        printf "extern char %s_address[] __asm__(\"%s\");\n", name[n], name[n] > c
        printf ".globl Zw%s\nZw%s:\n    movl $%d, %%eax\n    jmp KiServiceInternal\n", short, short, n > zw
        printf ".globl Nt%s\n.globl Zw%s\n.p2align 4\nNt%s:\nZw%s:\n    movq %%rcx, %%r10\n    movl $%d, %%eax\n    jmpq *0x7FFE1000\n", short, short, short, short, n > s
        printf "    Nt%s\n    Zw%s\n", short, short > def
    }
    print "const KSERVICE KiServiceTable[] = {" > c
    for (i = 0; i < count; i++) { n = order[i]; printf "    [%d] = {%s_address, \"%s\", %d},\n", n, name[n], name[n], arguments[n] > c }
    printf "};\nconst ULONG KiServiceLimit = %d;\n", limit > c
}
