#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::testing {

struct http_reply {
    unsigned status = 0;
    std::map<std::string, std::string> fields; ///< names in lower case
    std::string body;

    nlohmann::json json() const {
        return nlohmann::json::parse(body);
    }

    /// Of the error envelope.
    std::string error_code() const {
        return json().at("error").at("code");
    }
};

/// A connection of a client that can also misbehave. Blocks, but never longer than 30 seconds.
/// Errors: throws std::runtime_error.
class http_client {
public:
    /// `address` is host:port.
    explicit http_client(std::string const& address);

    void send(std::string_view bytes);
    /// One system call for each piece of so many bytes.
    void send_in_pieces(std::string_view bytes, std::size_t piece_bytes);
    /// Nothing more will be sent.
    void finish_sending();

    /// The next response. `to_head`: it has no body, whatever it says.
    http_reply receive(bool to_head = false);
    /// None if the server closes the connection instead.
    std::optional<http_reply> receive_or_end(bool to_head = false);
    /// Waits for the server to close the connection; false if it sends anything before.
    bool ends();

    /// Sends a request with a Host field and receives the response.
    http_reply request(std::string_view method, std::string_view target, std::string_view body = "",
                       std::string_view content_type = "application/json",
                       std::string_view more_fields = "");

    http_reply get(std::string_view target) {
        return request("GET", target);
    }

    http_reply post(std::string_view target, std::string_view body) {
        return request("POST", target, body);
    }

private:
    bool read_some();

    boost::asio::io_context io_;
    boost::asio::ip::tcp::socket socket_;
    std::string received_;
};

/// The text of such a request.
std::string request_text(std::string_view method, std::string_view target,
                         std::string_view body = "",
                         std::string_view content_type = "application/json",
                         std::string_view more_fields = "");

} // namespace tasker::testing
