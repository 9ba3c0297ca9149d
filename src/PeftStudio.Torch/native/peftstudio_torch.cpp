// The C face of libtorch that PeftStudio.Torch calls. One file, compiled unchanged against libtorch 1.13 to 2.11, CPU or CUDA.
//
// Rules: every function returns a status (0 ok, 1 error, 2 out of memory); nothing is thrown across the line; the message of the last error is
// kept by thread, first line only; a tensor goes out as a pointer to a heap-allocated at::Tensor, owned by the caller (pst_free); null stands for
// "no tensor" in both directions; in-place functions hand nothing back.
#include <torch/torch.h>
#include <torch/version.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>

#include "cpu_kernels.h"

#include <dlfcn.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <string>
#include <vector>

#if defined(PST_CUDA)
#include <c10/cuda/CUDACachingAllocator.h>
#endif

#define PST_SINCE(major, minor) \
    (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))
#define API extern "C" __attribute__((visibility("default"))) int32_t

namespace {

#if PST_SINCE(2, 5)
template <class T>
using Maybe = std::optional<T>;
#else
template <class T>
using Maybe = c10::optional<T>;
#endif

using H = at::Tensor*;
using G = at::Generator*;

enum Status : int32_t { kOk = 0, kError = 1, kOutOfMemory = 2 };

thread_local std::string last_error;

int32_t fail(const char* what) noexcept {
    try {
        std::string message = what == nullptr ? "unknown error" : what;
        const bool memory = message.find("out of memory") != std::string::npos || message.find("not enough memory") != std::string::npos ||
            message.find("can't allocate memory") != std::string::npos || message.find("bad_alloc") != std::string::npos ||
            message.find("CUBLAS_STATUS_ALLOC_FAILED") != std::string::npos;
        last_error = message.substr(0, message.find('\n'));
        return memory ? kOutOfMemory : kError;
    } catch (...) {
        return kError;
    }
}

template <class F>
int32_t guarded(F&& body) noexcept {
    try {
        body();
        return kOk;
    } catch (const c10::Error& e) {
        return fail(e.what_without_backtrace());
    } catch (const std::exception& e) {
        return fail(e.what());
    } catch (...) {
        return fail("an exception of unknown type");
    }
}

H made(at::Tensor t) { return t.defined() ? new at::Tensor(std::move(t)) : nullptr; }

Maybe<at::Tensor> maybe(H t) { return t == nullptr ? Maybe<at::Tensor>() : Maybe<at::Tensor>(*t); }

Maybe<at::Generator> chosen(G g) { return g == nullptr ? Maybe<at::Generator>() : Maybe<at::Generator>(*g); }

Maybe<at::ScalarType> typed(int32_t dtype) {
    return dtype < 0 ? Maybe<at::ScalarType>() : Maybe<at::ScalarType>(static_cast<at::ScalarType>(dtype));
}

at::IntArrayRef ints(const int64_t* values, int32_t count) { return at::IntArrayRef(values, static_cast<size_t>(count)); }

std::vector<at::Tensor> list(H* tensors, int32_t count) {
    std::vector<at::Tensor> result;
    result.reserve(static_cast<size_t>(count));
    for (int32_t i = 0; i < count; i++)
        result.push_back(tensors[i] == nullptr ? at::Tensor() : *tensors[i]);
    return result;
}

at::Device device(int32_t type, int32_t index) {
    return at::Device(static_cast<c10::DeviceType>(type), static_cast<c10::DeviceIndex>(index));
}

at::TensorOptions options(int32_t dtype, int32_t device_type, int32_t device_index) {
    return at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)).device(device(device_type, device_index));
}

// Blittable twin of the managed NativeScalar.
struct Number {
    double floating;
    int64_t integral;
    int32_t kind;  // 0 floating, 1 integral, 2 boolean
};

at::Scalar scalar(const Number* n) {
    if (n->kind == 0)
        return at::Scalar(n->floating);
    return n->kind == 1 ? at::Scalar(n->integral) : at::Scalar(n->integral != 0);
}

Maybe<at::Scalar> maybe_scalar(const Number* n) {
    return n == nullptr ? Maybe<at::Scalar>() : Maybe<at::Scalar>(scalar(n));
}

}  // namespace

#define UNARY(name, expression) \
    API pst_##name(H self, H* result) { \
        return guarded([&] { *result = made(expression); }); \
    }
#define INPLACE(name, statement) \
    API pst_##name(H self) { \
        return guarded([&] { statement; }); \
    }
#define BINARY(name, expression) \
    API pst_##name(H self, H other, H* result) { \
        return guarded([&] { *result = made(expression); }); \
    }
#define BINARY_INPLACE(name, statement) \
    API pst_##name(H self, H other) { \
        return guarded([&] { statement; }); \
    }
#define WITH_SCALAR(name, expression) \
    API pst_##name(H self, const Number* value, H* result) { \
        return guarded([&] { *result = made(expression); }); \
    }
#define WITH_SCALAR_INPLACE(name, statement) \
    API pst_##name(H self, const Number* value) { \
        return guarded([&] { statement; }); \
    }
#define ALONG(name, expression) \
    API pst_##name(H self, int64_t dim, int32_t keepdim, H* result) { \
        return guarded([&] { *result = made(expression); }); \
    }

// ---- runtime ----

// Copies the message of this thread's last error, cut to the capacity; returns its full length in bytes.
API pst_last_error(char* buffer, int32_t capacity) {
    const auto length = static_cast<int32_t>(last_error.size());
    if (buffer != nullptr && capacity > 0)
        std::memcpy(buffer, last_error.data(), static_cast<size_t>(length < capacity ? length : capacity));
    return length;
}

namespace {
int32_t copy_text(const std::string& text, char* buffer, int32_t capacity, int32_t* length) {
    *length = static_cast<int32_t>(text.size());
    std::memcpy(buffer, text.data(), static_cast<size_t>(*length < capacity ? *length : capacity));
    return kOk;
}
}  // namespace

API pst_version(char* buffer, int32_t capacity, int32_t* length) {
    return guarded([&] { copy_text(TORCH_VERSION, buffer, capacity, length); });
}
API pst_configuration(char* buffer, int32_t capacity, int32_t* length) {
    return guarded([&] { copy_text(at::show_config() + at::get_parallel_info(), buffer, capacity, length); });
}
// OpenBLAS's name of the kernels it chose; empty where another BLAS is behind libtorch.
API pst_blas_core(char* buffer, int32_t capacity, int32_t* length) {
    return guarded([&] {
        auto corename = reinterpret_cast<char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
        copy_text(corename == nullptr ? std::string() : std::string(corename()), buffer, capacity, length);
    });
}
API pst_set_num_threads(int32_t count) {
    return guarded([&] {
        at::set_num_threads(count);
        // libtorch tells MKL, not OpenBLAS.
        auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
        if (set != nullptr)
            set(count);
    });
}
API pst_get_num_threads(int32_t* count) {
    return guarded([&] { *count = at::get_num_threads(); });
}
API pst_set_num_interop_threads(int32_t count) {
    return guarded([&] { at::set_num_interop_threads(count); });
}
API pst_get_num_interop_threads(int32_t* count) {
    return guarded([&] { *count = static_cast<int32_t>(at::get_num_interop_threads()); });
}
API pst_set_flush_denormal(int32_t on, int32_t* supported) {
    return guarded([&] { *supported = at::globalContext().setFlushDenormal(on != 0); });
}
API pst_get_grad_enabled(int32_t* on) {
    return guarded([&] { *on = at::GradMode::is_enabled(); });
}
API pst_set_grad_enabled(int32_t on) {
    return guarded([&] { at::GradMode::set_enabled(on != 0); });
}
API pst_set_deterministic(int32_t on, int32_t warn_only) {
    return guarded([&] {
        at::globalContext().setDeterministicAlgorithms(on != 0, warn_only != 0);
#if PST_SINCE(2, 2)
        // Else each new tensor is filled with NaN first; none here is read before it is written.
        at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
    });
}
API pst_get_deterministic(int32_t* on) {
    return guarded([&] { *on = at::globalContext().deterministicAlgorithms(); });
}
API pst_set_allow_tf32(int32_t on) {
    return guarded([&] { at::globalContext().setAllowTF32CuBLAS(on != 0); });
}
API pst_get_allow_tf32(int32_t* on) {
    return guarded([&] { *on = at::globalContext().allowTF32CuBLAS(); });
}
API pst_cuda_is_available(int32_t* yes) {
    return guarded([&] { *yes = torch::cuda::is_available(); });
}
API pst_cuda_cudnn_is_available(int32_t* yes) {
    return guarded([&] { *yes = torch::cuda::cudnn_is_available(); });
}
API pst_cuda_device_count(int32_t* count) {
    return guarded([&] { *count = static_cast<int32_t>(torch::cuda::device_count()); });
}
API pst_cuda_synchronize(int64_t index) {
    return guarded([&] { torch::cuda::synchronize(index); });
}
API pst_cuda_manual_seed(int64_t seed, int32_t all) {
    return guarded([&] {
        if (all != 0)
            torch::cuda::manual_seed_all(static_cast<uint64_t>(seed));
        else
            torch::cuda::manual_seed(static_cast<uint64_t>(seed));
    });
}
// Most bytes the CUDA allocator has had in use on a device since its last reset; 0 in a build without CUDA.
API pst_cuda_peak_memory(int32_t index, int32_t reset, int64_t* bytes) {
    return guarded([&] {
        *bytes = 0;
#if defined(PST_CUDA)
        auto at_device = static_cast<c10::DeviceIndex>(index);
        *bytes = c10::cuda::CUDACachingAllocator::getDeviceStats(at_device).allocated_bytes[0].peak;
        if (reset != 0)
            c10::cuda::CUDACachingAllocator::resetPeakStats(at_device);
#else
        (void)index;
        (void)reset;
#endif
    });
}

