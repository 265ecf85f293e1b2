/*
 * The door between the kernel (ring0/, PE code) and the Linux process that plays the machine (ringside/, ELF code).
 * Both sides include this file, and nothing else passes between them: plain fixed-width types, no NT type, no Linux type.
 *
 * Down: the kernel calls hal_ops. Every function is called with the Microsoft x64 convention on the kernel stack of the
 * current thread; the stub behind it moves to the host's stack, so the caller needs no stack space. A function never calls back
 * into PE code. Results are 0 or a negative Linux errno (HAL_E*), unless said otherwise.
 *
 * Up: hal_machine, a block that both sides read and write, and one entry, hal_machine.trap_entry, at which the host resumes
 * the machine after a signal, with a hal_trap_frame on the stack. The host never calls PE code in any other way.
 */
#pragma once
#include <stdint.h>

#define HAL_VERSION 6
#define HAL_PAGE    4096u

/* ---- The address layout: the same in every run ------------------------------------------------------------------------- */
#define HAL_USER_START    0x0000000000010000ull
#define HAL_KUSER_USER    0x000000007FFE0000ull /* KUSER_SHARED_DATA, one read-only page, mapped in every process */
#define HAL_SYSCALL_PAGE  0x000000007FFE1000ull /* first 8 bytes: the address that ntdll's system call stubs jump to */
#define HAL_USER_END      0x0000400000000000ull /* first address of the kernel half */
#define HAL_KERNEL_BASE   0x0000400000100000ull /* where ntoskrnl.exe is linked and mapped */
#define HAL_DRIVER_START  0x0000400010000000ull /* hal.dll and drivers, upwards */
#define HAL_DRIVER_END    0x0000400090000000ull
#define HAL_PAGED_START   0x0000402000000000ull /* paged pool of drivers: as many pages as RAM has, each first over the frame of its number */
#define HAL_PAGED_END     0x0000403000000000ull
#define HAL_RAM_BASE      0x0000410000000000ull /* all of RAM, mapped once, read and write: physical address = offset */
#define HAL_SYSVIEW_START 0x0000420000000000ull /* system views: kernel stacks, MDL mappings, guarded pool */
#define HAL_SYSVIEW_END   0x0000430000000000ull
#define HAL_KERNEL_END    0x0000430000000000ull /* PE memory ends here; the host lives above */
#define HAL_KUSER_KERNEL  0xFFFFF78000000000ull /* not mappable on Linux: reads through it are emulated by the trap handler */

/* ---- Memory ------------------------------------------------------------------------------------------------------------ */
#define HAL_PROT_NONE  0u
#define HAL_PROT_READ  1u
#define HAL_PROT_WRITE 2u
#define HAL_PROT_EXEC  4u
#define HAL_FILL_LEAST 16384u

/* ---- Traps ------------------------------------------------------------------------------------------------------------- */

/* What the instruction at the trap's program counter is, where the kernel must know: decoded by the host with Zydis. */
enum hal_insn {
    HAL_INSN_OTHER,    /* not privileged: for trap 13 this means a non-canonical address */
    HAL_INSN_READ_CR,  /* mov reg, crN:   insn_index = N, insn_reg = register */
    HAL_INSN_WRITE_CR, /* mov crN, reg */
    HAL_INSN_READ_DR,  /* mov reg, drN */
    HAL_INSN_WRITE_DR,
    HAL_INSN_CLI,
    HAL_INSN_STI,
    HAL_INSN_HLT,
    HAL_INSN_IN, /* in al/ax/eax, port:  insn_size = 1, 2, 4; insn_index = port (immediate or dx, already resolved) */
    HAL_INSN_OUT,
    HAL_INSN_INT,   /* int n: insn_index = n */
    HAL_INSN_RDMSR, /* ecx is in the frame */
    HAL_INSN_WRMSR,
    HAL_INSN_READ_MEM,  /* mov/movzx/movsx/movsxd reg, [mem] or arithmetic that only reads memory (insn_alu); insn_size = bytes; memory in cr2 */
    HAL_INSN_SYSCALL,   /* syscall; or sysenter or a far jump to 32-bit code, which leave no trace of where they were: rip is then 0 */
    HAL_INSN_WRITE_MEM, /* mov [mem], reg or imm, or arithmetic whose result goes to memory (insn_alu); trap 14 only */
    HAL_INSN_MOVS,      /* string move, insn_size bytes each; insn_repeat */
    HAL_INSN_STOS,
    HAL_INSN_DIVIDE,    /* div or idiv, trap 0 only: the divisor is not zero, the quotient does not fit */
    HAL_INSN_PRIVILEGED /* any other privileged instruction (lgdt, wbinvd, swapgs, ...); name in insn_name */
};

