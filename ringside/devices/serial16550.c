/*
 * COM1, a 16550A as its data sheet describes it: ports 3F8 to 3FF, line 4. What is sent goes to one file; what is received comes from another, at the speed
 * that the divisor sets and only while the driver holds RTS (the other end respects it), so that what arrives does not depend on the speed of the host.
 */
#include "devices/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT        0x3F8
#define LINE        4
#define FIFO_SIZE   16u
#define BASE_RATE   115200u
#define CHARACTER   10u /* bits: start, eight of data, stop */
#define SECOND      10000000ull
#define INPUT_BLOCK 4096u

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCRATCH }; /* IIR when read, FCR when written */

#define IER_RECEIVED 0x01u
#define IER_SENT     0x02u
#define IER_LINE     0x04u

#define IIR_NONE     0x01u
#define IIR_SENT     0x02u
#define IIR_RECEIVED 0x04u
#define IIR_LINE     0x06u
#define IIR_TIMEOUT  0x0Cu
#define IIR_FIFOS    0xC0u

#define FCR_ENABLE     0x01u
#define FCR_RESET_RECV 0x02u
#define LCR_DLAB       0x80u
#define MCR_DTR        0x01u
#define MCR_RTS        0x02u
#define MCR_OUT1       0x04u
#define MCR_OUT2       0x08u /* lets the interrupt through to the bus, on a PC */
#define MCR_LOOP       0x10u
#define LSR_READY      0x01u
#define LSR_OVERRUN    0x02u
#define LSR_EMPTY      0x20u
#define LSR_IDLE       0x40u
#define MSR_CONNECTED  0xB0u /* CTS, DSR, DCD: somebody is there */

struct serial {
    int output, input; /* input -1: nobody sends */
    uint8_t ier, fcr, lcr, mcr, lsr, scratch;
    uint16_t divisor;
    uint8_t received[FIFO_SIZE];
    unsigned received_first, received_count;
    uint8_t to_send[FIFO_SIZE];
    unsigned send_count;
    bool sent_pending, timeout_pending;
    uint64_t receive_due, send_due, timeout_due;
    uint8_t block[INPUT_BLOCK];
    size_t block_next, block_size;
};

static uint64_t character_time(const struct serial *serial) { return SECOND * CHARACTER * (serial->divisor != 0 ? serial->divisor : 1) / BASE_RATE; }

static unsigned fifo_size(const struct serial *serial) { return (serial->fcr & FCR_ENABLE) ? FIFO_SIZE : 1; }

static unsigned trigger_level(const struct serial *serial) {
    static const uint8_t levels[4] = {1, 4, 8, 14};
    return (serial->fcr & FCR_ENABLE) ? levels[serial->fcr >> 6] : 1;
}

/* By priority: line status, received data, time-out, transmitter empty. */
static uint8_t interrupt_cause(const struct serial *serial) {
    if ((serial->ier & IER_LINE) && (serial->lsr & LSR_OVERRUN))
        return IIR_LINE;
    if ((serial->ier & IER_RECEIVED) && serial->received_count >= trigger_level(serial))
        return IIR_RECEIVED;
    if ((serial->ier & IER_RECEIVED) && serial->timeout_pending)
        return IIR_TIMEOUT;
    if ((serial->ier & IER_SENT) && serial->sent_pending)
        return IIR_SENT;
    return IIR_NONE;
}

static bool sender_may_send(const struct serial *serial) {
    return serial->input >= 0 && !(serial->mcr & MCR_LOOP) && (serial->mcr & (MCR_RTS | MCR_DTR)) == (MCR_RTS | MCR_DTR);
}

