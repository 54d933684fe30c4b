/* Macroblocks: a 16x16 tile of ink as bits, and the tiles that are kept (macroblocks.py). */
#ifndef VWD_TILES_H
#define VWD_TILES_H

#include <stdlib.h>

#include "blocks.h"

/* A macroblock's bits, at most: four blocks of 64 events of 30 bits, and the heads; in whole words. */
enum { TILE_BYTES = 1024 };

/* The bits of an inter macroblock, all in lengths[0], and none where nothing is left after quantisation; or of an
 * intra one, block by block, each from a new word on, without heads and DC, which depend on the neighbours. */
typedef struct {
    int16_t dc[4], lengths[4]; /* lengths in bits */
    uint8_t kind, pattern;
    uint16_t size; /* of `words`, in bytes */
    uint8_t ink[256], words[];
} Tile;

/* A tile with room for any macroblock's bits. */
typedef union {
    Tile tile;
    uint8_t room[sizeof(Tile) + TILE_BYTES];
} LargestTile;

static void make_tile(const Codec *codec, const uint8_t ink[256], int kind, Tile *tile) {
    const Tables *t = &codec->tables;
    int levels[4][64], ends[5] = {0};
    Bits bits = {.bytes = tile->words};
    memcpy(tile->ink, ink, 256);
    tile->kind = (uint8_t)kind, tile->pattern = 0;
    for (int b = 0; b < 4; b++) {
        int16_t luma[64];
        int white = 1, any = 0;
        for (int i = 0; i < 64; i++) {
            luma[i] = (int16_t)t->luma[ink[(b / 2 * 8 + i / 8) * 16 + b % 2 * 8 + i % 8]];
            white &= luma[i] == t->white;
        }
        memset(levels[b], 0, sizeof levels[b]);
        if (white) levels[b][0] = kind == INTRA ? t->white : 0; /* a white block's DC is its luma: its scaler is 8 */
        else quantise(codec, luma, kind, 0, levels[b]), keep_black(codec, luma, kind, levels[b]);
        tile->dc[b] = (int16_t)levels[b][0];
        for (int i = kind == INTRA; i < 64; i++) any |= levels[b][i];
        if (any) tile->pattern |= (uint8_t)(8 >> b);
    }
    if (kind == INTER && tile->pattern) {
        put_code(&bits, t->inter_head), put_code(&bits, t->cbpy[15 - tile->pattern]), put_code(&bits, t->zero_vector);
    }
    for (int b = 0; b < 4; b++) {
        int start = tell(&bits);
        put_levels(codec, &bits, kind, levels[b]);
        ends[b] = tell(&bits) - (kind == INTRA ? start : 0);
        if (kind == INTRA) fill_word(&bits);
    }
    if (kind == INTER) ends[0] = ends[3], ends[1] = ends[2] = ends[3] = 0;
    for (int b = 0; b < 4; b++) tile->lengths[b] = (int16_t)ends[b];
    fill_word(&bits);
    tile->size = (uint16_t)bits.length;
}

/* Two generations of tiles, each in one block of memory; the older one goes when the younger one is full, and what is
 * used moves to the younger one. `places` maps hashes to tiles, as offsets in units of 8 bytes, 0 for none. */
typedef struct {
    uint8_t *tiles[2];
    uint32_t *places[2];
    size_t room, mask, used[2];
    int young;
    unsigned long long lookups, hits;
} Cache;

static void free_cache(Cache *cache) {
    for (int g = 0; g < 2; g++) free(cache->tiles[g]), free(cache->places[g]);
}

/* How many places a table of so many bytes has: a tile takes 280 bytes or more, so that under half of them are used. */
static size_t count_places(size_t bytes) {
    size_t places = 1;
    while (places * 128 <= bytes) places *= 2;
    return places;
}

