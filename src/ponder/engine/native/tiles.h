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
INLINE vec add_pairs(vec sum, pairs a, pairs b) { return (vec)_mm512_dpbf16_ps((__m512)sum, a, b); }
#else
typedef vec pairs;
#define PAIR_STEP LANES
INLINE pairs load_pairs(const bf16 *from) { return load_bf16(from); }
INLINE vec add_pairs(vec sum, pairs a, pairs b) { return sum + a * b; }
#endif
INLINE vec add_floats(vec sum, vec a, vec b) { return sum + a * b; }

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
                            long stride, const int inputs) {                                                          \
        long r = 0;                                                                                                   \
        for (; r + TILE_ROWS <= rows; r += TILE_ROWS)                                                                 \
            NAME(weight + r * columns, input, output + r, columns, stride, inputs, TILE_ROWS);                        \
        for (; r < rows; r++) NAME(weight + r * columns, input, output + r, columns, stride, inputs, 1);              \
    }                                                                                                                 \
    /* All inputs, in tiles of nearly the same size. */                                                               \
    static void NAME##_all(const WEIGHT *weight, long rows, const INPUT *input, float *output, long columns,          \
                           long stride, long count) {                                                                 \
        long tiles = (count + TILE_INPUTS - 1) / TILE_INPUTS;                                                         \
        for (long tile = 0; tile < tiles; tile++) {                                                                   \
            long begin = tile * count / tiles, inputs = (tile + 1) * count / tiles - begin;                           \
            const INPUT *some = input + begin * columns;                                                              \
            float *to = output + begin * stride;                                                                      \
            switch (inputs) {                                                                                         \
                case 1: NAME##_rows(weight, rows, some, to, columns, stride, 1); break;                               \
                case 2: NAME##_rows(weight, rows, some, to, columns, stride, 2); break;                               \
                case 3: NAME##_rows(weight, rows, some, to, columns, stride, 3 <= TILE_INPUTS ? 3 : 1); break;        \
                case 4: NAME##_rows(weight, rows, some, to, columns, stride, 4 <= TILE_INPUTS ? 4 : 1); break;        \
                case 5: NAME##_rows(weight, rows, some, to, columns, stride, 5 <= TILE_INPUTS ? 5 : 1); break;        \
                case 6: NAME##_rows(weight, rows, some, to, columns, stride, 6 <= TILE_INPUTS ? 6 : 1); break;        \
            }                                                                                                         \
        }                                                                                                             \
    }
DEFINE_TILE(tile_float, float, float, LANES, vec, load_float, load_float, add_floats)
DEFINE_TILE(tile_bf16, bf16, bf16, PAIR_STEP, pairs, load_pairs, load_pairs, add_pairs)
DEFINE_TILE(tile_mixed, bf16, float, LANES, vec, load_bf16, load_float, add_floats)

#endif