/* Register numbers in insn_reg: rax rcx rdx rbx rsp rbp rsi rdi r8 ... r15 = 0 ... 15, as x86-64 encodes them. */
#define HAL_NO_REG 0xFFu
enum hal_alu {
    HAL_ALU_LOAD,
    HAL_ALU_ADD,
    HAL_ALU_SUB,
    HAL_ALU_AND,
    HAL_ALU_OR,
    HAL_ALU_XOR,
    HAL_ALU_TEST,
    HAL_ALU_CMP /* register - memory */,
    HAL_ALU_CMP_MEM /* memory - register or immediate */,
    HAL_ALU_INC /* carry stays as it was */,
    HAL_ALU_DEC
};

typedef struct hal_trap_frame {
    uint64_t gpr[16]; /* in the order above; gpr[4] is rsp at the trap */
    uint64_t rip;
    uint64_t rflags;
    uint32_t trap;  /* x86 vector: 0 divide, 1 debug, 3 breakpoint, 6 invalid opcode, 13 protection, 14 page fault, ...
                       or HAL_TRAP_PREEMPT, HAL_TRAP_WATCHDOG, HAL_TRAP_SYSCALL */
    uint32_t error; /* x86 error code: for 14, bit 0 present, bit 1 write, bit 2 user (always set), bit 4 fetch */
    uint64_t cr2;   /* trap 14: the address. trap 13 with HAL_INSN_OTHER: effective address if the decoder could tell, else ~0 */
    uint32_t insn;  /* enum hal_insn */
    uint8_t insn_length;
    uint8_t insn_reg;
    uint8_t insn_size;
    uint8_t insn_extend; /* READ_MEM: 0 zero-extends or is full width, 1 sign-extends; to insn_dest_size bytes */
    uint32_t insn_index;
    uint8_t insn_dest_size; /* READ_MEM: width of the destination register */
    uint8_t insn_alu;       /* READ_MEM, WRITE_MEM: enum hal_alu, what is done with what is read; insn_size wide */
    uint8_t insn_repeat;    /* MOVS, STOS: rcx times */
    uint8_t pad;
    char insn_name[24];
    uint32_t user_mode;  /* hal_machine.user_mode as it was */
    int32_t insn_imm;    /* READ_MEM, WRITE_MEM: the other operand if insn_reg is HAL_NO_REG; sign-extended */
    void *xsave;         /* the interrupted x87/SSE/AVX state, XSAVE standard format, 64-byte aligned, on the same stack */
    uint64_t xsave_mask; /* for XRSTOR */
} hal_trap_frame;

#define HAL_TRAP_PREEMPT  0x100u /* user or driver code has used 20 ms of CPU without entering the kernel */
#define HAL_TRAP_WATCHDOG 0x101u /* kernel-mode code (driver at raised IRQL included) has looped for hal_machine.watchdog_seconds */
/* An instruction that enters the host's kernel was executed, and has been kept from there: HAL_INSN_SYSCALL with insn_name = what Linux calls the number
   in eax, or HAL_INSN_INT (80h). rip is behind it; at or above HAL_KERNEL_END, it is in code of the host's own that PE code has called. */
#define HAL_TRAP_SYSCALL 0x102u

