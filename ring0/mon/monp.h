/* What the monitor's files share. */
#pragma once
#include "mon/mon.h"

#include "cm/cm.h"
#include "ex/ex.h"
#include "io/io.h"
#include "kd/kd.h"
#include "ke/init.h"
#include "ke/ke.h"
#include "ldr/ldr.h"
#include "mm/mm.h"
#include "ob/ob.h"
#include "pnp/pnp.h"
#include "ps/ps.h"
#include "rtl/crt.h"
#include "rtl/rtl.h"
#include "vf/vf.h"

#define MON_TAG          'noM '
#define MON_NAME         256
#define MON_SERVICES_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"

#ifndef SERVICE_BOOT_START
#define SERVICE_BOOT_START   0
#define SERVICE_SYSTEM_START 1
#define SERVICE_AUTO_START   2
#define SERVICE_DEMAND_START 3
#endif

/* MonNote or, without AsNote, MonPrint. */
VOID MonTell(ULONG Connection, BOOLEAN AsNote, PCSTR Format, va_list Arguments);
/* printf with the kernel's formats, as UTF-8, cut at Size and terminated. Never waits. */
VOID MonFormat(CHAR *Text, SIZE_T Size, PCSTR Format, ...);
/* One of the monitor's own, of no interest to people. */
BOOLEAN MonIsOwnThread(PKTHREAD Thread);
/* The process after this one, without System; NULL: the first, the last. Valid until the caller waits. */
PEPROCESS MonNextProcess(PEPROCESS After);
