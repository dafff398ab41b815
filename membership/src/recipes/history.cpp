#include "ringcast/membership/history.hpp"

#include "errands.hpp"
#include "sequence.hpp"

#include <cassert>
#include <limits>
#include <utility>

namespace ringcast::membership {
namespace {

/// Removes the oldest entries above the number to keep. It answers nobody: what it could not
/// remove, the next one does.
class Trimming final : public Errand {
public:
    Trimming(Znodes& znodes, Scheduler& scheduler, std::string path, std::string prefix,
             std::size_t keep)
        : Errand(znodes, scheduler),
          path_(std::move(path)),
          prefix_(std::move(prefix)),
          keep_(keep) {}

private:
    void round() override {
        znodes().children(path_, {},
                          guarded([this](std::error_code error,
                                         const std::vector<std::string>& names, const Stat&) {
                              if (!error) remove_oldest(in_sequence(names, prefix_));
                              answer(std::function<void()>{});
                          }));
    }

    void remove_oldest(const std::vector<std::string>& names) {
        for (std::size_t i = 0; i + keep_ < names.size(); ++i) {
            znodes().remove(join(path_, names[i]), any_version, [](std::error_code) {});
        }
    }

    std::string path_;
    std::string prefix_;
    std::size_t keep_;
};

}  // namespace

class History::Book {
public:
    Book(Znodes& znodes, Scheduler& scheduler, Options options)
        : options_(std::move(options)), errands_(znodes, scheduler) {
        assert(!options_.id.empty() && options_.id.find('/') == std::string::npos);
    }

    void append(std::string data, AppendHandler handler) {
        const auto name = options_.prefix + options_.id + "." + std::to_string(++appended_) + "-";
        errands_.send<Creation>(
            join(options_.path, name), std::move(data), Mode::persistent_sequential,
            [this, handler = std::move(handler)](std::error_code error, std::string made) {
                if (!error) {
                    errands_.send<Trimming>(options_.path, options_.prefix, options_.keep);
                }
                if (handler) handler(error, std::move(made));
            });
    }

    void list(ListHandler handler) {
        errands_.send<Reading>(
            options_.path, options_.prefix, std::numeric_limits<std::size_t>::max(),
            [handler = std::move(handler)](std::error_code error, std::vector<Item> items) {
                std::vector<Entry> entries;
                for (auto& item : items) {
                    entries.push_back(
                        {std::move(item.name), std::move(item.data), item.stat.modified_at_ms});
                }
                handler(error, std::move(entries));
            });
    }

private:
    Options options_;
    std::uint64_t appended_ = 0;
    Errands errands_;
};

History::History(Znodes& znodes, Scheduler& scheduler, Options options)
    : book_(std::make_shared<Book>(znodes, scheduler, std::move(options))) {}

History::History(History&&) noexcept = default;
History& History::operator=(History&&) noexcept = default;
History::~History() = default;

void History::append(std::string data, AppendHandler handler) {
    book_->append(std::move(data), std::move(handler));
}

void History::list(ListHandler handler) {
    book_->list(std::move(handler));
}

}  // namespace ringcast::membership
