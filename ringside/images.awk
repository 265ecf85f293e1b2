# File names, one a line -> an assembler file that carries them, and the table of hal_image that names them.
{
    n = split($0, part, "/")
    printf ".section .rodata.images,\"a\",@progbits\n.p2align 12\nimage_%d: .incbin \"%s\"\nimage_%d_end:\nname_%d: .asciz \"%s\"\n", NR, $0, NR, NR, part[n]
}
END {
    print ".section .data.rel.ro,\"aw\",@progbits\n.p2align 4\n.globl ringside_images\nringside_images:"
    for (i = 1; i <= NR; i++) printf ".quad name_%d, image_%d, image_%d_end - image_%d\n", i, i, i, i
    printf ".globl ringside_image_count\nringside_image_count: .long %d\n.section .note.GNU-stack,\"\",@progbits\n", NR
}
