/*
 * A PCI device to learn drivers on, of the shape of QEMU's `edu` (docs/specs/edu in QEMU's documentation): identification, a liveness check, a
 * factorial that takes time, an interrupt to raise and acknowledge, and bus master transfers between RAM and a buffer of 4 KiB. docs/devices.md has the
 * registers. With `msix` it has a table of messages in place of the one that QEMU's has, and each of its causes a message of its own.
 */
#include "devices/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REG_ID          0x00u
#define REG_LIVENESS    0x04u
#define REG_FACTORIAL   0x08u
#define REG_STATUS      0x20u
#define REG_IRQ_STATUS  0x24u
#define REG_IRQ_RAISE   0x60u
#define REG_IRQ_ACK     0x64u
#define REG_DMA_SOURCE  0x80u
#define REG_DMA_TARGET  0x88u
#define REG_DMA_COUNT   0x90u
#define REG_DMA_COMMAND 0x98u

#define STATUS_COMPUTING 0x01u
#define STATUS_INTERRUPT 0x80u
#define DMA_START        1u
#define DMA_TO_RAM       2u
#define DMA_INTERRUPT    4u
#define IRQ_FACTORIAL    0x001u
#define IRQ_DMA          0x100u

#define MESSAGE_RAISED    0u
#define MESSAGE_FACTORIAL 1u
#define MESSAGE_DMA       2u
#define MESSAGES          4u /* the last is for nothing */

#define CONFIG_MSI     0x40u
#define BUFFER_START   0x40000u
#define BUFFER_SIZE    4096u
#define FACTORIAL_TIME (100 * DEVICE_MICROSECOND)
#define DMA_TIME       (100 * DEVICE_MICROSECOND)

struct edu {
    uint32_t liveness, factorial, status, interrupts;
    uint64_t source, target, count, command;
    uint64_t factorial_due, dma_due;
    uint8_t buffer[BUFFER_SIZE];
};

static void raise_interrupts(struct device *device, uint32_t bits, uint32_t message) {
    struct edu *edu = device->state;
    edu->interrupts |= bits;
    if (edu->interrupts != 0 && !device_send(device, message))
        device_assert(device, true);
}

static void acknowledge_interrupts(struct device *device, uint32_t bits) {
    struct edu *edu = device->state;
    edu->interrupts &= ~bits;
    if (edu->interrupts == 0)
        device_assert(device, false);
}

static void plan(struct device *device) {
    const struct edu *edu = device->state;
    device->due = edu->factorial_due < edu->dma_due ? edu->factorial_due : edu->dma_due;
}

static void finish_factorial(struct device *device) {
    struct edu *edu = device->state;
    uint32_t product = 1;
    for (uint32_t i = 2; i <= edu->factorial && product != 0; i++) /* above 34 all 32 bits are gone */
        product *= i;
    edu->factorial = product;
    edu->factorial_due = DEVICE_NEVER;
    edu->status &= ~STATUS_COMPUTING;
    if (edu->status & STATUS_INTERRUPT)
        raise_interrupts(device, IRQ_FACTORIAL, MESSAGE_FACTORIAL);
}

/* A transfer that leaves the buffer or RAM moves nothing; its end is told all the same, as nothing in the registers could say more. */
static void finish_dma(struct device *device) {
    struct edu *edu = device->state;
    bool to_ram = edu->command & DMA_TO_RAM;
    uint64_t offset = (to_ram ? edu->source : edu->target) - BUFFER_START;
    if (offset <= BUFFER_SIZE && edu->count <= BUFFER_SIZE - offset) {
        if (to_ram)
            device_dma_write(device, edu->target, edu->buffer + offset, edu->count);
        else
            device_dma_read(device, edu->source, edu->buffer + offset, edu->count);
    }
    edu->dma_due = DEVICE_NEVER;
    edu->command &= ~(uint64_t)DMA_START;
    if (edu->command & DMA_INTERRUPT)
        raise_interrupts(device, IRQ_DMA, MESSAGE_DMA);
}

