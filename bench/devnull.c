/* devnull COUNT: as many write(2) of 22 bytes to /dev/null. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    int file = open("/dev/null", O_WRONLY);
    for (unsigned long i = 0; i < count; i++) {
        if (write(file, "Hello from user mode!", 22) != 22) {
            return 1;
        }
    }
    return 0;
}