/* ---- Instructions of a driver at which another processor may go on -------------------------------------------------------- */
enum hal_point_kind {
    HAL_POINT_INTERLOCKED, /* a locked instruction, xchg with memory */
    HAL_POINT_UPDATE,      /* reads memory and writes it, unlocked: two accesses */
    HAL_POINT_ACCESS,      /* any other access to memory that is not the stack's; only if asked for */
    HAL_POINT_PAUSE,       /* `pause`: the code waits for another processor */
    HAL_POINT_SPIN         /* the branch back of a loop that does nothing but look at the same memory again */
};
typedef struct hal_point {
    uint32_t rva;
    uint8_t kind;     /* enum hal_point_kind */
    uint8_t original; /* the instruction's first byte */
    uint8_t pad[2];
} hal_point;

/* ---- Bug checks and reports -------------------------------------------------------------------------------------------- */
typedef struct hal_stack_frame {
    uint64_t pc;
    uint64_t image_base; /* 0: no image */
    uint64_t link_base;  /* preferred base of that image: pc - image_base + link_base is what its debug data knows */
    char image[64];      /* its name, UTF-8, "example.sys" */
    char path[256];      /* file_host_path's, for the symbolizer, if the image came from a file, else "" */
    char symbol[64];     /* nearest export or "" (the host may know better) */
    uint32_t symbol_offset;
    uint32_t user_mode;
} hal_stack_frame;

#define HAL_MAX_FRAMES 48
typedef struct hal_bugcheck {
    uint32_t code;
    const char *name; /* "SYSTEM_SERVICE_EXCEPTION" or "" */
    uint64_t parameter[4];
    const char *parameter_meaning[4]; /* one phrase each, or "" */
    const char *message;              /* one sentence: what happened and what to do about it, or "" */
    const char *culprit;              /* driver image name or "" */
    const char *process;              /* "client.exe" */
    uint32_t pid, tid, irql, cpu;
    uint32_t frame_count;
    hal_stack_frame frames[HAL_MAX_FRAMES];
} hal_bugcheck;

/* ---- Files of the host, all below one root ------------------------------------------------------------------------------ */
#define HAL_MAX_PATH 1024
enum hal_file_access { HAL_FILE_READ = 1, HAL_FILE_WRITE = 2, HAL_FILE_DIRECTORY = 4, HAL_FILE_DELETE = 8 };
enum hal_file_readonly { HAL_READONLY_AS_IS, HAL_READONLY_ON, HAL_READONLY_OFF };
enum hal_file_disposition { HAL_OPEN, HAL_CREATE, HAL_OPEN_IF, HAL_OVERWRITE, HAL_OVERWRITE_IF, HAL_SUPERSEDE };

typedef struct hal_file_info {
    uint64_t size;
    uint64_t allocated;
    uint64_t create_time, access_time, write_time, change_time; /* NT time: 100 ns since 1601 */
    uint64_t id;
    uint32_t is_directory;
    uint32_t is_readonly;
    uint32_t is_lent; /* of the command line, or Ringside's own: it cannot be changed, which is no attribute of it */
    uint32_t links;
    uint32_t was_created; /* by open: 1 if this call made the file */
} hal_file_info;

#define HAL_ENOENT       2
#define HAL_EIO          5
#define HAL_EBADF        9
#define HAL_EAGAIN       11
#define HAL_ENOMEM       12
#define HAL_EACCES       13
#define HAL_EEXIST       17
#define HAL_ENOTDIR      20
#define HAL_EISDIR       21
#define HAL_EINVAL       22
#define HAL_ENOSPC       28
#define HAL_ENOTEMPTY    39
#define HAL_ENAMETOOLONG 36

/* ---- Events from outside ------------------------------------------------------------------------------------------------ */
#define HAL_EVENT_TIMEOUT 0u /* the deadline came */
#define HAL_EVENT_CONSOLE 1u /* bit 0: console input can be read (or has ended) */
#define HAL_EVENT_CONTROL 2u /* bit 1: the user asked for something: hal_machine.control_request */
#define HAL_EVENT_REQUEST 4u /* bit 2: request_next has something, or a console of a connection has gone or may be written again */

