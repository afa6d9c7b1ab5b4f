/* One token a row by the inverse of the cumulative sum, with its logprob; nothing is sorted or stored.
 *
 * Weights are summed in blocks; the block that holds the drawn point is walked a second time. Sums are double, as in
 * the twin in Python. A temperature of 0 is greedy, and the logprob is then at temperature 1. */
#ifndef PONDER_SAMPLING_H
#define PONDER_SAMPLING_H

#include "numbers.h"

#define BLOCK 256

static void draw_row(const float *logits, long vocabulary, float temperature, double uniform, int64_t *token,
                     float *logprob) {
    const float inverse = temperature > 0 ? 1.0f / temperature : 1.0f;
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
    if (temperature > 0) {
        double left = uniform * total;
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
