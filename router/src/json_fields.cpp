#include "json_fields.hpp"

#include "ringcast/router/entries.hpp"

namespace ringcast::router::detail {
namespace {

namespace json = boost::json;

const json::object& empty() {
    static const json::object none;
    return none;
}

}  // namespace

Fields::Fields(std::string_view text) {
    if (text.size() > entry_size_max) return;
    json::parse_options options;
    options.max_depth = 4;
    boost::system::error_code error;
    value_ = json::parse(text, error, {}, options);
    if (!error) object_ = value_.if_object();
    failed_ = object_ == nullptr;
}

Fields::Fields(const Fields& outer, std::string_view name)
    : object_(&empty()), failed_(outer.failed_) {
    if (const json::value* inner = outer.find(name)) {
        object_ = inner->if_object();
        failed_ = object_ == nullptr;
    }
}

void Fields::take(std::string_view name, std::string& out, bool required) {
    const json::value* value = find(name, required);
    if (value == nullptr) return;
    const json::string* text = value->if_string();
    if (text == nullptr || text->size() > text_size_max) return fail();
    out.assign(text->data(), text->size());
}

void Fields::take(std::string_view name, bool& out, bool required) {
    const json::value* value = find(name, required);
    if (value == nullptr) return;
    if (!value->is_bool()) return fail();
    out = value->get_bool();
}

void Fields::take_id(std::string_view name, std::string& out, bool required) {
    take(name, out, required);
    if (find(name) != nullptr && !is_entry_id(out)) fail();
}

template <typename Fit>
void Fields::take_texts(std::string_view name, std::vector<std::string>& out, Fit fit) {
    const json::value* value = find(name);
    if (value == nullptr) return;
    const json::array* array = value->if_array();
    if (array == nullptr) return fail();
    for (const json::value& element : *array) {
        const json::string* text = element.if_string();
        if (text == nullptr || !fit({text->data(), text->size()})) return fail();
        out.emplace_back(text->data(), text->size());
    }
}

void Fields::take_ids(std::string_view name, std::vector<std::string>& out) {
    take_texts(name, out, [](std::string_view id) { return is_entry_id(id); });
}

void Fields::take_channels(std::string_view name, std::vector<std::string>& out) {
    take_texts(name, out, [](std::string_view channel) {
        return !channel.empty() && channel.size() <= channel_size_max;
    });
}

void Fields::take_rising(std::string_view name, std::vector<std::uint32_t>& out,
                         std::uint32_t max) {
    const json::value* value = find(name);
    if (value == nullptr) return;
    const json::array* array = value->if_array();
    if (array == nullptr) return fail();
    std::uint32_t least = 1;
    for (const json::value& element : *array) {
        std::uint32_t number = 0;
        take_integer(element, number, least, max);
        if (failed_) return;
        out.push_back(number);
        least = number + 1;
    }
}

const json::value* Fields::find(std::string_view name) const {
    return failed_ ? nullptr : object_->if_contains({name.data(), name.size()});
}

const json::value* Fields::find(std::string_view name, bool required) {
    const json::value* value = find(name);
    if (value == nullptr && required) fail();
    return value;
}

}  // namespace ringcast::router::detail
