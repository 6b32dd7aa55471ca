#pragma once

#include <chrono>
#include <string>

namespace tasker::testing {

/// While this object exists, getaddrinfo() of this process resolves `name` to `address` (a literal)
/// once `delay` has passed, and any other name as usual. One at a time.
class fake_name {
public:
    fake_name(std::string name, std::string address, std::chrono::milliseconds delay = {});
    fake_name(fake_name const&) = delete;
    fake_name& operator=(fake_name const&) = delete;
    /// Ends a delay.
    ~fake_name();
};

} // namespace tasker::testing
