/* Frames that no image describes: code made at run time, its tables, and what an unwinder makes of tables that lie. */
#include "utap.h"

#define STATUS_BAD_FUNCTION_TABLE 0xC00000FFu

NTSYSAPI DWORD NTAPI RtlAddGrowableFunctionTable(PVOID *, PRUNTIME_FUNCTION, DWORD, DWORD, ULONG_PTR, ULONG_PTR);
NTSYSAPI VOID NTAPI RtlGrowFunctionTable(PVOID, DWORD);
NTSYSAPI VOID NTAPI RtlDeleteGrowableFunctionTable(PVOID);

/* Two functions of 16 bytes each that call what rcx says, over a frame of 40 bytes; and what describes them. */
typedef struct {
    BYTE code[2][16];
    BYTE info[2][16];
    RUNTIME_FUNCTION functions[2];
    BYTE jump[16];
} MADE;
static MADE *made;
static const BYTE calls[16] = {0x48, 0x83, 0xEC, 0x28, 0xFF, 0xD1, 0x90, 0x48, 0x83, 0xC4, 0x28, 0xC3};
static const BYTE described[8] = {1 | UNW_FLAG_EHANDLER << 3, 4, 1, 0, 4, 0x42, 0, 0}; /* sub rsp, 28h */
static int handled;

