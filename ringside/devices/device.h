/*
 * A device model: one file that plays one piece of hardware on the machine's bus. It is pure: it sees the accesses of the machine, its time and the file it
 * was given, and nothing else, so a run with it repeats. It never calls PE code and never waits.
 *
 * A model fills a struct device in its `attach`, and is called back through it. Time is machine time in units of 100 ns, as device_now gives it.
 */
#pragma once
#include "hal/hal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_NEVER       (~0ull)
#define DEVICE_MICROSECOND 10ull
#define DEVICE_CONFIG_SIZE 256

struct device {
    const char *name;
    /* Where it answers: ports of the ISA bus, or the memory of its PCI base address register 0 (a power of two from 4 KiB on). 0: nothing of that kind. */
    uint16_t port, port_count;
    uint32_t memory_size;
    /* PCI: what its configuration space begins as; vendor and device in the first four bytes make it a PCI device. The bus fills in BAR 0 and the line. */
    uint8_t config[DEVICE_CONFIG_SIZE];
    uint8_t msi;   /* where in it the capability for messages is; 0: there is none */
    uint32_t line; /* its interrupt line: ISA devices say theirs, PCI devices are given one */

    /* An access at `offset` from the start of its ports or memory, size bytes (1, 2, 4 or 8; never beyond the end). */
    uint64_t (*read)(struct device *device, uint64_t offset, unsigned size);
    void (*write)(struct device *device, uint64_t offset, unsigned size, uint64_t value);
    /* The time `due` has come: it has been set to DEVICE_NEVER. NULL for a device that does nothing by itself. */
    void (*expire)(struct device *device);
    uint64_t due;
    void *state;

    /* The bus's own. */
    uint32_t slot;
    bool asserted;
    struct device *next;
};

/* Makes the device that --device's value describes, argument being what follows '=' (NULL: nothing). 0, or a negative errno: -EINVAL: the argument
   is not one of this model. */
typedef int device_attach(struct device *device, const char *argument);
device_attach serial16550_attach, disk_attach, stick_attach, edu_attach;

/* ---- For models ------------------------------------------------------------------------------------------------------------- */
uint64_t device_now(void);
/* Whether the device holds its interrupt line, or, where messages are switched on, one message for each `true`. A shared line is up as long as one of its devices holds it. */
void device_assert(struct device *device, bool asserted);
/* Bus master transfers, to and from RAM. False: the command register does not allow them, or not all of the range is RAM; nothing was moved. */
bool device_dma_read(struct device *device, uint64_t physical, void *data, uint64_t size);
bool device_dma_write(struct device *device, uint64_t physical, const void *data, uint64_t size);

/* ---- For the machine -------------------------------------------------------------------------------------------------------- */
/* Makes the devices, with their files open. 0, or an exit code after a message. */
int devices_add(const char *const *words, size_t count);
/* Before the machine boots: where lines and times are told. False after a message: RAM lies where the devices are to be. */
bool devices_start(hal_machine *machine);

/* hal_ops; hal.h says what they do. */
int64_t devices_access(hal_device_access *access);
int64_t devices_tick(uint64_t now);
