#pragma once

#include <array>

namespace tasker::pg {

struct session_setting {
    char const* name;
    char const* value;
};

/// The settings of every session of Tasker; they override those of the server, the database and the
/// role. Sent after connecting, because poolers refuse the startup parameter `options`.
inline constexpr std::array session_settings{
    session_setting{"jit", "off"}, // every statement is short
    session_setting{"default_transaction_isolation", "read committed"},
    session_setting{"idle_session_timeout", "0"},
    session_setting{"standard_conforming_strings", "on"},
};

} // namespace tasker::pg
