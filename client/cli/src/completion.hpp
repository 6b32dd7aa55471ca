#pragma once

#include <CLI/App.hpp>

#include <string>

namespace tasker::cli {

/// A bash script that completes every command and option below `root`; values too, where the type
/// of an option is FILE, DIR or a list of words, "mermaid|dot". It needs no other program and does
/// not run `tasker`.
std::string bash_completion(CLI::App const& root);

} // namespace tasker::cli
