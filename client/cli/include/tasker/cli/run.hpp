#pragma once

namespace tasker::cli {

/// The program `tasker`: reads the command line, does what it asks, and returns the exit code
/// (docs/cli.md lists them). Writes to stdout what was asked for, to stderr what went wrong.
///
/// Threads: call it once, from main.
int run(int argc, char const* const* argv);

} // namespace tasker::cli
