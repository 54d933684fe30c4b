/* Blocks of 8x8 samples: transformed, quantised, kept black, and coded (blocks.py and black.py). */
#ifndef VWD_BLOCKS_H
#define VWD_BLOCKS_H

#include <string.h>

#include "bits.h"

enum { INTER, INTRA };
enum { LEVELS = 28, DC_CODES = 512 }; /* table levels are below 28; DC differences from -256 to 255 */
enum { SCALE_BITS = 26 };
#define ONE ((int64_t)1 << SCALE_BITS)

/* What Python hands over (native_composer.py), field by field in this order: nothing in C repeats a table or a constant. */
typedef struct {
    int32_t cosines[64], zigzag[64], luma[256];
    Code coefficients[2][2][64][LEVELS]; /* by kind, last, run, level; 0 where there is none */
    Code escape, cbpy[16], dc[DC_CODES];
    Code inter_head, zero_vector, intra_head, refreshed_head, grey_chroma;
    int32_t white, black, lightest, overshoot, rounds, dc_scaler, outside_dc;
} Tables;

typedef struct {
    Tables tables;
    int quantiser[2];                                        /* by kind */
    double cosines[64], transposed[64];                      /* by frequency and place; by place and frequency */
    int largest_level[2][2][64], longest_run[2][2][LEVELS]; /* that have a code; -1: none */
} Codec;

static void init_codec(Codec *codec, const Tables *tables, int inter_quantiser, int intra_quantiser) {
    codec->tables = *tables;
    codec->quantiser[INTER] = inter_quantiser, codec->quantiser[INTRA] = intra_quantiser;
    for (int i = 0; i < 64; i++) codec->cosines[i] = codec->transposed[i % 8 * 8 + i / 8] = tables->cosines[i];
    memset(codec->largest_level, 0, sizeof codec->largest_level);
    memset(codec->longest_run, 0xFF, sizeof codec->longest_run);
    for (int kind = 0; kind < 2; kind++)
        for (int last = 0; last < 2; last++)
            for (int run = 0; run < 64; run++)
                for (int level = 1; level < LEVELS; level++)
                    if (tables->coefficients[kind][last][run][level])
                        codec->largest_level[kind][last][run] = level, codec->longest_run[kind][last][level] = run;
}

/* Compiled for several sizes of vectors, of which the loader takes the largest that the CPU has. */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
#define ANY_VECTORS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ANY_VECTORS
#endif

/* out = a b, of 8x8 matrices. The sums stay below 2^53: exact in doubles, in any order. */
ANY_VECTORS static void multiply(const double a[64], const double b[64], double out[64]) {
    typedef double Row __attribute__((vector_size(64)));
    Row rows[8], sum;
    memcpy(rows, b, sizeof rows);
    for (int i = 0; i < 64; i += 8) {
        sum = (Row){0};
        for (int k = 0; k < 8; k++) sum += a[i + k] * rows[k];
        memcpy(out + i, &sum, sizeof sum);
    }
}

/* Samples to levels in zigzag order: with a dead zone (inter), without one (intra), or the closest. */
static void quantise(const Codec *codec, const int16_t samples[64], int kind, int closest, int levels[64]) {
    const Tables *t = &codec->tables;
    int64_t quantiser = codec->quantiser[kind], dead_zone = kind == INTER && !closest ? quantiser * ONE / 2 : 0;
    double wanted[64], half[64], square[64];
    for (int i = 0; i < 64; i++) wanted[i] = samples[i] - (kind == INTER ? t->white : 0);
    multiply(wanted, codec->transposed, half);
    multiply(codec->cosines, half, square);
    for (int i = 0; i < 64; i++) {
        double coefficient = square[t->zigzag[i] & 63];
        int64_t magnitude = (int64_t)(coefficient < 0 ? -coefficient : coefficient), beyond = magnitude - dead_zone;
        /* Divided by 2 QP times the scale; the scale first, since 64-bit divisions are slow. */
        int level = beyond <= 0 ? 0 : (int)(beyond >> (SCALE_BITS + 1)) / (int)quantiser;
        if (closest && !level) level = 2 * magnitude >= 3 * quantiser * ONE;
        levels[i] = coefficient < 0 ? -level : level;
    }
    if (kind == INTRA) {
        int64_t step = t->dc_scaler * ONE, rounded = (int64_t)square[0] + step / 2;
        levels[0] = (int)(rounded / step - (rounded % step < 0));
    }
}

