/* What a path is, and what becomes of it without being opened: deleting and renaming. */
#include "files/handles.h"
#include "files/names.h"
#include "files/root.h"
#include "files/shares.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int files_check_path(const char *path) {
    const char *rest;

    if (!shares_is_path(path))
        return names_check(path);
    if (strnlen(path, HAL_MAX_PATH) >= HAL_MAX_PATH)
        return -HAL_ENAMETOOLONG;
    return shares_find(path, &rest) < 0 ? -HAL_ENOENT : names_check(rest);
}

/* The index of the share that it is a path of, -1 for drive C:. *rest: what follows the share's name. */
static int volume_of(const char *path, const char **rest) {
    *rest = path;
    return shares_is_path(path) ? shares_find(path, rest) : -1;
}

bool files_is_fixed(const char *path) {
    const char *rest;

    volume_of(path, &rest);
    return rest[0] == '\0' || overlay_find(path) != NULL || overlay_is_directory(path);
}

/* ---- Deleting and renaming -------------------------------------------------------------------------------- */

int64_t files_delete(const char *path) {
    char spelled[HAL_MAX_PATH];
    const char *name;
    int error = files_check_path(path), parent;

    if (error != 0)
        return error;
    if (files_is_fixed(path))
        return -HAL_EACCES;
    if ((error = root_spell(path, spelled)) != 0)
        return root_error(-error);
    if ((parent = root_open_parent(spelled, &name)) < 0)
        return root_error(-parent);
    error = 0;
    /* A link is removed itself, not what it leads to: unlink first, and rmdir only what says that it is a directory. */
    if (unlinkat(parent, name, 0) != 0) {
        error = errno;
        if ((error == EISDIR || error == EPERM) && (error = 0, unlinkat(parent, name, AT_REMOVEDIR) != 0))
            error = errno == EEXIST ? ENOTEMPTY : errno;
    }
    close(parent);
    return error == 0 ? 0 : root_error(error);
}

int64_t files_rename(const char *from, const char *to, uint32_t replace) {
    char spelled_from[HAL_MAX_PATH], spelled_to[HAL_MAX_PATH];
    const char *name_from, *name_to, *rest;
    int error = files_check_path(from), parent_from, parent_to;
    bool exists;

    if (error == 0)
        error = files_check_path(to);
    if (error != 0)
        return error;
    if (files_is_fixed(from) || files_is_fixed(to) || volume_of(from, &rest) != volume_of(to, &rest))
        return -HAL_EACCES;
    if ((error = root_spell(from, spelled_from)) != 0)
        return root_error(-error);
    error = root_spell(to, spelled_to);
    if (error == -ENOTDIR && overlay_has_parent(to))
        error = -ENOENT;
    if (error != 0 && error != -ENOENT)
        return root_error(-error);
    exists = error == 0;
    if (exists && strcmp(spelled_from, spelled_to) == 0) {
        /* The same file, perhaps in another spelling: the last component takes the new one. */
        const char *wanted = strrchr(to, '/');
        size_t head = strlen(spelled_to) - strlen(names_last(spelled_to));
        snprintf(spelled_to + head, sizeof spelled_to - head, "%s", wanted == NULL ? to : wanted + 1);
        replace = 1;
    } else if (exists && !replace) {
        return -HAL_EEXIST;
    }
    if ((error = root_make_parents(spelled_to)) != 0)
        return root_error(-error);
    if ((parent_from = root_open_parent(spelled_from, &name_from)) < 0)
        return root_error(-parent_from);
    if ((parent_to = root_open_parent(spelled_to, &name_to)) < 0) {
        close(parent_from);
        return root_error(-parent_to);
    }
    error = renameat2(parent_from, name_from, parent_to, name_to, replace ? 0 : RENAME_NOREPLACE) != 0 ? errno : 0;
    if (error == EINVAL && !replace) /* a file system without RENAME_NOREPLACE; that nothing has the name was checked above */
        error = renameat(parent_from, name_from, parent_to, name_to) != 0 ? errno : 0;
    close(parent_from);
    close(parent_to);
    return error == 0 ? 0 : root_error(error);
}
