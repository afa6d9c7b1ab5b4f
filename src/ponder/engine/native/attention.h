/* Attention over a paged cache (Kwon et al., arXiv:2309.06180).
 *
 * Keys and values of a layer lie as [pages][kv heads][page size][head size]; a row's table names its pages in order.
 * The queries of a few neighbouring tokens, and of all heads that share a key head, are done together, so a key is
 * read once for all of them. Positions are taken in stretches of SPLIT, each with a softmax of its own, merged in
 * order (Dao et al., flash-decoding): the stretches of a long row can be shared among threads, and the result is the
 * same bit for bit if they are not, or if a token comes alone. */
#ifndef PONDER_ATTENTION_H
#define PONDER_ATTENTION_H

#include "tiles.h"

#define SPLIT 256
#define NOTHING -1e30f /* the largest score of no scores */

typedef struct {
    void *keys, *values; /* [layers][pages][kv heads][page size][head size] */
    long pages, page_size;
    int type;
} Cache;

/* Queries of `tokens` neighbouring tokens of one row, for one key head: query q belongs to token q / group. */
typedef struct {
    const float *queries; /* [tokens * group][head size] */
    long tokens, group, size, position, window; /* position: the first token's; window 0: everything */
    float softcap;                              /* 0: none */
} Queries;

/* For each query its largest score, the sum of its weights, and the weighted sum of values. */
static inline long partial_size(const Queries *q) { return q->tokens * q->group * (q->size + 2); }

static inline long seen_from(const Queries *q, long token) {
    long seen = q->position + token + 1;
    return q->window && seen > q->window ? seen - q->window : 0;
}

static inline vec load_values(const void *values, long at, long count, const int type) {
    if (count == LANES)
        return type == BFLOAT16 ? load_bf16((const bf16 *)values + at) : load_float((const float *)values + at);
    float padded[LANES] = {0};
    for (long i = 0; i < count; i++) padded[i] = read_number(values, at + i, type);
    return load_float(padded);
}

/* Adds `weights[r] * values[r]`, for the rows of a page, to `vectors` vectors of each output; the last vector has
 * `count` numbers. Rows are added in their order, which the compiler may not change. */
INLINE void value_tile(const float *weights, const void *values, float *output, long first, long rows, long size,
                       const int queries, const int vectors, const long count, const int type) {
    vec sums[TILE_INPUTS][4];
    for (int q = 0; q < queries; q++)
        for (int v = 0; v < vectors; v++)
            sums[q][v] = load_values(output, q * (size + 2) + first + v * LANES, count, FLOAT32);
    for (long r = 0; r < rows; r++) {
        vec row[4];
        for (int v = 0; v < vectors; v++) row[v] = load_values(values, r * size + first + v * LANES, count, type);
        for (int q = 0; q < queries; q++)
            for (int v = 0; v < vectors; v++) sums[q][v] += weights[q * SPLIT + r] * row[v];
    }
    for (int q = 0; q < queries; q++)
        for (int v = 0; v < vectors; v++)
            memcpy(output + q * (size + 2) + first + v * LANES, &sums[q][v], count * sizeof(float));
}

INLINE void value_rows(const float *weights, const void *values, float *output, long rows, long size,
                       const int queries, const int type) {
    long d = 0;
    for (; d + 4 * LANES <= size; d += 4 * LANES)
        value_tile(weights, values, output, d, rows, size, queries, 4, LANES, type);
    for (; d + LANES <= size; d += LANES) value_tile(weights, values, output, d, rows, size, queries, 1, LANES, type);
    if (d < size) value_tile(weights, values, output, d, rows, size, queries, 1, size - d, type);
}

INLINE void add_values(const float *weights, const void *values, float *output, long rows, long size, long queries,
                       const int type) {
    for (; queries >= TILE_INPUTS; queries -= TILE_INPUTS) {
        value_rows(weights, values, output, rows, size, TILE_INPUTS, type);
        weights += TILE_INPUTS * SPLIT, output += TILE_INPUTS * (size + 2);
    }
    for (; queries >= 3; queries -= 3) {
        value_rows(weights, values, output, rows, size, 3, type);
        weights += 3 * SPLIT, output += 3 * (size + 2);
    }
    for (; queries; queries--) {
        value_rows(weights, values, output, rows, size, 1, type);
        weights += SPLIT, output += size + 2;
    }
}

