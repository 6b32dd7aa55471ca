#pragma once

#include "tasker/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

/// Something that is wrong, or may be.
struct finding {
    std::string severity; ///< error, warning or info
    std::string subject;  ///< "namespace shop"
    std::string sentence;
    std::string hint; ///< what to do

    friend bool operator==(finding const&, finding const&) = default;
};

/// `GET /v1/doctor`.
struct diagnosis {
    std::vector<finding> findings; ///< errors first

    friend bool operator==(diagnosis const&, diagnosis const&) = default;
};

void append(std::string& out, diagnosis const& shown);

/// Unknown fields are skipped.
/// Errors: errc::invalid_argument, with the path in the message.
result<diagnosis> read_diagnosis(std::string_view json);

} // namespace tasker::wire
