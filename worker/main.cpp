#include "tasker/worker/program.hpp"

int main(int argc, char** argv) {
    return tasker::worker::run_program(argc, argv, "tasker-worker");
}
