/* Bits, highest first, into a buffer that the caller has made large enough (bits.py). */
#ifndef VWD_BITS_H
#define VWD_BITS_H

#include <stddef.h>
#include <stdint.h>

/* A code: its bits above its length, which takes the lowest five bits; at most 27 bits. */
typedef int32_t Code;

/* `held` has `count` bits, fewer than 32, that are not in `bytes` yet. `length` counts whole bytes. */
typedef struct {
    uint8_t *bytes;
    size_t length;
    uint64_t held;
    int count;
} Bits;

static inline void store32(uint8_t *to, uint32_t word) {
    to[0] = (uint8_t)(word >> 24), to[1] = (uint8_t)(word >> 16), to[2] = (uint8_t)(word >> 8), to[3] = (uint8_t)word;
}

static inline uint32_t load32(const uint8_t *from) {
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

/* The lowest `length` bits of a value that has no more than these; at most 32. */
static inline void put(Bits *bits, uint32_t value, int length) {
    bits->held = bits->held << length | value;
    bits->count += length;
    if (bits->count >= 32) {
        bits->count -= 32;
        store32(bits->bytes + bits->length, (uint32_t)(bits->held >> bits->count));
        bits->length += 4;
    }
}

static inline void put_code(Bits *bits, Code code) { put(bits, (uint32_t)code >> 5, code & 31); }

static inline void put_ones(Bits *bits, int count) {
    for (; count >= 32; count -= 32) put(bits, 0xFFFFFFFFu, 32);
    put(bits, (1u << count) - 1, count);
}

/* The first `length` bits of whole 32-bit words. */
static inline void put_words(Bits *bits, const uint8_t *words, int length) {
    for (; length >= 32; length -= 32, words += 4) put(bits, load32(words), 32);
    if (length) put(bits, load32(words) >> (32 - length), length);
}

static inline int tell(const Bits *bits) { return (int)(8 * bits->length) + bits->count; }

/* Fills the last word with zeros: all is in `bytes`. */
static inline void fill_word(Bits *bits) {
    if (bits->count) put(bits, 0, 32 - bits->count);
}

/* The stuffing before a start code (5.2.4): a 0, then 1s to the end of the byte; all is in `bytes`. */
static inline void finish(Bits *bits) {
    put(bits, 0, 1);
    put_ones(bits, (8 - bits->count % 8) % 8);
    for (; bits->count; bits->count -= 8) bits->bytes[bits->length++] = (uint8_t)(bits->held >> (bits->count - 8));
}

#endif
