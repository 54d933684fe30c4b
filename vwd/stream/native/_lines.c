/* Words as lines of text, and glyphs in their places: the same tables as `lines.py` and `page_table.py` beside it make;
 * and whether words contradict each other, as `consistency.py` says.
 *
 * Those are the reference and the fallback. Every index is checked against its table before it is used; what is not as
 * it should be gives None, and Python then says what that is.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum { INTERFACE = 2, ROWS = 1 << 11, SCALARS = 12, BOX = 6, MEASURES = 5 };

static const int64_t FAR = (int64_t)1 << 40; /* a sum of such numbers, or one times 2^20, does not overflow */

static int near(int64_t number) { return number >= 0 && number < FAR; }

typedef struct {
    const int64_t *at;
    Py_ssize_t bytes;
} Input;

static Py_ssize_t rows_of(const Input *input, int columns) { return input->bytes / (columns * (Py_ssize_t)sizeof(int64_t)); }

typedef struct {
    int64_t *pages, *lines, *pieces;
    char *masked;
    int32_t *glyphs;
    Py_ssize_t page_count, line_count, piece_count, glyph_count, glyph_room;
} Output;

typedef struct {
    Input scalars, starts, words, numbers, rules, measures, first_times, times;
    const int32_t *spelling;
    Py_ssize_t letters;
    int answer;
} Job;

/* What a line was before: the words of a video follow each other. */
typedef struct {
    int64_t page, top, height, right; /* of the line, and where its last piece ends */
    int written;                      /* whether the line is in the output */
} Line;

static int add_glyphs(const Job *job, Output *out, int64_t first, int64_t count) {
    if (first < 0 || count < 0 || count > job->letters || first > job->letters - count) return 0;
    if (out->glyph_count + count > out->glyph_room) {
        Py_ssize_t room = 2 * (out->glyph_count + (Py_ssize_t)count);
        int32_t *larger = PyMem_Realloc(out->glyphs, (size_t)room * sizeof *larger);
        if (!larger) {
            PyErr_NoMemory();
            return 0;
        }
        out->glyphs = larger, out->glyph_room = room;
    }
    memcpy(out->glyphs + out->glyph_count, job->spelling + first, (size_t)count * sizeof *out->glyphs);
    out->glyph_count += (Py_ssize_t)count;
    return 1;
}

/* A video's pages that some selected frame shows; `shown` has their numbers in the output, or -1. */
static int set_pages(const Job *job, Output *out, int64_t video, const int64_t *starts, int64_t *shown) {
    const int64_t *scalars = job->scalars.at + video * SCALARS, frames = scalars[2], pages = scalars[10];
    int64_t first_time = job->first_times.at[video];
    if (frames < 1 || !near(frames) || first_time < 0 || first_time > rows_of(&job->times, 1) - frames - 1) return 0;
    const int64_t *times = job->times.at + first_time;
    for (int64_t page = 0; page < pages; page++) {
        int64_t start = starts[page], end = page + 1 < pages ? starts[page + 1] : frames;
        if (start < 0 || start > frames || end < 0 || end > frames) return 0;
        shown[page] = times[start] < times[end] ? (int64_t)out->page_count : -1;
        if (shown[page] < 0) continue;
        int64_t *row = out->pages + 3 * out->page_count++;
        row[0] = video, row[1] = times[start], row[2] = times[end];
    }
    return 1;
}

/* A word, or a rule, on its line. */
static int set_piece(const Job *job, Output *out, int64_t video, const int64_t *starts, const int64_t *shown, Line *line,
                     int64_t number, const int64_t *word, int rule) {
    const int64_t *scalars = job->scalars.at + video * SCALARS, frames = scalars[2], pages = scalars[10];
    int64_t frame = word[0], page = word[1], left = word[2], top = word[3], width = word[4], height = word[5];
    if (page < 0 || page >= pages || number < 0 || number >= rows_of(&job->measures, MEASURES)) return 0;
    const int64_t *measures = job->measures.at + number * MEASURES;
    int64_t end = page + 1 < pages ? starts[page + 1] : frames, characters = measures[4];
    if (frame < starts[page] || frame >= end) return 0;
    if (!near(left) || !near(top) || !near(width) || !near(height) || !near(characters)) return 0;
    if (characters * scalars[4] > 3 * scalars[0] || width != measures[2] || height != measures[3]) return 0;
    if (page == line->page && top == line->top) {
        if (left < line->right || height != line->height) return 0;
    } else {
        if (page < line->page || (page == line->page && top < line->top + line->height)) return 0;
        line->page = page, line->top = top, line->height = height, line->written = 0;
    }
    line->right = left + width;
    const int64_t *times = job->times.at + job->first_times.at[video];
    if (times[frame] >= times[end]) return 1;
    if (!line->written) {
        int64_t *row = out->lines + 3 * out->line_count++;
        row[0] = shown[page], row[1] = top, row[2] = height, line->written = 1;
    }
    int64_t *row = out->pieces + 4 * out->piece_count;
    row[0] = out->line_count - 1, row[1] = left, row[2] = times[frame], row[3] = measures[1];
    out->masked[out->piece_count++] = !rule && (!job->answer || frame >= scalars[3]);
    return add_glyphs(job, out, measures[0], measures[1]);
}

