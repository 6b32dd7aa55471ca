#include "client_state.hpp"

#include <boost/beast/http/status.hpp>

#include <string>

namespace tasker::client {

namespace {

constexpr int first_server_error_status = 500;

} // namespace

failure refused_by(http_response const& received) {
    bool const is_servers = received.status >= first_server_error_status;
    failure failed{.code = is_servers ? errc::server_failed : errc::refused,
                   .message = {},
                   .status = received.status,
                   .envelope = {},
                   .was_sent = true};
    if (auto envelope = wire::read_error_body(received.body)) {
        failed.message = envelope->message;
        failed.envelope = std::move(*envelope);
    } else {
        // A proxy or another program.
        auto const status =
            boost::beast::http::int_to_status(static_cast<unsigned>(received.status));
        failed.message = "the server answered " + std::to_string(received.status) + ' ' +
                         std::string{boost::beast::http::obsolete_reason(status)};
    }
    return failed;
}

} // namespace tasker::client
