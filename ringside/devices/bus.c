/* The machine's buses: who answers at which port, address and slot; lines, times and bus master transfers. */
#include "devices/device.h"
#include "message.h"
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOT     3u
#define MEMORY_START   0xF0000000ull /* below it may be RAM; from here on the firmware has given out the base addresses */
#define MEMORY_STEP    0x1000000ull
#define ADDRESS_PORT   0xCF8u
#define DATA_PORT      0xCFCu
#define ADDRESS_ENABLE 0x80000000u

/* Offsets and bits of a PCI configuration space (PCI Local Bus Specification 3.0, 6.1). */
#define CONFIG_COMMAND 0x04u
#define CONFIG_BAR0    0x10u
#define CONFIG_LINE    0x3Cu
#define CONFIG_PIN     0x3Du
#define COMMAND_MEMORY 0x0002u
#define COMMAND_MASTER 0x0004u
#define COMMAND_NO_PIN 0x0400u
#define MSI_PROCESSOR  0xFEE00000u /* and which, in bits 12 to 19 */
#define MSI_FIRST_EDGE 24u

static struct {
    hal_machine *machine;
    struct device *first; /* in the order of the command line */
    uint64_t now;
    uint32_t config_address; /* what was written to port CF8 */
    uint32_t pci_count;
} bus = {.now = 0};

static const struct {
    const char *name;
    device_attach *attach;
} models[] = {{"serial", serial16550_attach}, {"disk", disk_attach}, {"stick", stick_attach}, {"edu", edu_attach}};

static uint32_t config_read32(const struct device *device, uint32_t offset) {
    uint32_t value;
    memcpy(&value, device->config + offset, sizeof value);
    return value;
}

static uint16_t config_command(const struct device *device) {
    uint16_t value;
    memcpy(&value, device->config + CONFIG_COMMAND, sizeof value);
    return value;
}

static bool is_pci(const struct device *device) { return config_read32(device, 0) != 0; }

/* ---- Making devices -------------------------------------------------------------------------------------------------------- */

/* What firmware does: a base address, the interrupt pin's line, memory and bus mastering switched on. */
static void plug_into_pci(struct device *device) {
    uint32_t base = (uint32_t)(MEMORY_START + bus.pci_count * MEMORY_STEP);
    uint16_t command = COMMAND_MEMORY | COMMAND_MASTER;
    device->slot = FIRST_SLOT + bus.pci_count++;
    device->line = device->slot % 2 != 0 ? 11 : 5;
    memcpy(device->config + CONFIG_BAR0, &base, sizeof base);
    memcpy(device->config + CONFIG_COMMAND, &command, sizeof command);
    device->config[CONFIG_LINE] = (uint8_t)device->line;
    device->config[CONFIG_PIN] = 1;
}

static int add(const char *word) {
    struct device *device = calloc(1, sizeof *device), **last = &bus.first;
    size_t length = strcspn(word, "=");
    int error = -ENOENT;
    if (device == NULL)
        return -ENOMEM;
    device->due = DEVICE_NEVER;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        if (strlen(models[i].name) == length && memcmp(models[i].name, word, length) == 0)
            error = models[i].attach(device, word[length] == '=' ? word + length + 1 : NULL);
    }
    for (struct device *other = bus.first; other != NULL && error == 0; other = other->next) {
        if (device->port_count != 0 && other->port == device->port)
            error = -EEXIST;
        last = &other->next;
    }
    if (error != 0) {
        free(device);
        return error;
    }
    if (is_pci(device))
        plug_into_pci(device);
    *last = device;
    return 0;
}

int devices_add(const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int error = add(words[i]);
        if (error == -ENOENT && strchr(words[i], '=') == NULL)
            message_error(words[i], "there is no such device: --device takes serial=FILE, disk=IMAGE, stick=IMAGE or edu[=msix]");
        else if (error == -EINVAL)
            message_error(words[i], "it is not described rightly: --device takes serial=OUTPUT[,INPUT], disk=IMAGE (whole sectors of 512 bytes), "
                                    "stick=IMAGE[,pull=N] or edu[=msix]");
        else if (error == -EEXIST)
            message_error(words[i], "a machine has one of them: leave the others out");
        else if (error != 0)
            message_error(words[i], "%s: --device takes a file that can be read and written", strerror(-error));
        if (error != 0)
            return EXIT_OURS;
    }
    return 0;
}