/* A video's words, with its rule among them. */
static int set_video(const Job *job, Output *out, int64_t video, const int64_t *starts, int64_t *shown,
                     const int64_t *words, const int64_t *numbers) {
    const int64_t *scalars = job->scalars.at + video * SCALARS, count = scalars[11];
    const int64_t *separator = scalars + 6, page = scalars[5];
    int ruled = separator[2] && separator[3];
    int64_t before = 0, rule[BOX] = {0, page, separator[0], separator[1], separator[2], separator[3]};
    Line line = {-1, 0, 0, 0, 0};
    if (!near(scalars[0]) || scalars[4] < 0 || scalars[4] >= 1 << 20) return 0;
    if (!set_pages(job, out, video, starts, shown)) return 0;
    if (ruled) {
        if (page < 0 || page >= scalars[10]) return 0;
        rule[0] = starts[page];
        for (int64_t i = 0; i < count; i++)
            before += words[i * BOX + 1] < page || (words[i * BOX + 1] == page && words[i * BOX + 3] < separator[1]);
    }
    for (int64_t i = 0; i <= count; i++) {
        if (ruled && i == before &&
            !set_piece(job, out, video, starts, shown, &line, job->rules.at[video], rule, 1))
            return 0;
        if (i < count && !set_piece(job, out, video, starts, shown, &line, numbers[i], words + i * BOX, 0)) return 0;
    }
    return 1;
}

static int set_all(const Job *job, Output *out, int64_t *shown) {
    Py_ssize_t videos = rows_of(&job->scalars, SCALARS);
    const int64_t *starts = job->starts.at, *words = job->words.at, *numbers = job->numbers.at;
    for (Py_ssize_t video = 0; video < videos; video++) {
        const int64_t *scalars = job->scalars.at + video * SCALARS;
        if (!set_video(job, out, video, starts, shown, words, numbers)) return 0;
        starts += scalars[10], words += scalars[11] * BOX, numbers += scalars[11];
    }
    return 1;
}

/* Whether the tables have as many rows as they should. */
static int fits(const Job *job) {
    Py_ssize_t videos = rows_of(&job->scalars, SCALARS);
    int64_t pages = rows_of(&job->starts, 1), words = rows_of(&job->words, BOX);
    if (rows_of(&job->numbers, 1) != words || rows_of(&job->rules, 1) != videos) return 0;
    if (rows_of(&job->first_times, 1) != videos) return 0;
    for (Py_ssize_t video = 0; video < videos; video++) {
        const int64_t *scalars = job->scalars.at + video * SCALARS;
        if (scalars[10] < 1 || scalars[10] > pages || scalars[11] < 0 || scalars[11] > words) return 0;
        pages -= scalars[10], words -= scalars[11];
    }
    return !pages && !words;
}

