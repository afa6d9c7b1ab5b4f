/* One token a row by the inverse of the cumulative sum, with its logprob and how far the row is from uniform.
 *
 * Without filters nothing is stored: weights are summed in blocks, and the block that holds the drawn point is walked a
 * second time. Top-k and top-p do not sort the vocabulary: a histogram over the leading bits of the weights tells from
 * which weight on enough tokens are gathered, and only those are sorted. Sums are double, as in the twin in Python, and
 * the stream of random numbers is the twin's: splitmix64 of a row's key and position. */
#ifndef PONDER_SAMPLING_H
#define PONDER_SAMPLING_H

#include <stdlib.h>

#include "numbers.h"

#define BLOCK 256
#define BUCKET_BITS 18                       /* of a weight in (0, 1], as an integer that orders alike */
#define BUCKETS ((0x3f800000 >> BUCKET_BITS) + 1)

typedef struct {
    float temperature;
    int64_t top_k;       /* 2^31 or more: all */
    double top_p;        /* above 1: all */
    float min_p;
    int greedy, ranked;  /* ranked: whether top_k or top_p drops anything */
} Filter;

typedef struct {
    float weight;
    int32_t token;
} Candidate;

/* A number in [0, 1) for each key and position (Steele, Lea and Flood, OOPSLA 2014). */
static double uniform(int64_t key, int64_t position) {
    uint64_t state = (uint64_t)key + (uint64_t)(position + 1) * 0x9E3779B97F4A7C15u;
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9u;
    state = (state ^ state >> 27) * 0x94D049BB133111EBu;
    state ^= state >> 31;
    return (double)(state >> 12) * 0x1p-52;
}

static float largest_of(const float *logits, long vocabulary) {
    float largest = -3e38f;
    for (long i = 0; i < vocabulary; i++) largest = logits[i] > largest ? logits[i] : largest;
    return largest;
}

static double mean_of(const float *logits, long vocabulary) {
    double sum = 0;
    for (long i = 0; i < vocabulary; i++) sum += (double)logits[i];
    return sum / vocabulary;
}

static long first_equal(const float *logits, long vocabulary, float wanted) {
    long token = 0;
    while (token + 1 < vocabulary && logits[token] != wanted) token++;
    return token;
}

static inline long block_end(long block, long vocabulary) {
    return (block + 1) * BLOCK < vocabulary ? (block + 1) * BLOCK : vocabulary;
}

/* The token at `point` of the cumulative sum of all weights; `total` is their sum. */
static long draw_from_all(const float *logits, long vocabulary, float largest, float inverse, double point,
                          double *total) {
    const long blocks = (vocabulary + BLOCK - 1) / BLOCK;
    double sums[blocks];
    *total = 0;
    for (long block = 0; block < blocks; block++) {
        double sum = 0;
        for (long i = block * BLOCK; i < block_end(block, vocabulary); i++)
            sum += (double)exponential((logits[i] - largest) * inverse);
        sums[block] = sum;
        *total += sum;
    }
    double left = point * *total;
    long block = 0;
    while (block + 1 < blocks && left >= sums[block]) left -= sums[block++];
    long token = block * BLOCK;
    for (; token + 1 < block_end(block, vocabulary); token++) {
        double weight = exponential((logits[token] - largest) * inverse);
        if (left < weight) break;
        left -= weight;
    }
    return token;
}

static int by_weight(const void *a, const void *b) {
    const Candidate *one = a, *other = b;
    if (one->weight != other->weight) return one->weight > other->weight ? -1 : 1;
    return one->token < other->token ? -1 : 1;
}

static int by_token(const void *a, const void *b) {
    return ((const Candidate *)a)->token < ((const Candidate *)b)->token ? -1 : 1;
}

static inline long bucket_of(float weight) {
    int32_t bits;
    memcpy(&bits, &weight, 4);
    return bits >> BUCKET_BITS;
}

