/*
 * Annotations for static analysis of drivers that mingw-w64's driverspecs.h does not know: they mean nothing to a compiler. Names are those of
 * "IRQL annotations for drivers", "Annotating Function Behavior" and "Using SAL Annotations" in Microsoft's documentation.
 */
#ifndef RINGSIDE_DRIVERSPECS_H
#define RINGSIDE_DRIVERSPECS_H

#include_next <driverspecs.h>
#include <sal.h>

#define _IRQL_saves_global_(kind, param)
#define _IRQL_restores_global_(kind, param)
#define _IRQL_always_function_max_(irql)
#define _IRQL_always_function_min_(irql)
#define _IRQL_uses_cancel_
#define _IRQL_is_cancel_
#define _Dispatch_type_(type)
#define _Kernel_clear_do_init_(yes)
#define _Kernel_entry_
#define _Kernel_entry_always_
#define _Kernel_float_restored_
#define _Kernel_float_saved_
#define _Kernel_float_used_
#define _Kernel_IoGetDmaAdapter_
#define _Kernel_requires_resource_held_(kind)
#define _Kernel_requires_resource_not_held_(kind)
#define _Kernel_acquires_resource_(kind)
#define _Kernel_releases_resource_(kind)
#define _Kernel_releases_resource_always_(kind)
#define __drv_clearDoInit(yes)
#define __drv_functionClass(name)
#define __drv_functionDeclare_stack_size(size)
#define __drv_floatSaved
#define __drv_floatRestored
#define __drv_floatUsed
#define __drv_inTry
#define __drv_notInTry
#define __drv_interlocked
#define __drv_isObjectPointer
#define __drv_isCancelIRQL
#define __drv_useCancelIRQL
#define __drv_maxFunctionIRQL
#define __drv_minFunctionIRQL
#define __drv_minIRQL(irql)
#define __drv_mustHold(kind)
#define __drv_mustHoldCriticalRegion
#define __drv_mustHoldCancelSpinLock
#define __drv_mustHoldGlobal(kind, param)
#define __drv_neverHold(kind)
#define __drv_neverHoldCriticalRegion
#define __drv_notPointer
#define __drv_preferredFunction(name, why)
#define __drv_acquiresCriticalRegion
#define __drv_acquiresCancelSpinLock
#define __drv_acquiresExclusiveResource(kind)
#define __drv_acquiresResource(kind)
#define __drv_releasesCriticalRegion
#define __drv_releasesCancelSpinLock
#define __drv_releasesExclusiveResource(kind)
#define __drv_releasesResource(kind)
#define __drv_reportError(why)
#define __drv_restoresIRQLGlobal(kind, param)
#define __drv_savesIRQLGlobal(kind, param)
#define __drv_sameIRQL
#define __drv_setsIRQL(irql)
#define __drv_strictType(type, mode)
#define __drv_strictTypeMatch(mode)
#define __drv_valueIs(list)
#define __drv_constant
#define __drv_defined(name)
#define __drv_fun(annotation)
#define __drv_ret(annotation)
#define __drv_innerMustHoldGlobal(kind, param)
#define __drv_IoGetDmaAdapter
#define __internal_kernel_driver
#define ___drv_unit_internal_kernel_driver

#endif
