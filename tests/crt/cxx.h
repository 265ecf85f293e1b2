/*
 * What Visual C++'s headers and the static part of its library give a C++ program, as far as the programs here need it: the library proper
 * is imported from vcruntime140.dll. cxx-start.cpp defines what is not.
 */
#pragma once
#include "vc.h"

extern "C" {
typedef struct EXCEPTION_RECORD {
    unsigned long code, flags;
    EXCEPTION_RECORD *next;
    void *address;
    unsigned long count;
    uintptr_t information[15];
} EXCEPTION_RECORD;
typedef struct EXCEPTION_POINTERS {
    EXCEPTION_RECORD *record;
    void *context;
} EXCEPTION_POINTERS;
IMPORT int __uncaught_exceptions(void);
IMPORT EXCEPTION_RECORD **__current_exception(void);
IMPORT void **__current_exception_context(void);
typedef void (*TRANSLATOR)(unsigned code, EXCEPTION_POINTERS *pointers);
IMPORT TRANSLATOR _set_se_translator(TRANSLATOR translator);
IMPORT const char *__std_type_info_name(void *type, SLIST_HEADER *names);
IMPORT int __std_type_info_compare(const void *a, const void *b);
IMPORT void RaiseException(unsigned long code, unsigned long flags, unsigned long count, const uintptr_t *information);
IMPORT void *CreateThread(void *security, size_t stack, unsigned long (*start)(void *), void *argument, unsigned long flags, unsigned long *id);
IMPORT int __intrinsic_setjmp(void *buffer, void *frame) __attribute__((returns_twice));
IMPORT __declspec(noreturn) void longjmp(void *buffer, int value);
extern SLIST_HEADER type_names;
}

class type_info {
  public:
    virtual ~type_info();
    const char *name() const { return __std_type_info_name((void *)&data, &type_names); }
    bool operator==(const type_info &other) const { return __std_type_info_compare(&data, &other.data) == 0; }

  private:
    struct {
        const char *plain;
        char decorated[1];
    } data;
};

namespace std {
typedef ::type_info type_info;
class exception {
  public:
    exception() : data() {}
    exception(const char *text) : data() {
        EXCEPTION_DATA from = {text, 1};
        __std_exception_copy(&from, &data);
    }
    exception(const exception &other) : data() { __std_exception_copy(&other.data, &data); }
    virtual ~exception() { __std_exception_destroy(&data); }
    virtual const char *what() const { return data.what ? data.what : "Unknown exception"; }

  private:
    EXCEPTION_DATA data;
};
class bad_cast : public exception {};
class bad_typeid : public exception {};
class __non_rtti_object : public bad_typeid {};
} // namespace std

inline void *operator new(size_t, void *at) { return at; }

/* What happened, one letter each. */
extern char told[256];
void tell(const char *what);
bool told_is(const char *what); /* and begins anew */
