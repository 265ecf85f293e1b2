/*
 * C++ without exceptions, for hosts where mingw-w64's libstdc++ is not installed: new, delete, and what is called where a virtual function has no body. The
 * names are those of the Itanium C++ ABI; a program may bring its own.
 */
void *malloc(unsigned long long);
void free(void *);
__attribute__((noreturn)) void abort(void);

__attribute__((weak)) void *allocate(unsigned long long size) __asm__("_Znwy");
__attribute__((weak)) void *allocate_array(unsigned long long size) __asm__("_Znay");
__attribute__((weak)) void release(void *block) __asm__("_ZdlPv");
__attribute__((weak)) void release_array(void *block) __asm__("_ZdaPv");
__attribute__((weak)) void release_sized(void *block, unsigned long long size) __asm__("_ZdlPvy");
__attribute__((weak)) void release_array_sized(void *block, unsigned long long size) __asm__("_ZdaPvy");
__attribute__((weak)) void __cxa_pure_virtual(void);

void *allocate(unsigned long long size) {
    void *block = malloc(size != 0 ? size : 1);
    if (block == 0)
        abort();
    return block;
}
void *allocate_array(unsigned long long size) { return allocate(size); }
void release(void *block) { free(block); }
void release_array(void *block) { free(block); }
void release_sized(void *block, unsigned long long size) { free(block); }
void release_array_sized(void *block, unsigned long long size) { free(block); }
void __cxa_pure_virtual(void) { abort(); }
