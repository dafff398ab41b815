#include "ringcast/membership/configuration.hpp"

#include "errands.hpp"
#include "sequence.hpp"

#include <utility>

namespace ringcast::membership {

class Configuration::Follower final : public Pursuit {
public:
    Follower(Znodes& znodes, Scheduler& scheduler, std::string path, Observer observer)
        : Pursuit(znodes, scheduler),
          path_(std::move(path)),
          observer_(std::move(observer)),
          errands_(std::make_unique<Errands>(znodes, scheduler)) {}

    void leave() {
        stop();
        errands_.reset();
    }

    [[nodiscard]] bool known() const { return known_; }
    [[nodiscard]] const std::optional<Value>& value() const { return value_; }

    void write(std::string data, std::optional<std::int32_t> version, WriteHandler handler) {
        errands_->send<Exchange>(path_, std::move(data), version, std::move(handler));
    }

private:
    void round() override {
        auto attempt = arm_.set(guarded([this] { wake(); }));
        auto watch = std::move(attempt.watch);
        znodes().get(
            path_, std::move(watch),
            guarded([this, attempt](std::error_code error, std::string data, const Stat& stat) {
                if (error) attempt.failed();
                if (error == Errc::no_node) return look_whether_absent();
                if (error) return retry(error);
                if (value_ && stat.modified < value_->modified) {
                    return retry(Errc::unavailable);  // a server that lags
                }
                show(Value{std::move(data), stat.version, stat.modified, stat.modified_at_ms});
            }));
    }

    /// Only `exists` sets a watch on an absent znode.
    void look_whether_absent() {
        auto attempt = arm_.set(guarded([this] { wake(); }));
        auto watch = std::move(attempt.watch);
        znodes().exists(
            path_, std::move(watch),
            guarded([this, attempt](std::error_code error, const std::optional<Stat>& stat) {
                if (error) {
                    attempt.failed();
                    return retry(error);
                }
                if (stat) return again();
                if (!value_ || std::exchange(caught_up_, false)) return show(std::nullopt);
                // It was there. Is it gone, or does this server lag behind the last one? A write,
                // even a vain one, is answered after the server has caught up.
                make_path(parent_of(path_), [this](std::error_code) {
                    caught_up_ = true;
                    again();
                });
            }));
    }

    void show(std::optional<Value> value) {
        const bool tell = !std::exchange(known_, true) || value != value_;
        value_ = std::move(value);
        caught_up_ = false;
        rest();
        if (tell && observer_) observer_();  // last: it may destroy whoever owns this
    }

    std::string path_;
    Observer observer_;
    std::unique_ptr<Errands> errands_;
    Arm arm_;
    bool caught_up_ = false;
    bool known_ = false;
    std::optional<Value> value_;
};

Configuration::Configuration(Znodes& znodes, Scheduler& scheduler, std::string path,
                             Observer observer)
    : follower_(
          std::make_shared<Follower>(znodes, scheduler, std::move(path), std::move(observer))) {
    follower_->begin();
}

Configuration::Configuration(Configuration&&) noexcept = default;

Configuration& Configuration::operator=(Configuration&& other) noexcept {
    if (this == &other) return *this;
    if (const auto before = std::exchange(follower_, std::move(other.follower_))) before->leave();
    return *this;
}

Configuration::~Configuration() {
    if (follower_) follower_->leave();
}

bool Configuration::known() const {
    return follower_->known();
}
const std::optional<Configuration::Value>& Configuration::value() const {
    return follower_->value();
}

void Configuration::write(std::string data, std::optional<std::int32_t> version,
                          WriteHandler handler) {
    follower_->write(std::move(data), version, std::move(handler));
}

}  // namespace ringcast::membership
