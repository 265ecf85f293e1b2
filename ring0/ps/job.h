/*
 * Jobs ("Job Objects", learn.microsoft.com): processes that are limited, counted and ended together. A process is in one job at most, with all that it creates; jobs are
 * not nested. What cannot be kept here is refused (STATUS_NOT_SUPPORTED): limits of time, of memory, of priority and of processors.
 */
#pragma once
#include "ps/ps.h"

typedef struct _EJOB {
    KEVENT Event;         /* what the object is as one to wait for: signaled by a time limit alone */
    LIST_ENTRY Processes; /* EPROCESS.JobLink: those that have not ended */
    ULONG Total, Active;
    ULONG Terminated; /* by a limit */
    ULONG LimitFlags, ActiveLimit, UiRestrictions;
    LONGLONG UserTime, KernelTime; /* of those that have ended */
    PVOID Port, PortKey;           /* referenced; NULL: nobody is told */
} EJOB, *PEJOB;

#define JOB_OBJECT_ASSIGN_PROCESS 0x0001
#define JOB_OBJECT_SET_ATTRIBUTES 0x0002
#define JOB_OBJECT_QUERY          0x0004
#define JOB_OBJECT_TERMINATE      0x0008
#define JOB_OBJECT_ALL_ACCESS     0x1F003F

#define JOB_OBJECT_LIMIT_ACTIVE_PROCESS      0x0008u
#define JOB_OBJECT_LIMIT_DIE_ON_EXCEPTION    0x0400u /* as all processes here do */
#define JOB_OBJECT_LIMIT_BREAKAWAY_OK        0x0800u
#define JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK 0x1000u
#define JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE   0x2000u
#define JOB_OBJECT_BASIC_LIMITS              0x00FFu
#define JOB_OBJECT_EXTENDED_LIMITS           0x7FFFu

/* Messages to the port: the bytes of a packet whose OVERLAPPED is the id of the process. */
#define JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT  3u
#define JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO   4u
#define JOB_OBJECT_MSG_NEW_PROCESS           6u
#define JOB_OBJECT_MSG_EXIT_PROCESS          7u
#define JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS 8u

VOID PspInitializeJobType(VOID); /* PspJobType */
/* STATUS_ACCESS_DENIED: it is in a job. STATUS_QUOTA_EXCEEDED: one process more than the job may have. STATUS_PROCESS_IS_TERMINATING. */
NTSTATUS PspJoinJob(PEJOB Job, PEPROCESS Process);
/* The job of which a process that Parent makes will be a part, or NULL. STATUS_ACCESS_DENIED: it may not break away. */
NTSTATUS PspInheritedJob(PEPROCESS Parent, BOOLEAN Breakaway, PEJOB *Job);
VOID PspLeaveJob(PEPROCESS Process); /* it has ended */

NTSTATUS NTAPI NtCreateJobObject(PHANDLE JobHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtOpenJobObject(PHANDLE JobHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtAssignProcessToJobObject(HANDLE JobHandle, HANDLE ProcessHandle);
/* A caller that is in the job ends, too: then it does not return. */
NTSTATUS NTAPI NtTerminateJobObject(HANDLE JobHandle, NTSTATUS ExitStatus);
/* JobHandle NULL: in any job. STATUS_PROCESS_IN_JOB, STATUS_PROCESS_NOT_IN_JOB. */
NTSTATUS NTAPI NtIsProcessInJob(HANDLE ProcessHandle, HANDLE JobHandle);
/* JobHandle NULL: the caller's own; STATUS_ACCESS_DENIED if it is in none. */
NTSTATUS NTAPI NtQueryInformationJobObject(HANDLE JobHandle, ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength);
NTSTATUS NTAPI NtSetInformationJobObject(HANDLE JobHandle, ULONG Class, PVOID Information, ULONG Length);
