/*
 * The private directory of one `ringside cc`: the headers that mingw-w64 lacks, the kernel's import library, and an overlay that lets
 * clang find headers by names of any case, as on Windows.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Makes the directory and its files. path: at least 256 bytes; empty afterwards if nothing was made. false after a message. */
bool headers_make(char *path);
void headers_remove(const char *path);

/*
 * Writes PATH/overlay.yaml: every header in these directories (NULL at the end; one that is not there is passed over), and in those directly in the first
 * own of them, is found whatever the case of the letters of its name is. false after a message.
 */
bool headers_write_overlay(const char *path, const char *const *directories, size_t own);
