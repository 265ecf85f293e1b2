/*
 * A disk on the PCI bus: one request at a time, data by bus master transfers through a table of pieces of memory, an interrupt at its end. Time is that of
 * a head that moves: a request takes longer the further its cylinder is from that of the one before. docs/devices.md has the registers.
 */
#include "devices/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REG_ID          0x00u
#define REG_SECTORS     0x04u
#define REG_GEOMETRY    0x08u
#define REG_STATUS      0x0Cu
#define REG_CONTROL     0x10u
#define REG_COMMAND     0x14u
#define REG_SECTOR      0x18u
#define REG_COUNT       0x1Cu
#define REG_TABLE       0x20u
#define REG_TABLE_HIGH  0x24u
#define REG_TABLE_COUNT 0x28u
#define REG_CYLINDER    0x2Cu
#define REG_MEDIUM      0x30u

#define STATUS_BUSY       0x01u
#define STATUS_DONE       0x02u
#define STATUS_ERROR      0x04u /* the file behind the disk could not be read or written */
#define STATUS_REFUSED    0x08u /* the request makes no sense: sectors beyond the end, a table that is not RAM or of another length */
#define STATUS_OUT        0x10u /* the medium is out */
#define CONTROL_INTERRUPT 0x01u
#define MEDIUM_REMOVABLE  0x01u
#define MEDIUM_IN         0x02u

#define COMMAND_READ  1u
#define COMMAND_WRITE 2u
#define COMMAND_FLUSH 3u

#define SECTOR             512u
#define CYLINDER_SECTORS   256u
#define MAX_PIECES         1024u
#define MAX_REQUEST        2048u /* sectors */
#define MAX_SECTORS        0x7FFFFFFFull
#define SETTLE_TIME        (200 * DEVICE_MICROSECOND)
#define TIME_PER_CYLINDER  (2 * DEVICE_MICROSECOND)
#define TIME_PER_SECTOR    (5 * DEVICE_MICROSECOND)
#define LONGEST_SEEK_STEPS 4096u

struct piece { /* of the table in RAM */
    uint64_t address;
    uint32_t size, reserved;
};

struct disk {
    int file;
    uint32_t sectors;
    bool removable, out;
    uint64_t writes_left; /* sectors, until somebody pulls it out */
    uint32_t status, control, command, sector, count, table_count, cylinder;
    uint64_t table;
    uint8_t data[MAX_REQUEST * SECTOR];
};

static uint32_t cylinder_of(uint32_t sector) { return sector / CYLINDER_SECTORS; }

static void set_status(struct device *device, uint32_t status) {
    struct disk *disk = device->state;
    disk->status = status;
    device_assert(device, (status & STATUS_DONE) && (disk->control & CONTROL_INTERRUPT));
}

/* Between RAM and the disk's buffer. False: the table is not in RAM, points elsewhere, or describes another number of bytes. */
static bool move_pieces(struct device *device, bool to_ram) {
    struct disk *disk = device->state;
    uint64_t left = (uint64_t)disk->count * SECTOR, done = 0;
    if (disk->table_count > MAX_PIECES)
        return false;
    for (uint32_t i = 0; i < disk->table_count; i++) {
        struct piece piece;
        if (!device_dma_read(device, disk->table + i * sizeof piece, &piece, sizeof piece) || piece.size > left)
            return false;
        if (to_ram ? !device_dma_write(device, piece.address, disk->data + done, piece.size)
                   : !device_dma_read(device, piece.address, disk->data + done, piece.size))
            return false;
        done += piece.size;
        left -= piece.size;
    }
    return left == 0;
}

static bool read_file(struct disk *disk) {
    size_t size = (size_t)disk->count * SECTOR;
    return pread(disk->file, disk->data, size, (off_t)disk->sector * SECTOR) == (ssize_t)size;
}

/* Whoever pulls a stick out does it between two sectors. */
static uint32_t write_file(struct disk *disk) {
    uint64_t count = disk->count <= disk->writes_left ? disk->count : disk->writes_left;
    size_t size = (size_t)count * SECTOR;
    if (pwrite(disk->file, disk->data, size, (off_t)disk->sector * SECTOR) != (ssize_t)size)
        return STATUS_ERROR;
    disk->out = count < disk->count;
    disk->writes_left -= count;
    return disk->out ? STATUS_OUT : 0;
}

/* What the request is to do is done at its end, all at once. */
static void expire(struct device *device) {
    struct disk *disk = device->state;
    uint32_t result = 0;
    if (disk->out)
        result = STATUS_OUT;
    else if (disk->command == COMMAND_READ)
        result = !read_file(disk) ? STATUS_ERROR : !move_pieces(device, true) ? STATUS_REFUSED : 0;
    else if (disk->command == COMMAND_WRITE)
        result = !move_pieces(device, false) ? STATUS_REFUSED : write_file(disk);
    else
        result = fdatasync(disk->file) != 0 ? STATUS_ERROR : 0;
    if (disk->command != COMMAND_FLUSH)
        disk->cylinder = cylinder_of(disk->sector);
    set_status(device, STATUS_DONE | result);
}

