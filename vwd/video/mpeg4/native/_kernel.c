/* The mpeg4 encoder's inner loops: from ink on a page to the bits of a picture.
 *
 * The same arithmetic as the Python beside it, which is the reference and the fallback; exact in integers, so that the
 * bytes are the same. Every table and constant comes from there (native_composer.py). No input can make it write out of bounds:
 * inks are checked against the picture, the rest has fixed largest sizes.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "shared.h"

enum { INTERFACE = 3, MOST_SIDE = 512 }; /* macroblocks a side: 13 bits of pixels (6.2.3) */

/* Kinds of pictures; the first two have macroblocks of the kind of that number, the third has intra ones. */
enum { ADDED, PAGE, REFRESHED, PICTURES };

typedef struct {
    PyObject_HEAD
    SharedTiles table;
} Shared;

typedef struct {
    PyObject_HEAD
    Codec codec;
    Shared *shared; /* tiles that other processes have made, too; NULL for none */
    Cache cache;    /* those that have no room there */
    LargestTile scratch;
    int columns, rows;
    uint8_t *canvas;  /* the ink that is on the page; where ink is added, that of the picture that is being made */
    int inked;        /* whether the canvas may have some between pictures */
    uint8_t *touched; /* macroblocks that the picture that is being made changes */
    Wanted *wanted;   /* those, with their ink, in coding order */
    int16_t *dc;      /* of each luma block, with a border of what is outside the picture on the left and above */
    uint8_t *bytes;   /* of the picture */
    size_t room;
} Kernel;

/* ---- The page ---- */

static void free_page(Kernel *k) {
    free(k->canvas), free(k->touched), free(k->wanted), free(k->dc);
    k->canvas = k->touched = NULL, k->wanted = NULL, k->dc = NULL;
    k->columns = k->rows = k->inked = 0;
}

/* No macroblock is coded yet. */
static void set_outside(Kernel *k) {
    size_t field = (2 * (size_t)k->columns + 1) * (2 * (size_t)k->rows + 1);
    for (size_t i = 0; i < field; i++) k->dc[i] = (int16_t)k->codec.tables.outside_dc;
}

/* A white page of this size. */
static int open_page(Kernel *k, int columns, int rows) {
    if (columns < 1 || rows < 1 || columns > MOST_SIDE || rows > MOST_SIDE) {
        PyErr_Format(PyExc_ValueError, "a picture of %d x %d macroblocks", columns, rows);
        return -1;
    }
    if (columns == k->columns && rows == k->rows) return 0;
    free_page(k);
    size_t total = (size_t)columns * rows, field = (2 * (size_t)columns + 1) * (2 * (size_t)rows + 1);
    k->canvas = calloc(total, 256), k->touched = calloc(total, 1);
    k->wanted = calloc(total, sizeof *k->wanted), k->dc = calloc(field, sizeof *k->dc);
    if (!k->canvas || !k->touched || !k->wanted || !k->dc) {
        free_page(k), PyErr_NoMemory();
        return -1;
    }
    k->columns = columns, k->rows = rows;
    set_outside(k);
    return 0;
}

static void clear_page(Kernel *k) {
    memset(k->canvas, 0, (size_t)k->columns * k->rows * 256);
    memset(k->touched, 0, (size_t)k->columns * k->rows);
    k->inked = 0;
}

/* Draws an ink, (x, y, width, height, coverage), over what is there. */
static int draw(Kernel *k, PyObject *ink) {
    int x, y, width, height;
    const char *coverage;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(ink, "iiiiy#", &x, &y, &width, &height, &coverage, &size)) return -1;
    if (x < 0 || y < 0 || width < 0 || height < 0 || width > k->columns * 16 - x || height > k->rows * 16 - y ||
        size != (Py_ssize_t)width * height) {
        PyErr_Format(PyExc_ValueError, "%zd bytes of ink at %d, %d, %d x %d", size, x, y, width, height);
        return -1;
    }
    if (!size) return 0;
    size_t stride = (size_t)k->columns * 16;
    for (int i = 0; i < height; i++) {
        uint8_t *to = k->canvas + (y + i) * stride, *touched = k->touched + (size_t)((y + i) / 16) * k->columns;
        const char *from = coverage + (size_t)i * width;
        for (int start = x, end; start < x + width; start = end) { /* where this row crosses a macroblock */
            end = start / 16 * 16 + 16 < x + width ? start / 16 * 16 + 16 : x + width;
            if (!memcmp(to + start, from + (start - x), end - start)) continue;
            memcpy(to + start, from + (start - x), end - start), touched[start / 16] = 1;
        }
    }
    return 0;
}

