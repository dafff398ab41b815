#pragma once

#include "publication.hpp"
#include "ringcast/router/router.hpp"
#include "ringcast/router/view.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace ringcast::router {

/// One connection to a node, for one purpose and one life. Two implementations: over a socket to a
/// Redis, and to a node inside this process that behaves as a Redis does: what is asked on one
/// connection is done in order, and what it delivers is in the order in which the node did it.
///
/// Everything happens on the thread of the link that made it; the observer is never called from
/// inside a call, and may destroy the connection. Destroying it closes it without a word.
class NodeConnection {
public:
    enum class Purpose { publishing, subscribing };

    class Observer {
    public:
        /// It can be used. A publishing one has loaded the script.
        virtual void opened() = 0;
        /// It could not be opened or is broken: the last call. What was not answered never will be.
        virtual void closed(std::string_view why) = 0;
        /// To the oldest unanswered `publish`.
        virtual void answered(const PublishAnswer& answer) = 0;
        /// From here on every message of the channel comes on this connection.
        virtual void confirmed(std::string_view channel) = 0;
        virtual void left(std::string_view channel) = 0;
        virtual void message(std::string_view channel, std::string_view payload) = 0;
        /// What `read_view` found: the record's bytes, empty when the node was told of none.
        virtual void view_read(std::string_view record) = 0;

    protected:
        ~Observer() = default;
    };

    virtual ~NodeConnection() = default;

    /// One call of the publish script. Requires: for publishing, open, the batch is not empty.
    virtual void publish(ViewNumber view, std::span<const Publication> batch) = 0;

    /// Says a probe on the node's control channel, followed by what the node knows: the number at
    /// which it is fenced, and that of the view it was told of. Requires: for publishing, open.
    virtual void probe(std::string_view words) = 0;

    /// Asks for the record of the view that the node was told of. Requires: for publishing, open.
    virtual void read_view() = 0;

    /// One command each. Requires: for subscribing, open, at least one channel.
    virtual void subscribe(std::span<const SharedText> channels) = 0;
    virtual void unsubscribe(std::span<const SharedText> channels) = 0;
};

/// What every `LinkFactory` is.
class ConnectionFactory : public LinkFactory {
public:
    /// Begins to connect. The observer outlives the connection.
    [[nodiscard]] virtual std::unique_ptr<NodeConnection> connect(
        const Address& address, NodeConnection::Purpose purpose,
        NodeConnection::Observer& observer) = 0;
};

}  // namespace ringcast::router
