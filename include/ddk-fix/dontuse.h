/* The kit's dontuse.h makes names that drivers ought not to call deprecated; here nothing is. */
#pragma once