/* The ink of the macroblocks that the picture changes; gives how many. It stays on the page, unless it is added. */
static int take_ink(Kernel *k, int picture) {
    int kind = picture == ADDED ? INTER : INTRA, total = k->columns * k->rows, count = 0;
    size_t stride = (size_t)k->columns * 16;
    for (int number = 0; number < total; number++) {
        if (!k->touched[number]) continue;
        uint8_t *from = k->canvas + (size_t)(number / k->columns) * 16 * stride + (size_t)(number % k->columns) * 16;
        Wanted *wanted = k->wanted + count;
        for (int y = 0; y < 16; y++) memcpy(wanted->ink + 16 * y, from + y * stride, 16);
        for (int y = 0; y < 16 && picture == ADDED; y++) memset(from + y * stride, 0, 16);
        wanted->number = number, count++;
    }
    k->inked |= picture != ADDED;
    memset(k->touched, 0, (size_t)k->columns * k->rows);
    const Cache *cache = &k->cache;
    if (k->shared) {
        const SharedTiles *table = &k->shared->table;
        look_ahead(table->places, table->tiles, table->mask, k->wanted, count, kind);
    } else if (cache->room) {
        look_ahead(cache->places[cache->young], cache->tiles[cache->young], cache->mask, k->wanted, count, kind);
    }
    return count;
}

/* The tile of this ink: known, or made and kept. It is valid until the next call. */
static const Tile *get_tile(Kernel *k, const Wanted *wanted, int kind) {
    const Tile *tile = k->shared ? find_shared(&k->shared->table, wanted, kind) : NULL;
    if (!tile) tile = find_kept(&k->cache, wanted, kind);
    k->cache.lookups++, k->cache.hits += tile != NULL;
    if (tile) return tile;
    make_tile(&k->codec, wanted->ink, kind, &k->scratch.tile);
    if (k->shared) tile = share_tile(&k->shared->table, wanted->hash, &k->scratch.tile);
    if (tile) return tile;
    return k->cache.room ? keep_tile(&k->cache, wanted->hash, &k->scratch.tile) : &k->scratch.tile;
}

/* ---- Pictures ---- */

/* Makes room for `more` bytes of the picture. */
static int reserve(Kernel *k, Bits *bits, size_t more) {
    if (bits->length + more <= k->room) return 0;
    size_t room = 2 * (bits->length + more);
    uint8_t *bytes = realloc(k->bytes, room);
    if (!bytes) {
        PyErr_NoMemory();
        return -1;
    }
    k->bytes = bits->bytes = bytes, k->room = room;
    return 0;
}

/* What the ink adds to the picture before: macroblocks without any are not coded, which takes a bit each. */
static int put_added(Kernel *k, Bits *bits) {
    int total = k->columns * k->rows, count = take_ink(k, ADDED), done = 0;
    for (int i = 0; i < count; i++) {
        const Tile *tile = get_tile(k, k->wanted + i, INTER);
        if (!tile->pattern) continue;
        if (reserve(k, bits, (size_t)total / 8 + TILE_BYTES + 8)) return -1;
        put_ones(bits, k->wanted[i].number - done);
        put_words(bits, tile->words, tile->lengths[0]);
        done = k->wanted[i].number + 1;
    }
    if (reserve(k, bits, (size_t)total / 8 + 16)) return -1;
    put_ones(bits, total - done);
    return 0;
}

/* A DC less its prediction: from the block above where that changes less, else from the left (7.4.3.1). */
static int put_dc(Kernel *k, Bits *bits, int16_t *here, int dc) {
    int stride = 2 * k->columns + 1, left = here[-1], corner = here[-stride - 1], above = here[-stride];
    int difference = dc - (abs(left - corner) < abs(corner - above) ? above : left);
    if (difference < -DC_CODES / 2 || difference >= DC_CODES / 2) {
        PyErr_Format(PyExc_ValueError, "a DC difference of %d", difference);
        return -1;
    }
    *here = (int16_t)dc;
    put_code(bits, k->codec.tables.dc[(difference + DC_CODES) % DC_CODES]); /* negative ones count from the end */
    return 0;
}

