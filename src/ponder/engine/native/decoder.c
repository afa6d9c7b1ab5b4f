/* The decoder's forward pass over a flat batch of tokens: some rows bring one token, some a stretch of their prompt.
 *
 * Each row's tokens lie together, in order, and attend to their row's pages up to themselves. Activations are float32
 * between the products; keys and values are stored in the cache's type. One parallel region serves the whole pass.
 * Knows nothing of text, sampling parameters or which pages belong to whom; the caller checks all sizes.
 *
 * Compiled at first use by engine/native/library.py, which mirrors these structures. */
#include <omp.h>

#include "attention.h"
#include "linear.h"
#include "numbers.h"
#include "sampling.h"

typedef struct {
    Linear query, key, value, output, gate, up, down;
    const float *norm_before_attention, *norm_after_attention; /* after: NULL unless norms are sandwiched */
    const float *norm_before_mlp, *norm_after_mlp;
    const float *query_norm, *key_norm;                        /* NULL unless heads are normed */
    long window;                                               /* 0: looks at everything */
    long rope;                                                 /* which set of frequencies, -1 for none */
} Layer;

typedef struct {
    long layers, width, heads, kv_heads, head_size, mlp_width, ropes;
    Linear embedding, head;
    const float *final_norm;
    const float *frequencies;   /* [ropes][head_size / 2] */
    const float *rope_factors;  /* [ropes], multiply cosine and sine */
    float norm_eps, embedding_scale, attention_scale, attention_softcap, logit_softcap;
    long gelu;
    const Layer *layer;
} Model;

typedef struct {
    long tokens, ends, table_stride;
    const int32_t *token, *position, *row; /* [tokens] */
    const int32_t *table;                  /* [rows][table_stride], pages in order */
    const int32_t *end;                    /* [ends], the tokens whose logits are wanted */
    float *logits;                         /* [ends][vocabulary] */
} Batch;

/* Neighbouring tokens of one row, attended to together. */
typedef struct {
    int32_t token, count;
} Tile;

typedef struct {
    float *x, *wide, *cosine, *sine;
    Tile *tile;
    float *partials; /* [items][splits][partial], when few items share their stretches among threads */
    void *input;     /* of a product: float32 or bfloat16 */
    float *own;      /* [threads][own_size] */
    bf16 *widened;
    long wide_size, own_size, partial_size, tiles, splits;
} Scratch;

#define TILE_TOKENS 8

static long larger(long a, long b) { return a > b ? a : b; }

/* The tokens in tiles of neighbours, to `tile` unless it is NULL. */
static long count_tiles(const Batch *b, Tile *tile) {
    long tiles = 0, count = 0;
    for (long t = 0; t < b->tokens; t++) {
        count = t && b->row[t] == b->row[t - 1] && count < TILE_TOKENS ? count + 1 : 1;
        tiles += count == 1;
        if (tile) tile[tiles - 1] = (Tile){t + 1 - count, count};
    }
    return tiles;
}

/* Places the scratch in `arena` (or nowhere, when NULL) and returns the bytes that it takes. */
static long place_scratch(const Model *m, const Batch *b, int threads, char *arena, Scratch *s) {
    long used = 0, attention = (m->heads + 2 * m->kv_heads) * m->head_size, longest = 0;
    for (long t = 0; t < b->tokens; t++) longest = larger(longest, b->position[t] + 1);
    s->tiles = count_tiles(b, NULL);
    s->splits = s->tiles * m->kv_heads < 4 * threads ? (longest + SPLIT - 1) / SPLIT : 1;
    s->wide_size = larger(larger(attention, 2 * m->mlp_width), m->width);
    long queries = TILE_TOKENS * m->heads / m->kv_heads;
    s->partial_size = queries * (m->head_size + 2);
    s->own_size = larger(larger(m->width, m->mlp_width), queries * (SPLIT + m->head_size) + 2 * s->partial_size);
#define TAKE(field, count)                                  \
    s->field = arena ? (void *)(arena + used) : NULL;       \
    used += ((count) * (long)sizeof(*s->field) + 63) / 64 * 64
    TAKE(x, b->tokens * m->width);
    TAKE(wide, b->tokens * s->wide_size);
    TAKE(cosine, m->ropes * b->tokens * m->head_size / 2);
    TAKE(sine, m->ropes * b->tokens * m->head_size / 2);
    TAKE(tile, s->tiles);
    TAKE(partials, s->splits > 1 ? s->tiles * m->kv_heads * s->splits * s->partial_size : 1);
    TAKE(own, threads * s->own_size);
    TAKE(widened, threads * SHARE_ROWS * larger(larger(m->width, m->mlp_width), m->heads * m->head_size));
#undef TAKE
    s->input = arena ? arena + used : NULL;
    return used + b->tokens * larger(larger(m->width, m->mlp_width), m->heads * m->head_size) * 4;
}