static void expire(struct device *device) {
    struct edu *edu = device->state;
    if (edu->factorial_due <= device_now())
        finish_factorial(device);
    if (edu->dma_due <= device_now())
        finish_dma(device);
    plan(device);
}

static uint64_t read_register(struct device *device, uint64_t offset, unsigned size) {
    const struct edu *edu = device->state;
    if (size != 4 && (size != 8 || offset < REG_DMA_SOURCE))
        return ~0ull;
    switch (offset) {
    case REG_ID: return 0x010000ED;
    case REG_LIVENESS: return edu->liveness;
    case REG_FACTORIAL: return edu->factorial;
    case REG_STATUS: return edu->status;
    case REG_IRQ_STATUS: return edu->interrupts;
    case REG_DMA_SOURCE: return edu->source;
    case REG_DMA_TARGET: return edu->target;
    case REG_DMA_COUNT: return edu->count;
    case REG_DMA_COMMAND: return edu->command;
    default: return ~0ull;
    }
}

static void write_dma_register(struct device *device, uint64_t offset, uint64_t value) {
    struct edu *edu = device->state;
    if (edu->dma_due != DEVICE_NEVER) /* a transfer is on its way */
        return;
    switch (offset) {
    case REG_DMA_SOURCE: edu->source = value; break;
    case REG_DMA_TARGET: edu->target = value; break;
    case REG_DMA_COUNT: edu->count = value; break;
    case REG_DMA_COMMAND:
        edu->command = value & (DMA_START | DMA_TO_RAM | DMA_INTERRUPT);
        if (value & DMA_START)
            edu->dma_due = device_now() + DMA_TIME;
        break;
    default: break;
    }
}

static void write_register(struct device *device, uint64_t offset, unsigned size, uint64_t value) {
    struct edu *edu = device->state;
    if (size != 4 && (size != 8 || offset < REG_DMA_SOURCE))
        return;
    switch (offset) {
    case REG_LIVENESS: edu->liveness = ~(uint32_t)value; break;
    case REG_FACTORIAL:
        if (!(edu->status & STATUS_COMPUTING)) {
            edu->factorial = (uint32_t)value;
            edu->status |= STATUS_COMPUTING;
            edu->factorial_due = device_now() + FACTORIAL_TIME;
        }
        break;
    case REG_STATUS: edu->status = (edu->status & ~STATUS_INTERRUPT) | ((uint32_t)value & STATUS_INTERRUPT); break;
    case REG_IRQ_RAISE: raise_interrupts(device, (uint32_t)value, MESSAGE_RAISED); break;
    case REG_IRQ_ACK: acknowledge_interrupts(device, (uint32_t)value); break;
    default: write_dma_register(device, offset, value); break;
    }
    plan(device);
}

int edu_attach(struct device *device, const char *argument) {
    static const uint8_t identity[12] = {0x34, 0x12, 0xE8, 0x11, 0, 0, 0, 0, 0x10, 0x00, 0xFF, 0x00}; /* 1234:11E8, revision 10h, no class */
    static const uint8_t msi[4] = {0x05, 0x00, 0x80, 0x00}; /* messages, the last capability; 64-bit addresses, one message */
    struct edu *edu;
    if (argument != NULL && strcmp(argument, "msix") != 0)
        return -EINVAL;
    if ((edu = calloc(1, sizeof *edu)) == NULL)
        return -ENOMEM;
    edu->factorial_due = edu->dma_due = DEVICE_NEVER;
    memcpy(device->config, identity, sizeof identity);
    device->config[0x06] = 0x10; /* a list of capabilities */
    device->config[0x34] = CONFIG_MSI;
    if (argument != NULL) {
        messages_describe(device, CONFIG_MSI, MESSAGES);
    } else {
        device->msi = CONFIG_MSI;
        memcpy(device->config + CONFIG_MSI, msi, sizeof msi);
    }
    device->name = "edu";
    device->memory_size = 1u << 20;
    device->read = read_register;
    device->write = write_register;
    device->expire = expire;
    device->state = edu;
    return 0;
}
