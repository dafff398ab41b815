#include "gateway_command_line.hpp"
#include "program.hpp"
#include "ringcast/membership/log.hpp"

#include <csignal>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>

extern "C" char** environ;

namespace {

using namespace ringcast::gateway;

Surroundings surroundings() {
    Surroundings made;
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string_view variable = *each;
        const auto equals = variable.find('=');
        if (variable.starts_with("RINGCAST_") && equals != std::string_view::npos) {
            made.environment.emplace(variable.substr(0, equals), variable.substr(equals + 1));
        }
    }
    made.file = [](const std::string& name) -> std::optional<std::string> {
        std::ifstream file(name, std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(file), {}};
        if (!file) return std::nullopt;
        return text;
    };
    made.first_line = [](const std::string& name) -> std::optional<std::string> {
        std::ifstream file(name);
        std::string line;
        if (!std::getline(file, line)) return std::nullopt;
        return line;
    };
    return made;
}

int start(int argc, char** argv) {
    auto parsed = parse_command_line(argc, argv, surroundings());
    if (parsed.reply) {
        std::cout << *parsed.reply;
        return Program::exit_stopped;
    }
    auto& [configuration, faults, warnings] = parsed.loaded;
    if (!faults.empty()) {
        for (const auto& fault : faults) std::cerr << "ringcast-gateway: " << fault << '\n';
        std::cerr << "ringcast-gateway: " << faults.size()
                  << (faults.size() == 1 ? " fault" : " faults")
                  << " in the settings; --help lists them all, --sample is a file to start from\n";
        return Program::exit_wrong_use;
    }
    if (parsed.check) {
        for (const auto& line : describe(configuration)) std::cout << line << '\n';
        std::cout << "no faults\n";
        return Program::exit_stopped;
    }

    const auto log = ringcast::membership::make_log("ringcast-gateway", configuration.log.level);
    for (const auto& warning : warnings) log->warn("{}", warning);
    return Program(std::move(configuration), log).run();
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error value, not the end
    try {
        return start(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "ringcast-gateway: " << error.what() << '\n';
        return Program::exit_failed;
    }
}
