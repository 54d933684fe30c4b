/* Whether a JPEG file is whole: every code of its pictures is read, and nothing is computed from them.
 *
 * ITU-T T.81. Of sequential files with Huffman codes and eight bits, which nearly all are. A file that is not found whole
 * here may still be: the caller decodes it then. No input can make it read out of bounds: a segment's bytes are copied
 * with zeros behind them, and a block takes less than there are zeros before what was read is compared with the end.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <string.h>

enum { PEEK = 10, BLOCK = 64, MOST_COMPONENTS = 4, MOST_BLOCKS = 10 };
/* Bytes behind a segment: a block has at most 64 codes of 16 bits, with 15 more each. */
enum { ROOM = 512 };
enum { SOF0 = 0xC0, SOF1 = 0xC1, DHT = 0xC4, RST0 = 0xD0, EOI = 0xD9, SOS = 0xDA, DQT = 0xDB, DRI = 0xDD };
enum { APP0 = 0xE0, APP15 = 0xEF, COM = 0xFE };

/* A code by its first bits: how many bits it and the number behind it have, and how many coefficients it fills. */
typedef struct {
    uint8_t bits, fills;
} Code;

typedef struct {
    Code codes[1 << PEEK]; /* bits is 0 where the code is longer */
    uint16_t first[17];    /* of each length: its first code, aligned to 16 bits, and where its values are */
    uint16_t start[17];
    uint8_t counts[17], values[256];
    int defined;
} Table;

typedef struct {
    int id, across, down, quantiser; /* sampling factors (A.1.1) */
    const Table *dc, *ac;
    int scanned;
} Component;

typedef struct {
    const uint8_t *next, *end; /* of the file */
    uint8_t *segment;          /* the entropy-coded bytes up to a marker, without stuffing */
    size_t length;
    int width, height, count, across, down, restart;
    Component components[MOST_COMPONENTS];
    Table tables[2][4];
    int quantisers[4];
} Reader;

typedef struct {
    const uint8_t *next;
    uint64_t bits; /* the next ones, from the highest on */
    int count;
} Bits;

static uint64_t eight_bytes(const uint8_t *p) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value = value << 8 | p[i]; /* one load and a swap */
    return value;
}

static inline void refill(Bits *b) {
    b->bits |= eight_bytes(b->next) >> b->count;
    b->next += (63 - b->count) >> 3;
    b->count |= 56;
}

/* What a value of a table means: for DC how many bits follow, for AC also how many zeros came before (F.1.2). */
static Code meaning(int value, int length, int ac) {
    int more = ac ? value & 15 : value, zeros = ac ? value >> 4 : 0;
    Code code = {(uint8_t)(length + more), 1};
    if (ac) code.fills = more ? (uint8_t)(zeros + 1) : zeros == 15 ? 16 : BLOCK;
    return code;
}

/* A code that is longer than the table of first bits; bits is 0 where there is none. */
static Code long_code(const Table *t, uint64_t bits, int ac) {
    Code none = {0, 0};
    for (int length = PEEK + 1; length <= 16; length++) {
        uint32_t offset = (uint32_t)(bits >> (64 - length)) - t->first[length];
        if (t->counts[length] && (uint32_t)(bits >> (64 - length)) >= t->first[length] && offset < t->counts[length])
            return meaning(t->values[t->start[length] + offset], length, ac);
    }
    return none;
}

static int read_block(Bits *b, const Table *dc, const Table *ac) {
    refill(b);
    Code code = dc->codes[b->bits >> (64 - PEEK)];
    if (!code.bits) code = long_code(dc, b->bits, 0);
    if (!code.bits) return 0;
    b->bits <<= code.bits, b->count -= code.bits;
    for (int filled = 1; filled < BLOCK; filled += code.fills) {
        if (b->count < 32) refill(b);
        code = ac->codes[b->bits >> (64 - PEEK)];
        if (!code.bits) code = long_code(ac, b->bits, 1);
        if (!code.bits || (code.fills < BLOCK && filled + code.fills > BLOCK)) return 0;
        b->bits <<= code.bits, b->count -= code.bits;
    }
    return 1;
}

