#include "peek.hpp"

#include <utility>

namespace ringcast::simulation {

void Peek::Tasks::run() {
    while (!tasks_.empty()) {
        for (const Task& task : std::exchange(tasks_, {})) task();
    }
}

std::optional<std::vector<std::string>> Peek::children(std::string_view path) {
    std::optional<std::vector<std::string>> found;
    tasks_.run();
    znodes_->children(std::string(path), {},
                      [&found](std::error_code error, std::vector<std::string> names, const auto&) {
                          if (!error) found = std::move(names);
                      });
    tasks_.run();
    return found;
}

std::optional<std::string> Peek::data(std::string_view path) {
    std::optional<std::string> found;
    tasks_.run();
    znodes_->get(std::string(path), {},
                 [&found](std::error_code error, std::string data, const auto&) {
                     if (!error) found = std::move(data);
                 });
    tasks_.run();
    return found;
}

}  // namespace ringcast::simulation
