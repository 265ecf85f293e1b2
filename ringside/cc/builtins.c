/*
 * What clang may call in a program and libgcc would bring, for hosts where mingw-w64's libraries are installed without its compiler.
 * Each follows its documented interface (libgcc's "Routines for integer arithmetic", LLVM's stack probing on Windows).
 */
typedef unsigned __int128 u128;
typedef __int128 i128;

static u128 divide(u128 n, u128 d, u128 *rest) {
    u128 quotient = 0, r = 0;

    for (int bit = 127; bit >= 0; bit--) {
        int carry = (int)(r >> 127);
        r = r << 1 | (n >> bit & 1);
        if (carry || r >= d) {
            r -= d;
            quotient |= (u128)1 << bit;
        }
    }
    *rest = r;
    return quotient;
}

/* The Windows ABI passes 128-bit integers by reference and returns them in xmm0, which a vector type is too. */
typedef unsigned long long vector __attribute__((vector_size(16)));
static vector as_vector(u128 value) { return (vector){(unsigned long long)value, (unsigned long long)(value >> 64)}; }
static u128 magnitude(i128 value) { return value < 0 ? 0 - (u128)value : (u128)value; }

vector __udivti3(const u128 *n, const u128 *d);
vector __umodti3(const u128 *n, const u128 *d);
vector __divti3(const i128 *n, const i128 *d);
vector __modti3(const i128 *n, const i128 *d);

vector __udivti3(const u128 *n, const u128 *d) {
    u128 rest;
    return as_vector(divide(*n, *d, &rest));
}

vector __umodti3(const u128 *n, const u128 *d) {
    u128 rest;
    divide(*n, *d, &rest);
    return as_vector(rest);
}

vector __divti3(const i128 *n, const i128 *d) {
    u128 rest, quotient = divide(magnitude(*n), magnitude(*d), &rest);
    return as_vector((*n < 0) != (*d < 0) ? 0 - quotient : quotient);
}

vector __modti3(const i128 *n, const i128 *d) {
    u128 rest;
    divide(magnitude(*n), magnitude(*d), &rest);
    return as_vector(*n < 0 ? 0 - rest : rest);
}

/* rax: bytes the caller is about to take from its stack. Each page is touched on the way down, so that the guard page is met. Changes no register. */
__asm__(".text\n"
        ".globl ___chkstk_ms\n"
        ".def ___chkstk_ms; .scl 2; .type 32; .endef\n"
        ".seh_proc ___chkstk_ms\n"
        "___chkstk_ms:\n"
        "    pushq %rcx\n    .seh_pushreg %rcx\n"
        "    pushq %rax\n    .seh_pushreg %rax\n"
        "    .seh_endprologue\n"
        "    leaq 24(%rsp), %rcx\n"
        "1:  cmpq $0x1000, %rax\n"
        "    jb 2f\n"
        "    subq $0x1000, %rcx\n"
        "    orq $0, (%rcx)\n"
        "    subq $0x1000, %rax\n"
        "    jmp 1b\n"
        "2:  subq %rax, %rcx\n"
        "    orq $0, (%rcx)\n"
        "    popq %rax\n"
        "    popq %rcx\n"
        "    retq\n"
        ".seh_endproc\n");