static EXCEPTION_DISPOSITION NTAPI handler(PEXCEPTION_RECORD record, void *frame, PCONTEXT context, void *dispatcher) {
    handled += !(record->ExceptionFlags & 0x66); /* not the unwinding */
    return ExceptionContinueSearch;
}
static void make(void) {
    made = VirtualAlloc(NULL, sizeof *made, MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    for (int n = 0; n < 2; n++) {
        memcpy(made->code[n], calls, sizeof calls);
        memcpy(made->info[n], described, sizeof described);
        *(DWORD *)(made->info[n] + 8) = (DWORD)((BYTE *)made->jump - (BYTE *)made);
        made->functions[n].BeginAddress = (DWORD)(made->code[n] - (BYTE *)made);
        made->functions[n].EndAddress = made->functions[n].BeginAddress + 12;
        made->functions[n].UnwindData = (DWORD)(made->info[n] - (BYTE *)made);
    }
    made->jump[0] = 0x48; /* mov rax, handler; jmp rax */
    made->jump[1] = 0xB8;
    *(void **)(made->jump + 2) = (void *)handler;
    made->jump[10] = 0xFF;
    made->jump[11] = 0xE0;
}

static void raises(void) { RaiseException(0xE0000001, 0, 0, NULL); }
static BOOL caught(int n) {
    handled = 0;
    __try {
        ((void (*)(void (*)(void)))made->code[n])(raises);
    } __except (GetExceptionCode() == 0xE0000001) {
        return TRUE;
    }
    return FALSE;
}
static PRUNTIME_FUNCTION found(int n, PDWORD64 base) { return RtlLookupFunctionEntry((DWORD64)made->code[n] + 6, base, NULL); }

static int asked;
static PRUNTIME_FUNCTION CALLBACK callback(DWORD64 pc, PVOID context) {
    asked += context == &asked;
    return pc < (DWORD64)made->code[1] ? &made->functions[0] : NULL;
}

static void tables(void) {
    DWORD64 base = 0;
    PVOID growable = NULL;
    OK(!found(0, &base), "code that nobody describes has no entry");
    OK(RtlAddFunctionTable(made->functions, 2, (DWORD64)made) && found(1, &base) == &made->functions[1] && base == (DWORD64)made,
       "RtlAddFunctionTable");
    OK(caught(1) && handled == 1, "an exception passes such a frame, and its handler is asked");
    OK(RtlDeleteFunctionTable(made->functions) && !RtlDeleteFunctionTable(made->functions) && !found(1, &base), "RtlDeleteFunctionTable");

    OK(!RtlInstallFunctionTableCallback((DWORD64)made, (DWORD64)made, sizeof made->code, callback, &asked, NULL),
       "an identifier without its two bits");
    OK(RtlInstallFunctionTableCallback((DWORD64)made | 3, (DWORD64)made, sizeof made->code, callback, &asked, NULL),
       "RtlInstallFunctionTableCallback");
    OK(caught(0) && handled == 1 && asked > 0, "an exception passes a frame that a callback describes");
    asked = 0;
    OK(!found(1, &base) && asked == 1 && !RtlLookupFunctionEntry((DWORD64)made->jump, &base, NULL) && asked == 1, "it is asked for its range alone");
    OK(RtlDeleteFunctionTable((PRUNTIME_FUNCTION)((DWORD64)made | 3)) && !found(0, &base), "and deleted by its identifier");

    OK(!RtlAddGrowableFunctionTable(&growable, made->functions, 1, 2, (ULONG_PTR)made, (ULONG_PTR)made->info) && growable,
       "RtlAddGrowableFunctionTable");
    OK(found(0, &base) == &made->functions[0] && !found(1, &base), "has what is in it");
    RtlGrowFunctionTable(growable, 2);
    OK(found(1, &base) == &made->functions[1] && caught(1) && handled == 1, "and grows");
    RtlDeleteGrowableFunctionTable(growable);
    OK(!found(0, &base), "until it is deleted");
}

/* ---- Descriptions that no compiler makes ---- */
static DWORD unwinds(void) {
    CONTEXT context;
    PVOID data;
    DWORD64 frame;
    RtlCaptureContext(&context);
    __try {
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, (DWORD64)made, (DWORD64)made->code[0] + 6, &made->functions[0], &context, &data, &frame, NULL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return 0;
}
static void malformed(void) {
    OK(unwinds() == 0, "RtlVirtualUnwind of a frame");
    made->info[0][5] = 0x4F;
    OK(unwinds() == STATUS_BAD_FUNCTION_TABLE, "an unwind code that there is not");
    made->info[0][0] = 1 | UNW_FLAG_CHAININFO << 3;
    *(RUNTIME_FUNCTION *)(made->info[0] + 8) = made->functions[0]; /* overwrites the other's description: a parent that is itself */
    OK(unwinds() == STATUS_BAD_FUNCTION_TABLE, "a function that is its own parent");
}

/* What _local_unwind does for `return` and `goto` out of __finally, as Microsoft's compiler has them: asked for in a termination handler. */
static char order[16];
static void note(char letter) {
    size_t length = strlen(order);
    order[length] = letter;
    order[length + 1] = 0;
}
void *frame_of_leaver;
extern char leaver_behind[];
void leave_finally(BOOL abnormal, void *frame) {
    note(abnormal ? 'f' : 'n');
    RtlUnwind(frame, leaver_behind, NULL, NULL);
    note('!');
}
void leaver_faults(void) {
    note('a');
    RaiseException(0xE0000002, 0, 0, NULL);
    note('!');
}
void outer_finally(BOOL abnormal, void *frame) { note('o'); }
int leaver(void);
/* __try { __try { leaver_faults(); } __finally { return 7; } } __finally { outer } with the return already behind the outer one */
__asm__(".text\n.globl leaver\n.def leaver; .scl 2; .type 32; .endef\n.seh_proc leaver\nleaver:\n"
        "    subq $40, %rsp\n    .seh_stackalloc 40\n    .seh_handler __C_specific_handler, @except, @unwind\n    .seh_endprologue\n"
        "1:  callq leaver_faults\n    nop\n2:  xorl %eax, %eax\n    addq $40, %rsp\n    retq\n"
        ".globl leaver_behind\nleaver_behind:\n    movl $7, %eax\n    addq $40, %rsp\n    retq\n"
        "    .seh_handlerdata\n    .long 2\n"
        "    .long 1b@IMGREL\n    .long 2b@IMGREL\n    .long leave_finally@IMGREL\n    .long 0\n"
        "    .long 1b@IMGREL\n    .long 2b@IMGREL\n    .long outer_finally@IMGREL\n    .long 0\n"
        "    .text\n    .seh_endproc\n");

static int leaves(void) {
    __try {
        return leaver();
    } __except (note('x'), EXCEPTION_EXECUTE_HANDLER) {
        note('!');
        return -1;
    }
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    make();
    tables();
    OK(leaves() == 7 && !strcmp(order, "axfo"), "a termination handler that unwinds to elsewhere in its function: the exception is forgotten");
    malformed();
    return done();
}