long scratch_bytes(const Model *m, const Batch *b, int threads) {
    Scratch s;
    return place_scratch(m, b, threads, NULL, &s);
}

static void store_input(void *input, long at, const float *row, long count, int type) {
    if (type == BFLOAT16)
        for (long i = 0; i < count; i++) ((bf16 *)input)[at + i] = to_bf16(row[i]);
    else
        memcpy((float *)input + at, row, count * sizeof(float));
}

/* Root mean square norm; weights may be NULL for ones. */
static void norm(const float *x, const float *weight, long count, float eps, float *out) {
    float squares = 0;
    for (long i = 0; i < count; i++) squares += x[i] * x[i];
    float scale = 1.0f / sqrtf(squares / count + eps);
    for (long i = 0; i < count; i++) out[i] = x[i] * scale * weight[i];
}

static void embed(const Model *m, const Batch *b, Scratch *s) {
    const Linear *table = &m->embedding;
#pragma omp for schedule(static)
    for (long t = 0; t < b->tokens; t++) {
        long at = b->token[t] * m->width;
        float *x = s->x + t * m->width, scale = m->embedding_scale;
        if (table->type == INT8) scale *= table->scale[b->token[t]];
        for (long i = 0; i < m->width; i++)
            x[i] = scale * (table->type == INT8 ? ((const int8_t *)table->weight)[at + i]
                                                : read_number(table->weight, at + i, table->type));
        for (long r = 0; r < m->ropes; r++)
            for (long d = 0; d < m->head_size / 2; d++) {
                float angle = b->position[t] * m->frequencies[r * m->head_size / 2 + d];
                long place = (r * b->tokens + t) * m->head_size / 2 + d;
                s->cosine[place] = cosf(angle) * m->rope_factors[r];
                s->sine[place] = sinf(angle) * m->rope_factors[r];
            }
    }
}

/* Adds what a sublayer gave to the residual stream, and makes of that the input of the next product: one pass over
 * the tokens for what are three steps of the model. `given` is NULL before the first layer, `weight` after the last. */
static void add_and_norm(const Model *m, long tokens, Scratch *s, const float *given, const float *given_norm,
                         const float *weight, int type) {
    float *row = s->own + omp_get_thread_num() * s->own_size;
#pragma omp for schedule(static)
    for (long t = 0; t < tokens; t++) {
        float *x = s->x + t * m->width;
        if (given) {
            const float *more = given + t * s->wide_size;
            if (given_norm) norm(more, given_norm, m->width, m->norm_eps, row), more = row;
            for (long i = 0; i < m->width; i++) x[i] += more[i];
        }
        if (!weight) continue;
        norm(x, weight, m->width, m->norm_eps, row);
        store_input(s->input, t * m->width, row, m->width, type);
    }
}

static void rotate(float *head, const float *cosine, const float *sine, long size) {
    for (long d = 0; d < size / 2; d++) {
        float left = head[d], right = head[d + size / 2];
        head[d] = left * cosine[d] - right * sine[d];
        head[d + size / 2] = right * cosine[d] + left * sine[d];
    }
}

