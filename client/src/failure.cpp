#include "tasker/client/failure.hpp"

#include <boost/throw_exception.hpp>

#include <stdexcept>

namespace tasker::client {

namespace {

class category final : public boost::system::error_category {
public:
    char const* name() const noexcept override {
        return "tasker.client";
    }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::invalid_url:
            return "invalid URL";
        case errc::unreachable:
            return "server unreachable";
        case errc::connection_lost:
            return "connection lost";
        case errc::timeout:
            return "timed out";
        case errc::refused:
            return "refused by the server";
        case errc::server_failed:
            return "the server failed";
        case errc::bad_response:
            return "not a response of this API";
        }
        return "unknown error";
    }
};

} // namespace

boost::system::error_category const& error_category() noexcept {
    static category const instance;
    return instance;
}

bool is_retryable(failure const& failed) noexcept {
    constexpr int too_many_requests = 429;
    return failed.code == errc::unreachable || failed.code == errc::connection_lost ||
           failed.code == errc::timeout || failed.code == errc::server_failed ||
           failed.status == too_many_requests;
}

bool is_in_doubt(failure const& failed) noexcept {
    if (failed.status != 0) {
        return failed.code == errc::server_failed || failed.code == errc::bad_response;
    }
    return failed.was_sent;
}

bool is_callers_fault(failure const& failed) noexcept {
    return failed.code == errc::invalid_url ||
           (failed.code == errc::refused && !is_retryable(failed));
}

void throw_exception_from_error(failure const& failed, boost::source_location const& where) {
    boost::throw_exception(
        std::runtime_error{failed.message.empty() ? failed.code.message() : failed.message}, where);
}

} // namespace tasker::client