static void score_rows(const Queries *q, const void *keys, float *scores, long rows, int type) {
    const long count = q->tokens * q->group;
    if (type == BFLOAT16) tile_mixed_all(keys, rows, q->queries, scores, q->size, SPLIT, count, keys, 0);
    else tile_float_all(keys, rows, q->queries, scores, q->size, SPLIT, count, keys, 0);
}

/* Scores of a stretch to weights whose largest is 1; those that a token may not see become 0. */
static void weigh(const Queries *q, long token, float *scores, long begin, long end, float *partial) {
    long low = seen_from(q, token) - begin, high = q->position + token + 1 - begin;
    low = low > 0 ? low : 0, high = high < end - begin ? high : end - begin;
    if (q->softcap)
        for (long i = 0; i < end - begin; i++) scores[i] = q->softcap * tanh_of(scores[i] / q->softcap);
    float largest = NOTHING, total = 0;
    for (long i = low; i < high; i++) largest = scores[i] > largest ? scores[i] : largest;
    for (long i = 0; i < low && i < end - begin; i++) scores[i] = 0;
    for (long i = low; i < high; i++) scores[i] = exponential(scores[i] - largest);
    for (long i = low; i < high; i++) total += scores[i];
    for (long i = high > 0 ? high : 0; i < end - begin; i++) scores[i] = 0;
    partial[0] = largest, partial[1] = total;
}

/* What positions `begin` to `end - 1`, of one stretch, contribute to each query. `scores` is [queries][SPLIT]. */
static void stretch(const Cache *cache, const Queries *q, long layer_head, long kv_heads, const int32_t *table,
                    long begin, long end, float *scores, float *partial) {
    const long size = q->size, page_size = cache->page_size, bytes = bytes_of(cache->type);
    memset(partial, 0, partial_size(q) * sizeof(float));
    const long page_bytes = page_size * size * bytes;
#define PAGE(array, index) ((const char *)cache->array + (layer_head + table[index] * kv_heads) * page_bytes)
#define EACH_PAGE(array, ACTION)                                                                                 \
    for (long from = begin, to; from < end; from = to) {                                                         \
        to = (from / page_size + 1) * page_size < end ? (from / page_size + 1) * page_size : end;                \
        const void *rows = PAGE(array, from / page_size) + from % page_size * size * bytes;                      \
        if (to < end) prefetch(PAGE(array, to / page_size), page_bytes); /* pages lie apart */                   \
        ACTION;                                                                                                  \
    }
    EACH_PAGE(keys, score_rows(q, rows, scores + from - begin, to - from, cache->type))
    for (long i = 0; i < q->tokens * q->group; i++)
        weigh(q, i / q->group, scores + i * SPLIT, begin, end, partial + i * (size + 2));
    const long count = q->tokens * q->group;
    if (cache->type == BFLOAT16)
        EACH_PAGE(values, add_values(scores + from - begin, rows, partial + 2, to - from, size, count, BFLOAT16))
    else
        EACH_PAGE(values, add_values(scores + from - begin, rows, partial + 2, to - from, size, count, FLOAT32))
#undef EACH_PAGE
#undef PAGE
}

/* Adds a stretch to the running result of those before it. */
static void merge(const Queries *q, float *running, const float *partial) {
    for (long i = 0; i < q->tokens * q->group; i++, running += q->size + 2, partial += q->size + 2) {
        float largest = partial[0] > running[0] ? partial[0] : running[0];
        float old = exponential(running[0] - largest), new = exponential(partial[0] - largest);
        running[0] = largest;
        for (long d = 1; d < q->size + 2; d++) running[d] = running[d] * old + partial[d] * new;
    }
}

#endif
