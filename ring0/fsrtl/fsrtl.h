/* The file system library: what file systems and their filters share. */
#pragma once
#include "nt/nt.h"
