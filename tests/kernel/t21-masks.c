/* DbgPrintEx: components, levels and masks; masks from the registry; what is there without a debugger. */
#define TAP_OWN_UNLOAD
#include "tap.h"

NTSYSAPI ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format, va_list Arguments);

#define KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Session Manager\\Debug Print Filter"

/* What the last print was, and how many there were: a callback sees what passes the masks. */
static ULONG Calls, LastComponent, LastLevel;
static CHAR LastText[520];

static VOID Seen(PSTRING Output, ULONG ComponentId, ULONG Level) {
    Calls++;
    LastComponent = ComponentId;
    LastLevel = Level;
    RtlZeroMemory(LastText, sizeof(LastText));
    RtlCopyMemory(LastText, Output->Buffer, Output->Length);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNREFERENCED_PARAMETER(DriverObject);
    DbgSetDebugPrintCallback(Seen, FALSE);
}

static BOOLEAN Shown(ULONG Component, ULONG Level) {
    ULONG Before = Calls;
    NT_VERIFY(DbgPrintEx(Component, Level, "#\n") == STATUS_SUCCESS);
    return Calls != Before;
}

static VOID SetMask(PCWSTR Name, ULONG Mask) {
    NT_VERIFY(NT_SUCCESS(RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, KEY, Name, REG_DWORD, &Mask, sizeof(Mask))));
}

static VOID DeleteMask(PCWSTR Name) { NT_VERIFY(NT_SUCCESS(RtlDeleteRegistryValue(RTL_REGISTRY_ABSOLUTE, KEY, Name))); }

static VOID TestStart(VOID) {
    ULONG Mask = 0;
    RTL_QUERY_REGISTRY_TABLE Query[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_REQUIRED, .Name = L"DEFAULT", .EntryContext = &Mask}};
    ok(NT_SUCCESS(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, KEY, Query, NULL, NULL)) && Mask == 0xF,
       "the registry of a new machine lets DbgPrint print");
    ok(Shown(DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL) && Shown(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL), "DEFAULT: errors to information");
    ok(!Shown(DPFLTR_DEFAULT_ID, 4) && !Shown(DPFLTR_DEFAULT_ID, 31), "DEFAULT: no other level");
    ok(Shown(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL), "another component: errors");
    ok(!Shown(DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL) && !Shown(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL), "another component: nothing else");
    ok(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL) == TRUE &&
           DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL) == FALSE,
       "DbgQueryDebugFilterState");
    is(DbgQueryDebugFilterState(DPFLTR_ENDOFTABLE_ID, 0), STATUS_INVALID_PARAMETER_1, "query: no such component");
    is(DbgSetDebugFilterState(DPFLTR_ENDOFTABLE_ID, 0, TRUE), STATUS_INVALID_PARAMETER_1, "set: no such component");
}

static VOID TestLevels(VOID) {
    DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, 7, TRUE);
    ok(Shown(DPFLTR_IHVDRIVER_ID, 7) && !Shown(DPFLTR_IHVDRIVER_ID, 6), "a level below 32 is the number of a bit");
    ok(Shown(DPFLTR_IHVDRIVER_ID, DPFLTR_MASK | 0x80) && !Shown(DPFLTR_IHVDRIVER_ID, DPFLTR_MASK | 0x40), "one above is a mask");
    ok(Shown(DPFLTR_IHVDRIVER_ID, 0xFFFFFFFF), "all levels: one of them is enabled");
    ok(Shown(DPFLTR_IHVDRIVER_ID, 7) && LastComponent == DPFLTR_IHVDRIVER_ID && LastLevel == 7 && strcmp(LastText, "#\n") == 0,
       "the callback sees which");
    DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_MASK | 0x3F0, TRUE);
    ok(Shown(DPFLTR_IHVDRIVER_ID, 4) && Shown(DPFLTR_IHVDRIVER_ID, 9), "many levels are enabled at once");
    DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, 0xFFFFFFFF, FALSE);
    ok(!Shown(DPFLTR_IHVDRIVER_ID, 7), "and disabled");
    ok(Shown(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL), "errors pass through the mask of all components");
}

