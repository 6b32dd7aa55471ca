#pragma once

#include <string>
#include <string_view>

namespace tasker::config {

/// The same URI or libpq connection string with "***" in place of each password. Where it is not
/// clear what the password is, rather more is masked than less.
std::string mask_secrets(std::string_view dsn);

} // namespace tasker::config