// ---- generators ----

namespace {

at::Generator seeded(uint64_t seed, at::Device where) {
    if (where.is_cpu())
        return at::make_generator<at::CPUGeneratorImpl>(seed);
    auto generator = at::globalContext().defaultGenerator(where).clone();
    generator.set_current_seed(seed);
    return generator;
}

}  // namespace

API pst_generator_new(uint64_t seed, int32_t device_type, int32_t device_index, G* result) {
    return guarded([&] { *result = new at::Generator(seeded(seed, device(device_type, device_index))); });
}
API pst_generator_default(G* result) {
    return guarded([&] { *result = new at::Generator(at::globalContext().defaultGenerator(at::kCPU)); });
}
API pst_generator_free(G self) {
    return guarded([&] { delete self; });
}
API pst_generator_set_seed(G self, uint64_t seed) {
    return guarded([&] {
        std::lock_guard<std::mutex> lock(self->mutex());
        self->set_current_seed(seed);
    });
}
API pst_generator_seed(G self, uint64_t* seed) {
    return guarded([&] {
        std::lock_guard<std::mutex> lock(self->mutex());
        *seed = self->seed();
    });
}
API pst_generator_initial_seed(G self, uint64_t* seed) {
    return guarded([&] { *seed = self->current_seed(); });
}
API pst_generator_get_state(G self, H* state) {
    return guarded([&] { *state = made(self->get_state()); });
}
API pst_generator_set_state(G self, H state) {
    return guarded([&] { self->set_state(*state); });
}
API pst_manual_seed(uint64_t seed) {
    return guarded([&] { torch::manual_seed(seed); });
}

// ---- what a tensor is ----

API pst_free(H self) {
    return guarded([&] { delete self; });
}
API pst_sizes(H self, int64_t* buffer, int32_t capacity, int32_t* count) {
    return guarded([&] {
        auto sizes = self->sizes();
        *count = static_cast<int32_t>(sizes.size());
        for (int32_t i = 0; i < *count && i < capacity; i++)
            buffer[i] = sizes[static_cast<size_t>(i)];
    });
}
API pst_strides(H self, int64_t* buffer, int32_t capacity, int32_t* count) {
    return guarded([&] {
        auto strides = self->strides();
        *count = static_cast<int32_t>(strides.size());
        for (int32_t i = 0; i < *count && i < capacity; i++)
            buffer[i] = strides[static_cast<size_t>(i)];
    });
}
API pst_size(H self, int64_t dim, int64_t* size) {
    return guarded([&] { *size = self->size(dim); });
}
API pst_dim(H self, int64_t* dim) {
    return guarded([&] { *dim = self->dim(); });
}
API pst_numel(H self, int64_t* count) {
    return guarded([&] { *count = self->numel(); });
}
API pst_storage_offset(H self, int64_t* offset) {
    return guarded([&] { *offset = self->storage_offset(); });
}
API pst_dtype(H self, int32_t* dtype) {
    return guarded([&] { *dtype = static_cast<int32_t>(self->scalar_type()); });
}
API pst_device(H self, int32_t* type, int32_t* index) {
    return guarded([&] {
        *type = static_cast<int32_t>(self->device().type());
        *index = self->device().index();
    });
}
API pst_is_contiguous(H self, int32_t* yes) {
    return guarded([&] { *yes = self->is_contiguous(); });
}
API pst_is_leaf(H self, int32_t* yes) {
    return guarded([&] { *yes = self->is_leaf(); });
}
API pst_data(H self, void** data) {
    return guarded([&] { *data = self->data_ptr(); });
}
API pst_item(H self, Number* value) {
    return guarded([&] {
        auto item = self->item();
        value->kind = item.isFloatingPoint() ? 0 : item.isBoolean() ? 2 : 1;
        if (value->kind == 0)
            value->floating = item.toDouble();
        else
            value->integral = item.toLong();
    });
}
API pst_equal(H self, H other, int32_t* yes) {
    return guarded([&] { *yes = self->equal(*other); });
}
API pst_allclose(H self, H other, double rtol, double atol, int32_t equal_nan, int32_t* yes) {
    return guarded([&] { *yes = self->allclose(*other, rtol, atol, equal_nan != 0); });
}

// ---- autograd ----

API pst_requires_grad(H self, int32_t* yes) {
    return guarded([&] { *yes = self->requires_grad(); });
}
API pst_set_requires_grad(H self, int32_t on) {
    return guarded([&] { self->set_requires_grad(on != 0); });
}
API pst_retain_grad(H self) {
    return guarded([&] { self->retain_grad(); });
}
API pst_grad(H self, H* result) {
    return guarded([&] { *result = made(self->grad()); });
}
API pst_set_grad(H self, H grad) {
    return guarded([&] { self->mutable_grad() = grad == nullptr ? at::Tensor() : *grad; });
}
API pst_backward(H* tensors, int32_t count, H* grads, int32_t grad_count, int32_t retain_graph, int32_t create_graph, H* inputs, int32_t input_count) {
    return guarded([&] {
        torch::autograd::backward(list(tensors, count), list(grads, grad_count), retain_graph != 0, create_graph != 0, list(inputs, input_count));
    });
}
API pst_autograd_grad(
    H* outputs, int32_t count, H* inputs, int32_t input_count, H* grads, int32_t grad_count, int32_t retain_graph, int32_t create_graph,
    int32_t allow_unused, H* results) {
    return guarded([&] {
        auto computed = torch::autograd::grad(
            list(outputs, count), list(inputs, input_count), list(grads, grad_count), retain_graph != 0, create_graph != 0, allow_unused != 0);
        for (size_t i = 0; i < computed.size(); i++)
            results[i] = made(computed[i]);
    });
}

// ---- making tensors ----

