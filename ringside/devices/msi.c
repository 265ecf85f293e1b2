/* Interrupts by message: MSI, whose one message is in the configuration space, and MSI-X, whose table is in the memory of a device. */
#include "devices/device.h"

#include <string.h>

/* The capability for messages, 64-bit addresses, one message (PCI Local Bus Specification 3.0, 6.8.1). */
#define MSI_CONTROL 2u
#define MSI_ENABLE  0x0001u
#define MSI_ADDRESS 4u
#define MSI_DATA    12u
/* The capability for a table of messages, and an entry of it (6.8.2). */
#define MSIX_ID       0x11u
#define MSIX_ENABLE   0x8000u
#define MSIX_MASK     0x4000u
#define MSIX_TABLE    4u
#define MSIX_PENDING  8u
#define MSIX_LENGTH   12u
#define ENTRY_DATA    8u
#define ENTRY_CONTROL 12u
#define ENTRY_SIZE    16u
#define ENTRY_MASKED  1u

static uint32_t config_read(const struct device *device, uint32_t offset, size_t size) {
    uint32_t value = 0;
    memcpy(&value, device->config + offset, size);
    return value;
}

static bool msi_enabled(const struct device *device) { return device->msi != 0 && (config_read(device, device->msi + MSI_CONTROL, 2) & MSI_ENABLE); }

static bool msix_enabled(const struct device *device) {
    return device->msix != 0 && (config_read(device, device->msix + MSI_CONTROL, 2) & MSIX_ENABLE);
}

bool messages_enabled(const struct device *device) { return msi_enabled(device) || msix_enabled(device); }

uint32_t messages_writable(const struct device *device, uint32_t offset) {
    if (device->msix != 0 && offset == device->msix)
        return (MSIX_ENABLE | MSIX_MASK) << 16;
    if (device->msi == 0 || offset < device->msi || offset > device->msi + MSI_DATA)
        return 0;
    switch (offset - device->msi) {
    case 0: return MSI_ENABLE << 16;
    case MSI_ADDRESS: return ~3u;
    case MSI_DATA: return 0xFFFF;
    default: return ~0u;
    }
}

void messages_describe(struct device *device, uint8_t capability, uint32_t count) {
    uint32_t table = DEVICE_MSIX_TABLE, pending = DEVICE_MSIX_PENDING;
    uint16_t control = (uint16_t)(count - 1);
    device->msix = capability;
    device->message_count = count;
    device->config[capability] = MSIX_ID;
    device->config[capability + 1] = 0;
    memcpy(device->config + capability + MSI_CONTROL, &control, sizeof control);
    memcpy(device->config + capability + MSIX_TABLE, &table, sizeof table); /* the lowest bits: in BAR 0 */
    memcpy(device->config + capability + MSIX_PENDING, &pending, sizeof pending);
    for (uint32_t i = 0; i < count; i++)
        device->messages[i].words[ENTRY_CONTROL / 4] = ENTRY_MASKED;
}

static void send_entry(struct device *device, uint32_t number) {
    const uint32_t *words = device->messages[number].words;
    uint64_t address = words[0] | (uint64_t)words[1] << 32;
    bool masked = (words[ENTRY_CONTROL / 4] & ENTRY_MASKED) || (config_read(device, device->msix + MSI_CONTROL, 2) & MSIX_MASK);
    device->messages[number].pending = masked;
    if (!masked)
        device_write_message(address, words[ENTRY_DATA / 4]);
}

bool device_send(struct device *device, uint32_t number) {
    if (msix_enabled(device)) {
        send_entry(device, number < device->message_count ? number : 0);
        return true;
    }
    if (!msi_enabled(device))
        return false;
    device_write_message(config_read(device, device->msi + MSI_ADDRESS, 4) | (uint64_t)config_read(device, device->msi + MSI_ADDRESS + 4, 4) << 32,
                         config_read(device, device->msi + MSI_DATA, 2));
    return true;
}

void messages_unmasked(struct device *device) {
    for (uint32_t i = 0; i < device->message_count && msix_enabled(device); i++) {
        if (device->messages[i].pending)
            send_entry(device, i);
    }
}

static void access_table(struct device *device, uint32_t offset, hal_device_access *access) {
    uint32_t *words = &device->messages[offset / ENTRY_SIZE].words[offset % ENTRY_SIZE / 4];
    uint64_t value = 0;
    if (!access->write) {
        memcpy(&value, words, access->size);
        access->value = value;
        return;
    }
    memcpy(words, &access->value, access->size);
    messages_unmasked(device);
}

bool messages_access(struct device *device, uint64_t offset, hal_device_access *access) {
    uint32_t size = device->message_count * ENTRY_SIZE;
    if (device->msix == 0 || (access->size != 4 && access->size != 8) || offset % access->size != 0)
        return false;
    if (offset >= DEVICE_MSIX_TABLE && offset - DEVICE_MSIX_TABLE < size) {
        access_table(device, (uint32_t)(offset - DEVICE_MSIX_TABLE), access);
        return true;
    }
    if (offset != DEVICE_MSIX_PENDING)
        return false;
    if (!access->write) {
        access->value = 0;
        for (uint32_t i = 0; i < device->message_count; i++)
            access->value |= (uint64_t)device->messages[i].pending << i;
    }
    return true;
}
