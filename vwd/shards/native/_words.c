/* The words of a storyboard.json as a table, read in the form in which vwd writes them; texts as their numbers in a
 * vocabulary, since most of them come again and again.
 *
 * Anything else, however harmless, gives None: the Python beside it then reads the whole JSON and judges it. What is
 * read here is a JSON value whose place is certain, so that the rest of the JSON can be judged without it.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum { INTERFACE = 2, COLUMNS = 6, MOST_DIGITS = 18, MOST_DEPTH = 64 };
enum { FIRST_ROOM = 1 << 12, MOST_WORDS = 1 << 16, MOST_LETTERS = 1 << 24, MOST_PROBES = 64 };

typedef struct {
    uint32_t hash, at, size, number; /* the text's place in `letters`; `number` counts from 1, and is 0 in a free slot */
} Slot;

/* Texts, in UTF-8, by their hash; and each one's number, in the order in which they came. */
typedef struct {
    Slot *slots;     /* a power of two of them, at most half of them used */
    Slot *words;     /* by number */
    char *letters;   /* of all texts, one after the other */
    uint32_t room, count, used, letter_room;
} Vocabulary;

static const char CAPSULE[] = "vwd.shards.vocabulary";

static Slot *free_slot(Slot *slots, uint32_t room, uint32_t hash) {
    uint32_t at = hash & (room - 1);
    while (slots[at].number) at = (at + 1) & (room - 1);
    return slots + at;
}

/* Makes room for one more text of some bytes. 0 with an error where memory is short, or without one where it is full. */
static int make_room(Vocabulary *v, uint32_t size) {
    if (v->count == MOST_WORDS || size > MOST_LETTERS - v->used) return 0;
    if (!v->letters || v->used + size > v->letter_room) {
        uint32_t room = 2 * (v->used + size) + FIRST_ROOM;
        char *larger = PyMem_Realloc(v->letters, room);
        if (!larger) return PyErr_NoMemory(), 0;
        v->letters = larger, v->letter_room = room;
    }
    if (2 * (v->count + 1) <= v->room) return 1;
    uint32_t room = v->room ? 2 * v->room : FIRST_ROOM;
    Slot *words = PyMem_Realloc(v->words, room / 2 * sizeof *words);
    if (words) v->words = words;
    Slot *slots = words ? PyMem_Calloc(room, sizeof *slots) : NULL;
    if (!slots) return PyErr_NoMemory(), 0;
    for (uint32_t i = 0; i < v->count; i++) *free_slot(slots, room, words[i].hash) = words[i];
    PyMem_Free(v->slots);
    v->slots = slots, v->room = room;
    return 1;
}