static PyObject *set_lines(PyObject *self, PyObject *args) {
    (void)self;
    Job job;
    Py_ssize_t spelling_bytes;
    if (!PyArg_ParseTuple(args, "y#y#y#y#y#y#y#y#y#p", &job.scalars.at, &job.scalars.bytes, &job.starts.at,
                          &job.starts.bytes, &job.words.at, &job.words.bytes, &job.numbers.at, &job.numbers.bytes,
                          &job.rules.at, &job.rules.bytes, &job.measures.at, &job.measures.bytes, &job.spelling,
                          &spelling_bytes, &job.first_times.at, &job.first_times.bytes, &job.times.at,
                          &job.times.bytes, &job.answer))
        return NULL;
    job.letters = spelling_bytes / (Py_ssize_t)sizeof *job.spelling;
    if (!fits(&job)) Py_RETURN_NONE;
    size_t pages = (size_t)rows_of(&job.starts, 1);
    size_t most = (size_t)(rows_of(&job.words, BOX) + rows_of(&job.scalars, SCALARS)); /* words and rules */
    Output out = {0};
    out.glyph_room = (Py_ssize_t)(6 * most);
    out.pages = PyMem_Malloc(pages * 3 * sizeof *out.pages), out.lines = PyMem_Malloc(most * 3 * sizeof *out.lines);
    out.pieces = PyMem_Malloc(most * 4 * sizeof *out.pieces), out.masked = PyMem_Malloc(most);
    out.glyphs = PyMem_Malloc((size_t)out.glyph_room * sizeof *out.glyphs);
    int64_t *shown = PyMem_Malloc(pages * sizeof *shown);
    PyObject *result = NULL;
    if (!out.pages || !out.lines || !out.pieces || !out.masked || !out.glyphs || !shown)
        PyErr_NoMemory();
    else if (set_all(&job, &out, shown))
        result = Py_BuildValue("y#y#y#y#y#", (char *)out.pages, out.page_count * 3 * (Py_ssize_t)sizeof *out.pages,
                               (char *)out.lines, out.line_count * 3 * (Py_ssize_t)sizeof *out.lines,
                               (char *)out.pieces, out.piece_count * 4 * (Py_ssize_t)sizeof *out.pieces, out.masked,
                               out.piece_count, (char *)out.glyphs,
                               out.glyph_count * (Py_ssize_t)sizeof *out.glyphs);
    PyMem_Free(out.pages), PyMem_Free(out.lines), PyMem_Free(out.pieces), PyMem_Free(out.masked);
    PyMem_Free(out.glyphs), PyMem_Free(shown);
    if (result || PyErr_Occurred()) return result;
    Py_RETURN_NONE;
}

/* Of each glyph: its place, its column, its time, and the columns before it; and the widest one. */
static PyObject *place_glyphs(PyObject *self, PyObject *args) {
    (void)self;
    Input pieces, widths, starts;
    const int32_t *glyphs;
    Py_ssize_t glyph_bytes;
    long long across;
    if (!PyArg_ParseTuple(args, "y#y#y#y#L", &pieces.at, &pieces.bytes, &glyphs, &glyph_bytes, &widths.at,
                          &widths.bytes, &starts.at, &starts.bytes, &across))
        return NULL;
    Py_ssize_t count = glyph_bytes / (Py_ssize_t)sizeof *glyphs, done = 0, kinds = rows_of(&widths, 1);
    PyObject *table = PyBytes_FromStringAndSize(NULL, count * 4 * (Py_ssize_t)sizeof(int32_t));
    if (!table) return NULL;
    int32_t *row = (int32_t *)PyBytes_AsString(table);
    int64_t before = 0, widest = 1;
    int good = rows_of(&starts, 1) == kinds && across >= 0 && across < 1 << 20;
    for (Py_ssize_t i = 0; good && i < rows_of(&pieces, 4); i++) {
        const int64_t *piece = pieces.at + 4 * i;
        good = near(piece[0]) && near(piece[1]) && piece[3] >= 0 && piece[3] <= count - done;
        int64_t place = good ? piece[0] * across + piece[1] : 0;
        for (int64_t j = 0; good && j < piece[3]; j++, done++, row += 4) {
            int32_t glyph = glyphs[done];
            int64_t width = glyph >= 0 && glyph < kinds ? widths.at[glyph] : -1;
            if (!(good = width >= 0 && width < 1 << 20)) break;
            row[0] = (int32_t)place, row[1] = (int32_t)starts.at[glyph], row[2] = (int32_t)piece[2];
            row[3] = (int32_t)before;
            place += width, before += width;
            if (width > widest) widest = width;
        }
    }
    PyObject *result = NULL;
    if (good && done == count)
        result = Py_BuildValue("OLL", table, (long long)before, (long long)widest);
    else
        PyErr_SetString(PyExc_ValueError, "glyphs and pieces do not fit each other");
    Py_DECREF(table);
    return result;
}

