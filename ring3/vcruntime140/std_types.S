/*
 * The tables that the compiler would have made for std::exception, bad_cast, bad_typeid and __non_rtti_object (which is a bad_typeid): types, virtual
 * functions with what leads from them to the types, and how each is thrown.
 */
    .section .rdata, "dr"

/* type NAME, "DECORATED": its descriptor. Nobody calls virtual functions of a std::type_info. */
    .macro type name, decorated
    .section .data, "dw"
    .balign 8
\name\()_type:
    .quad no_functions, 0
    .asciz "\decorated"
    .section .rdata, "dr"
    .balign 4
\name\()_catchable:
    .long 0
    .rva \name\()_type
    .long 0, -1, 0, 24
    .rva \name\()_copy
    .endm

/* base NAME, BELOW: an entry of a class's list, with so many more of its own behind it. */
    .macro base name, below
\name\()_base:
    .rva \name\()_type
    .long \below, 0, -1, 0, 0
    .endm

    .macro base_of name
    .rva \name\()_base
    .endm
    .macro catchable_of name
    .rva \name\()_catchable
    .endm

/* class NAME, COUNT, BASES...: the list has the class itself first; and so has what a throw of it can be caught as. */
    .macro class name, count, bases:vararg
\name\()_bases:
    .irp each, \bases
    base_of \each
    .endr
\name\()_hierarchy:
    .long 0, 0, \count
    .rva \name\()_bases
\name\()_locator:
    .long 1, 0, 0
    .rva \name\()_type
    .rva \name\()_hierarchy
    .rva \name\()_locator
    .balign 8
    .quad \name\()_locator
    .globl \name\()_functions
\name\()_functions:
    .quad vcrt_exception_delete, vcrt_exception_what
\name\()_catchables:
    .long \count
    .irp each, \bases
    catchable_of \each
    .endr
    .globl \name\()_throw
\name\()_throw:
    .long 0
    .rva vcrt_exception_destroy
    .long 0
    .rva \name\()_catchables
    .endm

    .balign 8
no_functions:
    .quad 0
    type vcrt_exception, ".?AVexception@std@@"
    type vcrt_bad_cast, ".?AVbad_cast@std@@"
    type vcrt_bad_typeid, ".?AVbad_typeid@std@@"
    type vcrt_non_rtti_object, ".?AV__non_rtti_object@std@@"
    base vcrt_exception, 0
    base vcrt_bad_cast, 1
    base vcrt_bad_typeid, 1
    base vcrt_non_rtti_object, 2
    class vcrt_exception, 1, vcrt_exception
    class vcrt_bad_cast, 2, vcrt_bad_cast, vcrt_exception
    class vcrt_bad_typeid, 2, vcrt_bad_typeid, vcrt_exception
    class vcrt_non_rtti_object, 3, vcrt_non_rtti_object, vcrt_bad_typeid, vcrt_exception