API pst_empty(const int64_t* sizes, int32_t dims, int32_t dtype, int32_t device_type, int32_t device_index, H* result) {
    return guarded([&] { *result = made(torch::empty(ints(sizes, dims), options(dtype, device_type, device_index))); });
}
API pst_zeros(const int64_t* sizes, int32_t dims, int32_t dtype, int32_t device_type, int32_t device_index, H* result) {
    return guarded([&] { *result = made(torch::zeros(ints(sizes, dims), options(dtype, device_type, device_index))); });
}
API pst_full(const int64_t* sizes, int32_t dims, const Number* value, int32_t dtype, int32_t device_type, int32_t device_index, H* result) {
    return guarded([&] { *result = made(torch::full(ints(sizes, dims), scalar(value), options(dtype, device_type, device_index))); });
}
API pst_arange(const Number* start, const Number* stop, const Number* step, int32_t dtype, int32_t device_type, int32_t device_index, H* result) {
    return guarded([&] { *result = made(torch::arange(scalar(start), scalar(stop), scalar(step), options(dtype, device_type, device_index))); });
}
API pst_eye(int64_t rows, int64_t columns, int32_t dtype, int32_t device_type, int32_t device_index, H* result) {
    return guarded([&] { *result = made(torch::eye(rows, columns, options(dtype, device_type, device_index))); });
}
API pst_rand(const int64_t* sizes, int32_t dims, G generator, int32_t dtype, int32_t device_type, int32_t device_index, H* result) {
    return guarded([&] { *result = made(torch::rand(ints(sizes, dims), chosen(generator), options(dtype, device_type, device_index))); });
}
API pst_randn(const int64_t* sizes, int32_t dims, G generator, int32_t dtype, int32_t device_type, int32_t device_index, H* result) {
    return guarded([&] { *result = made(torch::randn(ints(sizes, dims), chosen(generator), options(dtype, device_type, device_index))); });
}
API pst_randint(
    int64_t low, int64_t high, const int64_t* sizes, int32_t dims, G generator, int32_t dtype, int32_t device_type, int32_t device_index, H* result) {
    return guarded(
        [&] { *result = made(torch::randint(low, high, ints(sizes, dims), chosen(generator), options(dtype, device_type, device_index))); });
}
API pst_randperm(int64_t n, G generator, int32_t dtype, int32_t device_type, int32_t device_index, H* result) {
    return guarded([&] { *result = made(torch::randperm(n, chosen(generator), options(dtype, device_type, device_index))); });
}
// dtype and device below zero: the input's.
API pst_like(H self, int32_t fill, int32_t dtype, int32_t device_type, int32_t device_index, H* result) {
    return guarded([&] {
        auto wanted = self->options().requires_grad(Maybe<bool>());
        if (dtype >= 0)
            wanted = wanted.dtype(static_cast<at::ScalarType>(dtype));
        if (device_type >= 0)
            wanted = wanted.device(device(device_type, device_index));
        *result = made(
            fill == 0 ? torch::empty_like(*self, wanted)
                : fill == 1 ? torch::zeros_like(*self, wanted)
                : fill == 2 ? torch::ones_like(*self, wanted)
                : fill == 3 ? torch::rand_like(*self, wanted)
                            : torch::randn_like(*self, wanted));
    });
}
// A copy of bytes in memory, of exactly the tensor's size.
API pst_from_bytes(const void* bytes, int64_t length, const int64_t* sizes, int32_t dims, int32_t dtype, H* result) {
    return guarded([&] {
        auto tensor = torch::empty(ints(sizes, dims), options(dtype, 0, -1));
        TORCH_CHECK(
            static_cast<int64_t>(tensor.nbytes()) == length, "a tensor of shape ", tensor.sizes(), " and type ", tensor.scalar_type(), " has ", tensor.nbytes(),
            " bytes, but ", length, " were given");
        if (length > 0)
            std::memcpy(tensor.data_ptr(), bytes, static_cast<size_t>(length));
        *result = made(std::move(tensor));
    });
}
// A tensor over memory that somebody else owns; release(context) is called once, when the last tensor over it is gone. Not called on failure.
API pst_from_memory(void* data, const int64_t* sizes, int32_t dims, int32_t dtype, void (*release)(void*), void* context, H* result) {
    return guarded([&] {
        *result = made(torch::from_blob(data, ints(sizes, dims), [release, context](void*) { release(context); }, options(dtype, 0, -1)));
    });
}

// ---- one tensor in, one out ----

UNARY(abs, self->abs())
UNARY(neg, self->neg())
UNARY(exp, self->exp())
UNARY(log, self->log())
UNARY(log1p, self->log1p())
UNARY(sqrt, self->sqrt())
UNARY(rsqrt, self->rsqrt())
UNARY(square, self->square())
UNARY(sign, self->sign())
UNARY(sin, self->sin())
UNARY(cos, self->cos())
UNARY(floor, self->floor())
UNARY(reciprocal, self->reciprocal())
UNARY(tanh, self->tanh())
UNARY(sigmoid, self->sigmoid())
UNARY(relu, self->relu())
UNARY(silu, torch::silu(*self))
UNARY(erf, self->erf())
UNARY(log_sigmoid, torch::log_sigmoid(*self))
UNARY(isnan, self->isnan())
UNARY(isinf, self->isinf())
UNARY(isfinite, self->isfinite())
UNARY(logical_not, self->logical_not())
UNARY(bitwise_not, self->bitwise_not())
UNARY(clone, self->clone())
UNARY(contiguous, self->contiguous())
UNARY(detach, self->detach())
UNARY(alias, self->alias())
UNARY(t, self->t())
UNARY(all, self->all())
UNARY(any, self->any())
UNARY(max, self->max())
UNARY(min, self->min())
UNARY(nonzero, self->nonzero())
API pst_gelu(H self, int32_t tanh, H* result) {
    return guarded([&] { *result = made(torch::gelu(*self, tanh != 0 ? "tanh" : "none")); });
}

INPLACE(zero_, self->zero_())
INPLACE(abs_, self->abs_())
INPLACE(neg_, self->neg_())
INPLACE(exp_, self->exp_())
INPLACE(log_, self->log_())
INPLACE(sqrt_, self->sqrt_())
INPLACE(rsqrt_, self->rsqrt_())
INPLACE(relu_, self->relu_())
INPLACE(tanh_, self->tanh_())
INPLACE(sigmoid_, self->sigmoid_())
INPLACE(detach_, self->detach_())

// ---- arithmetic ----

API pst_add(H self, H other, const Number* alpha, H* result) {
    return guarded([&] { *result = made(self->add(*other, scalar(alpha))); });
}
API pst_add_(H self, H other, const Number* alpha) {
    return guarded([&] { self->add_(*other, scalar(alpha)); });
}
API pst_sub(H self, H other, const Number* alpha, H* result) {
    return guarded([&] { *result = made(self->sub(*other, scalar(alpha))); });
}
API pst_sub_(H self, H other, const Number* alpha) {
    return guarded([&] { self->sub_(*other, scalar(alpha)); });
}
BINARY(mul, self->mul(*other))
BINARY_INPLACE(mul_, self->mul_(*other))
BINARY(div, self->div(*other))
BINARY_INPLACE(div_, self->div_(*other))
BINARY(pow, self->pow(*other))
BINARY(maximum, torch::maximum(*self, *other))
BINARY(minimum, torch::minimum(*self, *other))
BINARY(matmul, self->matmul(*other))
BINARY(mm, self->mm(*other))
BINARY(bmm, self->bmm(*other))
BINARY(dot, self->dot(*other))
BINARY(eq, self->eq(*other))
BINARY(ne, self->ne(*other))
BINARY(gt, self->gt(*other))
BINARY(ge, self->ge(*other))
BINARY(lt, self->lt(*other))
BINARY(le, self->le(*other))
BINARY(logical_and, self->logical_and(*other))
BINARY(logical_or, self->logical_or(*other))
BINARY(bitwise_and, self->bitwise_and(*other))
BINARY(bitwise_or, self->bitwise_or(*other))
BINARY(masked_select, self->masked_select(*other))
BINARY(expand_as, self->expand_as(*other))
BINARY(view_as, self->view_as(*other))
BINARY(type_as, self->type_as(*other))
WITH_SCALAR(add_scalar, self->add(scalar(value)))
WITH_SCALAR(sub_scalar, self->sub(scalar(value)))
WITH_SCALAR(rsub_scalar, torch::rsub(*self, scalar(value)))
WITH_SCALAR(mul_scalar, self->mul(scalar(value)))
WITH_SCALAR(div_scalar, self->div(scalar(value)))
WITH_SCALAR(rdiv_scalar, self->reciprocal().mul_(scalar(value)))
WITH_SCALAR(pow_scalar, self->pow(scalar(value)))
WITH_SCALAR(eq_scalar, self->eq(scalar(value)))
WITH_SCALAR(ne_scalar, self->ne(scalar(value)))
WITH_SCALAR(gt_scalar, self->gt(scalar(value)))
WITH_SCALAR(ge_scalar, self->ge(scalar(value)))
WITH_SCALAR(lt_scalar, self->lt(scalar(value)))
WITH_SCALAR(le_scalar, self->le(scalar(value)))
WITH_SCALAR_INPLACE(add_scalar_, self->add_(scalar(value)))
WITH_SCALAR_INPLACE(sub_scalar_, self->sub_(scalar(value)))
WITH_SCALAR_INPLACE(mul_scalar_, self->mul_(scalar(value)))
WITH_SCALAR_INPLACE(div_scalar_, self->div_(scalar(value)))
WITH_SCALAR_INPLACE(pow_scalar_, self->pow_(scalar(value)))
WITH_SCALAR_INPLACE(fill_, self->fill_(scalar(value)))
API pst_div_rounded(H self, H other, int32_t floor, H* result) {
    return guarded([&] { *result = made(self->div(*other, floor != 0 ? "floor" : "trunc")); });
}
API pst_div_scalar_rounded(H self, const Number* value, int32_t floor, H* result) {
    return guarded([&] { *result = made(self->div(scalar(value), floor != 0 ? "floor" : "trunc")); });
}
API pst_clamp(H self, const Number* min, const Number* max, H* result) {
    return guarded([&] { *result = made(self->clamp(maybe_scalar(min), maybe_scalar(max))); });
}
API pst_clamp_(H self, const Number* min, const Number* max) {
    return guarded([&] { self->clamp_(maybe_scalar(min), maybe_scalar(max)); });
}
API pst_addcmul(H self, H first, H second, const Number* value, H* result) {
    return guarded([&] { *result = made(self->addcmul(*first, *second, scalar(value))); });
}
API pst_addcmul_(H self, H first, H second, const Number* value) {
    return guarded([&] { self->addcmul_(*first, *second, scalar(value)); });
}
API pst_addcdiv(H self, H first, H second, const Number* value, H* result) {
    return guarded([&] { *result = made(self->addcdiv(*first, *second, scalar(value))); });
}
API pst_addcdiv_(H self, H first, H second, const Number* value) {
    return guarded([&] { self->addcdiv_(*first, *second, scalar(value)); });
}
API pst_addmm(H self, H first, H second, double beta, double alpha, H* result) {
    return guarded([&] { *result = made(self->addmm(*first, *second, beta, alpha)); });
}
API pst_baddbmm(H self, H first, H second, double beta, double alpha, H* result) {
    return guarded([&] { *result = made(self->baddbmm(*first, *second, beta, alpha)); });
}
API pst_lerp_(H self, H end, H weight) {
    return guarded([&] { self->lerp_(*end, *weight); });
}

