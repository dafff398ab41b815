#include "agent.hpp"
#include "command_line.hpp"
#include "ringcast/membership/log.hpp"
#include "ringcast/membership/random_id.hpp"
#include "ringcast/membership/zookeeper.hpp"
#include "ringcast/router/asio_scheduler.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>

namespace {

using namespace ringcast;

constexpr int exit_failed = 1;
constexpr int exit_wrong_use = 2;

router::Surroundings surroundings() {
    return {.variable = [](const char* name) -> std::optional<std::string> {
                const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
                if (value == nullptr) return std::nullopt;
                return value;
            },
            .first_line = [](const std::string& name) -> std::optional<std::string> {
                std::ifstream file(name);
                std::string line;
                if (!std::getline(file, line)) return std::nullopt;
                return line;
            }};
}

membership::ZooKeeperOptions zookeeper_options(const router::AgentConfiguration& configuration) {
    membership::ZooKeeperOptions options;
    options.hosts = configuration.zookeeper;
    options.root = "/ringcast/" + configuration.cluster;
    options.session_timeout = configuration.session_timeout;
    if (const auto colon = configuration.digest.find(':'); colon != std::string::npos) {
        options.user = configuration.digest.substr(0, colon);
        options.password = configuration.digest.substr(colon + 1);
    }
    return options;
}

int run(router::AgentConfiguration configuration, const membership::ZooKeeperOptions& zookeeper) {
    const auto log = membership::make_log("ringcast-node", configuration.log_level);
    log->info("start id={} redis={} zookeeper={} cluster={}", configuration.agent.node.id,
              configuration.redis.text(), configuration.zookeeper, configuration.cluster);

    int status = 0;
    boost::asio::io_context context(1);
    const auto scheduler = router::make_asio_scheduler(context.get_executor());
    const auto znodes = membership::make_zookeeper(*scheduler, zookeeper, log);
    router::Agent agent(context.get_executor(), *scheduler, *znodes, std::move(configuration), log,
                        [&](int code) {
                            status = code;
                            context.stop();
                        });

    boost::asio::signal_set signals(context, SIGTERM, SIGINT);
    signals.async_wait([&](boost::system::error_code error, int number) {
        if (error) return;
        log->info("stop signal={}", number);
        agent.stop();
        // A second signal ends it at once.
        signals.async_wait([&](boost::system::error_code again, int) {
            if (again) return;
            status = exit_failed;
            context.stop();
        });
    });

    agent.start();
    context.run();
    log->info("end status={}", status);
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error value, not the end
    try {
        auto parsed = router::parse_command_line(argc, argv, surroundings());
        if (parsed.reply) {
            std::cout << *parsed.reply;
            return 0;
        }
        const auto zookeeper = zookeeper_options(parsed.configuration);
        for (auto& fault : membership::faults_in(zookeeper)) {
            parsed.faults.push_back("--zookeeper: " + fault);
        }
        if (!parsed.faults.empty()) {
            for (const auto& fault : parsed.faults) std::cerr << "ringcast-node: " << fault << '\n';
            std::cerr << "Run ringcast-node --help for what it takes.\n";
            return exit_wrong_use;
        }
        parsed.configuration.agent.node.instance = membership::random_id();
        return run(std::move(parsed.configuration), zookeeper);
    } catch (const std::exception& error) {
        std::cerr << "ringcast-node: " << error.what() << '\n';
        return exit_failed;
    }
}
