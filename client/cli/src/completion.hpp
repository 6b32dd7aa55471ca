#pragma once

#include <CLI/App.hpp>

#include <string>

namespace tasker::cli {

/// A bash script that completes all commands and options below `root`, and values of options whose
/// type is FILE, DIR or a list of words, "mermaid|dot". It needs no other program and does not run
/// `tasker`.
std::string bash_completion(CLI::App const& root);

} // namespace tasker::cli
