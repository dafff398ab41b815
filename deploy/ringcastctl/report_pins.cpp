#include "report.hpp"
#include "text_table.hpp"

#include <boost/json.hpp>

namespace ringcast::ctl {

namespace json = boost::json;

Report report_pins(const ClusterState& state, Output output) {
    if (!state.record) return report_no_view(state, output);
    const router::View& view = state.record->in_force;
    json::array pins;
    // The channel comes last: it may have blanks in it.
    TextTable table({{"NODE"}, {"ARC OF"}, {"CHANNEL"}});
    for (const auto& [channel, pinned_to] : view.ring.pins()) {
        const std::string& node = view.ring.members()[view.ring.owner(channel)].id;
        const std::string& arc_owner =
            view.ring.members()[view.ring.owner_of(view.ring.arc(channel))].id;
        table.add({node, arc_owner, channel});
        pins.push_back(
            json::object{{"channel", channel}, {"node", node}, {"arc_owner", arc_owner}});
    }
    if (output == Output::json) {
        return {json::serialize(json::object{{"view", static_cast<std::uint64_t>(view.number)},
                                             {"pins", std::move(pins)}}) +
                    "\n",
                ""};
    }
    return {table.empty() ? "No channel is pinned.\n" : table.text(), ""};
}

}  // namespace ringcast::ctl
