#pragma once

#include "exit_code.hpp"
#include "terminal.hpp"

#include "tasker/client/client.hpp"

#include <string>
#include <string_view>

namespace tasker::cli {

/// Tells stderr why a call failed, with every detail of the server; with `as_json`, stdout gets the
/// server's own words besides, as from any other call.
exit_code report(client::failure const& failed, client::client const& api, bool as_json);

/// "tasker: …" on stderr, and the exit code for it.
exit_code report_usage(std::string_view problem);

/// A line on stdout: what the server answered last, byte for byte.
void print_answer(client::client const& api);

/// To stdout as it is.
void print(std::string_view text);

} // namespace tasker::cli
