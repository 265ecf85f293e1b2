/* The side of the socket that the machine is on: hal_ops' request functions. */
#pragma once
#include "hal/hal.h"

int64_t server_next(hal_request *request);
int64_t server_data(uint32_t connection, const char *text, uint64_t size);
int64_t server_note(uint32_t connection, const char *text, uint64_t size);
int64_t server_done(uint32_t connection, uint32_t code);