static VOID TestRegistry(VOID) {
    ULONG64 Wide = 0xFF;
    SetMask(L"IHVDRIVER", 0x8);
    ok(Shown(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL) && !Shown(DPFLTR_IHVDRIVER_ID, DPFLTR_TRACE_LEVEL), "a value of the registry is the mask");
    SetMask(L"ihvbus", 0x4);
    ok(Shown(DPFLTR_IHVBUS_ID, DPFLTR_TRACE_LEVEL), "names in any case");
    DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_TRACE_LEVEL, TRUE);
    SetMask(L"NOSUCHCOMPONENT", 0xF);
    ok(Shown(DPFLTR_IHVDRIVER_ID, DPFLTR_TRACE_LEVEL), "another value changes nothing of what was set since");
    RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, KEY, L"IHVVIDEO", REG_BINARY, &Wide, sizeof(Wide));
    ok(!Shown(DPFLTR_IHVVIDEO_ID, DPFLTR_TRACE_LEVEL), "only a DWORD is a mask");
    SetMask(L"WIN2000", 0x3);
    ok(Shown(DPFLTR_IHVAUDIO_ID, DPFLTR_WARNING_LEVEL), "WIN2000's mask is for all components");
    DeleteMask(L"WIN2000");
    ok(!Shown(DPFLTR_IHVAUDIO_ID, DPFLTR_WARNING_LEVEL) && Shown(DPFLTR_IHVAUDIO_ID, DPFLTR_ERROR_LEVEL), "without a value it is errors again");
    DeleteMask(L"IHVDRIVER");
    ok(!Shown(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL), "without a value a component has none");
}

static VOID TestDefault(VOID) {
    SetMask(L"DEFAULT", 0);
    ULONG Before = Calls;
    DbgPrint("never seen\n");
    BOOLEAN Silent = Calls == Before, Errors = Shown(DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL);
    SetMask(L"DEFAULT", 0xF);
    ok(Silent && Errors, "DbgPrint prints at DEFAULT's level INFO: without it, it is silent");
    Before = Calls;
    DbgPrint("#\n");
    ok(Calls == Before + 1 && LastComponent == DPFLTR_DEFAULT_ID && LastLevel == DPFLTR_INFO_LEVEL, "with it, it prints");
}

static VOID Variable(PCSTR Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    NT_VERIFY(vDbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL, Format, Arguments) == STATUS_SUCCESS);
    va_end(Arguments);
}

static VOID Prefixed(PCSTR Prefix, PCSTR Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    NT_VERIFY(vDbgPrintExWithPrefix(Prefix, DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL, Format, Arguments) == STATUS_SUCCESS);
    va_end(Arguments);
}

static VOID TestForms(VOID) {
    CHAR Long[700], Answer[8] = "?";
    Variable("# %d %s\n", 5, "six");
    ok(strcmp(LastText, "# 5 six\n") == 0, "vDbgPrintEx");
    Prefixed("# pre: ", "%d\n", 7);
    ok(strcmp(LastText, "# pre: 7\n") == 0, "vDbgPrintExWithPrefix");
    DbgPrintReturnControlC("# %d\n", 8);
    ok(strcmp(LastText, "# 8\n") == 0, "DbgPrintReturnControlC");
    RtlFillMemory(Long, sizeof(Long) - 1, 'x');
    Long[0] = '#';
    Long[sizeof(Long) - 1] = '\0';
    DbgPrint("%s", Long);
    ok(strlen(LastText) == 512 && LastText[511] == '\n', "a call prints 512 characters");
    ok(DbgPrompt("who is there? ", Answer, sizeof(Answer)) == 0 && Answer[0] == '?', "nobody answers DbgPrompt");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    ok(DbgSetDebugPrintCallback(Seen, TRUE) == STATUS_SUCCESS, "DbgSetDebugPrintCallback");
    TestStart();
    TestLevels();
    TestRegistry();
    TestDefault();
    TestForms();
}
