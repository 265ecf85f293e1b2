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
#define DEVICE_MESSAGES    8u
/* Where in BAR 0 the table of messages is, of devices that have one, and the bits of those that wait until they are unmasked. */
#define DEVICE_MSIX_TABLE   0x80000u
#define DEVICE_MSIX_PENDING 0x80800u

struct device {
    const char *name;
    /* Where it answers: ports of the ISA bus, or the memory of its PCI base address register 0 (a power of two from 4 KiB on). 0: nothing of that kind. */
    uint16_t port, port_count;
    uint32_t memory_size;
    /* PCI: what its configuration space begins as; vendor and device in the first four bytes make it a PCI device. The bus fills in BAR 0 and the line. */
    uint8_t config[DEVICE_CONFIG_SIZE];
    uint8_t msi;   /* where in it the capability for one message is; 0: there is none */
    uint8_t msix;  /* and the one for a table of them: messages_describe */
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
    uint32_t message_count;
    struct {
        uint32_t words[4]; /* address, its upper half, data, control */
        bool pending;
    } messages[DEVICE_MESSAGES];
    struct device *next;
};

/* Makes the device that --device's value describes, argument being what follows '=' (NULL: nothing). 0, or a negative errno: -EINVAL: the argument
   is not one of this model. */
typedef int device_attach(struct device *device, const char *argument);
device_attach serial16550_attach, disk_attach, stick_attach, edu_attach;

/* ---- For models ------------------------------------------------------------------------------------------------------------- */
uint64_t device_now(void);
/* Gives a device a table of messages (MSI-X), its capability being the last of its configuration space. */
void messages_describe(struct device *device, uint8_t capability, uint32_t count);
/* Sends a message, if messages are switched on: that of a number, or the only one. False: they are not, and the line is what there is. */
bool device_send(struct device *device, uint32_t number);
/* Whether the device holds its interrupt line. A shared line is up as long as one of its devices holds it. */
void device_assert(struct device *device, bool asserted);
/* Bus master transfers, to and from RAM. False: the command register does not allow them, or not all of the range is RAM; nothing was moved. */
bool device_dma_read(struct device *device, uint64_t physical, void *data, uint64_t size);
bool device_dma_write(struct device *device, uint64_t physical, const void *data, uint64_t size);

/* ---- Between the bus and messages ------------------------------------------------------------------------------------------- */
bool messages_enabled(const struct device *device);
/* The bits of a double word of the configuration space that belong to capabilities for messages and may be written. */
uint32_t messages_writable(const struct device *device, uint32_t offset);
/* Something may be unmasked: what was kept is sent. */
void messages_unmasked(struct device *device);
/* An access to the table, or to what waits. False: the offset is elsewhere. */
bool messages_access(struct device *device, uint64_t offset, hal_device_access *access);
/* What a message is: a write to where the processor's interrupts are; other addresses hit nothing. */
void device_write_message(uint64_t address, uint32_t data);

/* ---- For the machine -------------------------------------------------------------------------------------------------------- */
/* Makes the devices, with their files open. 0, or an exit code after a message. */
int devices_add(const char *const *words, size_t count);
/* Before the machine boots: where lines and times are told. False after a message: RAM lies where the devices are to be. */
bool devices_start(hal_machine *machine);

/* hal_ops; hal.h says what they do. */
int64_t devices_access(hal_device_access *access);
int64_t devices_tick(uint64_t now);
