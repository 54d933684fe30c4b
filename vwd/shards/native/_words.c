/* The words of a storyboard.json as a table, read in the form in which vwd writes them.
 *
 * Anything else, however harmless, gives None: the Python beside it then reads the whole JSON and judges it. What is
 * read here is a JSON value whose place is certain, so that the rest of the JSON can be judged without it.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum { INTERFACE = 1, COLUMNS = 6, MOST_DIGITS = 18, MOST_DEPTH = 64 };

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

/* A word's text; NULL without an error where it is for Python to judge. */
static PyObject *read_text(Text *t) {
    const char *start = t->next;
    int escaped;
    const char *end = take_string(t, &escaped);
    if (!end) return NULL;
    if (!escaped) return PyUnicode_DecodeUTF8(start, end - start, NULL);
    char *plain = PyMem_Malloc((size_t)(end - start)), *to = plain;
    if (!plain) return PyErr_NoMemory();
    for (const char *p = start; p < end; p++) {
        char c = *p;
        if (c == '\\' && !(c = plain_escape(*++p))) { /* p is before the closing quote */
            PyMem_Free(plain);
            return NULL;
        }
        *to++ = c;
    }
    PyObject *text = PyUnicode_DecodeUTF8(plain, to - plain, NULL);
    PyMem_Free(plain);
    return text;
}

/* A word behind its opening brace, into a row. */
static PyObject *read_word(Text *t, int64_t *row) {
    int64_t unused;
    if (!TAKE(t, "\"text\":\"")) return NULL;
    PyObject *text = read_text(t);
    if (!text) return NULL;
    if (TAKE(t, ",\"frame\":") && take_number(t, row) && TAKE(t, ",\"page\":") && take_number(t, row + 1) &&
        TAKE(t, ",\"box\":[") && take_number(t, row + 2) && TAKE(t, ",") && take_number(t, row + 3) &&
        TAKE(t, ",") && take_number(t, row + 4) && TAKE(t, ",") && take_number(t, row + 5) && TAKE(t, "]") &&
        (!TAKE(t, ",\"start\":") || (take_number(t, &unused) && TAKE(t, ",\"end\":") && take_number(t, &unused))) &&
        TAKE(t, "}"))
        return text;
    Py_DECREF(text);
    return NULL;
}

/* The array of words behind its opening bracket, up to behind its closing one: a tuple of texts and the rows' bytes. */
static PyObject *read_array(Text *t) {
    Py_ssize_t room = 256, count = 0;
    int64_t *rows = PyMem_Malloc((size_t)room * COLUMNS * sizeof *rows);
    PyObject *texts = PyList_New(0), *text = NULL, *result = NULL;
    if (!rows || !texts) {
        PyErr_NoMemory();
        goto end;
    }
    if (!TAKE(t, "]")) {
        do {
            if (count == room) {
                int64_t *larger = PyMem_Realloc(rows, (size_t)(room * 2) * COLUMNS * sizeof *rows);
                if (!larger) {
                    PyErr_NoMemory();
                    goto end;
                }
                rows = larger, room *= 2;
            }
            if (!TAKE(t, "{") || !(text = read_word(t, rows + count * COLUMNS))) goto end;
            int failed = PyList_Append(texts, text);
            Py_DECREF(text);
            if (failed) goto end;
            count++;
        } while (TAKE(t, ","));
        if (!TAKE(t, "]")) goto end;
    }
    result = Py_BuildValue("Oy#", texts, (const char *)rows, count * COLUMNS * (Py_ssize_t)sizeof *rows);
end:
    PyMem_Free(rows), Py_XDECREF(texts);
    return result;
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

static PyObject *split(PyObject *self, PyObject *data) {
    (void)self;
    char *bytes;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(data, &bytes, &size)) return NULL;
    Text t = {bytes, bytes + size};
    int depth = 0;
    PyObject *words = NULL, *result = NULL;
    if (find_words(&t, &depth) == 1) {
        Py_ssize_t start = t.next - bytes - 1;
        words = read_array(&t);
        Py_ssize_t stop = t.next - bytes;
        if (words && find_words(&t, &depth) == 0) result = Py_BuildValue("nnO", start, stop, words);
        Py_XDECREF(words);
    }
    if (result) return result;
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) return NULL;
    PyErr_Clear();
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"split", split, METH_O,
     "The words of a storyboard.json: where their array starts and ends, and (texts, int64 [N, 6] as bytes: frame, page "
     "and box of each); None where they are in another form than vwd writes."},
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
