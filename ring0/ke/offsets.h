/* Offsets that assembler sources use; trap.c asserts each against its structure. */
#pragma once

#define SELECTOR_USER_CODE   0x33
#define SELECTOR_USER_DATA   0x2B
#define EFLAGS_NOT_IN_KERNEL 0x44100 /* AC, NT, TF */

#define FRAME_GPR        0
#define FRAME_RSP        32
#define FRAME_RIP        128
#define FRAME_RFLAGS     136
#define FRAME_USER_MODE  200
#define FRAME_XSAVE      208
#define FRAME_XSAVE_MASK 216

#define PROCESSOR_IRQL 0

#define MACHINE_STACK_TOP 16
#define MACHINE_USER_MODE 40

#define CONTEXT_MXCSR  0x34
#define CONTEXT_EFLAGS 0x44
#define CONTEXT_RAX    0x78
#define CONTEXT_RSP    0x98
#define CONTEXT_RIP    0xF8
#define CONTEXT_FLOAT  0x100

#define TRAPCTX_TRAP   0
#define TRAPCTX_RIP    8
#define TRAPCTX_RSP    16
#define TRAPCTX_RBP    24
#define TRAPCTX_RBX    32
#define TRAPCTX_RSI    40
#define TRAPCTX_RDI    48
#define TRAPCTX_R12    56
#define TRAPCTX_R13    64
#define TRAPCTX_R14    72
#define TRAPCTX_R15    80
#define TRAPCTX_RESULT 88
#define TRAPCTX_RESUME 96

/* KiSystemCallEntry's frame: home space, four arguments, KTRAP_CONTEXT; below a machine frame of 40 bytes at a 16-byte aligned stack top. */
#define SYSCALL_ARGUMENTS  32
#define SYSCALL_CONTEXT    64
#define SYSCALL_FRAME_SIZE 184
