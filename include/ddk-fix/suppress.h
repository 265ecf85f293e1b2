/* Numbers of warnings of the kit's static analysis, for #pragma warning(suppress: ...), which clang passes over. */
#pragma once
