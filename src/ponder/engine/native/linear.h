/* y = W x + b for a few to a few hundred inputs at once, on weights that stay where torch put them.
 *
 * A thread takes a few rows of W and multiplies them with every input while they are in its cache, so that W streams
 * from memory once however many inputs there are. bfloat16 and 8-bit weights meet inputs rounded to bfloat16; sums are float32 throughout. */
#ifndef PONDER_LINEAR_H
#define PONDER_LINEAR_H

#include <omp.h>

#include "tiles.h"

#define SHARE_ROWS 32 /* rows of W that a thread takes at a time */

typedef struct {
    const void *weight; /* [rows][columns] */
    const float *scale; /* [rows], of 8-bit weights */
    const float *bias;  /* [rows], or NULL */
    long rows, columns;
    int type;
} Linear;

static inline int input_type(const Linear *linear) { return linear->type == FLOAT32 ? FLOAT32 : BFLOAT16; }

/* 8-bit weights as bfloat16; their scale comes last. */
static inline void widen(const int8_t *from, bf16 *to, long count) {
    long i = 0;
#ifdef __AVX512BF16__
    for (; i + PAIR_STEP <= count; i += PAIR_STEP) _mm512_storeu_si512(to + i, (__m512i)load_int8(from + i));
#endif
    for (; i < count; i++) {
        float value = from[i];
        uint32_t bits;
        memcpy(&bits, &value, 4);
        to[i] = bits >> 16;
    }
}

static void some_rows(const Linear *linear, long row, long rows, const void *input, float *output, long stride,
                      long count, bf16 *widened) {
    const long columns = linear->columns, row_bytes = columns * bytes_of(linear->type);
    const char *weight = (const char *)linear->weight + row * row_bytes, *next = weight + rows * row_bytes;
    if (linear->type == FLOAT32) {
        tile_float_all((const float *)weight, rows, input, output, columns, stride, count, next, row_bytes);
    } else if (linear->type == BFLOAT16) {
        tile_bf16_all((const bf16 *)weight, rows, input, output, columns, stride, count, next, row_bytes);
    } else if (count <= TILE_INPUTS) {
        tile_int8_all((const int8_t *)weight, rows, input, output, columns, stride, count, next, row_bytes);
    } else { /* widened once for all tiles */
        widen((const int8_t *)weight, widened, rows * columns);
        tile_bf16_all(widened, rows, input, output, columns, stride, count, next, row_bytes);
    }
    if (!linear->scale && !linear->bias) return;
    for (long i = 0; i < count; i++)
        for (long r = 0; r < rows; r++) {
            float value = output[i * stride + r] * (linear->scale ? linear->scale[row + r] : 1.0f);
            output[i * stride + r] = linear->bias ? value + linear->bias[row + r] : value;
        }
}

static inline long shares(const Linear *linear) { return (linear->rows + SHARE_ROWS - 1) / SHARE_ROWS; }

/* Several products of the same `count` inputs, one after another in `output`, whose rows are `stride` apart.
 * To be called by every thread of a parallel region; `widened` is the thread's own. */
static void linears(const Linear *all, int products, const void *input, float *output, long stride, long count,
                    bf16 *widened) {
    long total = 0;
    for (int p = 0; p < products; p++) total += shares(all + p);
#pragma omp for schedule(static)
    for (long share = 0; share < total; share++) {
        long place = share, offset = 0;
        int p = 0;
        while (place >= shares(all + p)) {
            place -= shares(all + p);
            offset += all[p++].rows;
        }
        long row = place * SHARE_ROWS, left = all[p].rows - row;
        some_rows(all + p, row, left < SHARE_ROWS ? left : SHARE_ROWS, input, output + offset + row, stride, count, widened);
    }
}

#endif
