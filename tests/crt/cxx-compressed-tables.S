/*
 * int compressed(void (*call)()): a function with the tables of __CxxFrameHandler4, which the compiler here does not make. It is
 *
 *     Object a(1);
 *     try { Object b(2); call(); result = 0; }
 *     catch (int value) { Object c(3); caught(value); result = 10; }
 *     catch (...) { caught(-1); result = 20; }
 *     return result;
 *
 * State 0 has a; 1 is the try block; 2 has b; 3 are the catch blocks, which have tables of their own, in which state 0 has c.
 */
    .macro u1 value /* small integers in their five lengths, which need not be the shortest */
    .byte (\value) << 1
    .endm
    .macro u2 value
    .short (\value) << 2 | 1
    .endm
    .macro u3 value
    .short ((\value) << 3 | 3) & 0xFFFF
    .byte (\value) >> 13
    .endm
    .macro u4 value
    .long (\value) << 4 | 7
    .endm
    .macro u5 value
    .byte 15
    .long \value
    .endm

#define A 0x30
#define B 0x34
#define C 0x38
#define VALUE 0x3C
#define CALL 0x40
#define C_POINTER 0x48
#define RESULT 0x50
#define FRAME 0x58
#define PARENT 0x38 /* rdx's place, from a funclet's frame */

    .text
    .globl compressed
    .def compressed; .scl 2; .type 32; .endef
    .seh_proc compressed
    .seh_handler __CxxFrameHandler4, @unwind, @except
compressed:
    subq $FRAME, %rsp
    .seh_stackalloc FRAME
    .seh_endprologue
    movq %rcx, CALL(%rsp)
    movl $1, A(%rsp)
.Lhas_a:
    nop
.Lin_try:
    movl $2, B(%rsp)
.Lhas_b:
    callq *CALL(%rsp)
    nop
.Lb_ends:
    leaq B(%rsp), %rcx
    callq object_end
    nop
.Ltry_ends:
    movl $0, RESULT(%rsp)
.Lafter:
    leaq A(%rsp), %rcx
    nop
.La_ends:
    callq object_end
    movl RESULT(%rsp), %eax
    addq $FRAME, %rsp
    retq
.Lafter_int:
    addl $10, RESULT(%rsp)
    jmp .Lafter
.Lwrong:
    ud2
.Lafter_any:
    addl $20, RESULT(%rsp)
    jmp .Lafter
    .seh_handlerdata
    .rva info
    .text
    .seh_endproc

    .macro funclet name
    .def \name; .scl 3; .type 32; .endef
    .seh_proc \name
    .endm
    .macro funclet_begins
    movq %rdx, 16(%rsp)
    pushq %rbp
    .seh_pushreg %rbp
    subq $0x20, %rsp
    .seh_stackalloc 0x20
    .seh_endprologue
    movq %rdx, %rbp
    .endm
    .macro funclet_ends
    addq $0x20, %rsp
    popq %rbp
    retq
    .endm

    funclet b_end
b_end:
    funclet_begins
    leaq B(%rbp), %rcx
    callq object_end
    nop
    funclet_ends
    .seh_endproc

    funclet catch_int
    .seh_handler __CxxFrameHandler4, @unwind, @except
catch_int:
    funclet_begins
    movl $0, RESULT(%rbp)
    movl $3, C(%rbp)
    leaq C(%rbp), %rcx
    movq %rcx, C_POINTER(%rbp)
.Lhas_c:
    movl VALUE(%rbp), %ecx
    callq caught
    nop
.Lc_ends:
    leaq C(%rbp), %rcx
    callq object_end
    xorl %eax, %eax
    funclet_ends
    .seh_handlerdata
    .rva int_info
    .text
    .seh_endproc

    funclet catch_any
    .seh_handler __CxxFrameHandler4, @unwind, @except
catch_any:
    funclet_begins
    movl $0, RESULT(%rbp)
    movl $-1, %ecx
    callq caught
    movl $1, %eax
    funclet_ends
    .seh_handlerdata
    .rva any_info
    .text
    .seh_endproc

/* void promises(void (*call)()) noexcept { call(); } */
    .globl promises
    .def promises; .scl 2; .type 32; .endef
    .seh_proc promises
    .seh_handler __CxxFrameHandler4, @unwind, @except
promises:
    subq $0x28, %rsp
    .seh_stackalloc 0x28
    .seh_endprologue
    callq *%rcx
    nop
    addq $0x28, %rsp
    retq
    .seh_handlerdata
    .rva promises_info
    .text
    .seh_endproc

    .section .rdata, "dr"
info:
    .byte 0x08 | 0x10 | 0x20 /* unwind map, try blocks, /EHs */
    .rva unwind, tries, states
unwind:
    u1 4
.Lunwind0:
    u1 (1 << 2 | 1) /* to -1: in front of the first; the destructor of an object */
    .rva object_end
    u3 A
.Lunwind1:
    u1 ((.Lunwind1 - .Lunwind0) << 2)
.Lunwind2:
    u2 ((.Lunwind2 - .Lunwind1) << 2 | 3) /* a funclet */
    .rva b_end
.Lunwind3:
    u5 ((.Lunwind3 - .Lunwind0) << 2)
tries:
    u1 1
    u1 1
    u1 2
    u1 3
    .rva handlers
handlers:
    u1 2
    .byte 2 | 4 | 1 << 4 /* type, object, one place to go on */
    .rva "??_R0H@8"
    u4 VALUE
    .rva catch_int
    u2 (.Lafter_int - compressed)
    .byte 1 | 8 | 2 << 4 /* qualifiers, two places in the image */
    u1 0x40
    .rva catch_any, .Lwrong, .Lafter_any
states:
    u1 6
    u2 (.Lhas_a - compressed)
    u1 1
    u1 (.Lin_try - .Lhas_a)
    u1 2
    u1 (.Lhas_b - .Lin_try)
    u1 3
    u1 (.Lb_ends - .Lhas_b)
    u1 2
    u2 (.Ltry_ends - .Lb_ends)
    u1 1
    u3 (.La_ends - .Ltry_ends)
    u1 0
int_info:
    .byte 0x01 | 0x08 | 0x20 /* a catch block, unwind map, /EHs */
    .rva int_unwind, int_states
    u1 PARENT
int_unwind:
    u1 1
    u1 (1 << 2 | 2) /* the destructor of an object that is pointed to */
    .rva object_end
    u1 C_POINTER
int_states:
    u1 2
    u1 (.Lhas_c - catch_int)
    u1 1
    u1 (.Lc_ends - .Lhas_c)
    u1 0
any_info:
    .byte 0x01 | 0x04 | 0x20
    u4 1234 /* profile flags */
    .rva any_states
    u5 PARENT
any_states:
    u1 0
promises_info:
    .byte 0x20 | 0x40 /* /EHs, noexcept */
    .rva any_states
