/* qsort and bsearch. Heap sort: no recursion on a kernel stack, and no input that makes it slow. */
#include "rtl/rtlp.h"
#include <stdlib.h>

typedef int (*RTLP_COMPARE)(void *Context, const void *First, const void *Second);

static VOID RtlpSwap(CHAR *First, CHAR *Second, size_t Size) {
    for (size_t I = 0; I < Size; I++) {
        CHAR Byte = First[I];
        First[I] = Second[I];
        Second[I] = Byte;
    }
}

static VOID RtlpSink(CHAR *Base, size_t Root, size_t Count, size_t Size, RTLP_COMPARE Compare, void *Context) {
    for (size_t Child; (Child = Root * 2 + 1) < Count; Root = Child) {
        if (Child + 1 < Count && Compare(Context, Base + Child * Size, Base + (Child + 1) * Size) < 0) {
            Child++;
        }
        if (Compare(Context, Base + Root * Size, Base + Child * Size) >= 0) {
            return;
        }
        RtlpSwap(Base + Root * Size, Base + Child * Size, Size);
    }
}

void qsort_s(void *Base, size_t Count, size_t Size, RTLP_COMPARE Compare, void *Context) {
    for (size_t I = Count / 2; I-- > 0;) {
        RtlpSink(Base, I, Count, Size, Compare, Context);
    }
    for (size_t I = Count; I-- > 1;) {
        RtlpSwap(Base, (CHAR *)Base + I * Size, Size);
        RtlpSink(Base, 0, I, Size, Compare, Context);
    }
}

void *bsearch_s(const void *Key, const void *Base, size_t Count, size_t Size, RTLP_COMPARE Compare, void *Context) {
    size_t Low = 0;
    while (Low < Count) {
        size_t Middle = Low + (Count - Low) / 2;
        const CHAR *Element = (const CHAR *)Base + Middle * Size;
        int Order = Compare(Context, Key, Element);
        if (Order == 0) {
            return (void *)Element;
        }
        if (Order < 0) {
            Count = Middle;
        } else {
            Low = Middle + 1;
        }
    }
    return NULL;
}

typedef struct _PLAIN_COMPARE {
    int (*Compare)(const void *, const void *);
} PLAIN_COMPARE;

static int RtlpComparePlain(void *Context, const void *First, const void *Second) { return ((PLAIN_COMPARE *)Context)->Compare(First, Second); }

void qsort(void *Base, size_t Count, size_t Size, int (*Compare)(const void *, const void *)) {
    PLAIN_COMPARE Plain = {Compare};
    qsort_s(Base, Count, Size, RtlpComparePlain, &Plain);
}

void *bsearch(const void *Key, const void *Base, size_t Count, size_t Size, int (*Compare)(const void *, const void *)) {
    PLAIN_COMPARE Plain = {Compare};
    return bsearch_s(Key, Base, Count, Size, RtlpComparePlain, &Plain);
}
