#include "tasker/cli/run.hpp"

int main(int argc, char** argv) {
    return tasker::cli::run(argc, argv);
}