/* Of each row of each page: its line times ROWS, and the row of that line; -1 where it belongs to none. */
static PyObject *page_rows(PyObject *self, PyObject *args) {
    (void)self;
    Input lines;
    Py_ssize_t pages, height;
    if (!PyArg_ParseTuple(args, "y#nn", &lines.at, &lines.bytes, &pages, &height)) return NULL;
    int good = pages >= 0 && pages < 1 << 20 && height >= 0 && height < 1 << 16 && rows_of(&lines, 3) < 1 << 20;
    PyObject *table = good ? PyBytes_FromStringAndSize(NULL, pages * height * (Py_ssize_t)sizeof(int32_t)) : NULL;
    if (good && !table) return NULL;
    int32_t *rows = table ? (int32_t *)PyBytes_AsString(table) : NULL;
    if (rows) memset(rows, 0xff, (size_t)(pages * height) * sizeof *rows);
    for (Py_ssize_t i = 0; good && i < rows_of(&lines, 3); i++) {
        int64_t page = lines.at[3 * i], top = lines.at[3 * i + 1], count = lines.at[3 * i + 2];
        good = page >= 0 && page < pages && top >= 0 && top <= height && count >= 0 && count <= height - top;
        for (int64_t row = 0; good && row < count; row++)
            rows[page * height + top + row] = (int32_t)((int64_t)i * ROWS + row);
    }
    if (good) return table;
    Py_XDECREF(table);
    PyErr_SetString(PyExc_ValueError, "lines and pages do not fit each other");
    return NULL;
}

static int inside(const int64_t *box, int64_t width, int64_t height) {
    for (int i = 0; i < 4; i++)
        if (box[i] < 0) return 0;
    return box[0] <= width - box[2] && box[1] <= height - box[3];
}

static int is_consistent(const int64_t *scalars, const int64_t *starts, const int64_t *words) {
    int64_t width = scalars[0], height = scalars[1], frames = scalars[2], pages = scalars[10];
    if (!near(width) || !near(height) || scalars[3] > frames || scalars[5] < 0 || scalars[5] >= pages) return 0;
    if (starts[0] || !inside(scalars + 6, width, height)) return 0;
    for (int64_t page = 0; page < pages; page++)
        if (starts[page] >= frames || (page && starts[page] <= starts[page - 1])) return 0;
    for (const int64_t *word = words; word < words + scalars[11] * BOX; word += BOX)
        if (word[0] < 0 || word[0] >= frames || word[1] < 0 || word[1] >= pages || !inside(word + 2, width, height))
            return 0;
    return 1;
}

static PyObject *consistent(PyObject *self, PyObject *args) {
    (void)self;
    Job job = {0};
    if (!PyArg_ParseTuple(args, "y#y#y#", &job.scalars.at, &job.scalars.bytes, &job.starts.at, &job.starts.bytes,
                          &job.words.at, &job.words.bytes))
        return NULL;
    Py_ssize_t videos = rows_of(&job.scalars, SCALARS);
    job.numbers.bytes = rows_of(&job.words, BOX) * (Py_ssize_t)sizeof(int64_t); /* which are not looked at here */
    job.rules.bytes = job.first_times.bytes = videos * (Py_ssize_t)sizeof(int64_t);
    int good = fits(&job);
    const int64_t *starts = job.starts.at, *words = job.words.at;
    for (Py_ssize_t video = 0; good && video < videos; video++) {
        const int64_t *scalars = job.scalars.at + video * SCALARS;
        good = is_consistent(scalars, starts, words);
        starts += scalars[10], words += scalars[11] * BOX;
    }
    return PyBool_FromLong(good);
}

static PyMethodDef methods[] = {
    {"set_lines", set_lines, METH_VARARGS,
     "Pages, lines, pieces, masks and glyphs as bytes: see `vwd.stream.lines`; None where words are not set in lines."},
    {"place_glyphs", place_glyphs, METH_VARARGS,
     "The table of glyphs as bytes, its columns and the widest of them: see `vwd.stream.page_table`."},
    {"page_rows", page_rows, METH_VARARGS, "The table of rows as bytes: see `vwd.stream.page_table`."},
    {"consistent", consistent, METH_VARARGS, "Whether words agree with their storyboards: see `vwd.stream.consistency`."},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_lines", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__lines(void);
PyMODINIT_FUNC PyInit__lines(void) {
    PyObject *module = PyModule_Create(&definition);
    if (module && PyModule_AddIntConstant(module, "INTERFACE", INTERFACE)) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