// ---- reductions ----

API pst_sum(H self, const int64_t* dims, int32_t count, int32_t keepdim, int32_t dtype, H* result) {
    return guarded([&] { *result = made(count == 0 ? self->sum(typed(dtype)) : self->sum(ints(dims, count), keepdim != 0, typed(dtype))); });
}
API pst_mean(H self, const int64_t* dims, int32_t count, int32_t keepdim, int32_t dtype, H* result) {
    return guarded([&] { *result = made(count == 0 ? self->mean(typed(dtype)) : self->mean(ints(dims, count), keepdim != 0, typed(dtype))); });
}
API pst_var(H self, const int64_t* dims, int32_t count, int32_t unbiased, int32_t keepdim, H* result) {
    return guarded([&] { *result = made(count == 0 ? self->var(unbiased != 0) : self->var(ints(dims, count), unbiased != 0, keepdim != 0)); });
}
API pst_std(H self, const int64_t* dims, int32_t count, int32_t unbiased, int32_t keepdim, H* result) {
    return guarded([&] { *result = made(count == 0 ? self->std(unbiased != 0) : self->std(ints(dims, count), unbiased != 0, keepdim != 0)); });
}
API pst_norm(H self, double p, H* result) {
    return guarded([&] { *result = made(self->norm(at::Scalar(p))); });
}
API pst_norm_along(H self, int64_t dim, int32_t keepdim, double p, H* result) {
    return guarded([&] { *result = made(self->norm(Maybe<at::Scalar>(p), at::IntArrayRef(&dim, 1), keepdim != 0)); });
}
ALONG(all_along, self->all(dim, keepdim != 0))
ALONG(any_along, self->any(dim, keepdim != 0))
ALONG(logsumexp, self->logsumexp(at::IntArrayRef(&dim, 1), keepdim != 0))
ALONG(argmax_along, self->argmax(dim, keepdim != 0))
ALONG(argmin_along, self->argmin(dim, keepdim != 0))
UNARY(argmax, self->argmax())
UNARY(argmin, self->argmin())
API pst_max_along(H self, int64_t dim, int32_t keepdim, H* values, H* indices) {
    return guarded([&] {
        auto result = self->max(dim, keepdim != 0);
        *values = made(std::get<0>(result));
        *indices = made(std::get<1>(result));
    });
}
API pst_min_along(H self, int64_t dim, int32_t keepdim, H* values, H* indices) {
    return guarded([&] {
        auto result = self->min(dim, keepdim != 0);
        *values = made(std::get<0>(result));
        *indices = made(std::get<1>(result));
    });
}
API pst_topk(H self, int64_t k, int64_t dim, int32_t largest, int32_t sorted, H* values, H* indices) {
    return guarded([&] {
        auto result = self->topk(k, dim, largest != 0, sorted != 0);
        *values = made(std::get<0>(result));
        *indices = made(std::get<1>(result));
    });
}
API pst_cumsum(H self, int64_t dim, int32_t dtype, H* result) {
    return guarded([&] { *result = made(self->cumsum(dim, typed(dtype))); });
}

// ---- shapes and moves ----

API pst_view(H self, const int64_t* sizes, int32_t dims, H* result) {
    return guarded([&] { *result = made(self->view(ints(sizes, dims))); });
}
API pst_reshape(H self, const int64_t* sizes, int32_t dims, H* result) {
    return guarded([&] { *result = made(self->reshape(ints(sizes, dims))); });
}
API pst_expand(H self, const int64_t* sizes, int32_t dims, H* result) {
    return guarded([&] { *result = made(self->expand(ints(sizes, dims))); });
}
API pst_permute(H self, const int64_t* order, int32_t dims, H* result) {
    return guarded([&] { *result = made(self->permute(ints(order, dims))); });
}
API pst_repeat(H self, const int64_t* sizes, int32_t dims, H* result) {
    return guarded([&] { *result = made(self->repeat(ints(sizes, dims))); });
}
API pst_transpose(H self, int64_t dim0, int64_t dim1, H* result) {
    return guarded([&] { *result = made(self->transpose(dim0, dim1)); });
}
API pst_flatten(H self, int64_t start, int64_t end, H* result) {
    return guarded([&] { *result = made(self->flatten(start, end)); });
}
API pst_unsqueeze(H self, int64_t dim, H* result) {
    return guarded([&] { *result = made(self->unsqueeze(dim)); });
}
UNARY(squeeze, self->squeeze())
API pst_squeeze_at(H self, int64_t dim, H* result) {
    return guarded([&] { *result = made(self->squeeze(dim)); });
}
API pst_narrow(H self, int64_t dim, int64_t start, int64_t length, H* result) {
    return guarded([&] { *result = made(self->narrow(dim, start, length)); });
}
API pst_slice(H self, int64_t dim, int64_t start, int64_t finish, int64_t step, H* result) {
    return guarded([&] { *result = made(self->slice(dim, start, finish, step)); });
}
API pst_select(H self, int64_t dim, int64_t index, H* result) {
    return guarded([&] { *result = made(self->select(dim, index)); });
}
API pst_index_select(H self, int64_t dim, H index, H* result) {
    return guarded([&] { *result = made(self->index_select(dim, *index)); });
}
API pst_index_add_(H self, int64_t dim, H index, H source, const Number* alpha) {
    return guarded([&] { self->index_add_(dim, *index, *source, scalar(alpha)); });
}
API pst_gather(H self, int64_t dim, H index, H* result) {
    return guarded([&] { *result = made(self->gather(dim, *index)); });
}
API pst_scatter_(H self, int64_t dim, H index, H source) {
    return guarded([&] { self->scatter_(dim, *index, *source); });
}
API pst_masked_fill(H self, H mask, const Number* value, H* result) {
    return guarded([&] { *result = made(self->masked_fill(*mask, scalar(value))); });
}
API pst_masked_fill_(H self, H mask, const Number* value) {
    return guarded([&] { self->masked_fill_(*mask, scalar(value)); });
}
API pst_where(H condition, H self, H other, H* result) {
    return guarded([&] { *result = made(torch::where(*condition, *self, *other)); });
}
API pst_tril(H self, int64_t diagonal, H* result) {
    return guarded([&] { *result = made(self->tril(diagonal)); });
}
API pst_triu(H self, int64_t diagonal, H* result) {
    return guarded([&] { *result = made(self->triu(diagonal)); });
}
API pst_flip(H self, const int64_t* dims, int32_t count, H* result) {
    return guarded([&] { *result = made(self->flip(ints(dims, count))); });
}
API pst_cat(H* tensors, int32_t count, int64_t dim, H* result) {
    return guarded([&] { *result = made(torch::cat(list(tensors, count), dim)); });
}
API pst_stack(H* tensors, int32_t count, int64_t dim, H* result) {
    return guarded([&] { *result = made(torch::stack(list(tensors, count), dim)); });
}
API pst_copy_(H self, H source, int32_t non_blocking) {
    return guarded([&] { self->copy_(*source, non_blocking != 0); });
}
// dtype and device below zero: the tensor's own.
API pst_to(H self, int32_t dtype, int32_t device_type, int32_t device_index, int32_t copy, int32_t non_blocking, H* result) {
    return guarded([&] {
        auto type = dtype < 0 ? self->scalar_type() : static_cast<at::ScalarType>(dtype);
        auto where = device_type < 0 ? self->device() : device(device_type, device_index);
        *result = made(self->to(where, type, non_blocking != 0, copy != 0));
    });
}

