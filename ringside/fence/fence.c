#include "fence/fence.h"
#include "fence/key.h"
#include "message.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define MAX_DIRECTORIES 64

/* Rights that the headers of older systems lack, with the Landlock ABI that brought them. */
#define RIGHT_REFER         (1ull << 13) /* 2 */
#define RIGHT_TRUNCATE      (1ull << 14) /* 3 */
#define RIGHT_IOCTL_DEVICE  (1ull << 15) /* 5 */
#define NETWORK_BIND        (1ull << 0)  /* 4 */
#define NETWORK_CONNECT     (1ull << 1)
#define SCOPE_ABSTRACT_UNIX (1ull << 0) /* 6 */
#define SCOPE_SIGNAL        (1ull << 1)

#define RIGHTS_OF_ABI_1 (RIGHT_REFER - 1)
#define RIGHTS_GRANTED                                                                                                                               \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                    \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | RIGHT_REFER | RIGHT_TRUNCATE)

struct ruleset { /* struct landlock_ruleset_attr of ABI 6; older kernels know its beginning */
    uint64_t files, network, scopes;
};

static int directories[MAX_DIRECTORIES];
static struct utsname host;
static unsigned directory_count;

static struct {
    bool raised;
    int privileges, filter, landlock, limits; /* 0 or what the kernel answered */
    int landlock_abi;
} fence;

bool fence_allow(int directory) {
    if (directory < 0 || directory_count == MAX_DIRECTORIES) {
        return false;
    }
    directories[directory_count++] = directory;
    return true;
}

/* Under ABI 1 nothing can be renamed from one directory to another, which drive C: must be able to do: that one is not used. */
static int restrict_files(void) {
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 0) {
        return errno;
    }
    fence.landlock_abi = abi;
    if (abi < 2) {
        return ENOSYS;
    }
    struct ruleset rules = {
        .files = RIGHTS_OF_ABI_1 | RIGHT_REFER | (abi >= 3 ? RIGHT_TRUNCATE : 0) | (abi >= 5 ? RIGHT_IOCTL_DEVICE : 0),
        .network = abi >= 4 ? NETWORK_BIND | NETWORK_CONNECT : 0,
        .scopes = abi >= 6 ? SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL : 0,
    };
    size_t size = abi >= 6 ? sizeof rules : abi >= 4 ? offsetof(struct ruleset, scopes) : offsetof(struct ruleset, network);
    int set = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    int error = set < 0 ? errno : 0;
    for (unsigned i = 0; i < directory_count && error == 0; i++) {
        struct landlock_path_beneath_attr rule = {.allowed_access = RIGHTS_GRANTED & rules.files, .parent_fd = directories[i]};
        error = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ? 0 : errno;
    }
    if (error == 0) {
        error = syscall(SYS_landlock_restrict_self, set, 0) == 0 ? 0 : errno;
    }
    if (set >= 0) {
        close(set);
    }
    return error;
}

static int set_limits(void) {
    static const int none[] = {RLIMIT_CORE, RLIMIT_NPROC, RLIMIT_MSGQUEUE, RLIMIT_RTPRIO};
    static const struct rlimit zero = {0, 0};
    int error = 0;
    for (unsigned i = 0; i < sizeof none / sizeof *none; i++) {
        error = setrlimit(none[i], &zero) == 0 ? error : errno;
    }
    return error;
}

void fence_raise(void) {
    if (uname(&host) != 0) {
        strcpy(host.release, "(unknown)");
    }
    fence.limits = set_limits();
    fence.privileges = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno;
    fence_key_start();
    fence.landlock = restrict_files();
    fence.filter = fence_filter_install();
    fence.raised = true;
}

void fence_refused(uint32_t number) {
    static uint64_t said[8];
    uint64_t bit = 1ull << number % 64;
    if (number < 64 * sizeof said / sizeof *said) {
        if (said[number / 64] & bit) {
            return;
        }
        said[number / 64] |= bit;
    }
    message_note(
        "the fence refused the Linux call %s (%u), which Ringside's own code made: a driver has damaged it, or it is our mistake: please report it",
        fence_call_name(number), number);
}

/* ---- What came of it -------------------------------------------------------------------------------- */

static const char *why_no_landlock(const char *release) {
    static char text[160];
    if (fence.landlock_abi == 1) {
        snprintf(text, sizeof text, "kernel %s has ABI 1, under which files cannot be renamed between directories; Linux 5.19 has ABI 2", release);
    } else if (fence.landlock == EOPNOTSUPP) {
        snprintf(text, sizeof text, "it is built into kernel %s and switched off there: add landlock to the lsm= parameter", release);
    } else if (fence.landlock == ENOSYS) {
        snprintf(text, sizeof text, "kernel %s is older than 5.13 or built without it", release);
    } else {
        snprintf(text, sizeof text, "kernel %s refuses it: %s", release, strerror(fence.landlock));
    }
    return text;
}

static const char *on_or_absent(int error) {
    static char text[2][96];
    static unsigned next;
    char *out = text[next++ % 2];
    snprintf(out, sizeof text[0], error == 0 ? "on" : "absent: %s", strerror(error));
    return out;
}

const char *fence_describe(void) {
    static char text[1024];
    if (!fence.raised) {
        return "fence: off: --no-sandbox\n";
    }
    int used = snprintf(text, sizeof text, "no new privileges: %s\nseccomp: %s\n", on_or_absent(fence.privileges), on_or_absent(fence.filter));
    if (fence.landlock == 0) {
        used += snprintf(text + used, sizeof text - (size_t)used, "Landlock: ABI %d\n", fence.landlock_abi);
    } else {
        used += snprintf(text + used, sizeof text - (size_t)used, "Landlock: absent: %s\n", why_no_landlock(host.release));
    }
    snprintf(text + used, sizeof text - (size_t)used, "protection key: %s\nresource limits: %s\n", fence_key_describe(), on_or_absent(fence.limits));
    return text;
}
