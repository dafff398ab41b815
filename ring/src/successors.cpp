#include "successors.hpp"

namespace ringcast::ring {

std::unique_ptr<const SuccessorTable> line_up(const std::vector<Member>& members,
                                              std::span<const MemberIndex> owners) {
    auto table = std::make_unique<SuccessorTable>();
    for (std::size_t arc = 0; arc < arc_count; ++arc) {
        auto& line = (*table)[arc];
        line.fill(no_member);
        for (std::size_t k = 0; k < successor_count && k + 1 < members.size(); ++k) {
            const std::size_t others = members.size() - 1;
            line[k] =
                static_cast<MemberIndex>((owners[arc] + 1 + (arc + k) % others) % members.size());
        }
    }
    return table;
}

}  // namespace ringcast::ring
