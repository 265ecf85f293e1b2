/*
 * uintptr_t vcrt_call_catch(EXCEPTION_RECORD *): calls the catch block of the VCRT_CATCH in ExceptionInformation[1] with its function's frame in rdx. The
 * frame has a language handler, which finds the VCRT_CATCH 20h above its establisher frame.
 */
    .text
    .globl vcrt_call_catch
    .def vcrt_call_catch; .scl 2; .type 32; .endef
    .seh_proc vcrt_call_catch
    .seh_handler vcrt_leave_catch, @unwind
vcrt_call_catch:
    subq $0x28, %rsp
    .seh_stackalloc 0x28
    .seh_endprologue
    movq 0x28(%rcx), %rcx
    movq %rcx, 0x20(%rsp)
    callq vcrt_begin_catch
    movq 0x20(%rsp), %rax
    movq (%rax), %rcx
    movq 8(%rax), %rdx
    callq *%rcx
    movq 0x20(%rsp), %rcx
    movq %rax, %rdx
    callq vcrt_end_catch
    nop
    addq $0x28, %rsp
    retq
    .seh_endproc

/* void vcrt_call_action(uintptr_t code, uintptr_t first, uintptr_t second): calls code(first, second) from a frame with a language handler. */
    .globl vcrt_call_action
    .def vcrt_call_action; .scl 2; .type 32; .endef
    .seh_proc vcrt_call_action
    .seh_handler vcrt_leave_action, @unwind, @except
vcrt_call_action:
    subq $0x28, %rsp
    .seh_stackalloc 0x28
    .seh_endprologue
    movq %rcx, %rax
    movq %rdx, %rcx
    movq %r8, %rdx
    callq *%rax
    nop
    addq $0x28, %rsp
    retq
    .seh_endproc
