#include "http_api.hpp"

#include "api_key.hpp"
#include "base64.hpp"
#include "hub.hpp"
#include "idempotency.hpp"
#include "json_text.hpp"
#include "ringcast/router/errc.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace ringcast::gateway {
namespace {

constexpr std::size_t json_depth_max = 64;

/// What became of one command: its result as JSON, or an error.
struct Outcome {
    std::optional<ErrorCode> error;
    std::string result = "{}";

    static Outcome failed(ErrorCode code) { return {code, {}}; }
};

using Done = std::function<void(Outcome)>;

std::string error_object(ErrorCode code) {
    std::string out = "{\"code\":" + std::to_string(static_cast<unsigned>(code)) + ",\"message\":";
    append_json_string(out, message(code));
    return out + "}";
}

/// `{"result":...}` or `{"error":...}`.
std::string wrapped(const Outcome& outcome) {
    if (outcome.error) return "{\"error\":" + error_object(*outcome.error) + "}";
    return "{\"result\":" + outcome.result + "}";
}

unsigned transport_status(ErrorCode code) {
    switch (code) {
        case ErrorCode::unknown_channel:
        case ErrorCode::method_not_found:
            return 404;
        case ErrorCode::bad_request:
        case ErrorCode::not_available:
            return 400;
        case ErrorCode::unrecoverable_position:
            return 416;
        default:
            return 500;
    }
}

ErrorCode error_of(boost::system::error_code failure) {
    return failure == router::Errc::too_large ? ErrorCode::bad_request : ErrorCode::internal;
}

/// Answers once all of a known number of parts have been answered, in the order of the parts.
class Gathering {
public:
    using Finish = std::function<void(std::vector<Outcome>)>;

    static void run(std::size_t count, const std::function<void(std::size_t, Done)>& begin,
                    Finish finish) {
        if (count == 0) return finish({});
        const auto shared = std::make_shared<Gathering>();
        shared->outcomes_.resize(count);
        shared->missing_ = count;
        shared->finish_ = std::move(finish);
        for (std::size_t part = 0; part < count; ++part) {
            begin(part, [shared, part](Outcome outcome) {
                shared->outcomes_[part] = std::move(outcome);
                if (--shared->missing_ == 0) shared->finish_(std::move(shared->outcomes_));
            });
        }
    }

private:
    std::vector<Outcome> outcomes_;
    std::size_t missing_ = 0;
    Finish finish_;
};

/// The members of a request that the API knows; values point into its body.
struct Fields {
    json::Value channel;
    json::Value channels;
    json::Value data;
    json::Value b64data;
    json::Value tags;
    json::Value idempotency_key;
    json::Value commands;

    explicit Fields(json::Value object) {
        for (json::Members members(object); members.next();) {
            const std::string& key = members.key();
            if (key == "channel") channel = members.value();
            if (key == "channels") channels = members.value();
            if (key == "data") data = members.value();
            if (key == "b64data") b64data = members.value();
            if (key == "tags") tags = members.value();
            if (key == "idempotency_key") idempotency_key = members.value();
            if (key == "commands") commands = members.value();
        }
    }
};

class Api : public std::enable_shared_from_this<Api> {
public:
    Api(ApiOptions options, ApiSurroundings surroundings)
        : options_(std::move(options)),
          surroundings_(std::move(surroundings)),
          window_(options_.idempotency_window, options_.idempotency_entries_max) {
        if (!surroundings_.now) surroundings_.now = std::chrono::steady_clock::now;
        if (!surroundings_.unix_seconds) {
            surroundings_.unix_seconds = [] {
                using namespace std::chrono;
                return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
            };
        }
    }

