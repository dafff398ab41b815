#include "wrong_use.hpp"

#include <charconv>
#include <string_view>
#include <vector>

namespace ringcast::ctl {
namespace {

/// A decade: nobody waits longer, and it can be counted in milliseconds.
constexpr double seconds_max = 315'360'000;

template <typename Number>
bool is_number_in(const std::string& text, Number from, Number to) {
    Number number{};
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc{} && read.ptr == end && number >= from && number <= to;
}

/// The last command that was named; the program itself when none was.
const CLI::App& last_of(const CLI::App& app) {
    const CLI::App* last = &app;
    while (!last->get_subcommands().empty()) last = last->get_subcommands().back();
    return *last;
}

std::string names_in(const CLI::App& app) {
    std::string names;
    for (const CLI::App* each : app.get_subcommands(std::function<bool(const CLI::App*)>{})) {
        names += (names.empty() ? "" : ", ") + each->get_name();
    }
    return names;
}

std::string no_command(const CLI::App& app, const std::string& word) {
    const CLI::App& last = last_of(app);
    if (&last == &app) {
        const std::string what =
            word.empty() ? "a command is missing" : "there is no command '" + word + "'";
        return what + ": there are " + names_in(app);
    }
    const std::string what = word.empty()
                                 ? "after '" + last.get_name() + "' a word is missing"
                                 : "there is no command '" + last.get_name() + " " + word + "'";
    return what + ": it goes with " + names_in(last);
}

/// What an option wants, as its help says it: ": HH:MM-HH:MM".
std::string form_of(const CLI::App& app, const std::string& name) {
    const CLI::Option* option = last_of(app).get_option_no_throw(name);
    if (option == nullptr) option = app.get_option_no_throw(name);
    return option == nullptr ? "" : ": " + option->get_type_name();
}

}  // namespace

std::string command_of(const CLI::App& app) {
    std::string names = app.get_name();
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
        at = at->get_subcommands().back();
        names += " " + at->get_name();
    }
    return names;
}

std::string sentence_of(const CLI::ParseError& error, const CLI::App& app) {
    const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
    const std::vector<std::string> rest = app.remaining(true);
    const bool commandless = last_of(app).get_require_subcommand_min() != 0;
    if (!rest.empty() && (commandless || kind == CLI::ExitCodes::ExtrasError)) {
        if (rest.front().starts_with('-')) return "there is no option '" + rest.front() + "'";
        if (!commandless) return "'" + rest.front() + "' is one word too many";
        return no_command(app, rest.front());
    }
    if (commandless && kind == CLI::ExitCodes::RequiredError) return no_command(app, "");

    // "NAME: what is wrong"; of a conversion, which only flags need, "Could not convert: NAME =
    // value".
    const std::string text = error.what();
    const std::size_t colon = text.find(": ");
    if (colon == std::string::npos) return text;
    const std::string name = text.substr(0, colon);
    const std::string wrong = text.substr(colon + 2);
    switch (kind) {
        case CLI::ExitCodes::ValidationError:
            return name + " " + wrong;
        case CLI::ExitCodes::ConversionError:
            return wrong.substr(0, wrong.find(" = ")) + " takes no value";
        case CLI::ExitCodes::ArgumentMismatch:
            if (wrong.ends_with("missing")) return name + " needs a value" + form_of(app, name);
            return name + " is given more than once";
        default:
            return text;
    }
}

CLI::Validator whole_number(std::uint64_t from, std::uint64_t to) {
    return {[from, to](const std::string& text) {
                if (is_number_in(text, from, to)) return std::string();
                return "is a whole number from " + std::to_string(from) + " to " +
                       std::to_string(to) + ", not '" + text + "'";
            },
            ""};
}

CLI::Validator seconds() {
    return {[](const std::string& text) {
                if (is_number_in(text, 0.001, seconds_max)) return std::string();
                return "is a number of seconds, more than 0, not '" + text + "'";
            },
            ""};
}

}  // namespace ringcast::ctl
