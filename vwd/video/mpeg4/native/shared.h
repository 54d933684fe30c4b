/* Tiles that processes share: a table that one of them makes, those that it forks inherit, and all only add to.
 *
 * No lock: a tile is written where nobody else writes, and then published by one atomic store of its place. A process
 * that is killed before that leaves some bytes that nobody uses. Two that make the same tile make the same bytes.
 */
#ifndef VWD_SHARED_H
#define VWD_SHARED_H

#include <sys/mman.h>

#include "tiles.h"

typedef struct {
    uint8_t *memory;  /* the mapping: `used`, then `places`, then `tiles` */
    uint64_t *used;   /* bytes of `tiles`; more than `room` once it is full */
    uint32_t *places; /* as in a cache */
    uint8_t *tiles;
    size_t size, room, mask;
} SharedTiles;

enum { HEAD_BYTES = 64 }; /* `used`, alone in its cache line */

static void close_shared(SharedTiles *shared) {
    if (shared->memory) munmap(shared->memory, shared->size);
    shared->memory = NULL;
}

/* A table of at most so many bytes; -1 where there is no memory, or too little to be of use. */
static int open_shared(SharedTiles *shared, size_t bytes) {
    size_t places = count_places(bytes);
    if (bytes < 8192) return -1;
    shared->size = bytes, shared->mask = places - 1;
    shared->room = bytes - HEAD_BYTES - places * sizeof(uint32_t);
    if (shared->room / 8 > UINT32_MAX) shared->room = (size_t)UINT32_MAX * 8;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0); /* all zero */
    if (memory == MAP_FAILED) return -1;
    shared->memory = memory, shared->used = memory;
    shared->places = (uint32_t *)(shared->memory + HEAD_BYTES);
    shared->tiles = (uint8_t *)(shared->places + places);
    *shared->used = 8; /* offset 0 says that there is none */
    return 0;
}

static const Tile *shared_tile(const SharedTiles *shared, uint32_t place) {
    return (const Tile *)(shared->tiles + (size_t)place * 8);
}

/* The tile of this ink; NULL where nobody has made it. */
static const Tile *find_shared(const SharedTiles *shared, const Wanted *wanted, int kind) {
    for (size_t at = wanted->hash & shared->mask;; at = (at + 1) & shared->mask) {
        uint32_t place = __atomic_load_n(shared->places + at, __ATOMIC_ACQUIRE);
        if (!place) return NULL;
        if (is_tile(shared_tile(shared, place), wanted->ink, kind)) return shared_tile(shared, place);
    }
}

/* Adds a copy of a tile, unless another process has just done so, and gives what is there; NULL where it is full. */
static const Tile *share_tile(const SharedTiles *shared, uint64_t hash, const Tile *tile) {
    size_t exact = sizeof *tile + tile->size, size = (exact + 7) / 8 * 8;
    if (__atomic_load_n(shared->used, __ATOMIC_RELAXED) + size > shared->room) return NULL;
    uint64_t start = __atomic_fetch_add(shared->used, size, __ATOMIC_RELAXED);
    if (start + size > shared->room) return NULL;
    memcpy(shared->tiles + start, tile, exact);
    for (size_t at = hash & shared->mask;; at = (at + 1) & shared->mask) {
        uint32_t there = 0, place = (uint32_t)(start / 8);
        if (__atomic_compare_exchange_n(shared->places + at, &there, place, 0, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
            return shared_tile(shared, place);
        if (is_tile(shared_tile(shared, there), tile->ink, tile->kind)) return shared_tile(shared, there);
    }
}

#endif
