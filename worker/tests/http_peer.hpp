#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace tasker::worker {

/// The other side of one HTTP request: takes one connection on a free port, reads a request, and
/// sends the bytes that `answer` makes of it. No bytes: it sends nothing until the caller
/// disconnects.
class http_peer {
public:
    using request_type = boost::beast::http::request<boost::beast::http::string_body>;

    explicit http_peer(std::function<std::string(request_type const&)> answer)
        : acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}},
          thread_{[this, answer = std::move(answer)] { serve(answer); }} {}

    http_peer(http_peer const&) = delete;
    http_peer& operator=(http_peer const&) = delete;

    /// If no request was sent, the peer connects to itself to end the wait.
    ~http_peer() {
        boost::asio::ip::tcp::socket own{io_};
        boost::system::error_code failure;
        own.connect(acceptor_.local_endpoint(), failure);
        own.close(failure);
        thread_.join();
    }

    std::string url(std::string const& target) const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + target;
    }

private:
    void serve(std::function<std::string(request_type const&)> const& answer) {
        boost::system::error_code failure;
        auto socket = acceptor_.accept();
        boost::beast::flat_buffer buffer;
        request_type request;
        boost::beast::http::read(socket, buffer, request, failure);
        auto const bytes = failure ? std::string{} : answer(request);
        if (bytes.empty()) {
            socket.read_some(buffer.prepare(1), failure);
        }
        boost::asio::write(socket, boost::asio::buffer(bytes), failure);
    }

    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::thread thread_;
};

/// A response with this body.
inline std::string http_answer(std::string const& status, std::string const& fields,
                               std::string const& body) {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           fields + "\r\n" + body;
}

} // namespace tasker::worker
