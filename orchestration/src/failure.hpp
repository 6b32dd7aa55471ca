#pragma once

#include "tasker/base/error.hpp"
#include "tasker/wire/error_body.hpp"

#include <boost/system/result.hpp>

namespace tasker::orchestration {

/// The outcome of an API call: a value, or the error for the client.
template <class T>
using api_result = boost::system::result<T, wire::error_body>;

/// The error for the client after a failure. Logs failures that a person must look at.
wire::error_body to_error_body(error const& failure);

} // namespace tasker::orchestration
