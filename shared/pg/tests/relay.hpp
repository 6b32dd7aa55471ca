#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tasker::pg {

/// A proxy between a client and the server on Unix sockets that fails like a network.
///
/// Threads: the context's. REQUIRES: the context outlives it.
class relay {
public:
    /// `server` is a DSN with "host=DIRECTORY port=NUMBER".
    relay(boost::asio::io_context& io, std::string const& server);
    relay(relay const&) = delete;
    relay& operator=(relay const&) = delete;
    ~relay();

    /// The server's DSN, but through here.
    std::string dsn() const;

    /// What to say for "host" in a DSN; the port is 1.
    std::string host() const {
        return folder_.string();
    }

    /// From now on what the client, or the server, sends is read and kept.
    void hold_requests() {
        hold_requests_ = true;
    }
    void hold_answers(bool whether = true) {
        hold_answers_ = whether;
    }

    /// Open connections stay open but forward nothing from now on; new ones work.
    void freeze();

    /// Whether new connections are closed immediately.
    void refuse(bool whether) {
        refuse_ = whether;
    }

    std::size_t held_bytes() const {
        return held_bytes_;
    }

    /// Includes those that were closed immediately.
    std::size_t connections_accepted() const {
        return accepted_;
    }

    /// Ends all connections, towards both sides; new ones are accepted.
    void cut();

private:
    using socket = boost::asio::local::stream_protocol::socket;

    struct link {
        link(socket a, socket b) : client{std::move(a)}, server{std::move(b)} {}
        socket client;
        socket server;
        bool is_frozen = false;
    };

    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> forward(std::shared_ptr<link> both, bool to_server);

    boost::asio::io_context& io_;
    std::string server_dsn_;
    std::filesystem::path folder_;
    boost::asio::local::stream_protocol::endpoint server_;
    boost::asio::local::stream_protocol::acceptor acceptor_;
    std::vector<std::shared_ptr<link>> links_;
    bool hold_requests_ = false;
    bool hold_answers_ = false;
    bool refuse_ = false;
    std::size_t held_bytes_ = 0;
    std::size_t accepted_ = 0;
};

} // namespace tasker::pg
