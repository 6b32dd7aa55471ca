#pragma once

namespace tasker::cli {

/// The program `tasker`: parses the command line, runs the command, and returns the exit code
/// (docs/cli.md lists them). Writes results to stdout and problems to stderr.
///
/// Threads: call it once, from main.
int run(int argc, char const* const* argv);

} // namespace tasker::cli