// ---- random, in place ----

API pst_bernoulli_(H self, double p, G generator) {
    return guarded([&] { self->bernoulli_(p, chosen(generator)); });
}
API pst_bernoulli(H self, G generator, H* result) {
    return guarded([&] { *result = made(self->bernoulli(chosen(generator))); });
}
API pst_normal_(H self, double mean, double std, G generator) {
    return guarded([&] { self->normal_(mean, std, chosen(generator)); });
}
API pst_uniform_(H self, double from, double to, G generator) {
    return guarded([&] { self->uniform_(from, to, chosen(generator)); });
}

// ---- functional ----

namespace {

// One product whatever the strides. Since 2.0 libtorch multiplies rows that do not lie side by side batch by batch where the weight is frozen: slower, and not the same last bits.
at::Tensor product(const at::Tensor& input, const at::Tensor& weight, const Maybe<at::Tensor>& bias) {
    if (input.dim() < 3 || input.is_contiguous())
        return at::linear(input, weight, bias);
    auto sizes = input.sizes().vec();
    sizes.back() = weight.size(0);
    return at::linear(input.reshape({-1, input.size(-1)}), weight, bias).view(sizes);
}

}  // namespace

API pst_linear(H input, H weight, H bias, H* result) {
    return guarded([&] { *result = made(product(*input, *weight, maybe(bias))); });
}
API pst_layer_norm(H input, const int64_t* shape, int32_t dims, H weight, H bias, double eps, H* result) {
    return guarded([&] { *result = made(torch::layer_norm(*input, ints(shape, dims), maybe(weight), maybe(bias), eps)); });
}
API pst_softmax(H input, int64_t dim, int32_t dtype, H* result) {
    return guarded([&] { *result = made(torch::softmax(*input, dim, typed(dtype))); });
}
API pst_log_softmax(H input, int64_t dim, int32_t dtype, H* result) {
    return guarded([&] { *result = made(torch::log_softmax(*input, dim, typed(dtype))); });
}
API pst_dropout(H input, double p, int32_t training, H* result) {
    return guarded([&] { *result = made(torch::dropout(*input, p, training != 0)); });
}
API pst_cross_entropy(H input, H target, H weight, int64_t ignore_index, int64_t reduction, double label_smoothing, H* result) {
    return guarded([&] { *result = made(torch::cross_entropy_loss(*input, *target, maybe(weight), reduction, ignore_index, label_smoothing)); });
}
API pst_mse_loss(H input, H target, int64_t reduction, H* result) {
    return guarded([&] { *result = made(torch::mse_loss(*input, *target, reduction)); });
}
API pst_binary_cross_entropy_with_logits(H input, H target, H weight, H pos_weights, int64_t reduction, H* result) {
    return guarded(
        [&] { *result = made(torch::binary_cross_entropy_with_logits(*input, *target, maybe(weight), maybe(pos_weights), reduction)); });
}
API pst_one_hot(H self, int64_t classes, H* result) {
    return guarded([&] { *result = made(torch::one_hot(*self, classes)); });
}

namespace {

// softmax(scale q k^T + mask) [* keep] v; q, k, v (batch, heads, time, headSize); a boolean mask says which keys are seen.
at::Tensor attention(
    const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Maybe<at::Tensor>& mask, const Maybe<at::Tensor>& keep,
    double dropout, bool causal, double scale) {
#if PST_SINCE(2, 1)
    if (!keep.has_value())
        return at::scaled_dot_product_attention(q, k, v, mask, dropout, causal, scale);
#endif
    auto scores = at::matmul(q * scale, k.transpose(-2, -1));  // (batch, heads, time, keys)
    if (causal) {
        TORCH_CHECK(!mask.has_value(), "attention takes a mask or is_causal, not both");
        auto seen = at::ones({q.size(-2), k.size(-2)}, q.options().dtype(at::kBool)).tril();
        scores = scores.masked_fill(seen.logical_not(), -std::numeric_limits<double>::infinity());
    } else if (mask.has_value()) {
        if (mask->scalar_type() == at::kBool)
            scores = scores.masked_fill(mask->logical_not(), -std::numeric_limits<double>::infinity());
        else
            scores = scores.add_(*mask);
    }
    auto weights = at::softmax(scores, -1);
    if (dropout > 0)
        weights = at::dropout(weights, dropout, true);
    if (keep.has_value())
        weights = weights * *keep;
    return at::matmul(weights, v);
}

}  // namespace

API pst_scaled_dot_product_attention(H query, H key, H value, H mask, double p, int32_t causal, H* result) {
    return guarded([&] {
        *result = made(attention(
            *query, *key, *value, maybe(mask), Maybe<at::Tensor>(), p, causal != 0, 1.0 / std::sqrt(static_cast<double>(query->size(-1)))));
    });
}

// ---- kernels: what PeftStudio alone has; each has a composition beside it in Kernels.cs ----

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// The fused loops are for fp32 and bf16 on a processor with wide vectors; everything else is composed of libtorch's own functions.
bool fusible(const at::Tensor& t, at::ScalarType type) { return t.is_cpu() && t.scalar_type() == type && cpu::worthwhile(); }
bool fusible(const at::Tensor& t) { return fusible(t, at::kFloat) || fusible(t, at::kBFloat16); }

template <class T>
T* data(const at::Tensor& t) { return static_cast<T*>(t.data_ptr()); }

// Calls run with a null pointer of the type that a fusible tensor's numbers have in the loops.
template <class F>
void by_type(const at::Tensor& t, F run) {
    if (t.scalar_type() == at::kFloat)
        run(static_cast<float*>(nullptr));
    else
        run(static_cast<cpu::Bf16*>(nullptr));
}

// What a fused function cannot give: a gradient of its gradient.
void first_order_only(const char* name) {
    TORCH_CHECK(!at::GradMode::is_enabled(), name, ": a gradient of its gradient was asked for (create_graph), and it has none");
}

// A function of its own takes defined tensors alone: this one stands for none.
at::Tensor or_empty(H t, const at::Tensor& like) { return t == nullptr ? at::empty({0}, like.options()) : *t; }

cpu::Dropping dropping(double p, uint64_t seed) {
    TORCH_CHECK(p >= 0 && p < 1, "dropout: ", p, " is no probability from 0 to below 1");
    return {seed, static_cast<uint32_t>(p * 4294967296.0), static_cast<float>(1 / (1 - p))};
}

// Factors (..., columns), 0 where dropped, else 1 / (1 - p): on the CPU a pure function of seed, row and column; elsewhere from a generator of its own.
at::Tensor keep_factors(at::IntArrayRef sizes, const at::TensorOptions& options, double p, uint64_t seed) {
    at::NoGradGuard no_grad;
    if (!options.device().is_cpu() || !cpu::worthwhile())
        return at::empty(sizes, options).bernoulli_(1 - p, seeded(seed, options.device())).mul_(1 / (1 - p));
    auto ones = at::ones(sizes, options.dtype(at::kFloat));
    if (ones.numel() > 0) {
        const auto d = dropping(p, seed);
        const auto columns = ones.dim() == 0 ? 1 : ones.size(-1);
        auto* data = ones.data_ptr<float>();
        at::parallel_for(0, ones.numel() / columns, 1 + (1 << 14) / columns, [&](int64_t begin, int64_t end) { cpu::drop(data, nullptr, data, columns, begin, end, d); });
    }
    return ones.to(options.dtype());
}

