#pragma once

#include "coordination_schedule.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/view.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace ringcast::router::detail {

using Names = std::set<std::string, std::less<>>;

enum class AckStage {
    prepare,  ///< subscribed on the new owners, and holds on to the old ones
    leave,    ///< gone from the old ones
};

// What a `Coordination` wants done. Of those answered by `view_written`, `history_appended`,
// `request_finished` and `acks_swept` at most one is outstanding.

struct ReadView {};      ///< answered by `view_read`
struct ReadHistory {};   ///< answered by `history_read`
struct ReadGateways {};  ///< anew, from now on: answered by `gateways_read`, once for the last one
struct AwaitAcks {       ///< of this view alone: told by `acknowledged`, again and again
    ViewNumber number{};
};
struct WriteView {  ///< answered by `view_written`
    ViewRecord record;
    std::optional<std::int32_t>
        version;  ///< that it was read at; nothing: the znode is to be created
};
struct AppendHistory {  ///< answered by `history_appended`
    HistoryEntry entry;
};
struct FinishRequest {  ///< answered by `request_finished`: it goes from the queue
    std::string name;
};
struct SweepAcks {};  ///< all there are, and await none any more; answered by `acks_swept`
struct ProbeNode {    ///< answered by `probed`
    std::string node;
    Address address;
};
struct InformNode {  ///< fence a node, and tell it the record: answered by `informed`
    std::string node;
    Address address;
    ViewNumber fence{};
    ViewNumber view{};  ///< under which the record is kept there: a later one has a higher number
    std::shared_ptr<const std::string> record;
};
struct StepAside {};  ///< another is to lead: `resign`, and stand again later
struct Wake {         ///< call `tick` then; replaces the one before
    Time at;
};
struct Say {  ///< for the log, once
    enum class Level { info, warning, error };
    Level level = Level::info;
    std::string text;
};

using Action =
    std::variant<ReadView, ReadHistory, ReadGateways, AwaitAcks, WriteView, AppendHistory,
                 FinishRequest, SweepAcks, ProbeNode, InformNode, StepAside, Wake, Say>;
using Actions = std::vector<Action>;

}  // namespace ringcast::router::detail
