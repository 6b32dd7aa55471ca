#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tasker::client {

/// An HTTP server for one connection at a time, with the answers of the test.
///
/// Threads: serves on a separate one until it is destroyed.
class scripted_server {
public:
    struct request {
        std::string line; ///< "POST /v1/tasks"
        std::string content_type;
        std::string host;
        std::string body;
    };

    struct reply {
        int status = 200;
        std::string body = "{}";
        bool breaks_before = false; ///< closes the connection instead of answering
        bool closes_after = false;  ///< closes it unannounced after the answer
        bool stays_silent = false;  ///< neither answers nor closes
        std::string raw = {};       ///< sent unchanged, then closed
    };

    using script = std::function<reply(request const&)>;

    explicit scripted_server(script answers);
    ~scripted_server();
    scripted_server(scripted_server const&) = delete;
    scripted_server& operator=(scripted_server const&) = delete;

    std::string url() const;
    std::size_t connections() const;
    std::vector<request> requests() const;

private:
    void serve();
    void serve_connection(boost::asio::ip::tcp::socket& peer);

    script answers_;
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    mutable std::mutex mutex_;
    bool is_stopping_ = false;
    int peer_handle_ = -1;
    std::size_t connections_ = 0;
    std::vector<request> requests_;
    std::thread thread_;
};

} // namespace tasker::client
