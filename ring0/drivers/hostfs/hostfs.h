/* What hostfs offers besides ordinary file requests. Include it after ntifs.h. */
#pragma once

/* FSCTL, kernel callers only: the host's own path of an open file, UTF-8 and terminated, for messages and debug data; "" if the file is
   carried inside Ringside. The output buffer holds HAL_MAX_PATH bytes. */
#define FSCTL_HOSTFS_QUERY_HOST_PATH CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 0xA00, METHOD_BUFFERED, FILE_ANY_ACCESS)
