#include "ringcast/membership/queue.hpp"

#include "child_cache.hpp"
#include "errands.hpp"
#include "sequence.hpp"

#include <cassert>
#include <utility>

namespace ringcast::membership {

class Queue::Producer {
public:
    Producer(Znodes& znodes, Scheduler& scheduler, Options options)
        : options_(std::move(options)), errands_(znodes, scheduler) {
        assert(!options_.id.empty() && options_.id.find('/') == std::string::npos);
    }

    void push(std::string data, PushHandler handler) {
        const auto name = options_.prefix + options_.id + "." + std::to_string(++pushed_) + "-";
        errands_.send<Creation>(join(options_.path, name), std::move(data),
                                Mode::persistent_sequential, std::move(handler));
    }

    void remove(std::string_view name, RemoveHandler handler) {
        errands_.send<Removal>(join(options_.path, name), std::move(handler));
    }

private:
    Options options_;
    std::uint64_t pushed_ = 0;
    Errands errands_;
};

Queue::Queue(Znodes& znodes, Scheduler& scheduler, Options options)
    : producer_(std::make_shared<Producer>(znodes, scheduler, std::move(options))) {}

Queue::Queue(Queue&&) noexcept = default;
Queue& Queue::operator=(Queue&&) noexcept = default;
Queue::~Queue() = default;

void Queue::push(std::string data, PushHandler handler) {
    producer_->push(std::move(data), std::move(handler));
}

void Queue::remove(std::string_view name, RemoveHandler handler) {
    producer_->remove(name, std::move(handler));
}

class QueueConsumer::Reader final : public std::enable_shared_from_this<QueueConsumer::Reader> {
public:
    Reader(Znodes& znodes, Scheduler& scheduler, std::string path, std::string prefix,
           Observer observer)
        : path_(std::move(path)),
          prefix_(std::move(prefix)),
          observer_(std::move(observer)),
          cache_(std::make_shared<ChildCache>(znodes, scheduler, path_, ChildCache::Depth::data,
                                              [this] { on_change(); })),
          errands_(std::make_unique<Errands>(znodes, scheduler)) {}

    void begin() { cache_->begin(); }
    void stop() {
        cache_->stop();
        errands_.reset();
    }

    [[nodiscard]] bool complete() const { return cache_->complete(); }
    [[nodiscard]] const std::vector<Item>& items() const { return items_; }

    void remove(std::string_view name, Queue::RemoveHandler handler) {
        errands_->send<Removal>(
            join(path_, name),
            [this, name = std::string{name}, handler = std::move(handler)](std::error_code error) {
                const auto self = shared_from_this();
                if (!error) {
                    cache_->forget(name);
                    std::erase_if(items_, [&](const Item& item) { return item.name == name; });
                }
                if (handler) handler(error);
            });
    }

private:
    void on_change() {
        const auto self = shared_from_this();  // the observer may destroy the consumer
        std::vector<std::string> names;
        for (const auto& [name, child] : cache_->children()) names.push_back(name);
        items_.clear();
        for (auto& name : in_sequence(std::move(names), prefix_)) {
            const auto& child = cache_->children().find(name)->second;
            items_.push_back({std::move(name), child.data});
        }
        if (observer_) observer_();
    }

    std::string path_;
    std::string prefix_;
    Observer observer_;
    std::shared_ptr<ChildCache> cache_;
    std::unique_ptr<Errands> errands_;
    std::vector<Item> items_;
};

QueueConsumer::QueueConsumer(Znodes& znodes, Scheduler& scheduler, std::string path,
                             std::string prefix, Observer observer)
    : reader_(std::make_shared<Reader>(znodes, scheduler, std::move(path), std::move(prefix),
                                       std::move(observer))) {
    reader_->begin();
}

QueueConsumer::QueueConsumer(QueueConsumer&&) noexcept = default;

QueueConsumer& QueueConsumer::operator=(QueueConsumer&& other) noexcept {
    if (this == &other) return *this;
    if (const auto before = std::exchange(reader_, std::move(other.reader_))) before->stop();
    return *this;
}

QueueConsumer::~QueueConsumer() {
    if (reader_) reader_->stop();
}

bool QueueConsumer::complete() const {
    return reader_->complete();
}
const std::vector<QueueConsumer::Item>& QueueConsumer::items() const {
    return reader_->items();
}

void QueueConsumer::remove(std::string_view name, Queue::RemoveHandler handler) {
    reader_->remove(name, std::move(handler));
}

}  // namespace ringcast::membership
