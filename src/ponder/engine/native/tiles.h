/* A few rows of a matrix with many inputs: the inner loops of all products.
 *
 * Four rows meet six inputs at a time, so their 24 sums live in registers. The order in which a sum is taken depends
 * neither on the number of inputs nor on the place in a tile: results are the same, bit for bit, in any company. */
#ifndef PONDER_TILES_H
#define PONDER_TILES_H

#include "numbers.h"

#define INLINE static inline __attribute__((always_inline))

/* Pairs of bfloat16 numbers with a sum of float32 for each: one instruction where the processor has it. */
#ifdef __AVX512BF16__
typedef __m512bh pairs;
#define PAIR_STEP 32
INLINE pairs load_pairs(const bf16 *from) { return (__m512bh)_mm512_loadu_si512(from); }
INLINE pairs load_int8(const int8_t *from) { /* bfloat16 holds them exactly */
    __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)from)));
    __m512 high = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(from + 16))));
    return _mm512_cvtne2ps_pbh(high, low);
}
INLINE vec add_pairs(vec sum, pairs a, pairs b) { return (vec)_mm512_dpbf16_ps((__m512)sum, a, b); }
#else
typedef vec pairs;
#define PAIR_STEP LANES
INLINE pairs load_pairs(const bf16 *from) { return load_bf16(from); }
INLINE pairs load_int8(const int8_t *from) {
    float wide[LANES];
    for (int lane = 0; lane < LANES; lane++) wide[lane] = from[lane];
    return load_float(wide);
}
INLINE vec add_pairs(vec sum, pairs a, pairs b) { return sum + a * b; }
#endif
INLINE vec add_floats(vec sum, vec a, vec b) { return sum + a * b; }

/* Asks for memory that is needed soon. */
static inline void prefetch(const char *from, long bytes) {
    for (long at = 0; at < bytes; at += 64) __builtin_prefetch(from + at);
}

/* output[i * stride + r] = weight[r] . input[i]. `inputs` and `rows`, 4 or 1, must be constants for the compiler. */
#define DEFINE_TILE(NAME, WEIGHT, INPUT, STEP, PART, LOAD_WEIGHT, LOAD_INPUT, ADD)                                    \
    INLINE void NAME(const WEIGHT *weight, const INPUT *input, float *output, long columns, long stride,              \
                     const int inputs, const int rows) {                                                              \
        vec sums[TILE_INPUTS][TILE_ROWS];                                                                             \
        for (int i = 0; i < inputs; i++)                                                                              \
            for (int r = 0; r < TILE_ROWS; r++) sums[i][r] = (vec){0};                                                \
        long column = 0;                                                                                              \
        for (; column + STEP <= columns; column += STEP) {                                                            \
            PART weights[TILE_ROWS];                                                                                  \
            for (int r = 0; r < rows; r++) weights[r] = LOAD_WEIGHT(weight + r * columns + column);                   \
            for (int i = 0; i < inputs; i++) {                                                                        \
                PART value = LOAD_INPUT(input + i * columns + column);                                                \
                for (int r = 0; r < rows; r++) sums[i][r] = ADD(sums[i][r], weights[r], value);                       \
            }                                                                                                         \
        }                                                                                                             \
        if (column < columns) { /* the rest, with zeros behind it */                                                  \
            PART weights[TILE_ROWS];                                                                                  \
            const long left = columns - column;                                                                       \
            for (int r = 0; r < rows; r++) {                                                                          \
                WEIGHT padded[STEP] = {0};                                                                            \
                memcpy(padded, weight + r * columns + column, left * sizeof(WEIGHT));                                 \
                weights[r] = LOAD_WEIGHT(padded);                                                                     \
            }                                                                                                         \
            for (int i = 0; i < inputs; i++) {                                                                        \
                INPUT padded[STEP] = {0};                                                                             \
                memcpy(padded, input + i * columns + column, left * sizeof(INPUT));                                   \
                PART value = LOAD_INPUT(padded);                                                                      \
                for (int r = 0; r < rows; r++) sums[i][r] = ADD(sums[i][r], weights[r], value);                       \
            }                                                                                                         \
        }                                                                                                             \
        for (int i = 0; i < inputs; i++) {                                                                            \
            vec4 four = sum_four(sums[i][0], sums[i][1], sums[i][2], sums[i][3]);                                     \
            memcpy(output + i * stride, &four, rows * sizeof(float));                                                 \
        }                                                                                                             \
    }                                                                                                                 \
    INLINE void NAME##_rows(const WEIGHT *weight, long rows, const INPUT *input, float *output, long columns,         \
                            long stride, const char *next, long ahead, const int inputs) {                            \
        long r = 0;                                                                                                   \
        for (; r + TILE_ROWS <= rows; r += TILE_ROWS) {                                                               \
            prefetch(next + r * ahead, TILE_ROWS * ahead);                                                            \
            NAME(weight + r * columns, input, output + r, columns, stride, inputs, TILE_ROWS);                        \
        }                                                                                                             \
        for (; r < rows; r++)                                                                                         \
            for (int i = 0; i < inputs; i++)                                                                          \
                NAME(weight + r * columns, input + i * columns, output + i * stride + r, columns, stride, 1, 1);      \
    }                                                                                                                 \
    /* All inputs, in tiles of nearly the same size. Meanwhile `rows` rows of `row_bytes` at `next` are fetched. */   \
    static void NAME##_all(const WEIGHT *weight, long rows, const INPUT *input, float *output, long columns,          \
                           long stride, long count, const char *next, long row_bytes) {                               \
        long tiles = (count + TILE_INPUTS - 1) / TILE_INPUTS;                                                         \
        for (long tile = 0; tile < tiles; tile++) {                                                                   \
            long begin = tile * count / tiles, inputs = (tile + 1) * count / tiles - begin;                           \
            const INPUT *some = input + begin * columns;                                                              \
            float *to = output + begin * stride;                                                                      \
            const long ahead = row_bytes / tiles;                                                                     \
            const char *from = next + tile * rows * ahead;                                                            \
            switch (inputs) {                                                                                         \
                case 1: NAME##_rows(weight, rows, some, to, columns, stride, from, ahead, 1); break;                  \
                case 2: NAME##_rows(weight, rows, some, to, columns, stride, from, ahead, 2); break;                  \
                case 3: NAME##_rows(weight, rows, some, to, columns, stride, from, ahead, 3 <= TILE_INPUTS ? 3 : 1); break;\
                case 4: NAME##_rows(weight, rows, some, to, columns, stride, from, ahead, 4 <= TILE_INPUTS ? 4 : 1); break;\
                case 5: NAME##_rows(weight, rows, some, to, columns, stride, from, ahead, 5 <= TILE_INPUTS ? 5 : 1); break;\
                case 6: NAME##_rows(weight, rows, some, to, columns, stride, from, ahead, 6 <= TILE_INPUTS ? 6 : 1); break;\
            }                                                                                                         \
        }                                                                                                             \
    }
DEFINE_TILE(tile_float, float, float, LANES, vec, load_float, load_float, add_floats)
DEFINE_TILE(tile_bf16, bf16, bf16, PAIR_STEP, pairs, load_pairs, load_pairs, add_pairs)
DEFINE_TILE(tile_int8, int8_t, bf16, PAIR_STEP, pairs, load_int8, load_pairs, add_pairs)
DEFINE_TILE(tile_mixed, bf16, float, LANES, vec, load_bf16, load_float, add_floats)

#endif