/* A cache of at most so many bytes, both generations and all else included; -1 where there is no memory. */
static int init_cache(Cache *cache, size_t bytes) {
    size_t places = count_places(bytes / 2);
    if (bytes / 2 < 8192) return 0; /* too little to be of use: nothing is kept */
    cache->room = bytes / 2 - places * sizeof(uint32_t), cache->mask = places - 1;
    if (cache->room / 8 > UINT32_MAX) cache->room = (size_t)UINT32_MAX * 8;
    for (int g = 0; g < 2; g++) {
        cache->tiles[g] = malloc(cache->room), cache->places[g] = calloc(places, sizeof(uint32_t));
        if (!cache->tiles[g] || !cache->places[g]) return -1;
        cache->used[g] = 8; /* offset 0 says that there is none */
    }
    return 0;
}

/* Ink that a picture needs, and where on the page it is. */
typedef struct {
    uint64_t hash;
    int number;
    uint8_t ink[256];
} Wanted;

static uint64_t hash_ink(const uint8_t ink[256], int kind) {
    uint64_t lanes[4] = {(uint64_t)kind + 1, 2, 3, 4}, hash = 0, word;
    for (int i = 0; i < 256; i += 8) {
        memcpy(&word, ink + i, 8);
        uint64_t mixed = (lanes[i / 8 % 4] ^ word) * 0x9E3779B97F4A7C15u;
        lanes[i / 8 % 4] = mixed ^ mixed >> 32;
    }
    for (int i = 0; i < 4; i++) hash = (hash ^ lanes[i]) * 0x9E3779B97F4A7C15u, hash ^= hash >> 32;
    return hash;
}

/* Hashes all that a picture needs, and has their tiles fetched meanwhile: a look-up waits for memory otherwise. */
static void look_ahead(const uint32_t *places, const uint8_t *tiles, size_t mask, Wanted *wanted, int count, int kind) {
    for (int i = 0; i < count; i++) {
        wanted[i].hash = hash_ink(wanted[i].ink, kind);
        __builtin_prefetch(places + (wanted[i].hash & mask));
    }
    for (int i = 0; i < count; i++) {
        const uint8_t *tile = tiles + (size_t)places[wanted[i].hash & mask] * 8;
        for (int line = 0; line < 6; line++) __builtin_prefetch(tile + 64 * line);
    }
}

static int is_tile(const Tile *tile, const uint8_t ink[256], int kind) {
    return tile->kind == kind && !memcmp(tile->ink, ink, 256);
}

/* The place of a tile in a generation, or the empty one where it belongs. */
static uint32_t *find_place(const Cache *cache, int generation, uint64_t hash, const uint8_t ink[256], int kind) {
    for (size_t at = hash & cache->mask;; at = (at + 1) & cache->mask) {
        uint32_t *place = cache->places[generation] + at;
        const Tile *tile = (const Tile *)(cache->tiles[generation] + (size_t)*place * 8);
        if (!*place || is_tile(tile, ink, kind)) return place;
    }
}

/* Keeps a copy of a tile, which may lie in the older generation, and gives that copy; the tile itself if it is too
 * large to be kept. */
static const Tile *keep_tile(Cache *cache, uint64_t hash, const Tile *tile) {
    size_t exact = sizeof *tile + tile->size, size = (exact + 7) / 8 * 8;
    int kind = tile->kind;
    if (cache->used[cache->young] + size > cache->room) {
        cache->young = !cache->young;
        cache->used[cache->young] = 8;
        memset(cache->places[cache->young], 0, (cache->mask + 1) * sizeof(uint32_t));
    }
    if (cache->used[cache->young] + size > cache->room) return tile;
    Tile *kept = (Tile *)(cache->tiles[cache->young] + cache->used[cache->young]);
    memmove(kept, tile, exact);
    *find_place(cache, cache->young, hash, kept->ink, kind) = (uint32_t)(cache->used[cache->young] / 8);
    cache->used[cache->young] += size;
    return kept;
}

/* The tile of this ink in either generation; NULL where it is not kept. It is valid until the next call. */
static const Tile *find_kept(Cache *cache, const Wanted *wanted, int kind) {
    for (int age = 0; cache->room && age < 2; age++) {
        int generation = age ? !cache->young : cache->young;
        uint32_t place = *find_place(cache, generation, wanted->hash, wanted->ink, kind);
        if (!place) continue;
        const Tile *tile = (const Tile *)(cache->tiles[generation] + (size_t)place * 8);
        return age ? keep_tile(cache, wanted->hash, tile) : tile;
    }
    return NULL;
}

#endif