/* ---- Devices of the machine: ringside/devices ------------------------------------------------------------------------------- */
enum hal_device_space {
    HAL_DEVICE_PORT,   /* address: a port of the ISA bus */
    HAL_DEVICE_MEMORY, /* address: physical */
    HAL_DEVICE_CONFIG  /* address: slot * 256 + offset, of PCI bus 0 */
};
#define HAL_MESSAGE_VECTOR                                                                                                                           \
    0x30u /* a message (MSI) whose data is this vector, or one of the HAL_MESSAGES from it on, raises bit 24 on of device_edges */
#define HAL_MESSAGES 8u
typedef struct hal_device_access {
    uint64_t now; /* machine time: 100 ns since boot */
    uint64_t address;
    uint64_t value;
    uint32_t space; /* enum hal_device_space */
    uint32_t size;  /* 1, 2, 4, 8 */
    uint32_t write;
} hal_device_access;

/* ---- Debug output --------------------------------------------------------------------------------------------------------- */
typedef struct hal_debug_line {
    uint64_t time;              /* NT time, UTC */
    uint64_t up_time;           /* 100 ns since boot */
    uint32_t cpu, pid, tid;     /* who printed the line's first character */
    uint32_t component, level;  /* as DbgPrintEx was given them; component ~0: DbgPrint, whose level is 3 (INFO) */
    const char *component_name; /* "IHVDRIVER", or "" for DbgPrint and for a number without a name */
    const char *process;        /* "client.exe", "System"; UTF-8 */
    const char *driver;         /* "example.sys": the image that called; "" if no image's code did */
    const char *text;           /* UTF-8 without its newline */
    uint64_t size;
} hal_debug_line;

/* ---- Requests from outside: what other `ringside` commands ask of a machine that is up -------------------------------------- */
enum hal_request_kind {
    HAL_REQUEST_RUN, /* drivers, programs, console */
    HAL_REQUEST_LOAD, /* arguments: where the image is, "C:\\Windows\\System32\\drivers\\x.sys"; the service's name; its start; the ID of its devices or "" */
    HAL_REQUEST_UNLOAD,  /* arguments[0]: service name */
    HAL_REQUEST_STATUS,  /* arguments: none */
    HAL_REQUEST_THREADS, /* every thread, its stack and what it waits for */
    HAL_REQUEST_OBJECTS, /* arguments[0]: path of the object or directory, UTF-8; "\\" is the root */
    HAL_REQUEST_DOWN,    /* unload everything in order, then end */
    HAL_REQUEST_CONTROL, /* control: a console control event (0 Ctrl+C, 1 Ctrl+Break) for the programs of `console`, or HAL_CONTROL_THREADS; has no answer */
    HAL_REQUEST_GONE /* the other end of `connection` has gone: end what runs for it; has no answer */
};

#define HAL_CONTROL_THREADS 256u /* Ctrl+\: every thread as notes to `connection` */

#define HAL_MAX_ARGUMENTS 64
#define HAL_MAX_PROGRAMS  16
/* With whose rights a program starts. */
enum { HAL_ACCOUNT_ADMINISTRATOR, HAL_ACCOUNT_USER, HAL_ACCOUNT_SYSTEM };

typedef struct hal_program {
    const char *path;         /* "C:\\client.exe", UTF-8 */
    const char *command_line; /* UTF-8, as GetCommandLine will give it: the program's name and its arguments, quoted */
    uint32_t account;         /* HAL_ACCOUNT_... */
} hal_program;

/* Pointers in it stay valid until request_done for its connection. Every string is valid UTF-8. */
typedef struct hal_request {
    uint32_t kind;
    uint32_t connection; /* above 0; names it until request_done, also after HAL_REQUEST_GONE, and no other one afterwards */
    uint32_t console;    /* RUN, CONTROL: which console; 0 is the machine's own */
    uint32_t control;
    const char *const *arguments;
    uint32_t argument_count;
    const char *const *drivers; /* "C:\\example.sys", loaded first and unloaded afterwards */
    const char *const *driver_matches;
    uint32_t driver_count;
    const hal_program *programs; /* each is started once all before it have ended, or nothing goes on but by console input */
    uint32_t program_count;
} hal_request;

