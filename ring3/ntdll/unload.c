/*
 * Modules that nobody needs any more. What is loaded is a graph: a module needs those that it imports from, and cycles are allowed. A module stays
 * as long as it can be reached from one that somebody has loaded by name (References) or that is pinned; all others go together: first each is
 * told, importers before imports, then their memory goes.
 */
#include "ntdllp.h"

#define MODULE_OF_LOAD_LINK(link) CONTAINING_RECORD(link, LDRP_MODULE, Entry.InLoadOrderLinks)
#define MODULE_OF_INIT_LINK(link) CONTAINING_RECORD(link, LDRP_MODULE, Entry.InInitializationOrderLinks)

NTSTATUS LdrpRecordImport(LDRP_MODULE *Module, LDRP_MODULE *Import) {
    for (ULONG n = 0; n < Module->ImportCount; n++)
        if (Module->Imports[n] == Import)
            return STATUS_SUCCESS;
    if (Module == Import || Import->References == LDRP_PINNED)
        return STATUS_SUCCESS;
    if (Module->ImportCount % 8 == 0) {
        SIZE_T size = (Module->ImportCount + 8) * sizeof *Module->Imports;
        LDRP_MODULE **grown = RtlpAllocate(size);
        if (!grown)
            return STATUS_NO_MEMORY;
        if (Module->Imports)
            memcpy(grown, Module->Imports, Module->ImportCount * sizeof *Module->Imports);
        RtlpFree(Module->Imports);
        Module->Imports = grown;
    }
    Module->Imports[Module->ImportCount++] = Import;
    return STATUS_SUCCESS;
}

static VOID LdrpMark(LDRP_MODULE *Module) {
    if (Module->Needed)
        return;
    Module->Needed = TRUE;
    for (ULONG n = 0; n < Module->ImportCount; n++)
        LdrpMark(Module->Imports[n]);
}

static VOID LdrpFree(LDRP_MODULE *Module) {
    LdrpReleaseTls(Module);
    RtlpRemove(&Module->Entry.InLoadOrderLinks);
    RtlpRemove(&Module->Entry.InMemoryOrderLinks);
    RtlpRemove(&Module->Entry.InInitializationOrderLinks);
    NtUnmapViewOfSection(NtCurrentProcess(), Module->Entry.DllBase);
    RtlpFree(Module->Imports);
    RtlpFree(Module->Entry.FullDllName.Buffer);
    RtlpFree(Module);
}

VOID LdrpCallDetach(LDRP_MODULE *Module, PVOID Reserved) {
    Module->Initialized = FALSE;
    LdrpCallTlsCallbacks(Module, DLL_PROCESS_DETACH);
    if (Module->Entry.EntryPoint)
        ((PDLL_MAIN)Module->Entry.EntryPoint)(Module->Entry.DllBase, DLL_PROCESS_DETACH, Reserved);
}

static BOOLEAN LdrpIsImported(LDRP_MODULE *Module, PLIST_ENTRY Order) {
    for (PLIST_ENTRY link = Order->Flink; link != Order; link = link->Flink) {
        LDRP_MODULE *importer = MODULE_OF_INIT_LINK(link);
        for (ULONG n = 0; importer->Unloading && importer->Initialized && n < importer->ImportCount; n++)
            if (importer->Imports[n] == Module)
                return TRUE;
    }
    return FALSE;
}

/* The last initialized one of those that go and that no other one of them imports from; in a circle the last initialized one. NULL: all have been
   told.
   Their routines may load and free others: the list is looked at anew each time. */
static LDRP_MODULE *LdrpNextToDetach(PLIST_ENTRY Order) {
    LDRP_MODULE *last = NULL;
    for (PLIST_ENTRY link = Order->Blink; link != Order; link = link->Blink) {
        LDRP_MODULE *module = MODULE_OF_INIT_LINK(link);
        if (!module->Unloading || !module->Initialized)
            continue;
        if (!LdrpIsImported(module, Order))
            return module;
        if (!last)
            last = module;
    }
    return last;
}

VOID LdrpCollect(VOID) {
    static BOOLEAN collecting, again;
    PLIST_ENTRY modules = &NtPeb()->Ldr->InLoadOrderModuleList;
    LDRP_MODULE *module;
    again = TRUE;
    if (collecting) /* a DllMain that is told of its end frees another one */
        return;
    collecting = TRUE;
    while (again) {
        again = FALSE;
        for (PLIST_ENTRY link = modules->Flink; link != modules; link = link->Flink)
            MODULE_OF_LOAD_LINK(link)->Needed = FALSE;
        for (PLIST_ENTRY link = modules->Flink; link != modules; link = link->Flink)
            if (MODULE_OF_LOAD_LINK(link)->References)
                LdrpMark(MODULE_OF_LOAD_LINK(link));
        for (PLIST_ENTRY link = modules->Flink; link != modules; link = link->Flink)
            MODULE_OF_LOAD_LINK(link)->Unloading = !MODULE_OF_LOAD_LINK(link)->Needed;
        while ((module = LdrpNextToDetach(&NtPeb()->Ldr->InInitializationOrderModuleList)) != NULL)
            LdrpCallDetach(module, NULL);
        for (PLIST_ENTRY link = modules->Flink; link != modules;) {
            module = MODULE_OF_LOAD_LINK(link);
            link = link->Flink;
            if (module->Unloading)
                LdrpFree(module);
        }
    }
    collecting = FALSE;
}
