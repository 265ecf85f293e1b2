# rtl files (without their endings) that ntdll shares with the kernel.
RTL_SHARED_NAMES := unwind lookup exception specific_handler context chkstk memory string wide_string character number wide_number sort ip printf format float \
	case codepage unicode_string ansi_string translate integer guid time bitmap random version status
RTL_SHARED := $(foreach f,$(RTL_SHARED_NAMES),ring0/rtl/$(f).o) $(foreach f,sid acl descriptor,ring0/se/$(f).o)