bool devices_start(hal_machine *machine) {
    bus.machine = machine;
    machine->device_due = DEVICE_NEVER;
    machine->pci_slots = ((1u << bus.pci_count) - 1) << FIRST_SLOT;
    if (bus.pci_count != 0 && machine->ram_size > MEMORY_START) {
        message_error("--device", "with more than 3840M of RAM there is no room below 4G for it: use a smaller --memory");
        return false;
    }
    return true;
}

/* ---- For models ------------------------------------------------------------------------------------------------------------- */

uint64_t device_now(void) { return bus.now; }

/* The processor is the kernel's business: it gave the vector to one, and finds it by the vector. */
void device_write_message(uint64_t address, uint32_t data) {
    uint32_t vector = data & 0xFF;
    if ((address & ~0xFFFFFull) == MSI_PROCESSOR && vector >= HAL_MESSAGE_VECTOR && vector < HAL_MESSAGE_VECTOR + HAL_MESSAGES)
        bus.machine->device_edges |= 1u << (MSI_FIRST_EDGE + vector - HAL_MESSAGE_VECTOR);
}

/* A line's level is the sum of its devices; going up is remembered for those who listen to edges. */
void device_assert(struct device *device, bool asserted) {
    uint32_t bit = 1u << device->line, up = 0;
    device->asserted = asserted && !(is_pci(device) && (config_command(device) & COMMAND_NO_PIN));
    for (const struct device *other = bus.first; other != NULL; other = other->next)
        up |= other->asserted && other->line == device->line ? bit : 0;
    bus.machine->device_edges |= up & ~bus.machine->device_lines;
    bus.machine->device_lines = (bus.machine->device_lines & ~bit) | up;
}

static uint8_t *ram_range(struct device *device, uint64_t physical, uint64_t size) {
    bool allowed = config_command(device) & COMMAND_MASTER;
    bool inside = physical <= bus.machine->ram_size && size <= bus.machine->ram_size - physical;
    return allowed && inside ? (uint8_t *)(HAL_RAM_BASE + physical) : NULL;
}

bool device_dma_read(struct device *device, uint64_t physical, void *data, uint64_t size) {
    const uint8_t *ram = ram_range(device, physical, size);
    if (ram != NULL)
        memcpy(data, ram, size);
    return ram != NULL;
}

bool device_dma_write(struct device *device, uint64_t physical, const void *data, uint64_t size) {
    uint8_t *ram = ram_range(device, physical, size);
    if (ram != NULL)
        memcpy(ram, data, size);
    return ram != NULL;
}

/* ---- Time ------------------------------------------------------------------------------------------------------------------- */

/* In the order in which they are due, each at its own time; of two at the same time the first of the command line. */
static void advance(uint64_t now) {
    for (;;) {
        struct device *next = NULL;
        for (struct device *device = bus.first; device != NULL; device = device->next) {
            if (device->due <= now && (next == NULL || device->due < next->due))
                next = device;
        }
        if (next == NULL)
            break;
        bus.now = next->due > bus.now ? next->due : bus.now;
        next->due = DEVICE_NEVER;
        next->expire(next);
    }
    bus.now = now > bus.now ? now : bus.now;
}

static void publish_due(void) {
    uint64_t due = DEVICE_NEVER;
    for (const struct device *device = bus.first; device != NULL; device = device->next)
        due = device->due < due ? device->due : due;
    bus.machine->device_due = due;
}

int64_t devices_tick(uint64_t now) {
    advance(now);
    publish_due();
    return 0;
}

/* ---- PCI configuration space --------------------------------------------------------------------------------------------------- */

static struct device *device_in_slot(uint32_t slot) {
    for (struct device *device = bus.first; device != NULL; device = device->next) {
        if (is_pci(device) && device->slot == slot)
            return device;
    }
    return NULL;
}