/* Copies the entropy-coded bytes up to the next marker, without the zeros that are stuffed behind 0xFF (B.1.1.5). */
static int take_segment(Reader *r) {
    uint8_t *to = r->segment;
    for (;;) {
        const uint8_t *mark = memchr(r->next, 0xFF, (size_t)(r->end - r->next));
        if (!mark || mark + 1 >= r->end) return 0;
        memcpy(to, r->next, (size_t)(mark - r->next));
        to += mark - r->next, r->next = mark;
        if (mark[1]) break;
        *to++ = 0xFF, r->next += 2;
    }
    r->length = (size_t)(to - r->segment);
    memset(to, 0, ROOM);
    return 1;
}

/* Whether what was read ends within the last byte. */
static int at_end(const Reader *r, const Bits *b) {
    int64_t used = (int64_t)(b->next - r->segment) * 8 - b->count, all = (int64_t)r->length * 8;
    return used <= all && all - used < 8;
}

static int overrun(const Reader *r, const Bits *b) {
    return (int64_t)(b->next - r->segment) * 8 - b->count > (int64_t)r->length * 8;
}

static int divided(int value, int by) { return (value + by - 1) / by; }

static int read_scan(Reader *r, Component **scan, int count) {
    int columns = divided(r->width, 8 * r->across), rows = divided(r->height, 8 * r->down);
    if (count == 1) { /* not interleaved: its own blocks alone (A.2.2) */
        columns = divided(divided(r->width * scan[0]->across, r->across), 8);
        rows = divided(divided(r->height * scan[0]->down, r->down), 8);
    }
    int64_t left = (int64_t)columns * rows;
    for (int interval = 0; left > 0; interval++) {
        if (!take_segment(r)) return 0;
        Bits bits = {r->segment, 0, 0};
        int64_t units = r->restart && r->restart < left ? r->restart : left;
        left -= units;
        while (units-- > 0)
            for (int i = 0; i < count; i++)
                for (int block = count == 1 ? 1 : scan[i]->across * scan[i]->down; block > 0; block--)
                    if (!read_block(&bits, scan[i]->dc, scan[i]->ac) || overrun(r, &bits)) return 0;
        if (!at_end(r, &bits)) return 0;
        if (left > 0 && r->next[1] != RST0 + interval % 8) return 0;
        if (left > 0) r->next += 2;
    }
    return 1;
}

static int read_tables(Reader *r, const uint8_t *p, const uint8_t *end) {
    while (p < end) {
        int kind = *p >> 4, place = *p & 15, total = 0;
        if (kind > 1 || place > 3 || end - p < 17) return 0;
        Table *t = &r->tables[kind][place];
        memset(t, 0, sizeof *t);
        for (int length = 1; length <= 16; length++) t->counts[length] = p[length], total += p[length];
        if (total > 256 || end - p < 17 + total) return 0;
        memcpy(t->values, p + 17, (size_t)total);
        p += 17 + total;
        uint32_t code = 0, value = 0;
        for (int length = 1; length <= 16; length++, code <<= 1) {
            t->first[length] = (uint16_t)code, t->start[length] = (uint16_t)value;
            for (int i = 0; i < t->counts[length]; i++, code++, value++) {
                if (code >= 1u << length) return 0;
                if ((kind ? t->values[value] & 15 : t->values[value]) > 15) return 0;
                for (uint32_t j = 0; length <= PEEK && j < 1u << (PEEK - length); j++)
                    t->codes[(code << (PEEK - length)) + j] = meaning(t->values[value], length, kind);
            }
        }
        t->defined = 1;
    }
    return 1;
}

static int read_frame(Reader *r, const uint8_t *p, const uint8_t *end) {
    if (r->count || end - p < 6 || p[0] != 8) return 0;
    r->height = p[1] << 8 | p[2], r->width = p[3] << 8 | p[4], r->count = p[5];
    if (!r->height || !r->width || (r->count != 1 && r->count != 3) || end - p != 6 + 3 * r->count) return 0;
    for (int i = 0; i < r->count; i++) {
        const uint8_t *q = p + 6 + 3 * i;
        Component c = {q[0], q[1] >> 4, q[1] & 15, q[2], NULL, NULL, 0};
        if (c.across < 1 || c.across > 4 || c.down < 1 || c.down > 4 || c.quantiser > 3) return 0;
        for (int j = 0; j < i; j++)
            if (r->components[j].id == c.id) return 0;
        r->components[i] = c;
        if (c.across > r->across) r->across = c.across;
        if (c.down > r->down) r->down = c.down;
    }
    return 1;
}