static void start(struct device *device, uint32_t command) {
    struct disk *disk = device->state;
    bool transfer = command == COMMAND_READ || command == COMMAND_WRITE;
    bool inside = disk->count != 0 && disk->count <= MAX_REQUEST && disk->sector < disk->sectors && disk->count <= disk->sectors - disk->sector;
    uint64_t time = SETTLE_TIME;
    disk->command = command;
    if ((!transfer && command != COMMAND_FLUSH) || (transfer && !inside)) {
        set_status(device, STATUS_DONE | STATUS_REFUSED);
        return;
    }
    if (transfer) {
        uint32_t to = cylinder_of(disk->sector), distance = to > disk->cylinder ? to - disk->cylinder : disk->cylinder - to;
        time = (distance != 0 ? SETTLE_TIME : 0) + (distance < LONGEST_SEEK_STEPS ? distance : LONGEST_SEEK_STEPS) * TIME_PER_CYLINDER +
               disk->count * TIME_PER_SECTOR;
    }
    device->due = device_now() + time;
    set_status(device, STATUS_BUSY);
}

static uint64_t read_register(struct device *device, uint64_t offset, unsigned size) {
    const struct disk *disk = device->state;
    if (size != 4)
        return ~0ull;
    switch (offset) {
    case REG_ID: return 0x4B534944; /* "DISK" */
    case REG_SECTORS: return disk->sectors;
    case REG_GEOMETRY: return CYLINDER_SECTORS;
    case REG_STATUS: return disk->status;
    case REG_CONTROL: return disk->control;
    case REG_SECTOR: return disk->sector;
    case REG_COUNT: return disk->count;
    case REG_TABLE: return (uint32_t)disk->table;
    case REG_TABLE_HIGH: return (uint32_t)(disk->table >> 32);
    case REG_TABLE_COUNT: return disk->table_count;
    case REG_CYLINDER: return disk->cylinder;
    case REG_MEDIUM: return (disk->removable ? MEDIUM_REMOVABLE : 0) | (disk->out ? 0 : MEDIUM_IN);
    default: return ~0ull;
    }
}

/* A busy disk takes nothing but what switches its interrupt. Status bits are cleared by writing them. */
static void write_register(struct device *device, uint64_t offset, unsigned size, uint64_t wide) {
    struct disk *disk = device->state;
    uint32_t value = (uint32_t)wide;
    if (size != 4)
        return;
    if (offset == REG_CONTROL) {
        disk->control = value & CONTROL_INTERRUPT;
        set_status(device, disk->status);
    }
    if (disk->status & STATUS_BUSY)
        return;
    switch (offset) {
    case REG_STATUS: set_status(device, disk->status & ~value); break;
    case REG_COMMAND: start(device, value); break;
    case REG_SECTOR: disk->sector = value; break;
    case REG_COUNT: disk->count = value; break;
    case REG_TABLE: disk->table = (disk->table & ~0xFFFFFFFFull) | value; break;
    case REG_TABLE_HIGH: disk->table = (disk->table & 0xFFFFFFFF) | (uint64_t)value << 32; break;
    case REG_TABLE_COUNT: disk->table_count = value; break;
    default: break;
    }
}

static int attach(struct device *device, const char *path, bool removable, uint64_t writes_left) {
    static const uint8_t identity[12] = {0x34, 0x12, 0x05, 0xD1, 0, 0, 0, 0, 0x01, 0x00, 0x80, 0x01}; /* 1234:D105, mass storage, other */
    struct stat status;
    struct disk *disk = NULL;
    int file, error = -EINVAL;
    if ((file = open(path, O_RDWR | O_CLOEXEC)) < 0)
        return -errno;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size % SECTOR != 0 || status.st_size == 0 ||
        (uint64_t)status.st_size / SECTOR > MAX_SECTORS)
        goto failed;
    error = -ENOMEM;
    if ((disk = calloc(1, sizeof *disk)) == NULL)
        goto failed;
    disk->file = file;
    disk->sectors = (uint32_t)((uint64_t)status.st_size / SECTOR);
    disk->removable = removable;
    disk->writes_left = writes_left;
    memcpy(device->config, identity, sizeof identity);
    device->name = removable ? "stick" : "disk";
    device->memory_size = 4096;
    device->read = read_register;
    device->write = write_register;
    device->expire = expire;
    device->state = disk;
    return 0;

failed:
    close(file);
    return error;
}

int disk_attach(struct device *device, const char *argument) {
    return argument != NULL && argument[0] != '\0' ? attach(device, argument, false, UINT64_MAX) : -EINVAL;
}

/* IMAGE or IMAGE,pull=N */
int stick_attach(struct device *device, const char *argument) {
    static const char option[] = ",pull=";
    const char *comma = argument != NULL ? strrchr(argument, ',') : NULL;
    uint64_t writes = UINT64_MAX;
    char *path, *end;
    int error;
    if (argument == NULL || argument[0] == '\0' || argument == comma)
        return -EINVAL;
    if (comma != NULL && strncmp(comma, option, strlen(option)) == 0) {
        const char *digits = comma + strlen(option);
        errno = 0;
        writes = strtoull(digits, &end, 10);
        if (digits[0] < '0' || digits[0] > '9' || *end != '\0' || errno != 0)
            return -EINVAL;
    } else {
        comma = argument + strlen(argument);
    }
    if ((path = strndup(argument, (size_t)(comma - argument))) == NULL)
        return -ENOMEM;
    error = attach(device, path, true, writes);
    free(path);
    return error;
}