/* The bits of each double word that software may change; all else is fixed. */
static uint32_t config_writable(const struct device *device, uint32_t offset) {
    switch (offset) {
    case CONFIG_COMMAND: return COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_PIN;
    case 0x0C: return 0xFFFF; /* cache line size, latency timer */
    case CONFIG_BAR0: return device->memory_size != 0 ? ~(device->memory_size - 1) : 0;
    case CONFIG_LINE: return 0xFF;
    default: break;
    }
    return messages_writable(device, offset);
}

static int access_config(uint32_t slot, uint32_t offset, hal_device_access *access) {
    struct device *device = device_in_slot(slot);
    if (device == NULL || offset + access->size > DEVICE_CONFIG_SIZE || offset % access->size != 0)
        return -HAL_ENOENT;
    if (!access->write) {
        access->value = 0;
        memcpy(&access->value, device->config + offset, access->size);
        return 0;
    }
    uint32_t aligned = offset & ~3u, old = config_read32(device, aligned), value = old, mask = config_writable(device, aligned);
    memcpy((uint8_t *)&value + offset % 4, &access->value, access->size);
    value = (old & ~mask) | (value & mask);
    memcpy(device->config + aligned, &value, sizeof value);
    if ((config_command(device) & COMMAND_NO_PIN) || messages_enabled(device))
        device_assert(device, false);
    messages_unmasked(device);
    return 0;
}

/* ---- Accesses ---------------------------------------------------------------------------------------------------------------- */

static int access_device(struct device *device, uint64_t offset, hal_device_access *access) {
    if (messages_access(device, offset, access))
        return 0;
    if (access->write)
        device->write(device, offset, access->size, access->value);
    else
        access->value = device->read(device, offset, access->size);
    return 0;
}

/* Configuration mechanism 1: an address at CF8, data at CFC to CFF. */
static int access_config_ports(hal_device_access *access) {
    uint64_t port = access->address;
    if (port == ADDRESS_PORT && access->size == 4) {
        if (access->write)
            bus.config_address = (uint32_t)access->value;
        else
            access->value = bus.config_address;
        return 0;
    }
    if (port < DATA_PORT || port + access->size > DATA_PORT + 4 || !(bus.config_address & ADDRESS_ENABLE) || (bus.config_address & 0x00FF0700u))
        return -HAL_ENOENT;
    return access_config((bus.config_address >> 11) & 31, (bus.config_address & 0xFC) + (uint32_t)(port - DATA_PORT), access);
}

static int access_port(hal_device_access *access) {
    for (struct device *device = bus.first; device != NULL; device = device->next) {
        uint64_t offset = access->address - device->port;
        if (device->port_count != 0 && offset < device->port_count && access->size <= device->port_count - offset)
            return access_device(device, offset, access);
    }
    return access_config_ports(access);
}

static int access_memory(hal_device_access *access) {
    for (struct device *device = bus.first; device != NULL; device = device->next) {
        uint64_t offset = access->address - (config_read32(device, CONFIG_BAR0) & ~0xFull);
        if (device->memory_size != 0 && (config_command(device) & COMMAND_MEMORY) && offset < device->memory_size &&
            access->size <= device->memory_size - offset)
            return access_device(device, offset, access);
    }
    return -HAL_ENOENT;
}

int64_t devices_access(hal_device_access *access) {
    int64_t error = -HAL_ENOENT;
    if (access->size != 1 && access->size != 2 && access->size != 4 && access->size != 8)
        return -HAL_EINVAL;
    advance(access->now);
    if (access->space == HAL_DEVICE_PORT && access->size <= 4)
        error = access_port(access);
    else if (access->space == HAL_DEVICE_MEMORY)
        error = access_memory(access);
    else if (access->space == HAL_DEVICE_CONFIG && access->size <= 4 && access->address < 32 * DEVICE_CONFIG_SIZE)
        error = access_config((uint32_t)access->address / DEVICE_CONFIG_SIZE, (uint32_t)access->address % DEVICE_CONFIG_SIZE, access);
    if (error != 0 && !access->write)
        access->value = ~0ull;
    publish_due();
    return error;
}
