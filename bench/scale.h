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

/* How many of all are counted. */
#define SCALE_SAMPLE 8u

/* Processor ticks for all of Count; what a kind has no use for is 0. */
typedef struct _SCALE_RESULT {
    unsigned int Made; /* as many as there could be: less than Count when memory ran out */
    int Status;        /* why no more */
    unsigned long long Make, Use, End;
} SCALE_RESULT;

#define IOCTL_SCALE      CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_SCALE_PEND CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_NEITHER, FILE_ANY_ACCESS)
