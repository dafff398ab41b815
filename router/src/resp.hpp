#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router::resp {

enum class Type : std::uint8_t { text, status, error, integer, nil, array };

/// One reply of a node, as a view into the `Reader` that made it: valid until the reader is used
/// again. Nested arrays lie flat, parent before children.
class Reply {
public:
    struct Item {
        Type type;
        std::int64_t number;  ///< integer: its value; array: how many elements
        std::size_t begin;    ///< text, status, error: where it lies in the bytes
        std::size_t length;
    };

    Reply(std::span<const Item> items, const char* bytes) : items_(items), bytes_(bytes) {}

    [[nodiscard]] Type type() const noexcept { return items_.front().type; }
    [[nodiscard]] bool is_error() const noexcept { return type() == Type::error; }
    [[nodiscard]] bool is_array() const noexcept { return type() == Type::array; }

    /// Of a text, status or error; empty for the others.
    [[nodiscard]] std::string_view text() const noexcept {
        return {bytes_ + items_.front().begin, items_.front().length};
    }
    /// Of an integer; 0 for the others.
    [[nodiscard]] std::int64_t integer() const noexcept {
        return type() == Type::integer ? items_.front().number : 0;
    }
    /// Elements of an array; 0 for the others.
    [[nodiscard]] std::size_t size() const noexcept {
        return is_array() ? static_cast<std::size_t>(items_.front().number) : 0;
    }
    /// Requires: index < size(). Constant time where the elements before it are no arrays, as in
    /// everything a subscribed connection receives.
    [[nodiscard]] Reply operator[](std::size_t index) const noexcept;

private:
    std::span<const Item> items_;
    const char* bytes_;
};

/// Cuts the byte stream of one connection into replies: hiredis's parser, writing into buffers that
/// are used again for each reply, so that in the long run it allocates nothing. The stream may be
/// hostile: a reply larger than the limit, nested deeper than 7 or malformed is a fault, after
/// which the connection is of no more use.
class Reader {
public:
    enum class Fault { none, malformed, too_large };

    /// Requires: `reply_bytes_max` > 0.
    explicit Reader(std::size_t reply_bytes_max);
    ~Reader();

    /// Requires: `next` has returned nothing since the last feed. The bytes stay where they are
    /// until it does so again.
    void feed(std::string_view bytes);

    /// The next whole reply; nothing when more bytes are needed or there is a fault.
    [[nodiscard]] std::optional<Reply> next();

    [[nodiscard]] Fault fault() const noexcept;

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

/// Appends one command to `out`, each argument with its length: any bytes are harmless in it.
void append_command(std::string& out, std::span<const std::string_view> arguments);

}  // namespace ringcast::router::resp
