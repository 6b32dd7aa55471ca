#include "tasker/base/error.hpp"

#include <boost/throw_exception.hpp>

#include <stdexcept>

namespace tasker {

namespace {

class category final : public boost::system::error_category {
public:
    char const* name() const noexcept override {
        return "tasker";
    }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::invalid_argument:
            return "invalid argument";
        case errc::not_found:
            return "not found";
        case errc::conflict:
            return "conflict";
        case errc::timeout:
            return "timed out";
        case errc::unavailable:
            return "unavailable";
        case errc::cancelled:
            return "cancelled";
        case errc::internal:
            return "internal error";
        }
        return "unknown error";
    }
};

} // namespace

boost::system::error_category const& error_category() noexcept {
    static category const instance;
    return instance;
}

std::string to_string(error const& failure) {
    std::string const meaning =
        std::string{failure.code.category().name()} + ": " + failure.code.message();
    return failure.message.empty() ? meaning : failure.message + " (" + meaning + ")";
}

void throw_exception_from_error(error const& failure, boost::source_location const& where) {
    boost::throw_exception(
        std::runtime_error{failure.message.empty() ? failure.code.message() : failure.message},
        where);
}

} // namespace tasker