/* An intra macroblock but for its head: a tile, or NULL for a white one. */
static int put_intra(Kernel *k, Bits *bits, int number, const Tile *tile) {
    const Tables *t = &k->codec.tables;
    const uint8_t *words = tile ? tile->words : NULL;
    int stride = 2 * k->columns + 1;
    int16_t *first = k->dc + (size_t)(2 * (number / k->columns) + 1) * stride + 2 * (number % k->columns) + 1;
    put_code(bits, t->cbpy[tile ? tile->pattern : 0]);
    for (int b = 0; b < 4; b++) {
        if (put_dc(k, bits, first + b / 2 * stride + b % 2, tile ? tile->dc[b] : t->white)) return -1;
        if (!tile) continue;
        put_words(bits, words, tile->lengths[b]);
        words += (tile->lengths[b] + 31) / 32 * 4;
    }
    put_code(bits, t->grey_chroma);
    return 0;
}

/* A white page with the ink on it. */
static int put_page(Kernel *k, Bits *bits) {
    int total = k->columns * k->rows, count = take_ink(k, PAGE), at = 0;
    for (int number = 0; number < total; number++) {
        const Tile *tile = NULL;
        if (at < count && k->wanted[at].number == number)
            tile = get_tile(k, k->wanted + at++, INTRA);
        if (reserve(k, bits, TILE_BYTES + 8)) return -1;
        put_code(bits, k->codec.tables.intra_head);
        if (put_intra(k, bits, number, tile)) return -1;
    }
    return 0;
}

/* The macroblocks that the ink changes, with all ink that is there: others are not coded, and count as being outside. */
static int put_refreshed(Kernel *k, Bits *bits) {
    int total = k->columns * k->rows, count = take_ink(k, REFRESHED), done = 0;
    set_outside(k);
    for (int i = 0; i < count; i++) {
        int number = k->wanted[i].number;
        const Tile *tile = get_tile(k, k->wanted + i, INTRA);
        if (reserve(k, bits, (size_t)total / 8 + TILE_BYTES + 8)) return -1;
        put_ones(bits, number - done), put_code(bits, k->codec.tables.refreshed_head);
        if (put_intra(k, bits, number, tile)) return -1;
        done = number + 1;
    }
    if (reserve(k, bits, (size_t)total / 8 + 16)) return -1;
    put_ones(bits, total - done);
    return 0;
}

static PyObject *compose(Kernel *k, int picture, const char *header, Py_ssize_t header_bits, PyObject *inks) {
    if (k->inked && picture != REFRESHED) clear_page(k);
    for (Py_ssize_t i = 0; i < PyTuple_Size(inks); i++)
        if (draw(k, PyTuple_GetItem(inks, i))) return NULL;
    Bits bits = {.bytes = k->bytes};
    if (reserve(k, &bits, (size_t)header_bits / 8 + 8)) return NULL;
    for (Py_ssize_t i = 0; i < header_bits; i++) put(&bits, header[i] & 1, 1);
    int (*const put_picture[PICTURES])(Kernel *, Bits *) = {put_added, put_page, put_refreshed};
    if (put_picture[picture](k, &bits)) return NULL;
    if (reserve(k, &bits, 8)) return NULL;
    finish(&bits);
    return PyBytes_FromStringAndSize((const char *)bits.bytes, (Py_ssize_t)bits.length);
}

static PyObject *kernel_picture(PyObject *self, PyObject *args) {
    Kernel *k = (Kernel *)self;
    int picture, columns, rows;
    const char *header;
    Py_ssize_t header_bits;
    PyObject *inks;
    if (!PyArg_ParseTuple(args, "i(ii)y#O!", &picture, &columns, &rows, &header, &header_bits, &PyTuple_Type, &inks) ||
        open_page(k, columns, rows))
        return NULL;
    if (picture < 0 || picture >= PICTURES) return PyErr_Format(PyExc_ValueError, "a picture of kind %d", picture);
    PyObject *made = compose(k, picture, header, header_bits, inks);
    if (!made) clear_page(k);
    return made;
}

static PyObject *kernel_clear(PyObject *self, PyObject *Py_UNUSED(none)) {
    Kernel *k = (Kernel *)self;
    if (k->inked) clear_page(k);
    Py_RETURN_NONE;
}

/* ---- The types and the module ---- */

