/*
 * The door: kernel code calls these with the Microsoft x64 convention on a kernel stack; each goes on in a C function of the host on
 * the host's own stack. Callee-saved state of the Microsoft convention that System V code may change (rdi, rsi, xmm6-15) is kept here.
 */
    .text

/* host_enter(uint64_t pc, hal_machine *machine): leaves to the kernel, never to return. The kernel starts on this stack and moves to its own at once;
   door calls run from here on. */
    .globl host_enter
    .type host_enter, @function
host_enter:
    andq $-64, %rsp
    movq %rsp, host_stack(%rip)
    movq %rsi, %r8
    cmpl $0, fence_key_on(%rip)
    je 1f
    movl fence_key_machine_rights(%rip), %eax
    xorl %ecx, %ecx
    xorl %edx, %edx
    wrpkru
1:  movq %r8, %rcx
    jmp *%rdi

door_call:
    pushq %rbp
    movq %rsp, %rbp
    pushq %rdi
    pushq %rsi
    movq %rax, %r11
    movq %rcx, %rdi
    movq %rdx, %rsi
    cmpl $0, fence_key_on(%rip)
    je 1f
    movl fence_key_host_rights(%rip), %eax
    xorl %ecx, %ecx
    xorl %edx, %edx
    wrpkru
1:  movq host_stack(%rip), %r10
    subq $256, %r10
    movq %rsp, (%r10)
    movq %r10, %rsp
    movaps %xmm6, 16(%rsp)
    movaps %xmm7, 32(%rsp)
    movaps %xmm8, 48(%rsp)
    movaps %xmm9, 64(%rsp)
    movaps %xmm10, 80(%rsp)
    movaps %xmm11, 96(%rsp)
    movaps %xmm12, 112(%rsp)
    movaps %xmm13, 128(%rsp)
    movaps %xmm14, 144(%rsp)
    movaps %xmm15, 160(%rsp)
    movq %r8, %rdx
    movq %r9, %rcx
    call *%r11
    cmpl $0, signals_wanted(%rip)
    jne 2f
1:  movaps 16(%rsp), %xmm6
    movaps 32(%rsp), %xmm7
    movaps 48(%rsp), %xmm8
    movaps 64(%rsp), %xmm9
    movaps 80(%rsp), %xmm10
    movaps 96(%rsp), %xmm11
    movaps 112(%rsp), %xmm12
    movaps 128(%rsp), %xmm13
    movaps 144(%rsp), %xmm14
    movaps 160(%rsp), %xmm15
    movq (%rsp), %rsp
    cmpl $0, fence_key_on(%rip)
    je 3f
    movq %rax, %r11
    movl fence_key_machine_rights(%rip), %eax
    xorl %ecx, %ecx
    xorl %edx, %edx
    wrpkru
    movq %r11, %rax
3:  popq %rsi
    popq %rdi
    popq %rbp
    ret
2:  movq %rax, 8(%rsp)
    call signals_check
    movq 8(%rsp), %rax
    jmp 1b

.macro DOOR name target
    .globl door_\name
    .type door_\name, @function
door_\name:
    leaq \target(%rip), %rax
    jmp door_call
.endm

    DOOR map, host_map
    DOOR unmap, host_unmap
    DOOR protect, host_protect
    DOOR discard, host_discard
    DOOR fill, host_fill
    DOOR page_write, host_page_write
    DOOR page_read, host_page_read
    DOOR set_gs, host_set_gs
    DOOR monotonic_ns, host_monotonic_ns
    DOOR wall_time, host_wall_time
    DOOR entropy, host_entropy
    DOOR wait, host_wait
    DOOR console_write, console_write
    DOOR console_read, console_read
    DOOR console_terminals, console_door_terminals
    DOOR console_size, console_size
    DOOR console_want, console_want
    DOOR debug_line, console_debug_line
    DOOR request_next, server_next
    DOOR request_data, server_data
    DOOR request_note, server_note
    DOOR request_done, server_done
    DOOR state_read, state_read
    DOOR state_append, state_append
    DOOR state_replace, state_replace
    DOOR trace, console_trace
    DOOR message, console_message
    DOOR file_open, files_open
    DOOR file_close, files_close
    DOOR file_read, files_read
    DOOR file_write, files_write
    DOOR file_info, files_info
    DOOR file_resize, files_resize
    DOOR file_change, files_change
    DOOR file_flush, files_flush
    DOOR file_delete, files_delete
    DOOR file_rename, files_rename
    DOOR file_list, files_list
    DOOR file_host_path, files_host_path
    DOOR device_access, devices_access
    DOOR device_tick, devices_tick
    DOOR find_points, host_find_points
    DOOR decode, host_decode
    DOOR exit, host_exit
    DOOR bugcheck, host_bugcheck
    DOOR fatal, host_fatal
    DOOR stop, host_stop

/* Signals come here when there is a protection key: Linux starts a handler with none but the rights of key 0, and the host's memory has another. */
    .globl signals_entry_with_key
    .type signals_entry_with_key, @function
signals_entry_with_key:
    movq %rdx, %r8
    xorl %eax, %eax
    xorl %ecx, %ecx
    xorl %edx, %edx
    wrpkru
    movq %r8, %rdx
    jmp signals_entry

    .bss
    .p2align 3
host_stack:
    .quad 0
    .section .note.GNU-stack,"",@progbits