typedef struct hal_ops {
    /* Memory. va, size and pa are multiples of HAL_PAGE. map replaces whatever was there; unmap leaves the range reserved. */
    int64_t (*map)(uint64_t va, uint64_t pa, uint64_t size, uint32_t prot);
    int64_t (*unmap)(uint64_t va, uint64_t size);
    int64_t (*protect)(uint64_t va, uint64_t size, uint32_t prot);
    int64_t (*discard)(uint64_t pa, uint64_t size); /* RAM pages become zero and cost the host nothing until touched */
    /* As a copy to RAM, without mapping it: spares the host a fault and a cleared page for each page that is new, and is worth it from HAL_FILL_LEAST on. */
    int64_t (*fill)(uint64_t pa, const void *from, uint64_t size);
    /* The paging file: as many pages as are written, the lowest slots first; not kept. Between slot * HAL_PAGE of it and one page of RAM. */
    int64_t (*page_write)(uint64_t slot, uint64_t pa);
    int64_t (*page_read)(uint64_t slot, uint64_t pa);
    int64_t (*set_gs)(uint64_t base); /* for processors without FSGSBASE; see hal_machine.has_fsgsbase */

    /* Time and entropy. */
    uint64_t (*monotonic_ns)(void);
    uint64_t (*wall_time)(void); /* NT time: 100 ns since 1601, UTC */
    int64_t (*entropy)(void *buffer, uint64_t size);

    /* Waits until an event in `mask` or until timeout_ns has passed (~0: no limit). Returns HAL_EVENT_ bits; 0 is the timeout. */
    int64_t (*wait)(uint32_t mask, uint64_t timeout_ns);

    /* Consoles: 0 is that of the ringside process itself, others come with HAL_REQUEST_RUN and are gone with their connection: -HAL_EIO then.
       write: to stream 1 or 2; the whole of it, or for consoles above 0 as much as goes without waiting, then -HAL_EAGAIN if that is
       nothing. read: bytes read, 0 at the end of input, -HAL_EAGAIN when there is none yet (console 0: only on a terminal: pipes and
       files block, for their input counts as there, until HAL_EVENT_CONTROL is pending). terminals: bit n is set if stream n is a terminal. size: columns << 16 | rows of the terminal
       that output stream 1 or 2 is; 0: it is none, or does not say. */
    int64_t (*console_write)(uint32_t console, uint32_t stream, const void *data, uint64_t size);
    int64_t (*console_read)(uint32_t console, void *data, uint64_t size);
    int64_t (*console_terminals)(uint32_t console);
    int64_t (*console_size)(uint32_t console, uint32_t stream);
    /* Whether input of this console is waited for: only then does it raise HAL_EVENT_CONSOLE. */
    int64_t (*console_want)(uint32_t console, uint32_t wanted);
    int64_t (*debug_line)(const hal_debug_line *line);
    /* One or more whole lines for --trace. */
    int64_t (*trace)(const char *text, uint64_t size);
    /* An error or note of Ringside's own, to stderr, as one "ringside: ..." line. */
    int64_t (*message)(const char *text, uint64_t size);

    /* Host files. path: UTF-8, '/' between components, relative to the root, "" is the root itself ("//NAME/..." below that share); compared without
       regard to case where the exact name does not exist. Never leaves the root. Returns a handle >= 0. */
    int64_t (*file_open)(const char *path, uint32_t access, uint32_t disposition, hal_file_info *info);
    int64_t (*file_close)(int64_t file);
    int64_t (*file_read)(int64_t file, uint64_t offset, void *data, uint64_t size); /* bytes read */
    int64_t (*file_write)(int64_t file, uint64_t offset, const void *data, uint64_t size);
    int64_t (*file_info)(int64_t file, hal_file_info *info);
    int64_t (*file_resize)(int64_t file, uint64_t size);
    int64_t (*file_flush)(int64_t file);
    /* Dates in NT time, 0: as it is; readonly: hal_file_readonly, of a file alone. The rest of what hal_file_info says is the host's. */
    int64_t (*file_change)(int64_t file, uint64_t access_time, uint64_t write_time, uint32_t readonly);
    int64_t (*file_delete)(const char *path);
    int64_t (*file_rename)(const char *from, const char *to, uint32_t replace);
    /* Next entry of a directory in name order: index counts from 0; -HAL_ENOENT after the last. name: HAL_MAX_PATH bytes. */
    int64_t (*file_list)(int64_t directory, uint64_t index, char *name, hal_file_info *info);
    /* The path of an open file as file_open takes it, or "" for what is carried inside: for hal_stack_frame; name: HAL_MAX_PATH bytes. */
    int64_t (*file_host_path)(int64_t file, char *name);

    /* Requests. next: 0 and *request, or -HAL_EAGAIN. data: a piece of the answer, UTF-8, passed on as it is. note: one line for the person
       who asked. done: the end of the answer, and the exit code of the command. Both do nothing, with -HAL_EIO, for who has gone. */
    int64_t (*request_next)(hal_request *request);
    int64_t (*request_data)(uint32_t connection, const char *text, uint64_t size);
    int64_t (*request_note)(uint32_t connection, const char *text, uint64_t size);
    int64_t (*request_done)(uint32_t connection, uint32_t code);

    /* The machine's own small files (the registry), below its state directory; a machine that is not kept has none: -HAL_ENOENT, and
       writing succeeds without effect. read: bytes, at most size, of the file from offset. append: all of it is in the file, and survives the end of this
       process, when it returns. replace: the file has the new content or, if this fails or the process ends, the old. name: a plain file name. */
    int64_t (*state_read)(const char *name, uint64_t offset, void *data, uint64_t size);
    int64_t (*state_append)(const char *name, const void *data, uint64_t size);
    int64_t (*state_replace)(const char *name, const void *data, uint64_t size);

    /* Devices. access: 0, or -HAL_ENOENT where nothing answers: what is written is lost, a read gives all ones. tick: it is now that late; what was due
       has happened. Both write device_due, device_lines and device_edges of hal_machine. */
    int64_t (*device_access)(hal_device_access *access);
    int64_t (*device_tick)(uint64_t now);

    /* Code. find_points: the points in a PE image in memory layout, by rva, as hal_machine.points wants them; returns their number, of which up to `capacity`
       are stored; -HAL_ENOMEM.
       decode: fills in the frame's insn_ fields and cr2 for the instruction at its rip, as for trap 14 at the address that its operand has. */
    int64_t (*find_points)(uint64_t base, uint64_t size, hal_point *points, uint64_t capacity);
    int64_t (*decode)(hal_trap_frame *frame);

    /* The ends. None returns. */
    void (*exit)(uint32_t status);                 /* the machine is done; status is the program's 32-bit exit status */
    void (*bugcheck)(const hal_bugcheck *report);  /* prints the screen, leaves with 134 */
    void (*fatal)(const char *text);               /* our own mistake: one sentence, exit 125 */
    void (*stop)(uint32_t code, const char *text); /* a clean refusal: one sentence, that exit code */
} hal_ops;

