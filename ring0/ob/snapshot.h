/* The namespace as text, for those who look at it from outside (`ringside objects`). */
#pragma once
#include "nt/nt.h"

/* Where the text goes: called for each line, which ends in a newline. May not change the namespace. */
typedef VOID (*OBP_EMIT)(PVOID Context, PCSTR Text, SIZE_T Size);

/*
 * The object at Path (UTF-8; "\" is the root; case does not matter; a link at its end is the link itself) and, if it is a directory, all that is in it, each
 * directory before what it holds, 24 directories deep: an object of JSON to a line. Members, of which only the first five are always there:
 *   path, name, type, references, handles    counts without what the looking itself adds
 *   permanent                                true: stays when its last handle is closed
 *   security                                 SDDL, or "none"; absent where objects of the type keep none
 *   target, earlier                          SymbolicLink: where it leads, and the meanings that DefineDosDevice keeps behind it
 *   entries, shadow                          Directory: how many; where names are looked up that it lacks
 *   driver, device_type, characteristics, flags, exclusive, open, stack, attached
 *                                            Device: its driver; numbers as hex and names; files open; the stack from its top, itself among them
 *   devices, service, start, size, unload    Driver: names of its devices, or "" for one without; its image
 *   kind, signaled, count, limit, owner      Event, Mutant, Semaphore; owner is a thread's id
 *   objects, handles_open, peak_objects, peak_handles
 *                                            Type: of all objects of the type
 * A path that leads to nothing is a line with path, error (a sentence) and status. PASSIVE_LEVEL, in the System process, whose "\??" is \GLOBAL??.
 */
VOID ObpSnapshot(PCSTR Path, OBP_EMIT Emit, PVOID Context);