struct Dropped : Function<Dropped> {
    static at::Tensor apply_rows(const at::Tensor& input, const at::Tensor& residual, const cpu::Dropping& d) {
        auto x = input.contiguous(), r = residual.contiguous();
        auto result = at::empty_like(x);
        const auto columns = x.size(-1);
        by_type(x, [&](auto* type) {
            using T = std::remove_pointer_t<decltype(type)>;
            const T *from = data<T>(x), *added = r.numel() > 0 ? data<T>(r) : nullptr;
            auto* to = data<T>(result);
            at::parallel_for(0, x.numel() / columns, 1 + (1 << 14) / columns, [&](int64_t begin, int64_t end) { cpu::drop(from, added, to, columns, begin, end, d); });
        });
        return result;
    }
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& residual, double p, int64_t seed) {
        context->saved_data["p"] = p;
        context->saved_data["seed"] = seed;
        return apply_rows(input, residual, dropping(p, static_cast<uint64_t>(seed)));
    }
    static variable_list backward(AutogradContext* context, variable_list grads) {
        first_order_only("dropout");
        const auto d = dropping(context->saved_data["p"].toDouble(), static_cast<uint64_t>(context->saved_data["seed"].toInt()));
        // The mask is not kept: it is drawn again.
        return {context->needs_input_grad(0) ? apply_rows(grads[0], at::empty({0}, grads[0].options()), d) : at::Tensor(),
                context->needs_input_grad(1) ? grads[0] : at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

struct Gelu : Function<Gelu> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input) {
        auto x = input.contiguous();
        auto y = at::empty_like(x);
        by_type(x, [&](auto* type) {
            using T = std::remove_pointer_t<decltype(type)>;
            const T* from = data<T>(x);
            auto* to = data<T>(y);
            at::parallel_for(0, x.numel(), 1 << 14, [&](int64_t begin, int64_t end) { cpu::gelu_forward(from, to, begin, end); });
        });
        context->save_for_backward({x});
        return y;
    }
    static variable_list backward(AutogradContext* context, variable_list grads) {
        first_order_only("gelu");
        auto x = context->get_saved_variables()[0], grad = grads[0].contiguous();
        auto result = at::empty_like(x);
        by_type(x, [&](auto* type) {
            using T = std::remove_pointer_t<decltype(type)>;
            const T *from = data<T>(x), *slope = data<T>(grad);
            auto* to = data<T>(result);
            at::parallel_for(0, x.numel(), 1 << 14, [&](int64_t begin, int64_t end) { cpu::gelu_backward(from, slope, to, begin, end); });
        });
        return {result};
    }
};

// Over the last dimension; weight and bias, which may be empty, in the input's type.
struct Norm : Function<Norm> {
    template <class T>
    static cpu::NormJob<T> job(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& statistics, const AutogradContext* context) {
        cpu::NormJob<T> job{};
        job.input = data<T>(x);
        job.weight = data<T>(weight);
        job.statistics = data<float>(statistics);
        job.columns = x.size(-1);
        job.centred = context->saved_data.at("centred").toBool();
        job.epsilon = static_cast<float>(context->saved_data.at("epsilon").toDouble());
        return job;
    }
    template <class F>
    static void by_rows(const at::Tensor& x, F run) { at::parallel_for(0, x.numel() / x.size(-1), 1 + (1 << 14) / x.size(-1), run); }
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias, double epsilon, bool centred) {
        context->saved_data["epsilon"] = epsilon;
        context->saved_data["centred"] = centred;
        auto x = input.contiguous(), w = weight.contiguous(), b = bias.contiguous();
        auto result = at::empty_like(x);
        auto statistics = at::empty({x.numel() / x.size(-1), 2}, x.options().dtype(at::kFloat));
        by_type(x, [&](auto* type) {
            using T = std::remove_pointer_t<decltype(type)>;
            auto work = job<T>(x, w, statistics, context);
            work.bias = b.numel() > 0 ? data<T>(b) : nullptr;
            work.output = data<T>(result);
            by_rows(x, [&](int64_t begin, int64_t end) { cpu::norm_forward(work, begin, end); });
        });
        context->save_for_backward({x, w, statistics});
        return result;
    }
    static variable_list backward(AutogradContext* context, variable_list grads) {
        first_order_only("norm");
        auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1], &statistics = saved[2];
        auto grad = grads[0].contiguous();
        at::Tensor grad_input, grad_weight, grad_bias;
        if (context->needs_input_grad(0)) {
            grad_input = at::empty_like(x);
            by_type(x, [&](auto* type) {
                using T = std::remove_pointer_t<decltype(type)>;
                auto work = job<T>(x, weight, statistics, context);
                work.grad = data<T>(grad);
                work.grad_input = data<T>(grad_input);
                by_rows(x, [&](int64_t begin, int64_t end) { cpu::norm_backward(work, begin, end); });
            });
        }
        auto rows = grad.view({-1, x.size(-1)});
        if (context->needs_input_grad(1)) {
            auto off = (x.view(rows.sizes()).to(at::kFloat) - statistics.narrow(1, 0, 1)) * statistics.narrow(1, 1, 1);
            grad_weight = (off * rows).sum(0).to(weight.scalar_type());
        }
        if (context->needs_input_grad(2))
            grad_bias = rows.sum(0, false, at::kFloat).to(weight.scalar_type());
        return {grad_input, grad_weight, grad_bias, at::Tensor(), at::Tensor()};
    }
};

struct AttentionDropout {
    double p;
    uint64_t seed, prefix_seed;
    int64_t prefix;
};

// How scores become weights, from the forward pass to the backward.
void keep_weighing(AutogradContext* context, double scale, double p, int64_t seed, int64_t prefix_seed, int64_t prefix) {
    auto& saved = context->saved_data;
    saved["scale"] = scale;
    saved["p"] = p;
    saved["seed"] = seed;
    saved["prefix_seed"] = prefix_seed;
    saved["prefix"] = prefix;
}

template <class Job>
void read_weighing(const AutogradContext* context, Job& job) {
    const auto& saved = context->saved_data;
    const auto p = saved.at("p").toDouble();
    job.prefix = saved.at("prefix").toInt();
    job.own = dropping(p, static_cast<uint64_t>(saved.at("seed").toInt()));
    job.front = dropping(p, static_cast<uint64_t>(saved.at("prefix_seed").toInt()));
    job.scale = static_cast<float>(saved.at("scale").toDouble());
}

void strides_of(const at::Tensor& t, int64_t* strides, int count) {
    for (int i = 0; i < count; i++)
        strides[i] = t.stride(i);
}

// The last dimension side by side, as the loops read it.
at::Tensor row_major(const at::Tensor& t) { return t.stride(-1) == 1 ? t : t.contiguous(); }

