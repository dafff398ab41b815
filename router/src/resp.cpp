#include "resp.hpp"

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#include <cassert>
#include <cstdlib>
#include <new>

namespace ringcast::router::resp {
namespace {

/// hiredis moves the rest of its buffer to the front after each kilobyte read from it: small bites
/// keep that cheap, however much one read from the socket brings.
constexpr std::size_t bite_bytes = 4096;

std::size_t extent(std::span<const Reply::Item> items) noexcept {
    std::size_t covered = 1;
    for (std::size_t awaited = 1; awaited > 0; ++covered) {
        const Reply::Item& item = items[covered - 1];
        if (item.type == Type::array) awaited += static_cast<std::size_t>(item.number);
        --awaited;
    }
    return covered - 1;
}

}  // namespace

Reply Reply::operator[](std::size_t index) const noexcept {
    assert(index < size());
    std::size_t at = 1;
    for (std::size_t passed = 0; passed < index; ++passed) at += extent(items_.subspan(at));
    return {items_.subspan(at), bytes_};
}

struct Reader::Parser {
    explicit Parser(std::size_t limit) : reply_bytes_max(limit) {
        // What stands for an object in hiredis's hands: it only compares with null.
        static redisReplyObjectFunctions functions{
            .createString = [](const redisReadTask* task, char* text, std::size_t length) -> void* {
                return of(task).add(task->type, text, length, 0);
            },
            .createArray = [](const redisReadTask* task, int elements) -> void* {
                return of(task).add(task->type, nullptr, 0, elements);
            },
            .createInteger = [](const redisReadTask* task, long long value) -> void* {
                return of(task).add(task->type, nullptr, 0, value);
            },
            .createNil = [](const redisReadTask* task) -> void* {
                return of(task).add(REDIS_REPLY_NIL, nullptr, 0, 0);
            },
            .freeObject = [](void*) {},
        };
        reader = redisReaderCreateWithFunctions(&functions);
        if (reader == nullptr) throw std::bad_alloc();
        reader->maxbuf = 0;       // otherwise the buffer is thrown away whenever it is empty
        reader->privdata = this;  // hiredis's own macro for this cuts the pointer to an int
    }
    ~Parser() { redisReaderFree(reader); }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    static Parser& of(const redisReadTask* task) { return *static_cast<Parser*>(task->privdata); }

    void* add(int type, const char* text, std::size_t length, long long number) {
        items.push_back({kind(type), number, bytes.size(), length});
        if (length > 0) bytes.append(text, length);
        return this;
    }

    static Type kind(int type) {
        switch (type) {
            case REDIS_REPLY_STRING:
                return Type::text;
            case REDIS_REPLY_ARRAY:
                return Type::array;
            case REDIS_REPLY_INTEGER:
                return Type::integer;
            case REDIS_REPLY_STATUS:
                return Type::status;
            case REDIS_REPLY_ERROR:
                return Type::error;
            default:
                return Type::nil;
        }
    }

    /// Bytes of the stream that hiredis has got past.
    [[nodiscard]] std::uint64_t consumed() const { return fed - (reader->len - reader->pos); }

    redisReader* reader = nullptr;
    std::size_t reply_bytes_max;
    std::string_view waiting;       // not yet given to hiredis
    std::uint64_t fed = 0;          // given to it since the beginning
    std::uint64_t reply_begin = 0;  // where in the stream the reply being read begins
    bool fresh = true;              // the last reply was handed out: begin another
    std::vector<Reply::Item> items;
    std::string bytes;
    Fault fault = Fault::none;
};

Reader::Reader(std::size_t reply_bytes_max) : parser_(std::make_unique<Parser>(reply_bytes_max)) {
    assert(reply_bytes_max > 0);
}

Reader::~Reader() = default;

void Reader::feed(std::string_view bytes) {
    assert(parser_->waiting.empty() || parser_->fault != Fault::none);
    parser_->waiting = bytes;
}

std::optional<Reply> Reader::next() {
    Parser& parser = *parser_;
    for (;;) {
        if (parser.fault != Fault::none) return std::nullopt;
        if (parser.fresh) {
            parser.items.clear();
            parser.bytes.clear();
            parser.fresh = false;
        }
        void* done = nullptr;
        if (redisReaderGetReply(parser.reader, &done) != REDIS_OK) {
            parser.fault = Fault::malformed;
            return std::nullopt;
        }
        if (done != nullptr) {
            const bool oversized = parser.consumed() - parser.reply_begin > parser.reply_bytes_max;
            parser.reply_begin = parser.consumed();
            parser.fresh = true;
            if (!oversized) return Reply(parser.items, parser.bytes.data());
            parser.fault = Fault::too_large;
            return std::nullopt;
        }
        if (parser.fed - parser.reply_begin > parser.reply_bytes_max) {
            parser.fault = Fault::too_large;
            return std::nullopt;
        }
        if (parser.waiting.empty()) return std::nullopt;
        const std::string_view bite = parser.waiting.substr(0, bite_bytes);
        if (redisReaderFeed(parser.reader, bite.data(), bite.size()) != REDIS_OK) {
            parser.fault = Fault::too_large;
            return std::nullopt;
        }
        parser.fed += bite.size();
        parser.waiting.remove_prefix(bite.size());
    }
}

Reader::Fault Reader::fault() const noexcept {
    return parser_->fault;
}

void append_command(std::string& out, std::span<const std::string_view> arguments) {
    thread_local std::vector<const char*> texts;
    thread_local std::vector<std::size_t> lengths;
    texts.clear();
    lengths.clear();
    for (const std::string_view argument : arguments) {
        texts.push_back(argument.data());
        lengths.push_back(argument.size());
    }
    char* formatted = nullptr;
    const long long length = redisFormatCommandArgv(&formatted, static_cast<int>(arguments.size()),
                                                    texts.data(), lengths.data());
    if (length < 0) throw std::bad_alloc();
    out.append(formatted, static_cast<std::size_t>(length));
    redisFreeCommand(formatted);
}

}  // namespace ringcast::router::resp
