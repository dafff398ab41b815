#pragma once

#include "entries_limits.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router::detail {

/// Reads the fields of one JSON object. A field that is there with the wrong type or an impossible
/// value spoils the whole; one that is absent keeps its default unless it is required. An object
/// within is read by `Fields(outer, name)`, and spoils only itself: ask both whether they failed.
class Fields {
public:
    /// Refuses text that is longer than an entry may be, or nested deeper than any is.
    explicit Fields(std::string_view text);

    /// The fields of an object within; all absent when it is.
    Fields(const Fields& outer, std::string_view name);

    [[nodiscard]] bool failed() const { return failed_; }
    void fail() { failed_ = true; }
    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }

    void take(std::string_view name, std::string& out, bool required = false);
    void take(std::string_view name, bool& out, bool required = false);

    /// An id of a node or gateway. When it is not required, an absent one stays empty.
    void take_id(std::string_view name, std::string& out, bool required);
    void take_ids(std::string_view name, std::vector<std::string>& out);
    void take_channels(std::string_view name, std::vector<std::string>& out);

    template <typename Integer>
    void take(std::string_view name, Integer& out,
              Integer max = std::numeric_limits<Integer>::max(), Integer min = 0) {
        if (const auto* value = find(name)) take_integer(*value, out, min, max);
    }

    /// Numbers that rise, from 1 to `max`; as many as that at most.
    void take_rising(std::string_view name, std::vector<std::uint32_t>& out, std::uint32_t max);

private:
    /// An array of texts, each of which is `fit`.
    template <typename Fit>
    void take_texts(std::string_view name, std::vector<std::string>& out, Fit fit);

    template <typename Integer>
    void take_integer(const boost::json::value& value, Integer& out, Integer min, Integer max) {
        boost::system::error_code error;
        const auto number = value.to_number<Integer>(error);
        if (error || !(value.is_int64() || value.is_uint64()) || number < min || number > max) {
            return fail();
        }
        out = number;
    }

    [[nodiscard]] const boost::json::value* find(std::string_view name) const;
    const boost::json::value* find(std::string_view name, bool required);

    boost::json::value value_;
    const boost::json::object* object_ = nullptr;
    bool failed_ = true;
};

}  // namespace ringcast::router::detail
