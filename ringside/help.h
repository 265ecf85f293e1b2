/* The texts of --help. docs/cli.md, the man page and the shell completions say the same. */
#pragma once

/* The text for a command ("run"), or for ringside itself ("" or NULL); NULL: no such command. */
const char *help_text(const char *command);
/* All commands, NULL-terminated, for suggestions. */
extern const char *const help_commands[];
