#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ringcast::membership {

/// The end of a queue at which items are put in. Items are persistent: they wait for their consumer
/// whoever dies meanwhile, in the order in which the service took them.
///
/// Calls wait for a connection and are carried through reconnects; nothing is doubled. Destroying
/// it drops their handlers; what was on its way may have happened. One thread, as everywhere.
class Queue {
public:
    struct Options {
        std::string path;    ///< "/requests"; made if it is missing
        std::string prefix;  ///< "r-"; items are named <prefix><id>.<count>-<ten digits>
        std::string id;      ///< unique to this object, for ever: see `random_id`
    };
    using PushHandler = std::function<void(std::error_code, std::string name)>;
    using RemoveHandler = std::function<void(std::error_code)>;

    Queue(Znodes& znodes, Scheduler& scheduler, Options options);
    Queue(Queue&&) noexcept;
    Queue& operator=(Queue&&) noexcept;
    ~Queue();

    /// If the connection breaks and the consumer takes the item before it comes back, nobody can
    /// tell that it was in: it is put in again, under the same name up to the last ten digits.
    void push(std::string data, PushHandler handler);

    /// Takes an item back. One that is gone already counts as success.
    void remove(std::string_view name, RemoveHandler handler);

    class Producer;  // hidden

private:
    std::shared_ptr<Producer> producer_;
};

/// The other end: what is in the queue, first item first. Meant for one consumer at a time, whoever
/// is elected; the item is done before it is removed, so a successor may see it again and must
/// recognise by its name what was done already.
class QueueConsumer {
public:
    struct Item {
        std::string name;
        std::string data;
        friend bool operator==(const Item&, const Item&) = default;
    };
    using Observer = std::function<void()>;

    /// The observer is told when everything was read for the first time, and of every change from
    /// then on. Children of `path` not named like items are ignored.
    QueueConsumer(Znodes& znodes, Scheduler& scheduler, std::string path, std::string prefix,
                  Observer observer);
    QueueConsumer(QueueConsumer&&) noexcept;
    QueueConsumer& operator=(QueueConsumer&&) noexcept;
    ~QueueConsumer();

    [[nodiscard]] bool complete() const;

    /// Without the items whose removal succeeded, from the moment its handler is called.
    [[nodiscard]] const std::vector<Item>& items() const;

    /// One that is gone already counts as success.
    void remove(std::string_view name, Queue::RemoveHandler handler);

    class Reader;  // hidden

private:
    std::shared_ptr<Reader> reader_;
};

}  // namespace ringcast::membership