static void update(struct device *device) {
    struct serial *serial = device->state;
    if (!sender_may_send(serial))
        serial->receive_due = DEVICE_NEVER;
    else if (serial->receive_due == DEVICE_NEVER)
        serial->receive_due = device_now() + character_time(serial);
    device->due = serial->receive_due < serial->send_due ? serial->receive_due : serial->send_due;
    if (serial->timeout_due < device->due)
        device->due = serial->timeout_due;
    device_assert(device, interrupt_cause(serial) != IIR_NONE && (serial->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2);
}

static void receive(struct serial *serial, uint8_t character) {
    if (serial->received_count == fifo_size(serial)) {
        serial->lsr |= LSR_OVERRUN;
        return;
    }
    serial->received[(serial->received_first + serial->received_count++) % FIFO_SIZE] = character;
    serial->timeout_pending = false;
    serial->timeout_due = (serial->fcr & FCR_ENABLE) ? device_now() + 4 * character_time(serial) : DEVICE_NEVER;
}

static uint8_t take_received(struct serial *serial) {
    uint8_t character = 0;
    if (serial->received_count != 0) {
        character = serial->received[serial->received_first];
        serial->received_first = (serial->received_first + 1) % FIFO_SIZE;
        serial->received_count--;
    }
    serial->timeout_pending = false;
    serial->timeout_due = serial->received_count != 0 && (serial->fcr & FCR_ENABLE) ? device_now() + 4 * character_time(serial) : DEVICE_NEVER;
    return character;
}

/* The next character of the input file; at its end the sender is gone. */
static void receive_next(struct serial *serial) {
    if (serial->block_next == serial->block_size) {
        ssize_t got = read(serial->input, serial->block, sizeof serial->block);
        serial->block_next = 0;
        serial->block_size = got > 0 ? (size_t)got : 0;
        if (got <= 0) {
            close(serial->input);
            serial->input = -1;
            return;
        }
    }
    receive(serial, serial->block[serial->block_next++]);
}

static void send_next(struct serial *serial) {
    uint8_t character = serial->to_send[0];
    memmove(serial->to_send, serial->to_send + 1, --serial->send_count);
    serial->sent_pending = serial->send_count == 0 || serial->sent_pending;
    serial->send_due = serial->send_count != 0 ? device_now() + character_time(serial) : DEVICE_NEVER;
    if (serial->mcr & MCR_LOOP)
        receive(serial, character);
    else if (write(serial->output, &character, 1) != 1)
        serial->output = -1; /* the wire is cut: what is sent is lost, as on a real one */
}

static void expire(struct device *device) {
    struct serial *serial = device->state;
    uint64_t now = device_now();
    if (serial->receive_due <= now) {
        serial->receive_due = DEVICE_NEVER;
        receive_next(serial);
    }
    if (serial->send_due <= now)
        send_next(serial);
    if (serial->timeout_due <= now) {
        serial->timeout_due = DEVICE_NEVER;
        serial->timeout_pending = true;
    }
    update(device);
}

static uint8_t modem_status(const struct serial *serial) {
    if (!(serial->mcr & MCR_LOOP))
        return MSR_CONNECTED;
    return (uint8_t)(((serial->mcr & MCR_RTS) ? 0x10 : 0) | ((serial->mcr & MCR_DTR) ? 0x20 : 0) | ((serial->mcr & MCR_OUT1) ? 0x40 : 0) |
                     ((serial->mcr & MCR_OUT2) ? 0x80 : 0));
}

static uint8_t read_one(struct device *device, unsigned number) {
    struct serial *serial = device->state;
    uint8_t value;
    switch (number) {
    case DATA: return (serial->lcr & LCR_DLAB) ? (uint8_t)serial->divisor : take_received(serial);
    case IER: return (serial->lcr & LCR_DLAB) ? (uint8_t)(serial->divisor >> 8) : serial->ier;
    case IIR:
        value = interrupt_cause(serial);
        if (value == IIR_SENT)
            serial->sent_pending = false; /* reading this cause is its acknowledgement */
        return (uint8_t)(value | ((serial->fcr & FCR_ENABLE) ? IIR_FIFOS : 0));
    case LCR: return serial->lcr;
    case MCR: return serial->mcr;
    case LSR:
        value = (uint8_t)(serial->lsr | (serial->received_count != 0 ? LSR_READY : 0) | (serial->send_count == 0 ? LSR_EMPTY | LSR_IDLE : 0));
        serial->lsr &= (uint8_t)~LSR_OVERRUN;
        return value;
    case MSR: return modem_status(serial);
    default: return serial->scratch;
    }
}

static void put_to_send(struct serial *serial, uint8_t value) {
    if (serial->send_count < fifo_size(serial))
        serial->to_send[serial->send_count++] = value;
    serial->sent_pending = false;
    if (serial->send_due == DEVICE_NEVER)
        serial->send_due = device_now() + character_time(serial);
}

static void write_fcr(struct serial *serial, uint8_t value) {
    if ((value & FCR_RESET_RECV) || ((value ^ serial->fcr) & FCR_ENABLE)) {
        serial->received_count = 0;
        serial->timeout_pending = false;
        serial->timeout_due = DEVICE_NEVER;
    }
    serial->fcr = (value & FCR_ENABLE) ? value & 0xC1 : 0;
}

static void write_one(struct device *device, unsigned number, uint8_t value) {
    struct serial *serial = device->state;
    switch (number) {
    case DATA:
        if (serial->lcr & LCR_DLAB)
            serial->divisor = (uint16_t)((serial->divisor & 0xFF00) | value);
        else
            put_to_send(serial, value);
        break;
    case IER:
        if (serial->lcr & LCR_DLAB) {
            serial->divisor = (uint16_t)((serial->divisor & 0xFF) | value << 8);
        } else {
            if ((value & IER_SENT) && !(serial->ier & IER_SENT) && serial->send_count == 0)
                serial->sent_pending = true; /* switching it on with an empty transmitter interrupts at once */
            serial->ier = value & 0x0F;
        }
        break;
    case IIR: write_fcr(serial, value); break;
    case LCR: serial->lcr = value; break;
    case MCR: serial->mcr = value & 0x1F; break;
    case SCRATCH: serial->scratch = value; break;
    default: break; /* the status registers */
    }
}

/* A wide access is several narrow ones, as the ISA bus makes it. */
static uint64_t read_ports(struct device *device, uint64_t offset, unsigned size) {
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)read_one(device, (unsigned)offset + i) << 8 * i;
    update(device);
    return value;
}