    void serve(Hub& hub, const HttpRequest& request, Respond respond) {
        if (request.path == "/health") return health(request, respond);
        constexpr std::string_view prefix = "/api/";
        if (!request.path.starts_with(prefix)) return respond({404, "{}", "application/json"});
        if (request.method != "POST") return respond({405, "{}", "application/json"});
        if (!holds_key(request, options_.keys)) {
            return respond({401, "{\"error\":" + error_object(ErrorCode::unauthorized) + "}",
                            "application/json"});
        }
        const std::string_view method = std::string_view(request.path).substr(prefix.size());
        const auto body = parse(request.body);
        if (!body) {
            return respond({400, "{\"error\":" + error_object(ErrorCode::bad_request) + "}",
                            "application/json"});
        }
        if (method == "batch") return batch(hub, *body, std::move(respond));
        if (!is_known(method)) {
            return respond({404, "{\"error\":" + error_object(ErrorCode::method_not_found) + "}",
                            "application/json"});
        }
        const bool transport = request.field("x-centrifugo-error-mode") == "transport";
        perform(hub, method, *body, [respond = std::move(respond), transport](Outcome outcome) {
            if (transport && outcome.error) {
                return respond({transport_status(*outcome.error), error_object(*outcome.error),
                                "application/json"});
            }
            respond({200, wrapped(outcome), "application/json"});
        });
    }

private:
    void health(const HttpRequest& request, const Respond& respond) const {
        if (request.method != "GET" && request.method != "HEAD") {
            return respond({405, "{}", "application/json"});
        }
        respond({surroundings_.serving() ? 200U : 503U, "{}", "application/json"});
    }

    /// The object in the body; an empty body is an empty object.
    static std::optional<json::Value> parse(std::string_view body) {
        const auto begin = json::skip_whitespace(body, 0);
        if (begin == body.size()) return json::Value("{}");
        const auto end = json::check_value(body, begin, json_depth_max);
        if (!end || json::skip_whitespace(body, *end) != body.size()) return std::nullopt;
        const json::Value value(body.substr(begin, *end - begin));
        if (!value.is_object()) return std::nullopt;
        return value;
    }

    static bool is_known(std::string_view method) {
        return method == "publish" || method == "broadcast" || method == "info";
    }

    /// Values in `body` are read before this returns.
    void perform(Hub& hub, std::string_view method, json::Value body, Done done) {
        if (method == "publish") return publish(hub, Fields(body), std::move(done));
        if (method == "broadcast") return broadcast(hub, Fields(body), std::move(done));
        if (method == "info") return done({std::nullopt, info()});
        done(Outcome::failed(ErrorCode::method_not_found));
    }

    /// The Publication object that a request describes; nothing when it is incomplete.
    static std::optional<std::string> publication_of(const Fields& fields) {
        std::vector<std::pair<std::string, std::string>> tags;
        if (!fields.tags.is_absent()) {
            if (!fields.tags.is_object()) return std::nullopt;
            for (json::Members members(fields.tags); members.next();) {
                auto value = members.value().string();
                if (!value) return std::nullopt;
                tags.emplace_back(members.key(), std::move(*value));
            }
        }
        if (!fields.b64data.is_absent()) {
            const auto encoded = fields.b64data.string();
            const auto decoded = encoded ? decode_base64(*encoded) : std::nullopt;
            // Clients are sent JSON alone.
            if (!decoded || !is_json(*decoded)) return std::nullopt;
            return encode_publication(*decoded, {}, tags);
        }
        // `null` is a value that can be published; a missing one is not.
        if (fields.data.text().empty()) return std::nullopt;
        return encode_publication(fields.data.text(), {}, tags);
    }

    void publish(Hub& hub, const Fields& fields, Done done) {
        const auto channel = fields.channel.string();
        const auto key = fields.idempotency_key.string();
        const auto publication = publication_of(fields);
        if (!channel || !key || !publication) return done(Outcome::failed(ErrorCode::bad_request));
        publish_one(hub, *channel, *publication, *key, std::move(done));
    }

    void publish_one(Hub& hub, const std::string& channel, std::string publication,
                     const std::string& key, Done done) {
        if (channel.empty()) return done(Outcome::failed(ErrorCode::bad_request));
        if (const auto refused = surroundings_.refuse_channel(channel)) {
            return done(Outcome::failed(*refused));
        }
        if (!key.empty()) {
            switch (window_.begin(channel, key, surroundings_.now())) {
                case IdempotencyWindow::Seen::first:
                    break;
                case IdempotencyWindow::Seen::pending:
                    return done(Outcome::failed(ErrorCode::internal));  // temporary: ask again
                case IdempotencyWindow::Seen::done:
                    return done({});
            }
        }
        hub.publish(channel, std::move(publication),
                    [self = shared_from_this(), channel, key,
                     done = std::move(done)](boost::system::error_code failure) {
                        if (!key.empty() && failure) self->window_.failed(channel, key);
                        if (!key.empty() && !failure) self->window_.done(channel, key);
                        done(failure ? Outcome::failed(error_of(failure)) : Outcome{});
                    });
    }

