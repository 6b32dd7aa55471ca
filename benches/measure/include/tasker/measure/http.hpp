#pragma once

#include "tasker/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// HTTP for measuring: plain sockets and no unneeded copies, because the load generator shares the
/// machine with the programs under load. It supports the orchestrator's responses, not all of HTTP.

namespace tasker::measure {

struct address {
    std::string host; ///< IPv4, in digits
    std::uint16_t port = 0;
};

/// Reads "127.0.0.1:8080", also after "http://". Errors: throws std::invalid_argument.
address parse_address(std::string_view text);

/// The bytes of a request. An empty content type: no body.
std::string make_request(std::string_view method, std::string_view target,
                         std::string_view content_type = {}, std::string_view body = {});

struct response {
    int status = 0;
    std::string body;
};

/// Where a response begins and ends in the bytes received.
struct response_frame {
    int status;
    std::size_t body_at;
    std::size_t size; ///< head and body
};

/// None until the bytes hold a whole response. Errors: throws std::runtime_error if they never
/// will.
std::optional<response_frame> find_response(std::string_view received);

/// A connected, blocking or non-blocking TCP socket without delay.
class stream_socket {
public:
    /// Errors: throws std::system_error.
    explicit stream_socket(address const& peer);
    stream_socket(stream_socket&& other) noexcept;
    stream_socket& operator=(stream_socket&&) = delete;
    ~stream_socket();

    int native_handle() const noexcept {
        return handle_;
    }

private:
    int handle_;
};

/// One request after the other over one kept connection, blocking.
/// Errors: throws std::system_error or std::runtime_error; a call takes at most 320 s.
class http_connection {
public:
    explicit http_connection(address const& peer);

    response exchange(std::string_view request);

    /// The body of the answer. Errors: throws if the status is another one.
    std::string expect(int status, std::string_view request);

private:
    stream_socket socket_;
    std::string received_;
};

inline constexpr int any_success = 0; ///< as an expected status: 200 to 299

/// Requests over several connections. Closed loop: each connection sends the next request as soon
/// as the last one is answered. Open loop: requests are due at a steady rate, whether or not
/// earlier ones are answered; one that finds no free connection waits, and its latency counts from
/// the time it was due, so that a slow server cannot hide its delays (coordinated omission).
struct load {
    address peer;
    int connections = 1;
    int expected_status = 200;
    /// Gives the next request, whose bytes must last until its answer; null: there is no more, also
    /// when asked again, as every connection does.
    std::function<std::string const*()> next;
    /// Requests a second of an open loop; 0: closed loop.
    double rate = 0;
    /// From a successful answer's body, the request that follows it on the same connection. Both
    /// are one exchange, with one latency. Empty: nothing follows.
    std::function<std::string(std::string_view body)> follow_up = {};
    /// Requests before this are warm-up: they count only in `accepted`.
    deadline count_from = deadline::min();
};

struct loop_result {
    std::uint64_t accepted = 0;       ///< answers with the expected status
    std::vector<double> latencies_ms; ///< of those due from `count_from` on
    std::map<std::string const*, std::vector<double>> by_request; ///< the same, by request
    std::vector<double> rates; ///< exchanges a second of each connection, from `count_from` on
    double seconds = 0;        ///< from `count_from`, or the start, to the last answer
    std::uint64_t errors = 0;  ///< other answers, and broken connections
    std::string first_error;
};

/// Runs until there is no more to send and everything is answered.
/// Errors: throws std::runtime_error if nothing moves for 60 s.
loop_result run(load const& plan);

/// The same. Errors: also throws std::runtime_error with the first error if there was one.
loop_result run_without_errors(load const& plan);

/// The same request so many times, for `load::next`. REQUIRES: the request outlives it.
std::function<std::string const*()> times(std::size_t count, std::string const& request);

/// The same request until then.
std::function<std::string const*()> until(deadline end, std::string const& request);

} // namespace tasker::measure
