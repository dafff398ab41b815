#include "ringcast/membership/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace ringcast::membership {

std::shared_ptr<spdlog::logger> make_log(const std::string& name, const std::string& level) {
    auto log = spdlog::stderr_color_mt(name);
    log->set_level(spdlog::level::from_str(level));
    return log;
}

}  // namespace ringcast::membership
