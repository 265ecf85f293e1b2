/* Annotations of source code that mingw-w64's sal.h does not know: they mean nothing to a compiler. Names are those of "Understanding SAL" in Microsoft's documentation. */
#ifndef RINGSIDE_SAL_H
#define RINGSIDE_SAL_H

#include_next <sal.h>

/* mingw-w64 leaves these two out in C++, for its C++ library's parameters are called so. Drivers have no such library. */
#if defined(_KERNEL_MODE) && defined(__cplusplus)
#define __in
#define __out
#endif

#define _Analysis_noreturn_
#define _Deref_post_z_
#define _Deref_pre_z_
#define _Enum_is_bitflag_
#define _Frees_ptr_
#define _Frees_ptr_opt_
#define _In_defensive_(x)
#define _In_function_class_(x)
#define _Inout_defensive_(x)
#define _Interlocked_operand_
#define _Maybenull_
#define _Maybevalid_
#define _Notnull_
#define _Notref_
#define _Notvalid_
#define _NullTerminated_
#define _Null_
#define _Out_defensive_(x)
#define _Post_defensive_
#define _Post_impl_
#define _Post_invalid_
#define _Post_maybenull_
#define _Post_notnull_
#define _Post_null_
#define _Post_ptr_invalid_
#define _Post_valid_
#define _Post_z_
#define _Pre_
#define _Pre_defensive_
#define _Pre_maybenull_
#define _Pre_null_
#define _Pre_opt_valid_
#define _Pre_valid_
#define _Pre_z_
#define _Prepost_opt_z_
#define _Prepost_valid_
#define _Prepost_z_
#define _Ret_opt_z_
#define _Static_
#define _Translates_HRESULT_to_Win32_
#define _Translates_NTSTATUS_to_HRESULT_
#define _Translates_Win32_to_HRESULT_
#define _Translates_last_error_to_HRESULT_
#define _Valid_
#define __analysis_hint(x)
#define __blocksOn(x)
#define __control_entrypoint(x)
#define __encoded_array
#define __field_bcount(x)
#define __field_bcount_opt(x)
#define __field_bcount_part(x, y)
#define __field_data_source(x)
#define __field_ecount(x)
#define __field_ecount_opt(x)
#define __field_ecount_part(x, y)
#define __field_nullterminated
#define __field_range(x, y)
#define __format_string
#define __in_data_source(x)
#define __in_range(x, y)
#define __kernel_entry
#define __callback
#define __maybenull
#define __notnull
#define __nullnullterminated
#define __nullterminated
#define __out_data_source(x)
#define __out_range(x, y)
#define __possibly_notnullterminated
#define __post_invalid
#define __pre_except_maybenull
#define __struct_bcount(x)
#define __success(x)
#define __typefix(x)

#endif
