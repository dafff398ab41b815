#include "log_lines.hpp"

#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace ringcast::test {

class LogLines::Sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    std::size_t count(const std::string& text) {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count_if(
            lines_.begin(), lines_.end(),
            [&](const std::string& line) { return line.find(text) != std::string::npos; }));
    }

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        lines_.emplace_back(message.payload.data(), message.payload.size());
    }
    void flush_() override {}

    std::vector<std::string> lines_;
};

LogLines::LogLines()
    : sink_(std::make_shared<Sink>()), logger_(std::make_shared<spdlog::logger>("test", sink_)) {}

std::size_t LogLines::count(const std::string& text) const {
    return sink_->count(text);
}

}  // namespace ringcast::test