static int start_scan(Reader *r, const uint8_t *p, const uint8_t *end) {
    Component *scan[MOST_COMPONENTS];
    int count = end > p ? *p : 0, blocks = 0;
    if (!r->count || count < 1 || count > r->count || end - p != 4 + 2 * count) return 0;
    for (int i = 0; i < count; i++) {
        Component *c = NULL;
        for (int j = 0; j < r->count; j++)
            if (r->components[j].id == p[1 + 2 * i]) c = &r->components[j];
        int dc = p[2 + 2 * i] >> 4, ac = p[2 + 2 * i] & 15;
        if (!c || c->scanned || dc > 3 || ac > 3 || !r->quantisers[c->quantiser]) return 0;
        c->dc = &r->tables[0][dc], c->ac = &r->tables[1][ac], c->scanned = 1;
        if (!c->dc->defined || !c->ac->defined) return 0;
        blocks += c->across * c->down;
        scan[i] = c;
    }
    const uint8_t *rest = p + 1 + 2 * count;
    if ((count > 1 && blocks > MOST_BLOCKS) || rest[0] != 0 || rest[1] != 63 || rest[2] != 0) return 0;
    r->next = end;
    return read_scan(r, scan, count);
}

static int read_quantisers(Reader *r, const uint8_t *p, const uint8_t *end) {
    while (p < end) {
        int size = *p >> 4 ? 128 : 64;
        if (*p >> 4 > 1 || (*p & 15) > 3 || end - p < 1 + size) return 0;
        r->quantisers[*p & 15] = 1;
        p += 1 + size;
    }
    return 1;
}

static int read_file(Reader *r) {
    if (r->end - r->next < 4 || r->next[0] != 0xFF || r->next[1] != 0xD8) return 0;
    r->next += 2;
    for (;;) {
        while (r->end - r->next >= 2 && r->next[0] == 0xFF && r->next[1] == 0xFF) r->next++;
        if (r->end - r->next < 2 || r->next[0] != 0xFF) return 0;
        int marker = r->next[1], good = 1;
        if (marker == EOI) break;
        if (r->end - r->next < 4) return 0;
        int length = r->next[2] << 8 | r->next[3];
        const uint8_t *p = r->next + 4, *end = r->next + 2 + length;
        if (length < 2 || length > r->end - r->next - 2) return 0;
        r->next = end;
        if (marker == SOS) good = start_scan(r, p, end);
        else if (marker == DHT) good = read_tables(r, p, end);
        else if (marker == DQT) good = read_quantisers(r, p, end);
        else if (marker == DRI) good = end - p == 2, r->restart = good ? p[0] << 8 | p[1] : 0;
        else if (marker == SOF0 || marker == SOF1) good = read_frame(r, p, end);
        else good = (marker >= APP0 && marker <= APP15) || marker == COM; /* others are no baseline, or reserved */
        if (!good) return 0;
    }
    for (int i = 0; i < r->count; i++)
        if (!r->components[i].scanned) return 0;
    return r->count > 0;
}

static PyObject *is_whole(PyObject *self, PyObject *data) {
    (void)self;
    char *bytes;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(data, &bytes, &size)) return NULL;
    Reader *r = PyMem_Calloc(1, sizeof *r);
    uint8_t *segment = PyMem_Malloc((size_t)size + ROOM);
    if (!r || !segment) {
        PyMem_Free(r), PyMem_Free(segment);
        return PyErr_NoMemory();
    }
    r->next = (const uint8_t *)bytes, r->end = r->next + size, r->segment = segment;
    int whole = read_file(r);
    PyMem_Free(r), PyMem_Free(segment);
    return PyBool_FromLong(whole);
}

static PyMethodDef methods[] = {
    {"is_whole", is_whole, METH_O, "Whether bytes are a JPEG file whose every code is there; False where in doubt."},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_jpeg", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__jpeg(void);
PyMODINIT_FUNC PyInit__jpeg(void) { return PyModule_Create(&definition); }