/* Norms and rotates queries and keys, scales queries, and writes keys and values to their page. */
static void prepare_heads(const Model *m, const Layer *l, long layer, const Cache *c, const Batch *b, Scratch *s) {
    const long size = m->head_size;
#pragma omp for schedule(static)
    for (long t = 0; t < b->tokens; t++) {
        float *heads = s->wide + t * s->wide_size;
        long page = b->table[b->row[t] * b->table_stride + b->position[t] / c->page_size];
        const float *cosine = s->cosine + (l->rope * b->tokens + t) * size / 2;
        const float *sine = s->sine + (l->rope * b->tokens + t) * size / 2;
        for (long h = 0; h < m->heads + m->kv_heads; h++) {
            const float *weight = h < m->heads ? l->query_norm : l->key_norm;
            if (weight) norm(heads + h * size, weight, size, m->norm_eps, heads + h * size);
            if (l->rope >= 0) rotate(heads + h * size, cosine, sine, size);
        }
        for (long i = 0; i < m->heads * size; i++) heads[i] *= m->attention_scale;
        for (long k = 0; k < m->kv_heads; k++) {
            long at = (((layer * c->pages + page) * m->kv_heads + k) * c->page_size + b->position[t] % c->page_size) * size;
            store_input(c->keys, at, heads + (m->heads + k) * size, size, c->type);
            store_input(c->values, at, heads + (m->heads + m->kv_heads + k) * size, size, c->type);
        }
    }
}

/* A tile's queries for one key head, copied together, and the stretches that they see. */
typedef struct {
    Queries queries;
    const int32_t *table;
    long first, last, layer_head; /* stretches; where the head's first page lies */
} Item;

static Item open_item(const Model *m, const Layer *l, long layer, const Cache *c, const Batch *b, const Scratch *s,
                      long item, float *copies) {
    const Tile tile = s->tile[item / m->kv_heads];
    const long head = item % m->kv_heads, group = m->heads / m->kv_heads, size = m->head_size;
    for (long i = 0; i < tile.count; i++)
        memcpy(copies + i * group * size, s->wide + (tile.token + i) * s->wide_size + head * group * size,
               group * size * sizeof(float));
    Item made = {{copies, tile.count, group, size, b->position[tile.token], l->window, m->attention_softcap},
                 b->table + b->row[tile.token] * b->table_stride, 0, 0, layer * c->pages * m->kv_heads + head};
    made.first = seen_from(&made.queries, 0) / SPLIT;
    made.last = (b->position[tile.token] + tile.count - 1) / SPLIT;
    return made;
}

static void attend_stretch(const Model *m, const Cache *c, const Item *item, long split, float *scores, float *partial) {
    const Queries *q = &item->queries;
    long begin = larger(split * SPLIT, seen_from(q, 0)), end = q->position + q->tokens;
    end = (split + 1) * SPLIT < end ? (split + 1) * SPLIT : end;
    stretch(c, q, item->layer_head, m->kv_heads, item->table, begin, end, scores, partial);
}

static void close_item(const Model *m, const Scratch *s, long item, const Queries *q, const float *running, int type) {
    const long size = q->size, head = item % m->kv_heads, token = s->tile[item / m->kv_heads].token;
    float row[size];
    for (long i = 0; i < q->tokens * q->group; i++, running += size + 2) {
        for (long d = 0; d < size; d++) row[d] = running[d + 2] / running[1];
        long at = (token + i / q->group) * m->heads + head * q->group + i % q->group;
        store_input(s->input, at * size, row, size, type);
    }
}

static void attend(const Model *m, const Layer *l, long layer, const Cache *c, const Batch *b, Scratch *s, int type) {
    const long items = s->tiles * m->kv_heads, queries = TILE_TOKENS * m->heads / m->kv_heads;
    float *copies = s->own + omp_get_thread_num() * s->own_size, *scores = copies + queries * m->head_size;
    float *running = scores + queries * SPLIT, *partial = running + s->partial_size;
    if (s->splits > 1) {
#pragma omp for schedule(dynamic)
        for (long work = 0; work < items * s->splits; work++) {
            long split = work % s->splits;
            Item item = open_item(m, l, layer, c, b, s, work / s->splits, copies);
            if (item.first <= split && split <= item.last)
                attend_stretch(m, c, &item, split, scores, s->partials + work * s->partial_size);
        }
    }
#pragma omp for schedule(dynamic)
    for (long work = 0; work < items; work++) {
        Item item = open_item(m, l, layer, c, b, s, work, copies);
        for (long split = item.first; split <= item.last; split++) {
            float *to = split == item.first ? running : partial;
            if (s->splits > 1)
                memcpy(to, s->partials + (work * s->splits + split) * s->partial_size,
                       partial_size(&item.queries) * sizeof(float));
            else
                attend_stretch(m, c, &item, split, scores, to);
            if (to == partial) merge(&item.queries, running, partial);
        }
        close_item(m, s, work, &item.queries, running, type);
    }
}

