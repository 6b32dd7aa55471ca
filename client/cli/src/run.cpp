#include "tasker/cli/run.hpp"

#include "command_line.hpp"

namespace tasker::cli {

int run(int argc, char const* const* argv) {
    command_line line;
    add_all_commands(line);
    return line.run(argc, argv);
}

} // namespace tasker::cli