/* The number of a text, which is added if it is new. -1 where it is no UTF-8, or there is no room. */
static int32_t number_of(Vocabulary *v, const char *text, Py_ssize_t length) {
    uint32_t hash = 2166136261u, size = (uint32_t)length; /* FNV-1a */
    if (length > MOST_LETTERS) return -1;
    for (uint32_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    for (uint32_t probe = 0; probe < MOST_PROBES && v->room; probe++) {
        Slot *slot = v->slots + ((hash + probe) & (v->room - 1));
        if (!slot->number) break;
        if (slot->hash == hash && slot->size == size && !memcmp(v->letters + slot->at, text, size))
            return (int32_t)slot->number - 1;
        if (probe == MOST_PROBES - 1) return -1;
    }
    PyObject *valid = PyUnicode_DecodeUTF8(text, length, NULL);
    if (!valid) return -1;
    Py_DECREF(valid);
    if (!make_room(v, size)) return -1;
    Slot word = {hash, v->used, size, v->count + 1};
    memcpy(v->letters + v->used, text, size);
    v->used += size;
    v->words[v->count++] = *free_slot(v->slots, v->room, hash) = word;
    return (int32_t)v->count - 1;
}

static void destroy(PyObject *capsule) {
    Vocabulary *v = PyCapsule_GetPointer(capsule, CAPSULE);
    if (v) PyMem_Free(v->slots), PyMem_Free(v->words), PyMem_Free(v->letters), PyMem_Free(v);
}

static PyObject *vocabulary(PyObject *self, PyObject *nothing) {
    (void)self, (void)nothing;
    Vocabulary *v = PyMem_Calloc(1, sizeof *v);
    if (!v) return PyErr_NoMemory();
    PyObject *capsule = PyCapsule_New(v, CAPSULE, destroy);
    if (!capsule) PyMem_Free(v);
    return capsule;
}

static PyObject *size(PyObject *self, PyObject *capsule) {
    (void)self;
    Vocabulary *v = PyCapsule_GetPointer(capsule, CAPSULE);
    return v ? PyLong_FromUnsignedLong(v->count) : NULL;
}

static PyObject *text(PyObject *self, PyObject *given) {
    (void)self;
    PyObject *capsule;
    unsigned long number;
    if (!PyArg_ParseTuple(given, "Ok", &capsule, &number)) return NULL;
    Vocabulary *v = PyCapsule_GetPointer(capsule, CAPSULE);
    if (!v) return NULL;
    if (number >= v->count) return PyErr_Format(PyExc_IndexError, "no word has the number %lu", number);
    return PyUnicode_DecodeUTF8(v->letters + v->words[number].at, v->words[number].size, NULL);
}

typedef struct {
    const char *next, *end;
} Text;

/* Takes this text if it comes next. */
static int take(Text *t, const char *wanted, Py_ssize_t size) {
    if (t->end - t->next < size || memcmp(t->next, wanted, (size_t)size)) return 0;
    t->next += size;
    return 1;
}
#define TAKE(t, literal) take(t, literal, sizeof literal - 1)

/* Takes a whole number of at least 0, as JSON has it; of a longer one, only the beginning. */
static int take_number(Text *t, int64_t *value) {
    const char *start = t->next;
    int64_t sum = 0;
    while (t->next < t->end && *t->next >= '0' && *t->next <= '9' && t->next - start < MOST_DIGITS)
        sum = sum * 10 + (*t->next++ - '0');
    Py_ssize_t digits = t->next - start;
    *value = sum;
    return digits && (digits == 1 || *start != '0');
}

/* Takes a string's inside and its closing quote; gives where it ends. NULL where there is none, or a bare control
 * character. */
static const char *take_string(Text *t, int *escaped) {
    *escaped = 0;
    for (const char *p = t->next; p < t->end; p++) {
        if (*p == '"') {
            t->next = p + 1;
            return p;
        }
        if ((unsigned char)*p < 0x20) return NULL;
        if (*p == '\\') *escaped = 1, p++;
    }
    return NULL;
}

/* The escapes that are a character of their own; all others start with \u. */
static char plain_escape(char letter) {
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *found = letter ? strchr(letters, letter) : NULL;
    return found ? meanings[found - letters] : 0;
}

/* The number of a word's text; -1 where it is for Python to judge. */
static int32_t read_text(Text *t, Vocabulary *v) {
    const char *start = t->next;
    int escaped;
    const char *end = take_string(t, &escaped);
    if (!end) return -1;
    if (!escaped) return number_of(v, start, end - start);
    char *plain = PyMem_Malloc((size_t)(end - start)), *to = plain;
    if (!plain) return PyErr_NoMemory(), -1;
    for (const char *p = start; p < end; p++) {
        char c = *p;
        if (c == '\\' && !(c = plain_escape(*++p))) { /* p is before the closing quote */
            PyMem_Free(plain);
            return -1;
        }
        *to++ = c;
    }
    int32_t number = number_of(v, plain, to - plain);
    PyMem_Free(plain);
    return number;
}

/* A word behind its opening brace, into a row; the number of its text, or -1. */
static int32_t read_word(Text *t, Vocabulary *v, int64_t *row) {
    int64_t unused;
    if (!TAKE(t, "\"text\":\"")) return -1;
    int32_t number = read_text(t, v);
    if (number >= 0 && TAKE(t, ",\"frame\":") && take_number(t, row) && TAKE(t, ",\"page\":") &&
        take_number(t, row + 1) && TAKE(t, ",\"box\":[") && take_number(t, row + 2) && TAKE(t, ",") &&
        take_number(t, row + 3) && TAKE(t, ",") && take_number(t, row + 4) && TAKE(t, ",") &&
        take_number(t, row + 5) && TAKE(t, "]") &&
        (!TAKE(t, ",\"start\":") || (take_number(t, &unused) && TAKE(t, ",\"end\":") && take_number(t, &unused))) &&
        TAKE(t, "}"))
        return number;
    return -1;
}

typedef struct {
    int64_t *rows;
    int32_t *numbers;
    Py_ssize_t count, room;
} Words;

static int add_room(Words *words) {
    Py_ssize_t room = words->room ? 2 * words->room : 256;
    int64_t *rows = PyMem_Realloc(words->rows, (size_t)room * COLUMNS * sizeof *rows);
    if (rows) words->rows = rows;
    int32_t *numbers = PyMem_Realloc(words->numbers, (size_t)room * sizeof *numbers);
    if (numbers) words->numbers = numbers;
    if (!rows || !numbers) return PyErr_NoMemory(), 0;
    words->room = room;
    return 1;
}

/* The array of words behind its opening bracket, up to behind its closing one. */
static int read_array(Text *t, Vocabulary *v, Words *words) {
    if (TAKE(t, "]")) return 1;
    do {
        if (words->count == words->room && !add_room(words)) return 0;
        int32_t number = TAKE(t, "{") ? read_word(t, v, words->rows + words->count * COLUMNS) : -1;
        if (number < 0) return 0;
        words->numbers[words->count++] = number;
    } while (TAKE(t, ","));
    return TAKE(t, "]");
}

/* Goes on behind the next key `words` of the outermost object, and its opening bracket. 1 where it is found, 0 where the
 * text ends before, -1 where it is for Python to judge. */
static int find_words(Text *t, int *depth) {
    while (t->next < t->end) {
        char c = *t->next++;
        if (c == '{' || c == '[') ++*depth;
        if (c == '}' || c == ']') --*depth;
        if (*depth > MOST_DEPTH || *depth < 0) return -1;
        if (c != '"') continue;
        const char *start = t->next;
        int escaped;
        const char *end = take_string(t, &escaped);
        if (!end) return -1;
        if (*depth != 1 || t->next == t->end || *t->next != ':') continue;
        if (escaped) return -1; /* a key that may read `words` */
        if (end - start == 5 && !memcmp(start, "words", 5)) return TAKE(t, ":[") ? 1 : -1;
    }
    return 0;
}

static PyObject *split(PyObject *self, PyObject *given) {
    (void)self;
    PyObject *data, *capsule;
    char *bytes;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(given, "SO", &data, &capsule) || PyBytes_AsStringAndSize(data, &bytes, &size)) return NULL;
    Vocabulary *v = PyCapsule_GetPointer(capsule, CAPSULE);
    if (!v) return NULL;
    Text t = {bytes, bytes + size};
    int depth = 0;
    Words words = {NULL, NULL, 0, 0};
    PyObject *result = NULL;
    if (find_words(&t, &depth) == 1) {
        Py_ssize_t start = t.next - bytes - 1;
        if (read_array(&t, v, &words)) {
            Py_ssize_t stop = t.next - bytes;
            if (find_words(&t, &depth) == 0)
                result = Py_BuildValue("nny#y#", start, stop, words.numbers ? (const char *)words.numbers : "",
                                       words.count * (Py_ssize_t)sizeof *words.numbers,
                                       words.rows ? (const char *)words.rows : "",
                                       words.count * COLUMNS * (Py_ssize_t)sizeof *words.rows);
        }
    }
    PyMem_Free(words.rows), PyMem_Free(words.numbers);
    if (result) return result;
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) return NULL;
    PyErr_Clear();
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"vocabulary", vocabulary, METH_NOARGS, "A new vocabulary."},
    {"size", size, METH_O, "How many words a vocabulary has."},
    {"text", text, METH_VARARGS, "The word of a vocabulary that has a number. Raises IndexError where none has."},
    {"split", split, METH_VARARGS,
     "The words of a storyboard.json, as bytes, which a vocabulary takes up: where their array starts and ends; int32 "
     "[N], the number of each, and int64 [N, 6], its frame, page and box, both as bytes. None where they are in another "
     "form than vwd writes, or too many."},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_words", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__words(void);
PyMODINIT_FUNC PyInit__words(void) {
    PyObject *module = PyModule_Create(&definition);
    if (module && PyModule_AddIntConstant(module, "INTERFACE", INTERFACE)) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