/* The least bucket to gather, so that nothing is left behind that a filter could keep. */
static long least_bucket(const float *weights, long vocabulary, const Filter *filter, double total) {
    static _Thread_local int64_t counts[BUCKETS];
    static _Thread_local double sums[BUCKETS];
    memset(counts, 0, sizeof counts);
    memset(sums, 0, sizeof sums);
    for (long i = 0; i < vocabulary; i++) {
        long bucket = bucket_of(weights[i]);
        counts[bucket]++;
        sums[bucket] += weights[i];
    }
    int64_t count = 0;
    double sum = 0;
    for (long bucket = BUCKETS - 1; bucket > 0; bucket--) {
        count += counts[bucket];
        sum += sums[bucket];
        /* Top-p is of what top-k leaves, so that comes first. Sums taken in another order need a little more. */
        int enough = filter->top_k < vocabulary ? count >= filter->top_k : sum >= (filter->top_p + 1e-9) * total;
        if (enough) return bucket;
    }
    return 0;
}

/* Drops from sorted candidates what top-k and then top-p drop; how many stay. */
static long rank(const Candidate *sorted, long count, const Filter *filter, double total) {
    if (filter->top_k <= count) {
        count = filter->top_k;
        total = 0;
        for (long i = 0; i < count; i++) total += sorted[i].weight;
    }
    double before = 0;
    for (long i = 0; i < count; i++) {
        if (!(before < filter->top_p * total)) return i;
        before += sorted[i].weight;
    }
    return count;
}

/* The token at `point` of the cumulative sum, in the order of tokens, of what the filters keep. */
static long draw_from_kept(const float *logits, long vocabulary, float largest, float inverse, const Filter *filter,
                           double point, double *total) {
    float *weights = malloc(vocabulary * sizeof(float));
    Candidate *kept = malloc(vocabulary * sizeof(Candidate));
    *total = 0;
    for (long i = 0; i < vocabulary; i++) weights[i] = exponential((logits[i] - largest) * inverse);
    for (long i = 0; i < vocabulary; i++) *total += weights[i];
    long least = filter->ranked ? least_bucket(weights, vocabulary, filter, *total) : 0, count = 0;
    for (long i = 0; i < vocabulary; i++)
        if (bucket_of(weights[i]) >= least) kept[count++] = (Candidate){weights[i], i};
    if (filter->ranked) {
        qsort(kept, count, sizeof(Candidate), by_weight);
        count = rank(kept, count, filter, *total);
        qsort(kept, count, sizeof(Candidate), by_token);
    }
    double sum = 0;
    for (long i = 0; i < count; i++) sum += kept[i].weight >= filter->min_p ? kept[i].weight : 0;
    double left = point * sum;
    long token = 0;
    for (long i = 0; i < count; i++) {
        if (kept[i].weight < filter->min_p) continue;
        token = kept[i].token;
        if (left < kept[i].weight) break;
        left -= kept[i].weight;
    }
    free(weights);
    free(kept);
    return token;
}

/* A greedy row takes the first of the likeliest tokens; logprobs are those before all filters. Certainty is
 * KL(uniform || softmax) = log(sum of exponentials) - mean - log(vocabulary). */
static void draw_row(const float *logits, long vocabulary, const Filter *filter, double point, int64_t *token,
                     float *logprob, float *certainty) {
    const float largest = largest_of(logits, vocabulary), inverse = 1.0f / filter->temperature;
    double total;
    long chosen;
    if (filter->greedy || !(filter->ranked || filter->min_p > 0))
        chosen = draw_from_all(logits, vocabulary, largest, inverse, point, &total);
    else
        chosen = draw_from_kept(logits, vocabulary, largest, inverse, filter, point, &total);
    if (filter->greedy) chosen = first_equal(logits, vocabulary, largest);
    *token = chosen;
    *logprob = (logits[chosen] - largest) * inverse - (float)log(total);
    *certainty = log(total / vocabulary) + (largest - mean_of(logits, vocabulary)) * inverse;
}

#endif
