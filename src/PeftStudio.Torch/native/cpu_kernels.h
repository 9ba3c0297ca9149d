// Loops over fp32 and bf16 memory, computed in fp32, for the fused functions of peftstudio_torch.cpp: no libtorch in here. Each is compiled for AVX-512 and for AVX2
// (elsewhere for the compiler's own target) and chosen by the processor at run time; results differ between the two in the last bits, never between numbers of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#define PST_INLINE inline __attribute__((always_inline))

namespace cpu {

// A bf16 number in memory: the upper half of an fp32 one.
struct Bf16 {
    uint16_t bits;
};

// What is dropped: element (row, column) where the random word of that place, a pure function of the seed, is below the threshold.
struct Dropping {
    uint64_t seed = 0;
    uint32_t threshold = 0;  // probability x 2^32
    float scale = 1;         // 1 / (1 - probability)
};

// Queries (batch, heads, rows, size), keys and values (batch, heads, keys, size), strides of the first three dimensions, in elements.
struct AttentionJob {
    const float *query, *key, *value, *mask;  // mask (batch, heads, rows, keys): added to the scores; may be null
    int64_t query_strides[3], key_strides[3], value_strides[3], mask_strides[4];
    int64_t batch, heads, rows, keys, size;
    int64_t prefix;     // the first keys, which have random numbers of their own
    float* weights;     // (batch, heads, rows, keys), with the sign set where dropped; null: not kept
    float* output;      // (batch, rows, heads, size)
    const float* grad;  // of output, strides of (batch, heads, rows)
    int64_t grad_strides[3];
    float *grad_query, *grad_key, *grad_value;  // (batch, time, heads, size)
    float scale;
    Dropping own, front;  // of the keys themselves, and of the prefix
};

// Scores q k^T (batch, heads, rows, keys), side by side, and what attention makes of them before the values are weighed. In bf16, whose products libtorch does better.
struct SoftmaxJob {
    const Bf16 *scores, *mask;  // mask (batch, heads, rows, keys): added to the scaled scores; may be null
    int64_t mask_strides[4];
    int64_t heads, rows, keys;
    int64_t prefix;  // the first keys, which have random numbers of their own
    Bf16* weights;   // with the sign set where dropped; null: not kept
    Bf16* dropped;   // weights dropped and scaled up
    const Bf16* grad;  // of dropped
    Bf16* grad_scores;
    float scale;
    Dropping own, front;  // of the keys themselves, and of the prefix
};

// (x - mean) / deviation x weight + bias over rows of columns; where not centred, the mean is taken for 0: root mean squares.
template <class T>
struct NormJob {
    const T *input, *weight, *bias;  // (rows, columns), (columns), (columns) or null
    T* output;
    float* statistics;  // (rows, 2): mean and 1 / deviation
    const T* grad;      // of output
    T* grad_input;
    int64_t columns;
    bool centred;
    float epsilon;  // added to the variance
};

namespace detail {

typedef float V16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t I16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t U16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t H16 __attribute__((vector_size(32), aligned(2), may_alias));
typedef float V8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t I8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef uint32_t U8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef uint16_t H8 __attribute__((vector_size(16), aligned(2), may_alias));

struct Wide {
    typedef V16 V;
    typedef I16 I;
    typedef U16 U;
    typedef H16 H;
    static constexpr int64_t lanes = 16, tile = 4;  // tile: vectors of a row that the product keeps in registers
};
struct Narrow {
    typedef V8 V;
    typedef I8 I;
    typedef U8 U;
    typedef H8 H;
    static constexpr int64_t lanes = 8, tile = 2;
};

constexpr int64_t kPad = 16;  // rows of scratch matrices are padded to this
PST_INLINE int64_t padded(int64_t n) { return (n + kPad - 1) / kPad * kPad; }

template <class L>
PST_INLINE typename L::V load(const float* p) { return *reinterpret_cast<const typename L::V*>(p); }
template <class L>
PST_INLINE void store(float* p, typename L::V v) { *reinterpret_cast<typename L::V*>(p) = v; }
template <class L>
PST_INLINE typename L::V load(const Bf16* p) {
    return (typename L::V)(__builtin_convertvector(*reinterpret_cast<const typename L::H*>(p), typename L::U) << 16);
}
// To the nearest, of two equally near ones to the even; what is not a number stays none.
template <class L>
PST_INLINE void store(Bf16* p, typename L::V v) {
    typedef typename L::U U;
    const U bits = (U)v;
    const U nearest = (bits + (0x7FFF + (bits >> 16 & 1))) >> 16;
    *reinterpret_cast<typename L::H*>(p) = __builtin_convertvector(v == v ? nearest : U{} + 0x7FC0, typename L::H);
}

PST_INLINE float number(const float* p) { return *p; }
PST_INLINE float number(const Bf16* p) {
    const uint32_t bits = static_cast<uint32_t>(p->bits) << 16;
    float x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}
PST_INLINE void put(float* p, float x) { *p = x; }
PST_INLINE void put(Bf16* p, float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    p->bits = x == x ? static_cast<uint16_t>((bits + (0x7FFF + (bits >> 16 & 1))) >> 16) : 0x7FC0;
}

// Numbers of one type as the other's.
template <class L, class T, class U>
PST_INLINE void convert(const T* from, int64_t count, U* to) {
    int64_t j = 0;
    for (; j + L::lanes <= count; j += L::lanes)
        store<L>(to + j, load<L>(from + j));
    for (; j < count; j++)
        put(to + j, number(from + j));
}

template <class L>
PST_INLINE typename L::V splat(float x) { return typename L::V{} + x; }

// e^x for x <= 88, 0 below -87; within 1.5e-7 of it. e^r on [-ln 2 / 2, ln 2 / 2] is 1 + r + r^2 q(r), q through Chebyshev nodes.
template <class L>
PST_INLINE typename L::V exponential(typename L::V x) {
    typedef typename L::V V;
    const V low = splat<L>(-87.0f);
    const V from = x < low ? low : x;
    const V n = (from * 1.44269504f + 12582912.0f) - 12582912.0f;  // to the nearest integer
    const V r = (from - n * 0.693359375f) + n * 2.12194440e-4f;
    const V q = (((1.392621347e-3f * r + 8.363202972e-3f) * r + 4.166655444e-2f) * r + 0.1666657685f) * r + 0.5f;
    const V p = q * r * r + r + 1.0f;
    const typename L::I power = (__builtin_convertvector(n, typename L::I) + 127) << 23;
    return x < low ? V{} : p * (V)power;
}

// The normal distribution function and its density (both needed by gelu's gradient): Abramowitz and Stegun 7.1.26, |error| <= 7.5e-8.
template <class L>
PST_INLINE void normal(typename L::V x, typename L::V& cumulative, typename L::V& bell) {
    typedef typename L::V V;
    const V size = x < 0.0f ? -x : x;
    const V t = 1.0f / (1.0f + (0.3275911f * 0.70710678f) * size);
    bell = exponential<L>(-0.5f * x * x);
    const V tail = 0.5f * bell * t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
    cumulative = x < 0.0f ? tail : 1.0f - tail;
    bell *= 0.39894228f;
}

template <class U>
PST_INLINE U rotated(U x, int by) { return x << by | x >> (32 - by); }

// Threefry4x32-20 (Salmon, Moraes, Dror, Shaw 2011): the random words of columns 64 chunk .. 64 chunk + 63 of a row, from 16 counters side by side.
template <class L>
PST_INLINE void random_words(uint64_t seed, uint64_t row, uint32_t chunk, uint32_t* words) {
    typedef typename L::U U;
    constexpr int turns[8][2] = {{10, 26}, {11, 21}, {13, 27}, {23, 5}, {6, 20}, {17, 11}, {25, 10}, {18, 20}};
    const uint32_t low = static_cast<uint32_t>(seed), high = static_cast<uint32_t>(seed >> 32);
    const uint32_t key[5] = {low, high, 0, 0, 0x1BD11BDAu ^ low ^ high};
    for (int first = 0; first < 16; first += L::lanes) {
        U x0 = U{} + (chunk * 16 + static_cast<uint32_t>(first) + key[0]), x1 = U{} + (static_cast<uint32_t>(row) + key[1]);
        U x2 = U{} + (static_cast<uint32_t>(row >> 32) + key[2]), x3 = U{} + key[3];
        for (int i = 0; i < L::lanes; i++)
            x0[i] += static_cast<uint32_t>(i);
#pragma GCC unroll 20
        for (int round = 0; round < 20; round++) {
            U &y1 = round % 2 == 0 ? x1 : x3, &y3 = round % 2 == 0 ? x3 : x1;
            x0 += y1;
            y1 = rotated(y1, turns[round % 8][0]) ^ x0;
            x2 += y3;
            y3 = rotated(y3, turns[round % 8][1]) ^ x2;
            if (round % 4 == 3) {
                const int s = (round + 1) / 4;
                x0 += key[s % 5];
                x1 += key[(s + 1) % 5];
                x2 += key[(s + 2) % 5];
                x3 += key[(s + 3) % 5] + static_cast<uint32_t>(s);
            }
        }
        *reinterpret_cast<U*>(words + first) = x0;
        *reinterpret_cast<U*>(words + first + 16) = x1;
        *reinterpret_cast<U*>(words + first + 32) = x2;
        *reinterpret_cast<U*>(words + first + 48) = x3;
    }
}

constexpr int64_t kChunk = 64;

// Calls wide(column, factors of a vector of places) and, for what is left of a row, one(column, factor): 0 where dropped, else the scale.
template <class L, class F, class G>
PST_INLINE void factors(const Dropping& d, uint64_t row, int64_t columns, F wide, G one) {
    uint32_t words[kChunk];
    for (int64_t at = 0; at < columns; at += kChunk) {
        random_words<L>(d.seed, row, static_cast<uint32_t>(at / kChunk), words);
        const int64_t count = columns - at < kChunk ? columns - at : kChunk;
        int64_t j = 0;
        for (; j + L::lanes <= count; j += L::lanes)
            wide(at + j, *reinterpret_cast<const typename L::U*>(words + j) < d.threshold ? typename L::V{} : splat<L>(d.scale));
        for (; j < count; j++)
            one(at + j, words[j] < d.threshold ? 0.0f : d.scale);
    }
}

template <class L, int R, int N>
PST_INLINE void tile(int64_t depth, const float* a, int64_t ai, int64_t ak, const float* b, int64_t ldb, float* c, int64_t ldc, bool add) {
    typename L::V sum[R][N] = {};
    for (int64_t k = 0; k < depth; k++) {
        typename L::V row[N];
#pragma GCC unroll 8
        for (int j = 0; j < N; j++)
            row[j] = load<L>(b + k * ldb + j * L::lanes);
#pragma GCC unroll 8
        for (int i = 0; i < R; i++) {
            const float x = a[i * ai + k * ak];
#pragma GCC unroll 8
            for (int j = 0; j < N; j++)
                sum[i][j] += row[j] * x;
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < R; i++)
#pragma GCC unroll 8
        for (int j = 0; j < N; j++) {
            float* to = c + i * ldc + j * L::lanes;
            store<L>(to, add ? load<L>(to) + sum[i][j] : sum[i][j]);
        }
}

template <class L, int N>
PST_INLINE void panel(int64_t m, int64_t depth, const float* a, int64_t ai, int64_t ak, const float* b, int64_t ldb, float* c, int64_t ldc, bool add) {
    int64_t i = 0;
    for (; i + 4 <= m; i += 4)
        tile<L, 4, N>(depth, a + i * ai, ai, ak, b, ldb, c + i * ldc, ldc, add);
    for (; i < m; i++)
        tile<L, 1, N>(depth, a + i * ai, ai, ak, b, ldb, c + i * ldc, ldc, add);
}

// c (m, n) = a (m, depth) b (depth, n), or is added to; n a multiple of kPad; a's element (i, k) is at i ai + k ak.
template <class L>
PST_INLINE void product(
    int64_t m, int64_t n, int64_t depth, const float* a, int64_t ai, int64_t ak, const float* b, int64_t ldb, float* c, int64_t ldc, bool add) {
    constexpr int64_t step = L::tile * L::lanes;
    int64_t j = 0;
    for (; j + step <= n; j += step)
        panel<L, L::tile>(m, depth, a, ai, ak, b + j, ldb, c + j, ldc, add);
    for (; j < n; j += L::lanes)
        panel<L, 1>(m, depth, a, ai, ak, b + j, ldb, c + j, ldc, add);
}

// (count, size) at a stride -> rows of padded(size), the padding zero.
PST_INLINE void gather(const float* from, int64_t stride, int64_t count, int64_t size, float* to) {
    const int64_t wide = padded(size);
    for (int64_t i = 0; i < count; i++) {
        std::memcpy(to + i * wide, from + i * stride, static_cast<size_t>(size) * sizeof(float));
        for (int64_t j = size; j < wide; j++)
            to[i * wide + j] = 0;
    }
}

// (count, size) at a stride -> (size, padded(count)), the padding zero.
PST_INLINE void gather_transposed(const float* from, int64_t stride, int64_t count, int64_t size, float* to) {
    const int64_t wide = padded(count);
    for (int64_t j = 0; j < size; j++)
        for (int64_t i = count; i < wide; i++)
            to[j * wide + i] = 0;
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < size; j++)
            to[j * wide + i] = from[i * stride + j];
}

PST_INLINE void scatter(const float* from, int64_t count, int64_t size, float* to, int64_t stride) {
    for (int64_t i = 0; i < count; i++)
        std::memcpy(to + i * stride, from + i * padded(size), static_cast<size_t>(size) * sizeof(float));
}

// scores -> softmax(scale scores + mask), in place; beyond keys, up to the padding, zeros.
template <class L, class M>
PST_INLINE void softmax_row(float* row, int64_t keys, const M* mask, int64_t mask_stride, float scale) {
    typedef typename L::V V;
    const int64_t wide = padded(keys);
    if (mask == nullptr) {
        for (int64_t j = 0; j < keys; j++)
            row[j] *= scale;
    } else {
        int64_t j = 0;
        if (mask_stride == 1)
            for (; j + L::lanes <= keys; j += L::lanes)
                store<L>(row + j, load<L>(row + j) * scale + load<L>(mask + j));
        for (; j < keys; j++)
            row[j] = row[j] * scale + number(mask + j * mask_stride);
    }
    for (int64_t j = keys; j < wide; j++)
        row[j] = -__builtin_inff();
    V highest = load<L>(row);
    for (int64_t j = L::lanes; j < wide; j += L::lanes) {
        const V x = load<L>(row + j);
        highest = x > highest ? x : highest;
    }
    float most = highest[0];
    for (int i = 1; i < L::lanes; i++)
        most = highest[i] > most ? highest[i] : most;
    V total = {};
    for (int64_t j = 0; j < wide; j += L::lanes) {
        const V e = exponential<L>(load<L>(row + j) - most);
        store<L>(row + j, e);
        total += e;
    }
    float sum = 0;
    for (int i = 0; i < L::lanes; i++)
        sum += total[i];
    const float share = 1 / sum;
    for (int64_t j = 0; j < wide; j += L::lanes)
        store<L>(row + j, load<L>(row + j) * share);
}

// weights -> weights dropped and scaled, in place; to kept, where it is not null, the weights with the sign set where dropped.
template <class L>
PST_INLINE void drop_row(float* row, float* kept, int64_t keys, uint64_t number, const Dropping& d) {
    if (d.threshold == 0) {
        if (kept != nullptr)
            std::memcpy(kept, row, static_cast<size_t>(keys) * sizeof(float));
        return;
    }
    factors<L>(
        d, number, keys,
        [&](int64_t j, typename L::V factor) __attribute__((always_inline)) {
            const typename L::V weight = load<L>(row + j);
            if (kept != nullptr)
                store<L>(kept + j, factor == 0.0f ? -weight : weight);
            store<L>(row + j, weight * factor);
        },
        [&](int64_t j, float factor) __attribute__((always_inline)) {
            if (kept != nullptr)
                kept[j] = factor == 0 ? -row[j] : row[j];
            row[j] *= factor;
        });
}

template <class L>
PST_INLINE void attention_forward(const AttentionJob& job, int64_t begin, int64_t end) {
    constexpr int64_t kRows = 32;
    const int64_t wide_keys = padded(job.keys), wide = padded(job.size);
    std::vector<float> keys(static_cast<size_t>(job.size * wide_keys)), values(static_cast<size_t>(job.keys * wide)), scores(static_cast<size_t>(kRows * wide_keys)),
        seen(static_cast<size_t>(kRows * wide));
    for (int64_t unit = begin; unit < end; unit++) {
        const int64_t b = unit / job.heads, h = unit % job.heads;
        const float* query = job.query + b * job.query_strides[0] + h * job.query_strides[1];
        gather_transposed(job.key + b * job.key_strides[0] + h * job.key_strides[1], job.key_strides[2], job.keys, job.size, keys.data());
        gather(job.value + b * job.value_strides[0] + h * job.value_strides[1], job.value_strides[2], job.keys, job.size, values.data());
        for (int64_t first = 0; first < job.rows; first += kRows) {
            const int64_t count = job.rows - first < kRows ? job.rows - first : kRows;
            product<L>(count, wide_keys, job.size, query + first * job.query_strides[2], job.query_strides[2], 1, keys.data(), wide_keys, scores.data(), wide_keys, false);
            for (int64_t i = 0; i < count; i++) {
                const int64_t number = unit * job.rows + first + i;
                const float* mask = job.mask == nullptr ? nullptr
                    : job.mask + b * job.mask_strides[0] + h * job.mask_strides[1] + (first + i) * job.mask_strides[2];
                float* row = scores.data() + i * wide_keys;
                float* kept = job.weights == nullptr ? nullptr : job.weights + number * job.keys;
                softmax_row<L>(row, job.keys, mask, job.mask_strides[3], job.scale);
                if (job.prefix > 0)
                    drop_row<L>(row, kept, job.prefix, static_cast<uint64_t>(number), job.front);
                drop_row<L>(row + job.prefix, kept == nullptr ? nullptr : kept + job.prefix, job.keys - job.prefix, static_cast<uint64_t>(number), job.own);
            }
            product<L>(count, wide, job.keys, scores.data(), wide_keys, 1, values.data(), wide, seen.data(), wide, false);
            const int64_t stride = job.heads * job.size;
            scatter(seen.data(), count, job.size, job.output + (b * job.rows + first) * stride + h * job.size, stride);
        }
    }
}

// grad of the dropped weights -> grad of the scores, in place; kept (the signed weights) -> dropped, the weights that the values were weighed with.
template <class L>
PST_INLINE void softmax_backward_row(float* grad, const float* kept, float* dropped, int64_t keys, float dropped_scale, float scale) {
    typedef typename L::V V;
    const int64_t whole = keys / L::lanes * L::lanes;
    V total = {};
    float sum = 0;
    for (int64_t j = 0; j < whole; j += L::lanes) {
        const V weight = load<L>(kept + j);
        const auto gone = (typename L::I)weight < 0;  // by the sign's bit: also of -0
        store<L>(dropped + j, gone ? V{} : weight * dropped_scale);
        const V g = gone ? V{} : load<L>(grad + j) * dropped_scale;
        store<L>(grad + j, g);
        total += gone ? V{} : g * weight;
    }
    for (int64_t j = whole; j < keys; j++) {
        const bool gone = __builtin_signbit(kept[j]);
        dropped[j] = gone ? 0.0f : kept[j] * dropped_scale;
        grad[j] = gone ? 0.0f : grad[j] * dropped_scale;
        sum += grad[j] * (gone ? 0.0f : kept[j]);
    }
    for (int i = 0; i < L::lanes; i++)
        sum += total[i];
    for (int64_t j = 0; j < keys; j++)
        grad[j] = __builtin_fabsf(kept[j]) * (grad[j] - sum) * scale;
}

template <class L>
PST_INLINE void attention_backward(const AttentionJob& job, int64_t begin, int64_t end) {
    constexpr int64_t kRows = 64;
    const int64_t wide_keys = padded(job.keys), wide = padded(job.size), stride = job.heads * job.size;
    const auto room = [](int64_t rows, int64_t columns) { return std::vector<float>(static_cast<size_t>(rows * columns)); };
    auto keys = room(job.keys, wide), values = room(job.size, wide_keys), query = room(kRows, wide), grad = room(kRows, wide);
    auto grad_scores = room(kRows, wide_keys), dropped = room(kRows, wide_keys);
    auto grad_query = room(kRows, wide), grad_keys = room(job.keys, wide), grad_values = room(job.keys, wide);
    for (int64_t unit = begin; unit < end; unit++) {
        const int64_t b = unit / job.heads, h = unit % job.heads;
        gather(job.key + b * job.key_strides[0] + h * job.key_strides[1], job.key_strides[2], job.keys, job.size, keys.data());
        gather_transposed(job.value + b * job.value_strides[0] + h * job.value_strides[1], job.value_strides[2], job.keys, job.size, values.data());
        for (int64_t first = 0; first < job.rows; first += kRows) {
            const int64_t count = job.rows - first < kRows ? job.rows - first : kRows;
            gather(job.query + b * job.query_strides[0] + h * job.query_strides[1] + first * job.query_strides[2], job.query_strides[2], count, job.size, query.data());
            gather(job.grad + b * job.grad_strides[0] + h * job.grad_strides[1] + first * job.grad_strides[2], job.grad_strides[2], count, job.size, grad.data());
            product<L>(count, wide_keys, job.size, grad.data(), wide, 1, values.data(), wide_keys, grad_scores.data(), wide_keys, false);
            for (int64_t i = 0; i < count; i++)
                softmax_backward_row<L>(
                    grad_scores.data() + i * wide_keys, job.weights + (unit * job.rows + first + i) * job.keys, dropped.data() + i * wide_keys, job.keys, job.own.scale, job.scale);
            product<L>(job.keys, wide, count, dropped.data(), 1, wide_keys, grad.data(), wide, grad_values.data(), wide, first > 0);
            product<L>(job.keys, wide, count, grad_scores.data(), 1, wide_keys, query.data(), wide, grad_keys.data(), wide, first > 0);
            product<L>(count, wide, job.keys, grad_scores.data(), wide_keys, 1, keys.data(), wide, grad_query.data(), wide, false);
            scatter(grad_query.data(), count, job.size, job.grad_query + (b * job.rows + first) * stride + h * job.size, stride);
        }
        scatter(grad_keys.data(), job.keys, job.size, job.grad_key + b * job.keys * stride + h * job.size, stride);
        scatter(grad_values.data(), job.keys, job.size, job.grad_value + b * job.keys * stride + h * job.size, stride);
    }
}

// rows begin .. end of batch x heads x rows: scores -> weights, kept and dropped.
template <class L>
PST_INLINE void softmax_forward(const SoftmaxJob& job, int64_t begin, int64_t end) {
    const auto wide = static_cast<size_t>(padded(job.keys));
    std::vector<float> row(wide), kept(wide);
    float* signs = job.weights == nullptr ? nullptr : kept.data();
    for (int64_t at = begin; at < end; at++) {
        const int64_t unit = at / job.rows, b = unit / job.heads, h = unit % job.heads;
        const Bf16* mask = job.mask == nullptr ? nullptr : job.mask + b * job.mask_strides[0] + h * job.mask_strides[1] + at % job.rows * job.mask_strides[2];
        convert<L>(job.scores + at * job.keys, job.keys, row.data());
        softmax_row<L>(row.data(), job.keys, mask, job.mask_strides[3], job.scale);
        if (job.prefix > 0)
            drop_row<L>(row.data(), signs, job.prefix, static_cast<uint64_t>(at), job.front);
        drop_row<L>(row.data() + job.prefix, signs == nullptr ? nullptr : signs + job.prefix, job.keys - job.prefix, static_cast<uint64_t>(at), job.own);
        convert<L>(row.data(), job.keys, job.dropped + at * job.keys);
        if (signs != nullptr)
            convert<L>(signs, job.keys, job.weights + at * job.keys);
    }
}

// The same rows: grad of the dropped weights -> grad of the scores.
template <class L>
PST_INLINE void softmax_backward(const SoftmaxJob& job, int64_t begin, int64_t end) {
    const auto wide = static_cast<size_t>(padded(job.keys));
    std::vector<float> grad(wide), kept(wide), dropped(wide);
    for (int64_t at = begin; at < end; at++) {
        convert<L>(job.grad + at * job.keys, job.keys, grad.data());
        convert<L>(job.weights + at * job.keys, job.keys, kept.data());
        softmax_backward_row<L>(grad.data(), kept.data(), dropped.data(), job.keys, job.own.scale, job.scale);
        convert<L>(grad.data(), job.keys, job.grad_scores + at * job.keys);
    }
}

// rows begin .. end of (rows, columns): output = input with values dropped + residual, which may be null.
template <class L, class T>
PST_INLINE void drop(const T* input, const T* residual, T* output, int64_t columns, int64_t begin, int64_t end, const Dropping& d) {
    for (int64_t row = begin; row < end; row++) {
        const T *x = input + row * columns, *r = residual == nullptr ? nullptr : residual + row * columns;
        T* y = output + row * columns;
        factors<L>(
            d, static_cast<uint64_t>(row), columns,
            [&](int64_t j, typename L::V factor) __attribute__((always_inline)) {
                const typename L::V left = load<L>(x + j) * factor;
                store<L>(y + j, r == nullptr ? left : load<L>(r + j) + left);
            },
            [&](int64_t j, float factor) __attribute__((always_inline)) { put(y + j, r == nullptr ? number(x + j) * factor : number(r + j) + number(x + j) * factor); });
    }
}

template <class L>
PST_INLINE float sum(typename L::V v) {
    float total = 0;
    for (int i = 0; i < L::lanes; i++)
        total += v[i];
    return total;
}

// As floats, padded with zeros; of null, all zeros.
template <class L, class T>
PST_INLINE void widen(const T* from, int64_t count, std::vector<float>& to) {
    if (from != nullptr)
        convert<L>(from, count, to.data());
    std::fill(from == nullptr ? to.begin() : to.begin() + count, to.end(), 0.0f);
}

template <class L, class T>
PST_INLINE void norm_forward(const NormJob<T>& job, int64_t begin, int64_t end) {
    typedef typename L::V V;
    const int64_t columns = job.columns, wide = padded(columns);
    const auto share = 1 / static_cast<float>(columns);
    std::vector<float> weight(static_cast<size_t>(wide)), bias(static_cast<size_t>(wide)), row(static_cast<size_t>(wide));
    widen<L>(job.weight, columns, weight);
    widen<L>(job.bias, columns, bias);
    for (int64_t at = begin; at < end; at++) {
        widen<L>(job.input + at * columns, columns, row);
        float mean = 0;
        if (job.centred) {
            V total = {};
            for (int64_t j = 0; j < wide; j += L::lanes)
                total += load<L>(row.data() + j);
            mean = sum<L>(total) * share;
            std::fill(row.begin() + columns, row.end(), mean);
        }
        V squares = {};
        for (int64_t j = 0; j < wide; j += L::lanes) {
            const V off = load<L>(row.data() + j) - mean;
            squares += off * off;
        }
        const float scale = 1 / __builtin_sqrtf(sum<L>(squares) * share + job.epsilon);
        for (int64_t j = 0; j < wide; j += L::lanes)
            store<L>(row.data() + j, (load<L>(row.data() + j) - mean) * scale * load<L>(weight.data() + j) + load<L>(bias.data() + j));
        convert<L>(row.data(), columns, job.output + at * columns);
        job.statistics[2 * at] = mean;
        job.statistics[2 * at + 1] = scale;
    }
}

template <class L, class T>
PST_INLINE void norm_backward(const NormJob<T>& job, int64_t begin, int64_t end) {
    typedef typename L::V V;
    const int64_t columns = job.columns, wide = padded(columns);
    const auto share = 1 / static_cast<float>(columns);
    std::vector<float> weight(static_cast<size_t>(wide)), row(static_cast<size_t>(wide)), grad(static_cast<size_t>(wide));
    widen<L>(job.weight, columns, weight);
    for (int64_t at = begin; at < end; at++) {
        widen<L>(job.input + at * columns, columns, row);
        widen<L>(job.grad + at * columns, columns, grad);
        const float mean = job.statistics[2 * at], scale = job.statistics[2 * at + 1];
        V alone = {}, weighed = {};
        for (int64_t j = 0; j < wide; j += L::lanes) {
            const V off = (load<L>(row.data() + j) - mean) * scale, g = load<L>(grad.data() + j) * load<L>(weight.data() + j);
            store<L>(row.data() + j, off);
            store<L>(grad.data() + j, g);
            alone += g;
            weighed += g * off;
        }
        const float shift = job.centred ? sum<L>(alone) * share : 0, slope = sum<L>(weighed) * share;
        for (int64_t j = 0; j < wide; j += L::lanes)
            store<L>(grad.data() + j, (load<L>(grad.data() + j) - shift - load<L>(row.data() + j) * slope) * scale);
        convert<L>(grad.data(), columns, job.grad_input + at * columns);
    }
}

// Calls each(vector from, to) in whole vectors; the rest goes through a vector of its own.
template <class L, class T, class F>
PST_INLINE void gelu_map(const T* x, const T* grad, T* y, int64_t begin, int64_t end, F each) {
    typedef typename L::V V;
    int64_t i = begin;
    for (; i + L::lanes <= end; i += L::lanes)
        store<L>(y + i, each(load<L>(x + i), grad == nullptr ? V{} : load<L>(grad + i)));
    if (i == end)
        return;
    const auto rest = static_cast<size_t>(end - i) * sizeof(T);
    T from[L::lanes] = {}, slope[L::lanes] = {};
    std::memcpy(from, x + i, rest);
    if (grad != nullptr)
        std::memcpy(slope, grad + i, rest);
    store<L>(from, each(load<L>(from), load<L>(slope)));
    std::memcpy(y + i, from, rest);
}

template <class L, class T>
PST_INLINE void gelu_forward(const T* x, T* y, int64_t begin, int64_t end) {
    typedef typename L::V V;
    gelu_map<L>(x, static_cast<const T*>(nullptr), y, begin, end, [](V v, V) __attribute__((always_inline)) {
        V cumulative, bell;
        normal<L>(v, cumulative, bell);
        return v * cumulative;
    });
}

template <class L, class T>
PST_INLINE void gelu_backward(const T* x, const T* grad, T* y, int64_t begin, int64_t end) {
    typedef typename L::V V;
    gelu_map<L>(x, grad, y, begin, end, [](V v, V g) __attribute__((always_inline)) {
        V cumulative, bell;
        normal<L>(v, cumulative, bell);
        return g * (cumulative + v * bell);
    });
}

}  // namespace detail

#if defined(__x86_64__)
inline int level() {
    static const int found = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") ? 2
        : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 1
                                                                          : 0;
    return found;
}
// The baseline of x86-64 has neither the width nor the registers that the loops are written for.
inline bool worthwhile() { return level() > 0; }
#define PST_LEVELS(name, parameters, ...) \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,prefer-vector-width=512"))) static void name##_avx512 parameters { detail::name<detail::Wide>(__VA_ARGS__); } \
    __attribute__((target("avx2,fma"))) static void name##_avx2 parameters { detail::name<detail::Narrow>(__VA_ARGS__); } \
    inline void name parameters { level() == 2 ? name##_avx512(__VA_ARGS__) : name##_avx2(__VA_ARGS__); }
#else
inline bool worthwhile() { return true; }
#define PST_LEVELS(name, parameters, ...) \
    inline void name parameters { detail::name<detail::Narrow>(__VA_ARGS__); }
#endif

PST_LEVELS(attention_forward, (const AttentionJob& job, int64_t begin, int64_t end), job, begin, end)
PST_LEVELS(attention_backward, (const AttentionJob& job, int64_t begin, int64_t end), job, begin, end)
PST_LEVELS(softmax_forward, (const SoftmaxJob& job, int64_t begin, int64_t end), job, begin, end)
PST_LEVELS(softmax_backward, (const SoftmaxJob& job, int64_t begin, int64_t end), job, begin, end)
#define PST_TYPES(T) \
    PST_LEVELS(norm_forward, (const NormJob<T>& job, int64_t begin, int64_t end), job, begin, end) \
    PST_LEVELS(norm_backward, (const NormJob<T>& job, int64_t begin, int64_t end), job, begin, end) \
    PST_LEVELS(gelu_forward, (const T* x, T* y, int64_t begin, int64_t end), x, y, begin, end) \
    PST_LEVELS(gelu_backward, (const T* x, const T* grad, T* y, int64_t begin, int64_t end), x, grad, y, begin, end) \
    PST_LEVELS( \
        drop, (const T* input, const T* residual, T* output, int64_t columns, int64_t begin, int64_t end, const Dropping& d), \
        input, residual, output, columns, begin, end, d)
PST_TYPES(float)
PST_TYPES(Bf16)

}  // namespace cpu