static void activate(const Model *m, long tokens, Scratch *s, int type) {
    float *row = s->own + omp_get_thread_num() * s->own_size;
#pragma omp for schedule(static)
    for (long t = 0; t < tokens; t++) {
        const float *gate = s->wide + t * s->wide_size, *up = gate + m->mlp_width;
        if (m->gelu)
            for (long i = 0; i < m->mlp_width; i++) {
                float x = gate[i];
                row[i] = 0.5f * x * (1.0f + tanh_of(0.7978845608f * (x + 0.044715f * x * x * x))) * up[i];
            }
        else
            for (long i = 0; i < m->mlp_width; i++) row[i] = gate[i] / (1.0f + exponential(-gate[i])) * up[i];
        store_input(s->input, t * m->mlp_width, row, m->mlp_width, type);
    }
}

/* A layer, from its normed input to that of the next. */
static void block(const Model *m, long index, const Cache *c, const Batch *b, Scratch *s, bf16 *widened) {
    const Layer *l = m->layer + index, *next = index + 1 < m->layers ? l + 1 : NULL;
    const Linear *into = (const Linear[]){l->query, l->key, l->value};
    linears(into, 3, s->input, s->wide, s->wide_size, b->tokens, widened);
    prepare_heads(m, l, index, c, b, s);
    attend(m, l, index, c, b, s, input_type(&l->output));
    linears(&l->output, 1, s->input, s->wide, s->wide_size, b->tokens, widened);
    add_and_norm(m, b->tokens, s, s->wide, l->norm_after_attention, l->norm_before_mlp, input_type(&l->gate));
    linears((const Linear[]){l->gate, l->up}, 2, s->input, s->wide, s->wide_size, b->tokens, widened);
    activate(m, b->tokens, s, input_type(&l->down));
    linears(&l->down, 1, s->input, s->wide, s->wide_size, b->tokens, widened);
    add_and_norm(m, b->tokens, s, s->wide, l->norm_after_mlp, next ? next->norm_before_attention : NULL,
                 next ? input_type(&next->query) : FLOAT32);
}

static void head(const Model *m, const Batch *b, Scratch *s, bf16 *widened) {
    float *row = s->own + omp_get_thread_num() * s->own_size;
    const long vocabulary = m->head.rows;
#pragma omp for schedule(static)
    for (long e = 0; e < b->ends; e++) {
        norm(s->x + b->end[e] * m->width, m->final_norm, m->width, m->norm_eps, row);
        store_input(s->input, e * m->width, row, m->width, input_type(&m->head));
    }
    linears(&m->head, 1, s->input, b->logits, vocabulary, b->ends, widened);
    if (m->logit_softcap) {
#pragma omp for schedule(static)
        for (long i = 0; i < b->ends * vocabulary; i++)
            b->logits[i] = m->logit_softcap * tanh_of(b->logits[i] / m->logit_softcap);
    }
}

void forward(const Model *m, const Cache *c, const Batch *b, char *arena, int threads) {
    Scratch s;
    place_scratch(m, b, threads, arena, &s);
    count_tiles(b, s.tile);
#pragma omp parallel num_threads(threads)
    {
        bf16 *widened = s.widened + omp_get_thread_num() * SHARE_ROWS *
                                        larger(larger(m->width, m->mlp_width), m->heads * m->head_size);
        embed(m, b, &s);
        add_and_norm(m, b->tokens, &s, NULL, NULL, m->layer->norm_before_attention, input_type(&m->layer->query));
        for (long layer = 0; layer < m->layers; layer++) block(m, layer, c, b, &s, widened);
        head(m, b, &s, widened);
    }
}

/* Rows of sampling parameters, as tensors of the twin. */
typedef struct {
    const float *temperature;
    const int64_t *top_k;
    const double *top_p;
    const float *min_p;
    const uint8_t *greedy;
    long ranked;
} Sampling;

void draw(const float *logits, long rows, long vocabulary, const Sampling *s, const int64_t *keys,
          const int64_t *positions, int64_t *tokens, float *logprobs, float *certainties, int threads) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (long r = 0; r < rows; r++) {
        Filter filter = {s->temperature[r], s->top_k[r], s->top_p[r], s->min_p[r], s->greedy[r], s->ranked};
        draw_row(logits + r * vocabulary, vocabulary, &filter, uniform(keys[r], positions[r]), tokens + r, logprobs + r,
                 certainties + r);
    }
}
