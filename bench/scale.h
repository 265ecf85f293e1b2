/* What scale.exe asks scale.sys to make many of. */
#pragma once
#define SCALE_DEVICES  0 /* devices with names, opened by name and deleted */
#define SCALE_THREADS  1 /* system threads that wait until all are there */
#define SCALE_HANDLES  2 /* kernel handles to an event each */
#define SCALE_REQUESTS 3 /* IRPs of the driver's own that its queue keeps, half cancelled, half completed */
#define SCALE_TIMERS   4 /* timers, due in no order, cancelled in another */
#define SCALE_CANCELS  5 /* nothing is made: the next Count cancellations are stepped */

typedef struct _SCALE_REQUEST {
    unsigned int Kind, Count;
    unsigned int Stepped; /* tests/tools/steps counts the instructions of some of each: nothing else could stand the breakpoints */
} SCALE_REQUEST;

/* tests/tools/steps counts from one of these to the next; Name is what they are of, at most eight letters. */
#define SCALE_SAMPLE 8u
static inline unsigned long long ScaleName(const char *Name) {
    unsigned long long Letters = 0;
    for (unsigned i = 0; i < 8 && Name[i]; i++)
        Letters |= (unsigned long long)(unsigned char)Name[i] << (8 * i);
    return Letters;
}
static inline void ScaleStepsBegin(void) { __asm__ volatile("int3\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq" : : "a"(0ull) : "memory", "cc"); }
/* The same, with what runs in other threads until the end counted too. */
static inline void ScaleStepsBeginAll(void) { __asm__ volatile("int3" : : "a"(1ull) : "memory"); }
static inline void ScaleStepsEnd(unsigned long long Name, unsigned long long Phase, unsigned long long Items) {
    __asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\tint3" : : "a"(Name), "c"(Phase), "d"(Items) : "memory", "cc");
}

/* Processor ticks for all of Count; what a kind has no use for is 0. */
typedef struct _SCALE_RESULT {
    unsigned int Made; /* as many as there could be: less than Count when memory ran out */
    int Status;        /* why no more */
    unsigned long long Make, Use, End;
} SCALE_RESULT;

#define IOCTL_SCALE      CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_SCALE_PEND CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_NEITHER, FILE_ANY_ACCESS)
