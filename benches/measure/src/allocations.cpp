#include "tasker/measure/allocations.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>

namespace tasker::measure {

namespace {

/// Each thread counts in its slot, without a locked instruction, so that counting costs about a
/// nanosecond. The last slot is shared by further threads, whose counts may get lost.
struct alignas(64) slot {
    std::atomic<std::uint64_t> count;
    std::atomic<std::uint64_t> bytes;
};

std::array<slot, 256> slots;
std::atomic<std::size_t> taken;
thread_local slot* own = nullptr;

[[maybe_unused]] void note(std::size_t bytes) noexcept {
    if (own == nullptr) {
        auto const index = taken.fetch_add(1);
        own = &slots[index < slots.size() ? index : slots.size() - 1];
    }
    constexpr auto relaxed = std::memory_order_relaxed;
    own->count.store(own->count.load(relaxed) + 1, relaxed);
    own->bytes.store(own->bytes.load(relaxed) + bytes, relaxed);
}

} // namespace

allocations allocated() noexcept {
    allocations out;
    auto const used = taken.load();
    for (std::size_t i = 0; i < used && i < slots.size(); ++i) {
        out.count += slots[i].count.load(std::memory_order_relaxed);
        out.bytes += slots[i].bytes.load(std::memory_order_relaxed);
    }
    return out;
}

} // namespace tasker::measure

// glibc's own functions, in front of which those below are put (see "Replacing malloc" in its
// manual).
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// NOLINTBEGIN(*-reserved-identifier,*-identifier-naming)
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) noexcept {
    tasker::measure::note(bytes);
    return __libc_malloc(bytes);
}

void* calloc(std::size_t count, std::size_t bytes) noexcept {
    tasker::measure::note(count * bytes);
    return __libc_calloc(count, bytes);
}

void* realloc(void* old, std::size_t bytes) noexcept {
    tasker::measure::note(bytes);
    return __libc_realloc(old, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
    tasker::measure::note(bytes);
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) noexcept {
    tasker::measure::note(bytes);
    *out = __libc_memalign(alignment, bytes);
    return *out == nullptr ? ENOMEM : 0;
}
}
// NOLINTEND(*-reserved-identifier,*-identifier-naming)

#endif