/* The samples that a decoder makes of levels. */
static void decode(const Codec *codec, const int levels[64], int kind, int16_t samples[64]) {
    const Tables *t = &codec->tables;
    int quantiser = codec->quantiser[kind], odd = (quantiser - 1) | 1;
    double square[64], half[64], shown[64];
    for (int i = 0; i < 64; i++) {
        int level = levels[i], sign = (level > 0) - (level < 0);
        square[t->zigzag[i] & 63] = 2 * quantiser * level + sign * odd;
    }
    if (kind == INTRA) square[0] = levels[0] * t->dc_scaler;
    multiply(square, codec->cosines, half);
    multiply(codec->transposed, half, shown);
    for (int i = 0; i < 64; i++)
        samples[i] = (int16_t)((((int64_t)shown[i] + ONE / 2) >> SCALE_BITS) + (kind == INTER ? t->white : 0));
}

/* Clears the marks of lines that are not at either end, together with all before or all after them. */
static int from_either_end(int lines[8]) {
    int first = 0, last = 7;
    while (first < 8 && lines[first]) first++;
    while (last > first && lines[last]) last--;
    for (int i = first; i <= last && i < 8; i++) lines[i] = 0;
    return first > 0 || last < 7;
}

/* How light each sample may be: full ink, and the paper around it where another word's ink may be. */
static void find_lightest(const Tables *t, const int16_t luma[64], int lightest[64]) {
    int rows[8], columns[8], has_ink = 0;
    for (int i = 0; i < 8; i++) {
        rows[i] = columns[i] = 1;
        for (int j = 0; j < 8; j++) rows[i] &= luma[8 * i + j] == t->white, columns[i] &= luma[8 * j + i] == t->white;
        has_ink |= !rows[i];
    }
    int shared = from_either_end(rows) | from_either_end(columns);
    for (int i = 0; i < 64; i++)
        if (has_ink && (rows[i / 8] || columns[i % 8])) lightest[i] = t->white + t->overshoot;
        else lightest[i] = luma[i] == t->black ? t->lightest - (shared ? t->overshoot : 0) : INT16_MAX;
}

/* Makes levels again where a decoder would show samples lighter than they may be. */
static void keep_black(const Codec *codec, const int16_t luma[64], int kind, int levels[64]) {
    int lightest[64];
    int16_t aim[64], shown[64];
    memcpy(aim, luma, sizeof aim);
    find_lightest(&codec->tables, luma, lightest);
    for (int round = 0; round < codec->tables.rounds; round++) {
        int failing = 0;
        decode(codec, levels, kind, shown);
        for (int i = 0; i < 64; i++) failing |= shown[i] > lightest[i];
        if (!failing) return;
        quantise(codec, aim, kind, 1, levels);
        for (int i = 0; i < 64; i++)
            if (shown[i] > lightest[i]) aim[i] = (int16_t)(aim[i] - shown[i] + lightest[i]);
    }
}

/* One (last, run, level): its code, else the shortest escape that reaches it (7.4.1.3). At most 30 bits. */
static void put_event(const Codec *codec, Bits *bits, int kind, int last, int run, int level) {
    const Code(*codes)[LEVELS] = codec->tables.coefficients[kind][last];
    int size = level < 0 ? -level : level, sign = level < 0;
    int largest = codec->largest_level[kind][last][run];
    int by_level = size - largest;
    int by_run = size < LEVELS ? run - codec->longest_run[kind][last][size] - 1 : run;
    if (size <= largest) {
        put_code(bits, codes[run][size]);
        put(bits, sign, 1);
        return;
    }
    put_code(bits, codec->tables.escape);
    if (by_level <= largest) {
        put(bits, 0, 1), put_code(bits, codes[run][by_level]), put(bits, sign, 1);
    } else if (by_run >= 0 && by_run < run && codes[by_run][size]) {
        put(bits, 2, 2), put_code(bits, codes[by_run][size]), put(bits, sign, 1);
    } else {
        put(bits, 3, 2), put(bits, last, 1), put(bits, run, 6), put(bits, 1, 1);
        put(bits, (uint32_t)level & 0xFFF, 12), put(bits, 1, 1);
    }
}

/* The non-zero levels of a block; of an intra block without the DC, which is coded apart. */
static void put_levels(const Codec *codec, Bits *bits, int kind, const int levels[64]) {
    int before = kind == INTRA ? 0 : -1, last = 63;
    while (last > before && !levels[last]) last--;
    for (int i = before + 1; i <= last; i++)
        if (levels[i]) put_event(codec, bits, kind, i == last, i - before - 1, levels[i]), before = i;
}

#endif