// Result (batch, rows, heads, size): as the next product reads it.
struct Attention : Function<Attention> {
    static cpu::AttentionJob job(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AutogradContext* context) {
        cpu::AttentionJob job{};
        job.query = q.data_ptr<float>();
        job.key = k.data_ptr<float>();
        job.value = v.data_ptr<float>();
        strides_of(q, job.query_strides, 3);
        strides_of(k, job.key_strides, 3);
        strides_of(v, job.value_strides, 3);
        job.batch = q.size(0);
        job.heads = q.size(1);
        job.rows = q.size(2);
        job.keys = k.size(2);
        job.size = q.size(3);
        read_weighing(context, job);
        return job;
    }
    static at::Tensor forward(
        AutogradContext* context, const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const at::Tensor& mask, double scale, double p,
        int64_t seed, int64_t prefix_seed, int64_t prefix, bool keeps) {
        auto q = row_major(query), k = row_major(key), v = row_major(value);
        keep_weighing(context, scale, p, seed, prefix_seed, prefix);
        auto work = job(q, k, v, context);
        at::Tensor added, weights;
        if (mask.numel() > 0) {
            added = mask.expand({work.batch, work.heads, work.rows, work.keys});
            work.mask = added.data_ptr<float>();
            strides_of(added, work.mask_strides, 4);
        }
        if (keeps) {
            weights = at::empty({work.batch, work.heads, work.rows, work.keys}, q.options());
            work.weights = weights.data_ptr<float>();
        }
        auto result = at::empty({work.batch, work.rows, work.heads, work.size}, q.options());
        work.output = result.data_ptr<float>();
        at::parallel_for(0, work.batch * work.heads, 1, [&](int64_t begin, int64_t end) { cpu::attention_forward(work, begin, end); });
        context->save_for_backward({q, k, v, weights});
        return result;
    }
    static variable_list backward(AutogradContext* context, variable_list grads) {
        first_order_only("attention");
        auto saved = context->get_saved_variables();
        const auto &q = saved[0], &k = saved[1], &v = saved[2];
        auto work = job(q, k, v, context);
        work.weights = saved[3].data_ptr<float>();
        auto grad = row_major(grads[0]).transpose(1, 2);  // (batch, heads, rows, size)
        work.grad = grad.data_ptr<float>();
        strides_of(grad, work.grad_strides, 3);
        auto room = [&](int64_t time) { return at::empty({work.batch, time, work.heads, work.size}, q.options()); };
        auto grad_query = room(work.rows), grad_key = room(work.keys), grad_value = room(work.keys);
        work.grad_query = grad_query.data_ptr<float>();
        work.grad_key = grad_key.data_ptr<float>();
        work.grad_value = grad_value.data_ptr<float>();
        at::parallel_for(0, work.batch * work.heads, 1, [&](int64_t begin, int64_t end) { cpu::attention_backward(work, begin, end); });
        const at::Tensor none;
        return {grad_query.transpose(1, 2), grad_key.transpose(1, 2), grad_value.transpose(1, 2), none, none, none, none, none, none, none};
    }
};

// softmax(scale scores + mask) with weights dropped; scores (batch, heads, rows, keys) of bf16.
struct DroppedSoftmax : Function<DroppedSoftmax> {
    static cpu::SoftmaxJob job(const at::Tensor& scores, const AutogradContext* context) {
        cpu::SoftmaxJob job{};
        job.heads = scores.size(1);
        job.rows = scores.size(2);
        job.keys = scores.size(3);
        read_weighing(context, job);
        return job;
    }
    static int64_t grain(const at::Tensor& scores) { return 1 + (1 << 14) / scores.size(3); }
    static at::Tensor forward(
        AutogradContext* context, const at::Tensor& scores, const at::Tensor& mask, double scale, double p, int64_t seed, int64_t prefix_seed, int64_t prefix, bool keeps) {
        keep_weighing(context, scale, p, seed, prefix_seed, prefix);
        auto x = scores.contiguous();
        auto work = job(x, context);
        at::Tensor added, weights;
        if (mask.numel() > 0) {
            added = mask.expand(x.sizes());
            work.mask = data<cpu::Bf16>(added);
            strides_of(added, work.mask_strides, 4);
        }
        if (keeps) {
            weights = at::empty_like(x);
            work.weights = data<cpu::Bf16>(weights);
        }
        auto result = at::empty_like(x);
        work.scores = data<cpu::Bf16>(x);
        work.dropped = data<cpu::Bf16>(result);
        at::parallel_for(0, x.numel() / work.keys, grain(x), [&](int64_t begin, int64_t end) { cpu::softmax_forward(work, begin, end); });
        context->save_for_backward({weights});
        return result;
    }
    static variable_list backward(AutogradContext* context, variable_list grads) {
        first_order_only("attention");
        auto weights = context->get_saved_variables()[0], grad = grads[0].contiguous();
        auto result = at::empty_like(weights);
        auto work = job(weights, context);
        work.weights = data<cpu::Bf16>(weights);
        work.grad = data<cpu::Bf16>(grad);
        work.grad_scores = data<cpu::Bf16>(result);
        at::parallel_for(0, weights.numel() / work.keys, grain(weights), [&](int64_t begin, int64_t end) { cpu::softmax_backward(work, begin, end); });
        const at::Tensor none;
        return {result, none, none, none, none, none, none, none};
    }
};

at::Tensor attention_with_dropout(
    const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask, double scale, const AttentionDropout& dropout) {
    const auto type = q.scalar_type();
    const bool plain = fusible(q) && q.dim() == 4 && fusible(k, type) && fusible(v, type) && q.numel() > 0 && k.numel() > 0 && k.size(3) == q.size(3) && v.size(3) == q.size(3) &&
        k.sizes() == v.sizes() && k.size(0) == q.size(0) && k.size(1) == q.size(1) && (!mask.defined() || (fusible(mask, type) && !mask.requires_grad()));
    const at::Tensor given = mask.defined() ? mask : at::empty({0}, q.options());
    // Without dropout libtorch 2's own is the better for bf16.
    if (plain && type == at::kBFloat16 && (dropout.p > 0 || !PST_SINCE(2, 1))) {
        auto scores = at::matmul(q, k.transpose(-2, -1));
        const bool keeps = at::GradMode::is_enabled() && scores.requires_grad();
        auto weights = DroppedSoftmax::apply(
            scores, given, scale, dropout.p, static_cast<int64_t>(dropout.seed), static_cast<int64_t>(dropout.prefix_seed), dropout.prefix, keeps);
        return at::matmul(weights, v);
    }
    if (plain && type == at::kFloat) {
        const bool keeps = at::GradMode::is_enabled() && (q.requires_grad() || k.requires_grad() || v.requires_grad());
        return Attention::apply(
                   q, k, v, given, scale, dropout.p, static_cast<int64_t>(dropout.seed), static_cast<int64_t>(dropout.prefix_seed), dropout.prefix, keeps)
            .transpose(1, 2);
    }
    const auto added = mask.defined() ? Maybe<at::Tensor>(mask) : Maybe<at::Tensor>();
#if PST_SINCE(2, 1)
    // CUDA's fused attention draws from the device's own generator: what it drops is a function of the seed there too.
    if (dropout.p > 0 && dropout.prefix == 0 && q.is_cuda()) {
        auto generator = at::globalContext().defaultGenerator(q.device());
        {
            std::lock_guard<std::mutex> lock(generator.mutex());
            generator.set_current_seed(dropout.seed);
        }
        return attention(q, k, v, added, Maybe<at::Tensor>(), dropout.p, false, scale);
    }
#endif
    Maybe<at::Tensor> keep;
    if (dropout.p > 0) {
        auto factors = [&](int64_t keys, uint64_t seed) { return keep_factors({q.size(0), q.size(1), q.size(2), keys}, q.options(), dropout.p, seed); };
        auto own = factors(k.size(2) - dropout.prefix, dropout.seed);
        keep = dropout.prefix == 0 ? own : at::cat({factors(dropout.prefix, dropout.prefix_seed), own}, -1);
    }
    return attention(q, k, v, added, keep, 0.0, false, scale);
}

// x (rows, in): x W^T + b over W + scale B A, made anew in each pass: one product in the place of three, and nothing but x is kept.
struct MergedLora : Function<MergedLora> {
    static at::Tensor forward(
        AutogradContext* context, const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& a, const at::Tensor& b, double scale) {
        context->save_for_backward({input, weight, a, b});
        context->saved_data["scale"] = scale;
        return at::linear(input, at::addmm(weight, b, a, 1, scale), bias.numel() > 0 ? Maybe<at::Tensor>(bias) : Maybe<at::Tensor>());
    }
    static variable_list backward(AutogradContext* context, variable_list grads) {
        first_order_only("LoRA");
        auto saved = context->get_saved_variables();
        const auto &input = saved[0], &weight = saved[1], &a = saved[2], &b = saved[3];
        const auto scale = context->saved_data["scale"].toDouble();
        const auto& grad = grads[0];
        at::Tensor grad_input, grad_bias, grad_a, grad_b;
        if (context->needs_input_grad(0))
            grad_input = at::mm(grad, at::addmm(weight, b, a, 1, scale));
        if (context->needs_input_grad(2))
            grad_bias = grad.sum(0);
        if (context->needs_input_grad(3))
            grad_a = at::mm(at::mm(grad, b).t(), input).mul_(scale);
        if (context->needs_input_grad(4))
            grad_b = at::mm(grad.t(), at::mm(input, a.t())).mul_(scale);
        return {grad_input, at::Tensor(), grad_bias, grad_a, grad_b, at::Tensor()};
    }
};

}  // namespace

