#include "gateway_probes.hpp"

#include "admin_client.hpp"

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <utility>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;  // while it moves a million channels on a full machine

}  // namespace

GatewayProbes::GatewayProbes(std::vector<GatewayAdmin> places)
    : places_(std::move(places)), trouble_(places_.size()) {}

GatewayProbes::~GatewayProbes() {
    loop_.stop();
}

std::vector<GatewaySample> GatewayProbes::sample() {
    std::vector<GatewaySample> samples(places_.size());
    std::size_t open = 1;  // besides answers: as long as questions are asked
    std::promise<void> done;
    const auto close = [&] {
        if (--open == 0) done.set_value();
    };
    loop_.call([&] {
        for (std::size_t i = 0; i < places_.size(); ++i) {
            if (!trouble_[i].empty()) continue;
            ++open;
            ctl::ask_gateway(loop_.context().get_executor(), places_[i].url, "GET", "/metrics",
                             patience, [&, i](const ctl::AdminAnswer& answer) {
                                 trouble_[i] = answer.trouble;
                                 if (answer.trouble.empty() && answer.status != 200) {
                                     trouble_[i] = "answers HTTP " + std::to_string(answer.status);
                                 }
                                 if (trouble_[i].empty()) samples[i] = parse_metrics(answer.body);
                                 if (trouble_[i].empty() && !samples[i].cpu_s) {
                                     trouble_[i] = "does not tell its CPU: an older version";
                                 }
                                 close();
                             });
        }
        close();
    });
    done.get_future().wait();
    loop_.call([] {});  // whoever set it is done with it
    return samples;
}

std::vector<std::string> GatewayProbes::trouble() const {
    std::vector<std::string> sentences;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        if (!trouble_[i].empty()) sentences.push_back(places_[i].gateway + " " + trouble_[i]);
    }
    return sentences;
}

}  // namespace ringcast::bench
