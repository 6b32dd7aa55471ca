#pragma once

#include "tasker/base/error.hpp"
#include "tasker/wire/error_body.hpp"

#include <boost/system/result.hpp>

namespace tasker::orchestration {

/// What an API call comes to: a value, or the error that the client is told.
template <class T>
using answer = boost::system::result<T, wire::error_body>;

/// What the client is told of a failure below. What a person must look at is logged here.
wire::error_body to_error_body(error const& failure);

} // namespace tasker::orchestration
