#include "server.h"

int64_t server_next(hal_request *request) {
    (void)request;
    return -HAL_EAGAIN;
}

int64_t server_data(uint32_t connection, const char *text, uint64_t size) {
    (void)connection, (void)text, (void)size;
    return -HAL_EIO;
}

int64_t server_note(uint32_t connection, const char *text, uint64_t size) { return server_data(connection, text, size); }

int64_t server_done(uint32_t connection, uint32_t code) {
    (void)code;
    return server_data(connection, "", 0);
}