/* ---- The machine --------------------------------------------------------------------------------------------------------- */
typedef struct hal_image { /* a PE file carried inside the ringside executable */
    const char *name;      /* "ntdll.dll", "null.sys" */
    const void *data;
    uint64_t size;
} hal_image;

enum hal_schedule { HAL_SCHEDULE_RANDOM, HAL_SCHEDULE_ROUND_ROBIN, HAL_SCHEDULE_PCT, HAL_SCHEDULE_EXHAUSTIVE }; /* ring0/ke/schedule.c */
#define HAL_SCHEDULE_DEPTH_MAX 16u
enum hal_points { HAL_POINTS_INTERLOCKED, HAL_POINTS_CALLS, HAL_POINTS_ACCESSES }; /* ring0/ke/points.c */
enum hal_verifier { HAL_VERIFIER_OFF, HAL_VERIFIER_STANDARD, HAL_VERIFIER_FULL };

typedef struct hal_machine {
    uint32_t version; /* HAL_VERSION */
    uint32_t cpus;
    const hal_ops *ops;

    /* Written by the kernel at each thread switch: where the host puts the frame of a trap taken in user mode, and the
       bounds that the stack pointer of a trap in kernel mode must lie in. */
    uint64_t kernel_stack_top;
    uint64_t kernel_stack_limit;
    uint64_t double_fault_stack_top; /* used when it does not: the frame then comes with trap 8 */

    /* 1 while user code runs: the kernel sets it as its last act before it leaves to user mode, and clears it first thing in a system
       call; the host clears it when it builds a trap frame. A NULL call in a driver and user code are told apart by it. */
    volatile uint32_t user_mode;
    volatile uint32_t no_preempt; /* nonzero: not now (kernel at DISPATCH_LEVEL or above) */

    uint64_t ram_size;
    uint64_t seed;
    uint64_t timeout_seconds; /* virtual; 0: none (the host watches real time itself) */
    uint32_t verifier;        /* enum hal_verifier */
    uint32_t trace;           /* 1: --trace */
    uint32_t etw;             /* 1: --etw */
    uint32_t realtime;
    uint32_t strict;
    uint32_t stays_up;  /* 1: serve requests until HAL_REQUEST_DOWN; 0: run `programs` and end */
    uint32_t safe;      /* 1: --safe: no boot, system or auto start drivers but our own */
    uint32_t last_good; /* 1: --last-known-good: boot with the control set of the last boot that went well */
    uint32_t has_fsgsbase;
    uint64_t boot_wall_time; /* NT time; in a repeatable run a constant */

    const hal_image *images;
    uint32_t image_count;
    uint64_t kernel_physical; /* where in RAM ntoskrnl.exe's pages are; it is mapped at HAL_KERNEL_BASE with its sections' protections */
    uint64_t kernel_size;     /* whole pages; RAM from kernel_physical + kernel_size on is free, RAM below kernel_physical is free too */
    const char *kernel_path;  /* host path of its debug data or "" */

    uint32_t schedule;                 /* enum hal_schedule */
    uint32_t schedule_depth;           /* PCT, EXHAUSTIVE: how often it intervenes */
    uint32_t points;                   /* enum hal_points */
    uint32_t stepping;                 /* the kernel executes one instruction with the trap flag set: the trap behind it is wanted */
    const char *const *drivers;        /* -d: NT-less DOS paths, UTF-8, "C:\\example.sys", in order */
    const char *const *driver_matches; /* --match: the ID of the devices that each is for, UTF-8; "": none is said */
    uint32_t driver_count;
    const hal_program *programs; /* each is started once all before it have ended, or nothing goes on but by console input */
    uint32_t program_count;      /* 0: only load the drivers and unload them */
    const char *const *shares;   /* UTF-8 names: \\ringside\NAME; files of theirs have paths that begin with "//NAME" */
    uint32_t share_count;
    const char *const *environment; /* "NAME=value" UTF-8, what the program is to see */
    uint32_t environment_count;

    /* Written by the kernel at boot, read by the host. */
    uint64_t trap_entry; /* where a trap resumes: rcx = hal_trap_frame *, rsp 16-byte aligned below it, DF and TF clear */

    /* Counts entries into the kernel (system calls, traps, driver calls through twins); the host watches it to see who spins. */
    volatile uint64_t kernel_entries;
    volatile uint64_t points_passed; /* the same for points in a driver's code: who only passes these is not preempted, but watched */
    /* Set by the host from a signal handler; the kernel looks at it at each entry and in its idle loop. HAL_EVENT_ bits. */
    volatile uint32_t pending_events;
    volatile uint32_t
        control_request; /* 1: Ctrl+C or another signal that ends, 2: Ctrl+\ (list threads), 3: --timeout has expired (real time), 4: as 1, and the terminal is gone */
    uint64_t device_due;              /* written by the host: when a device has something to do next (machine time); ~0: nothing */
    uint32_t device_lines;            /* written by the host: bit n is set while interrupt line n is held */
    uint32_t device_edges;            /* lines that have gone up, and messages that have come; set by the host, cleared by the kernel */
    uint32_t pci_slots;               /* bit n: a device is in slot n of PCI bus 0; written before boot */
    volatile uint32_t control_served; /* set by the kernel: programs have got the console event that the last request became */
    uint32_t watchdog_seconds;
    uint32_t repeatable; /* 1 until something made the run depend on real time; either side may clear it */
} hal_machine;