    void broadcast(Hub& hub, const Fields& fields, Done done) {
        const auto key = fields.idempotency_key.string();
        const auto publication = publication_of(fields);
        std::vector<std::string> channels;
        bool good = fields.channels.is_array() && key && publication;
        for (json::Members members(fields.channels); good && members.next();) {
            auto channel = members.value().string();
            good = channel.has_value() && channels.size() < options_.broadcast_channels_max;
            if (good) channels.push_back(std::move(*channel));
        }
        if (!good) return done(Outcome::failed(ErrorCode::bad_request));

        Gathering::run(
            channels.size(),
            [&](std::size_t part, Done one) {
                publish_one(hub, channels[part], *publication, *key, std::move(one));
            },
            [done = std::move(done)](const std::vector<Outcome>& outcomes) {
                std::string result = "{\"responses\":[";
                for (const auto& outcome : outcomes) {
                    if (result.back() != '[') result += ',';
                    result += wrapped(outcome);
                }
                done({std::nullopt, result + "]}"});
            });
    }

    // Commands are begun in their order and publishes on one channel keep it; they are not waited
    // for one by one.
    void batch(Hub& hub, json::Value body, Respond respond) {
        struct Command {
            std::string method;
            json::Value body;
        };
        std::vector<Command> commands;
        const Fields fields(body);
        bool good = fields.commands.is_array();
        for (json::Members each(fields.commands); good && each.next();) {
            json::Members members(each.value());
            good = each.value().is_object() && members.next() && members.value().is_object() &&
                   commands.size() < options_.batch_commands_max;
            if (good) commands.push_back({members.key(), members.value()});
        }
        if (!good) {
            return respond({400, "{\"error\":" + error_object(ErrorCode::bad_request) + "}",
                            "application/json"});
        }

        std::vector<std::string> methods;
        for (const auto& command : commands) methods.push_back(command.method);
        Gathering::run(
            commands.size(),
            [&](std::size_t part, Done one) {
                perform(hub, commands[part].method, commands[part].body, std::move(one));
            },
            [methods, respond = std::move(respond)](const std::vector<Outcome>& outcomes) {
                std::string replies = "{\"replies\":[";
                for (std::size_t i = 0; i < outcomes.size(); ++i) {
                    if (i > 0) replies += ',';
                    if (outcomes[i].error) {
                        replies += wrapped(outcomes[i]);
                        continue;
                    }
                    replies += '{';
                    append_json_string(replies, methods[i]);
                    replies += ':' + outcomes[i].result + '}';
                }
                respond({200, replies + "]}", "application/json"});
            });
    }

    std::string info() const {
        const auto now = surroundings_.unix_seconds();
        std::string out = "{\"nodes\":[";
        for (const auto& gateway : surroundings_.gateways()) {
            if (out.back() != '[') out += ',';
            const auto number = [&out](const char* name, std::uint64_t value) {
                out += std::string(",\"") + name + "\":" + std::to_string(value);
            };
            out += "{\"uid\":";
            append_json_string(out, gateway.id);
            out += ",\"name\":";
            append_json_string(out, gateway.id);
            out += ",\"version\":";
            append_json_string(out, gateway.version);
            number("num_clients", gateway.load.clients);
            number("num_users", gateway.load.users);
            number("num_subs", gateway.load.subscriptions);
            number("num_channels", gateway.load.channels);
            number("uptime",
                   static_cast<std::uint64_t>(std::max<std::int64_t>(0, now - gateway.started_at)));
            out += '}';
        }
        return out + "]}";
    }

    const ApiOptions options_;
    ApiSurroundings surroundings_;
    IdempotencyWindow window_;
};

}  // namespace

HttpHandler make_http_api(ApiOptions options, ApiSurroundings surroundings) {
    return [api = std::make_shared<Api>(std::move(options), std::move(surroundings))](
               Hub& hub, const HttpRequest& request, Respond respond) {
        api->serve(hub, request, std::move(respond));
    };
}

}  // namespace ringcast::gateway