// Attention whose weights are dropped with probability p; the result is (batch, heads, rows, size). Masks of the first prefix keys come from a seed of their own.
API pst_attention(H query, H key, H value, H mask, double scale, double p, uint64_t seed, int64_t prefix, uint64_t prefix_seed, H* result) {
    return guarded([&] {
        *result = made(attention_with_dropout(*query, *key, *value, mask == nullptr ? at::Tensor() : *mask, scale, {p, seed, prefix_seed, prefix}));
    });
}

// input with values dropped and the rest scaled up, + residual, which may be null.
API pst_dropped(H input, H residual, double p, uint64_t seed, H* result) {
    return guarded([&] {
        TORCH_CHECK(residual == nullptr || residual->sizes() == input->sizes(), "dropout: a residual of another shape");
        if (fusible(*input) && input->dim() > 0 && input->numel() > 0 && (residual == nullptr || fusible(*residual, input->scalar_type()))) {
            *result = made(Dropped::apply(*input, or_empty(residual, *input), p, static_cast<int64_t>(seed)));
            return;
        }
        auto left = *input * keep_factors(input->sizes(), input->options(), p, seed);
        *result = made(residual == nullptr ? left : left.add_(*residual));
    });
}

API pst_keep_factors(const int64_t* shape, int32_t dims, int32_t dtype, int32_t device_type, int32_t device_index, double p, uint64_t seed, H* result) {
    return guarded([&] { *result = made(keep_factors(ints(shape, dims), options(dtype, device_type, device_index), p, seed)); });
}

API pst_fused_gelu(H input, H* result) {
    return guarded([&] { *result = made(fusible(*input) ? Gelu::apply(*input) : at::gelu(*input)); });
}

// Over the last dimension, centred (layer norm) or not (root mean squares); bias may be null. Layer norm in fp32 is libtorch's own; in bf16 that of 1.13 takes ten times as long.
API pst_fused_norm(H input, H weight, H bias, double epsilon, int32_t centred, H* result) {
    return guarded([&] {
        const auto type = input->scalar_type();
        const auto width = input->dim() == 0 ? 0 : input->size(-1);
        TORCH_CHECK(weight->dim() == 1 && weight->size(0) == width && (bias == nullptr || bias->sizes() == weight->sizes()), "norm: weight and bias of another width");
        const bool own = type == at::kBFloat16 || centred == 0;
        if (own && fusible(*input) && input->numel() > 0 && fusible(*weight, type) && (bias == nullptr || fusible(*bias, type))) {
            *result = made(Norm::apply(*input, *weight, or_empty(bias, *weight), epsilon, centred != 0));
            return;
        }
        if (centred != 0) {
            *result = made(torch::layer_norm(*input, {width}, *weight, maybe(bias), epsilon));
            return;
        }
        auto exact = type == at::kDouble ? *input : input->to(at::kFloat);
        auto normed = (exact * at::rsqrt(exact.square().mean(-1, true) + epsilon)).to(type) * *weight;
        *result = made(bias == nullptr ? normed : normed.add_(*bias));
    });
}

// x W^T + b + scale (x A^T) B^T; A and B are brought to the input's type.
API pst_lora_linear(H input, H weight, H bias, H a, H b, double scale, H* result) {
    return guarded([&] {
        auto type = input->scalar_type();
        // Merging pays where there are more rows than it has to multiply.
        const bool merged = input->is_cpu() && type == at::kFloat && weight->scalar_type() == type && a->scalar_type() == type && b->scalar_type() == type &&
            weight->dim() == 2 && !weight->requires_grad() && input->numel() / weight->size(1) * 2 >= weight->size(0);
        if (merged) {
            auto sizes = input->sizes().vec();
            sizes.back() = weight->size(0);
            // Flat inside: a function of its own must not return a view, or nobody could add to it in place.
            auto flat = input->reshape({-1, weight->size(1)});
            *result = made(MergedLora::apply(flat, *weight, or_empty(bias, *weight), *a, *b, scale).view(sizes));
            return;
        }
        auto low = product(*input, a->to(type), {});      // (..., r)
        auto delta = product(low, b->to(type), {});       // (..., out)
        *result = made(product(*input, *weight, maybe(bias)).add_(delta, scale));
    });
}

namespace {

struct AdamW {
    double rate, decay, beta1, beta2, epsilon;
    int64_t step;
};

void adamw_floats(
    float* p, const float* g, float* m, float* v, const float* rates, const float* decays, const AdamW& o, double correction1, double root2,
    int64_t begin, int64_t end) {
    const auto beta1 = static_cast<float>(o.beta1), beta2 = static_cast<float>(o.beta2);
    const auto rest1 = static_cast<float>(1 - o.beta1), rest2 = static_cast<float>(1 - o.beta2);
    const auto rate = static_cast<float>(o.rate), decay = static_cast<float>(o.decay), epsilon = static_cast<float>(o.epsilon);
    const auto scale1 = static_cast<float>(1 / correction1), scale2 = static_cast<float>(1 / root2);
    for (int64_t i = begin; i < end; i++) {
        const float lr = rates == nullptr ? rate : rate * rates[i];
        const float wd = decays == nullptr ? decay : decay * decays[i];
        m[i] = beta1 * m[i] + rest1 * g[i];
        v[i] = beta2 * v[i] + rest2 * g[i] * g[i];
        p[i] = p[i] * (1 - lr * wd) - lr * scale1 * m[i] / (std::sqrt(v[i]) * scale2 + epsilon);
    }
}

}  // namespace

// One AdamW step (Loshchilov and Hutter 2019) over flat fp32 buffers; rates and decays are per-element factors, or null.
API pst_adamw(
    H parameters, H gradient, H mean, H square, H rates, H decays, double rate, double decay, double beta1, double beta2, double epsilon, int64_t step) {
    return guarded([&] {
        at::NoGradGuard no_grad;
        const AdamW o{rate, decay, beta1, beta2, epsilon, step};
        const double correction1 = 1 - std::pow(beta1, static_cast<double>(step)), root2 = std::sqrt(1 - std::pow(beta2, static_cast<double>(step)));
        const auto count = parameters->numel();
        bool plain = true;
        for (H t : {parameters, gradient, mean, square, rates, decays}) {
            if (t == nullptr)
                continue;
            TORCH_CHECK(t->numel() == count, "AdamW: buffers of ", count, " and ", t->numel(), " elements");
            plain = plain && t->is_cpu() && t->scalar_type() == at::kFloat && t->is_contiguous();
        }
        if (plain) {
            auto* p = parameters->data_ptr<float>();
            auto* g = gradient->data_ptr<float>();
            auto* m = mean->data_ptr<float>();
            auto* v = square->data_ptr<float>();
            auto* r = rates == nullptr ? nullptr : rates->data_ptr<float>();
            auto* d = decays == nullptr ? nullptr : decays->data_ptr<float>();
            at::parallel_for(0, count, 1 << 15, [&](int64_t begin, int64_t end) { adamw_floats(p, g, m, v, r, d, o, correction1, root2, begin, end); });
            return;
        }
        auto lr = rates == nullptr ? at::Tensor() : *rates * rate;
        auto shrink = rates == nullptr && decays == nullptr ? at::Tensor()
            : rates == nullptr ? 1 - *decays * (rate * decay)
            : decays == nullptr ? 1 - lr * decay
                                : 1 - lr * *decays * decay;
        if (shrink.defined())
            parameters->mul_(shrink);
        else
            parameters->mul_(1 - rate * decay);
        mean->mul_(beta1).add_(*gradient, 1 - beta1);
        square->mul_(beta2).addcmul_(*gradient, *gradient, 1 - beta2);
        auto root = square->sqrt().div_(root2).add_(epsilon);
        if (lr.defined())
            parameters->sub_(lr.mul_(*mean).div_(root).div_(correction1));
        else
            parameters->addcdiv_(*mean, root, -rate / correction1);
    });
}

// Scales a flat gradient to at most max_norm in the Euclidean norm, without waiting for the device; the result is the norm before.
API pst_clip_norm(H gradient, double max_norm, H* norm) {
    return guarded([&] {
        at::NoGradGuard no_grad;
        auto before = gradient->norm();
        gradient->mul_((max_norm / (before + 1e-6)).clamp_max(1.0));
        *norm = made(before);
    });
}
