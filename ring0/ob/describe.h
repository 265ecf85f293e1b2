/* What the object manager's snapshot says of objects of certain types. PASSIVE_LEVEL. */
#pragma once
#include "ob/json.h"

/* Adds the members that the object's type has. */
VOID ObpDescribe(POBP_JSON Json, PVOID Object);
/* "path" of an object, "" if it has no name; as a member, or in an array with Name NULL. */
VOID ObpJsonObjectName(POBP_JSON Json, PCSTR Name, PVOID Object);
