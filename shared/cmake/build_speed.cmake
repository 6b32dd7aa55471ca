# ccache and a fast linker, where the machine has them. Neither changes what is built.

find_program(TASKER_CCACHE ccache)
if(TASKER_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    # Relative paths and no hash of the working directory: all build directories share their hits.
    set(launcher env CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${TASKER_CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher} CACHE STRING "")
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher} CACHE STRING "")
endif()

find_program(TASKER_MOLD mold)
find_program(TASKER_LLD ld.lld)
if(TASKER_MOLD)
    add_link_options(-fuse-ld=mold)
elseif(TASKER_LLD)
    add_link_options(-fuse-ld=lld)
endif()
# As GNU ld does by default: the code begins on a separate page. Otherwise a longer constant text, such as the path of
# the build, moves all loops relative to the cache lines (decision 0802).
add_link_options(-Wl,-z,separate-code)
