#include "place_in_line.hpp"

#include <utility>
#include <vector>

namespace ringcast::membership {

PlaceInLine::PlaceInLine(Znodes& znodes, Scheduler& scheduler, Line::Options options,
                         std::string data, Line::Observer observer)
    : path_(options.parent),
      prefix_(options.name),
      line_(std::make_shared<Line>(znodes, scheduler, std::move(options), std::move(data),
                                   std::move(observer))),
      errands_(znodes, scheduler) {
    line_->begin();
}

PlaceInLine::~PlaceInLine() {
    line_->abandon();
}

void PlaceInLine::read_first(FirstHandler handler) {
    errands_.send<Reading>(
        path_, prefix_, 1,
        [handler = std::move(handler)](std::error_code error, std::vector<Item> items) {
            if (error || items.empty()) return handler(error, std::nullopt);
            handler(error, std::move(items.front().data));
        });
}

}  // namespace ringcast::membership
