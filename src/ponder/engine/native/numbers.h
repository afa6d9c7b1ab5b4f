/* Numbers and vectors: bfloat16, 8-bit integers, and an exponential that compilers vectorise.
 *
 * Plain C with GCC's and Clang's vector extension; only the bfloat16 dot product has an instruction of its own,
 * where the processor has it. */
#ifndef PONDER_NUMBERS_H
#define PONDER_NUMBERS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef __AVX512F__
#include <immintrin.h>
#define LANES 16
#define TILE_INPUTS 6 /* 6 x 4 sums, 4 weights and an input fit the 32 registers */
#elif defined(__AVX__)
#define LANES 8
#define TILE_INPUTS 2
#else
#define LANES 4
#define TILE_INPUTS 4
#endif
#define TILE_ROWS 4

typedef uint16_t bf16;
typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float vec4 __attribute__((vector_size(16)));
typedef uint32_t vec_bits __attribute__((vector_size(4 * LANES)));
typedef uint16_t vec_half __attribute__((vector_size(2 * LANES)));

enum { FLOAT32 = 0, BFLOAT16 = 1, INT8 = 2 };

static inline long bytes_of(int type) { return type == FLOAT32 ? 4 : type == BFLOAT16 ? 2 : 1; }

static inline float from_bf16(bf16 half) {
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

/* Rounds to nearest, ties to even, as torch does. */
static inline bf16 to_bf16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    return (bf16)rounded;
}

static inline float read_number(const void *array, long index, int type) {
    return type == BFLOAT16 ? from_bf16(((const bf16 *)array)[index]) : ((const float *)array)[index];
}

static inline vec load_float(const float *from) {
    vec value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline vec load_bf16(const bf16 *from) {
#ifdef __AVX512F__ /* GCC 12 takes the general form apart */
    return (vec)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from)), 16);
#else
    vec_half half;
    memcpy(&half, from, sizeof half);
    vec_bits bits = __builtin_convertvector(half, vec_bits) << 16;
    vec value;
    memcpy(&value, &bits, sizeof value);
    return value;
#endif
}

/* The sums of four vectors; each is taken in the same order wherever it stands. */
static inline vec4 sum_four(vec a, vec b, vec c, vec d) {
#ifdef __AVX512F__
    __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps((__m512)a, (__m512)b), _mm512_unpackhi_ps((__m512)a, (__m512)b));
    __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps((__m512)c, (__m512)d), _mm512_unpackhi_ps((__m512)c, (__m512)d));
    __m512d low = _mm512_unpacklo_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd));
    __m512d high = _mm512_unpackhi_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd));
    __m512 quarters = _mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high));
    __m256 halves = _mm256_add_ps(_mm512_castps512_ps256(quarters), _mm512_extractf32x8_ps(quarters, 1));
    return (vec4)_mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps(halves, 1));
#else
    vec4 sums = {0};
    for (int lane = 0; lane < LANES; lane++) sums += (vec4){a[lane], b[lane], c[lane], d[lane]};
    return sums;
#endif
}

/* e^x to about two units in the last place (Cody and Waite's reduction, a polynomial of degree 6). */
static inline float exponential(float x) {
    x = fminf(fmaxf(x, -87.0f), 88.0f);
    int power = (int)(x * 1.44269504f + (x < 0 ? -0.5f : 0.5f));
    float rest = (x - power * 0.693359375f) - power * -2.12194440e-4f;
    float value = 1.3888889e-3f;
    value = value * rest + 8.3333333e-3f;
    value = value * rest + 4.1666667e-2f;
    value = value * rest + 1.6666667e-1f;
    value = value * rest + 0.5f;
    value = value * rest + 1.0f;
    value = value * rest + 1.0f;
    int32_t bits = (power + 127) << 23;
    float scale;
    memcpy(&scale, &bits, 4);
    return value * scale;
}

static inline float tanh_of(float x) { return 1.0f - 2.0f / (exponential(2.0f * x) + 1.0f); }

#endif