static void write_ports(struct device *device, uint64_t offset, unsigned size, uint64_t value) {
    for (unsigned i = 0; i < size; i++)
        write_one(device, (unsigned)offset + i, (uint8_t)(value >> 8 * i));
    update(device);
}

/* "OUTPUT" or "OUTPUT,INPUT". */
int serial16550_attach(struct device *device, const char *argument) {
    const char *comma = argument != NULL ? strchr(argument, ',') : NULL;
    char *output = argument != NULL ? strndup(argument, strcspn(argument, ",")) : NULL;
    struct serial *serial = calloc(1, sizeof *serial);
    int error = argument == NULL || argument[0] == '\0' || argument[0] == ',' ? -EINVAL : -ENOMEM;
    if (error == -EINVAL || serial == NULL || output == NULL) {
        free(serial);
        free(output);
        return error;
    }
    *serial =
        (struct serial){.output = -1, .input = -1, .divisor = 12, .send_due = DEVICE_NEVER, .receive_due = DEVICE_NEVER, .timeout_due = DEVICE_NEVER};
    if ((serial->output = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0 ||
        (comma != NULL && (serial->input = open(comma + 1, O_RDONLY | O_CLOEXEC)) < 0)) {
        error = -errno;
        goto failed;
    }
    free(output);
    device->name = "serial";
    device->port = PORT;
    device->port_count = 8;
    device->line = LINE;
    device->read = read_ports;
    device->write = write_ports;
    device->expire = expire;
    device->state = serial;
    return 0;

failed:
    if (serial->output >= 0)
        close(serial->output);
    free(serial);
    free(output);
    return error;
}
