#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

// What `new` and `delete` are in the program that runs seeds. A seed makes a few million small
// objects, most of which live for a task or two, and leaves nothing behind; the next seed does the
// same. So what a thread drops it keeps, by size, for the next object of that size, and nothing is
// given back. Objects may be dropped by another thread than the one that made them: then that one
// keeps them.
//
// Pieces of one size lie together in a span, spans in one region of addresses: so it can be told of
// any piece whether it is one, and of which size.

namespace {

constexpr std::size_t step = 16;  // sizes are multiples of it, and everything is aligned by it
constexpr std::size_t small_max = 1'024;  // what is larger is left to malloc
constexpr std::size_t span_bytes = std::size_t{1} << 16U;
constexpr std::size_t region_bytes = std::size_t{1} << 38U;  // addresses only
static_assert(step >= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

struct Piece {
    Piece* next;
};

constinit thread_local std::array<Piece*, small_max / step + 1> dropped{};  // by size in steps

std::atomic<std::uintptr_t> region_begin = 0;
std::atomic<std::size_t> region_used = 0;

std::uintptr_t reserve_region() {
    void* const region = mmap(nullptr, region_bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED) std::abort();
    const auto begin = reinterpret_cast<std::uintptr_t>(region);
    const auto aligned = (begin + span_bytes - 1) / span_bytes * span_bytes;
    std::uintptr_t none = 0;
    return region_begin.compare_exchange_strong(none, aligned) ? aligned : none;
}

bool is_piece(const void* object) {
    const auto begin = region_begin.load(std::memory_order_relaxed);
    return begin != 0 && reinterpret_cast<std::uintptr_t>(object) - begin < region_bytes;
}

/// A span begins with the size of its pieces, in steps.
std::size_t steps_of(void* piece) {
    const auto span = reinterpret_cast<std::uintptr_t>(piece) / span_bytes * span_bytes;
    return *reinterpret_cast<const std::size_t*>(span);
}

/// Out of line: the usual case shall be short.
[[gnu::noinline]] void* cut_new_span(std::size_t steps) {
    auto begin = region_begin.load();
    if (begin == 0) begin = reserve_region();
    const std::size_t used = region_used.fetch_add(span_bytes);
    if (used + 2 * span_bytes > region_bytes) throw std::bad_alloc();
    auto* const span = reinterpret_cast<std::byte*>(begin + used);
    *reinterpret_cast<std::size_t*>(span) = steps;
    const std::size_t size = steps * step;
    Piece* first = nullptr;
    for (std::size_t at = step + (span_bytes - step) / size * size; at > step;) {
        at -= size;
        first = new (span + at) Piece{first};
    }
    dropped[steps] = first->next;
    return first;
}

void keep(void* piece, std::size_t steps) {
    dropped[steps] = new (piece) Piece{dropped[steps]};
}

}  // namespace

void* operator new(std::size_t size) {
    if (size > small_max) {
        void* const made = std::malloc(size);
        if (made == nullptr) throw std::bad_alloc();
        return made;
    }
    const std::size_t steps = size == 0 ? 1 : (size + step - 1) / step;
    Piece* const piece = dropped[steps];
    if (piece == nullptr) return cut_new_span(steps);
    dropped[steps] = piece->next;
    return piece;
}

void operator delete(void* object) noexcept {
    if (object == nullptr) return;
    if (!is_piece(object)) return std::free(object);
    keep(object, steps_of(object));
}

void operator delete(void* object, std::size_t size) noexcept {
    if (object == nullptr) return;
    if (size > small_max) return std::free(object);
    keep(object, size == 0 ? 1 : (size + step - 1) / step);
}
