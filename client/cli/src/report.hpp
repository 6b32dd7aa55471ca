#pragma once

#include "exit_code.hpp"
#include "terminal.hpp"

#include "tasker/client/client.hpp"

#include <string>
#include <string_view>

namespace tasker::cli {

/// Prints to stderr why a call failed, with all details from the server. With `as_json` it also
/// prints the server's response to stdout.
exit_code report(client::failure const& failed, client::client const& api, bool as_json);

/// Prints "tasker: …" to stderr and returns the exit code.
exit_code report_usage(std::string_view problem);

/// Prints the server's last response to stdout, byte for byte, as one line.
void print_response(client::client const& api);

/// Prints the text to stdout unchanged.
void print(std::string_view text);

} // namespace tasker::cli
