/* One token a row by the inverse of the cumulative sum, with its logprob; nothing is sorted or stored.
 *
 * Weights are summed in blocks; the block that holds the drawn point is walked a second time. Sums are double, as in
 * the twin in Python. The stream of random numbers is the twin's: splitmix64 of a row's key and position. */
#ifndef PONDER_SAMPLING_H
#define PONDER_SAMPLING_H

#include "numbers.h"

#define BLOCK 256

/* A number in [0, 1) for each key and position (Steele, Lea and Flood, OOPSLA 2014). */
static double uniform(int64_t key, int64_t position) {
    uint64_t state = (uint64_t)key + (uint64_t)(position + 1) * 0x9E3779B97F4A7C15u;
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9u;
    state = (state ^ state >> 27) * 0x94D049BB133111EBu;
    state ^= state >> 31;
    return (double)(state >> 12) * 0x1p-52;
}

static void draw_row(const float *logits, long vocabulary, float temperature, int greedy, double point, int64_t *token,
                     float *logprob) {
    const float inverse = 1.0f / temperature;
    const long blocks = (vocabulary + BLOCK - 1) / BLOCK;
    float largest = -3e38f;
    for (long i = 0; i < vocabulary; i++) largest = logits[i] > largest ? logits[i] : largest;
    double sums[blocks], total = 0;
    for (long block = 0; block < blocks; block++) {
        long end = (block + 1) * BLOCK < vocabulary ? (block + 1) * BLOCK : vocabulary;
        double sum = 0;
        for (long i = block * BLOCK; i < end; i++) sum += (double)exponential((logits[i] - largest) * inverse);
        sums[block] = sum;
        total += sum;
    }
    long chosen = 0;
    if (!greedy) {
        double left = point * total;
        long block = 0;
        while (block + 1 < blocks && left >= sums[block]) left -= sums[block++];
        long end = (block + 1) * BLOCK < vocabulary ? (block + 1) * BLOCK : vocabulary;
        for (chosen = block * BLOCK; chosen + 1 < end; chosen++) {
            double weight = exponential((logits[chosen] - largest) * inverse);
            if (left < weight) break;
            left -= weight;
        }
    } else {
        while (chosen + 1 < vocabulary && !(logits[chosen] == largest)) chosen++;
    }
    *token = chosen;
    *logprob = (logits[chosen] - largest) * inverse - (float)log(total);
}

#endif