static PyObject *new_object(PyTypeObject *type) {
    return ((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0); /* all zero */
}

static void free_object(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyObject *shared_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(keywords)) {
    Py_ssize_t bytes;
    if (!PyArg_ParseTuple(args, "n", &bytes)) return NULL;
    PyObject *self = new_object(type);
    if (self && open_shared(&((Shared *)self)->table, bytes < 0 ? 0 : (size_t)bytes)) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return self;
}

static void shared_dealloc(PyObject *self) {
    close_shared(&((Shared *)self)->table);
    free_object(self);
}

static PyType_Slot shared_slots[] = {
    {Py_tp_doc, "SharedTiles(bytes): macroblocks for kernels of one codec in this process and in those that it forks"},
    {Py_tp_new, shared_new}, {Py_tp_dealloc, shared_dealloc}, {0, NULL},
};

static PyType_Spec shared_spec = {
    "vwd.video.mpeg4._kernel.SharedTiles", sizeof(Shared), 0, Py_TPFLAGS_DEFAULT, shared_slots};

static PyObject *shared_type; /* of this module, which lives as long as the process */

static PyObject *kernel_counts(PyObject *self, PyObject *Py_UNUSED(none)) {
    return Py_BuildValue("KK", ((Kernel *)self)->cache.lookups, ((Kernel *)self)->cache.hits);
}

static PyObject *kernel_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(keywords)) {
    const char *tables;
    Py_ssize_t size, cache_bytes;
    int inter, intra;
    PyObject *shared = Py_None;
    if (!PyArg_ParseTuple(args, "y#iin|O", &tables, &size, &inter, &intra, &cache_bytes, &shared)) return NULL;
    if (size != sizeof(Tables) || inter < 1 || inter > 31 || intra < 1 || intra > 31 || cache_bytes < 0) {
        PyErr_Format(PyExc_ValueError, "tables of %zd bytes, quantisers %d and %d", size, inter, intra);
        return NULL;
    }
    if (shared != Py_None && (PyObject *)Py_TYPE(shared) != shared_type) {
        PyErr_SetString(PyExc_TypeError, "shared is no SharedTiles");
        return NULL;
    }
    PyObject *self = new_object(type);
    if (!self) return NULL;
    Tables copied; /* bytes of Python need not be aligned */
    memcpy(&copied, tables, sizeof copied);
    init_codec(&((Kernel *)self)->codec, &copied, inter, intra);
    if (init_cache(&((Kernel *)self)->cache, (size_t)cache_bytes)) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    if (shared != Py_None) Py_INCREF(shared), ((Kernel *)self)->shared = (Shared *)shared;
    return self;
}

static void kernel_dealloc(PyObject *self) {
    Kernel *k = (Kernel *)self;
    free_page(k), free_cache(&k->cache), free(k->bytes);
    Py_XDECREF((PyObject *)k->shared);
    free_object(self);
}

static PyMethodDef methods[] = {
    {"picture", kernel_picture, METH_VARARGS,
     "picture(kind, (columns, rows), header, inks) -> bytes: a whole VOP.\n\n"
     "A kind of 0 adds ink to what is there, 1 starts a page, 2 shows the macroblocks that change anew. The size is in\n"
     "macroblocks; the header has one bit a byte; inks is a tuple of (x, y, width, height, coverage)."},
    {"clear", kernel_clear, METH_NOARGS, "clear(): takes all ink off the page."},
    {"counts", kernel_counts, METH_NOARGS, "counts() -> (look-ups, hits) of the kept macroblocks."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Kernel(tables, inter_quantiser, intra_quantiser, cache_bytes, shared=None)"},
    {Py_tp_new, kernel_new}, {Py_tp_dealloc, kernel_dealloc}, {Py_tp_methods, methods}, {0, NULL},
};

static PyType_Spec spec = {"vwd.video.mpeg4._kernel.Kernel", sizeof(Kernel), 0, Py_TPFLAGS_DEFAULT, slots};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_kernel", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void);
PyMODINIT_FUNC PyInit__kernel(void) {
    PyObject *module = PyModule_Create(&definition), *type = PyType_FromSpec(&spec);
    shared_type = PyType_FromSpec(&shared_spec);
    if (module && type && shared_type && !PyModule_AddObjectRef(module, "Kernel", type) &&
        !PyModule_AddObjectRef(module, "SharedTiles", shared_type) &&
        !PyModule_AddIntConstant(module, "INTERFACE", INTERFACE)) {
        Py_DECREF(type); /* the module has its own reference; shared_type is kept */
        return module;
    }
    Py_XDECREF(type), Py_XDECREF(module);
    return NULL;
}
